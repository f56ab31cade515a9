"""A service's migration history: its revisions, how far a database is, and running what is left.

Alembic keeps the order and writes the SQL; asyncpg runs it. A revision is SQL and nothing else, so what an upgrade
will do can be read before it is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from db.services import Service
from db.statements import ROOM, read

if TYPE_CHECKING:
    from asyncpg import Connection

ONE_AT_A_TIME = Lock()
"""Alembic keeps the history it works on in a global of the process."""
CURRENT = "SELECT version_num FROM {schema}.alembic_version"


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of a history, and what it is for."""

    revision: str
    title: str


def history_of(service: Service) -> tuple[Revision, ...]:
    """The service's revisions, oldest first."""
    walked = ScriptDirectory.from_config(_config(service)).walk_revisions()
    return tuple(Revision(script.revision, script.doc) for script in walked)[::-1]


async def applied(connection: Connection, service: Service) -> str | None:
    """The revision the service's schema is at; None where it is not there."""
    try:
        return await connection.fetchval(CURRENT.format(schema=service.schema))
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        return None


def statements(service: Service, *, current: str | None, target: str) -> str:
    """The SQL that leads from one revision to another."""
    buffer = StringIO()
    settings = _config(service)
    settings.attributes["buffer"] = buffer
    with ONE_AT_A_TIME:
        command.upgrade(settings, f"{current}:{target}" if current else target, sql=True)
    return buffer.getvalue()


async def run_history(connection: Connection, service: Service, *, target: str | None = None) -> None:
    """Run the service's revisions up to `target` (default: the newest), as its owner, in one transaction."""
    target = target or history_of(service)[-1].revision
    current = await applied(connection, service)
    if current == target:
        return
    async with connection.transaction():
        for schema in service.schemas:
            await connection.execute(read(ROOM / "access" / "schema.sql", schema=schema, role=service.role))
        await connection.execute(f"SET LOCAL ROLE {service.role}_owner")
        await connection.execute(statements(service, current=current, target=target))


def _config(service: Service) -> Config:
    """Alembic's settings for one service; no file is read."""
    settings = Config()
    options = {
        "script_location": str(ROOM / "alembic"),
        "version_locations": str(service.room / "migrations"),
        "path_separator": "newline",
    }
    for name, value in options.items():
        settings.set_main_option(name, value.replace("%", "%%"))
    settings.attributes["schema"] = service.schema
    return settings
