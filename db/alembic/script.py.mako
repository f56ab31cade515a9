"""${message}."""

from __future__ import annotations

from db.statements import apply

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    apply(__file__)
