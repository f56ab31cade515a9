"""Capture of row changes for audit (R70)."""

from __future__ import annotations

from db.statements import apply, apply_mesh

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    apply_mesh("0002_changes.sql", schema="coralserve_tax")
    apply(__file__)
