"""The staff service's tables."""

from __future__ import annotations

from db.statements import apply

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    apply(__file__)
