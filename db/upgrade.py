"""Migrations: `upgrade`, `check` and `history`, per service or all. Forward only; deletes nothing.

An upgrade runs each service's history in its own schema, as that schema's owner, one transaction per service; then
the foreign keys between services and the grants, which are stated whole every time. Two upgrades of one database
take turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from db.grants import grant
from db.histories import Revision, applied, history_of, run_history
from db.relations import missing, relate
from db.roles import ensure_roles
from db.services import Service
from db.services import services as named
from db.statements import ROOM, read

TURN = 0x434F52414C
"""Advisory lock key of an upgrade."""
TURN_TIMEOUT = "300s"
LOCK_TIMEOUT = "10s"
OLDEST_SERVER = 16
Answer = TypeVar("Answer")


class UpgradeError(RuntimeError):
    """The server or its user cannot hold the schema; the message says what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """How far a service's schema is, and which foreign keys to other services it lacks."""

    service: str
    current: str | None
    head: str
    missing_keys: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether there is nothing left to upgrade."""
        return self.current == self.head and not self.missing_keys


def upgrade(
    admin_url: str,
    *,
    services: Sequence[str] | None = None,
    passwords: Mapping[str, str] | None = None,
    cross_service_keys: bool = True,
) -> None:
    """Bring the database to the newest schema; idempotent. `passwords` by service name, and `reader`.

    `cross_service_keys=False` leaves out foreign keys between services, for services spread over several databases.
    Raises UpgradeError, RolesError, UnknownServiceError.
    """
    chosen = named(services)
    _run(admin_url, lambda connection: _upgrade(connection, chosen, passwords or {}, cross_service_keys))


def check(admin_url: str, *, services: Sequence[str] | None = None, cross_service_keys: bool = True) -> list[State]:
    """How far each service's schema is. Changes nothing."""
    chosen = named(services)

    async def states(connection: asyncpg.Connection) -> list[State]:
        lacking = await missing(connection, chosen) if cross_service_keys else []
        return [
            State(
                service.name,
                await applied(connection, service),
                history_of(service)[-1].revision,
                tuple(relation.name for relation in lacking if relation.table.split(".")[0] in service.schemas),
            )
            for service in chosen
        ]

    return _run(admin_url, states)


def history(*, services: Sequence[str] | None = None) -> dict[str, tuple[Revision, ...]]:
    """Every revision of each service, oldest first, as the files say."""
    return {service.name: history_of(service) for service in named(services)}


def service_url(admin_url: str, service: str, password: str | None) -> str:
    """The same database, as the service's login role (`reader` for the reader)."""
    parts = urlsplit(admin_url)
    place = parts.netloc.rpartition("@")[2]
    secret = "" if password is None else f":{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"coralserve_{service}{secret}@{place}"))


async def _upgrade(
    connection: asyncpg.Connection,
    chosen: tuple[Service, ...],
    passwords: Mapping[str, str],
    cross_service_keys: bool,
) -> None:
    if connection.get_server_version().major < OLDEST_SERVER:
        raise UpgradeError(f"PostgreSQL {OLDEST_SERVER} or newer is needed, 18 for every foreign key")
    await connection.execute(f"SET lock_timeout = '{TURN_TIMEOUT}'")
    await connection.fetchval("SELECT pg_advisory_lock($1)", TURN)
    await connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    await ensure_roles(connection, chosen, passwords)
    await connection.execute(read(ROOM / "access" / "database.sql"))
    for service in chosen:
        await run_history(connection, service)
    if cross_service_keys:
        await relate(connection, chosen)
    await grant(connection, chosen)


def _run(admin_url: str, work: Callable[[asyncpg.Connection], Awaitable[Answer]]) -> Answer:
    """Run `work` on a connection of its own, in a thread of its own, so that a caller may have a running loop."""

    async def connected() -> Answer:
        connection = await asyncpg.connect(admin_url)
        try:
            return await work(connection)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, connected()).result()
