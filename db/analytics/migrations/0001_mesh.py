"""The mesh's own tables."""

from __future__ import annotations

from db.statements import apply_mesh

revision = "0001"
down_revision = None


def upgrade() -> None:
    apply_mesh("0001_tables.sql", schema="coralserve_analytics")
