"""How Alembic writes a service's history as SQL, into the buffer and for the schema db/histories.py hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    dialect_name="postgresql",
    output_buffer=context.config.attributes["buffer"],
    version_table="alembic_version",
    version_table_schema=context.config.attributes["schema"],
)
context.run_migrations()
