"""Moving averages the recipe worker was told of (R34)."""

from __future__ import annotations

from db.statements import apply

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    apply(__file__)
