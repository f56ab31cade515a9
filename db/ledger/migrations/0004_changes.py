"""Capture of row changes for audit (R70)."""

from __future__ import annotations

from db.statements import apply, apply_mesh

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    apply_mesh("0002_changes.sql", schema="coralserve_ledger")
    apply(__file__)
