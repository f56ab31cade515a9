"""Table of the scheduler: which timer event was published for what, once each (R6)."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text

from db.columns import created_at, metadata

SCHEMA = "coralserve_scheduler"
METADATA = metadata(SCHEMA)

FIRINGS = Table(
    "firings",
    METADATA,
    Column("timer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("due", Text, primary_key=True),
    Column("event_id", Text, nullable=False),
    created_at(),
)
