"""The till's schemas and the user `system`."""

from __future__ import annotations

from db.statements import apply

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    apply(__file__)
