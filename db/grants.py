"""Grants, stated whole after every upgrade: the files of db/access, db/mesh and db/<service> are all there is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from db.roles import ACCESS, READER
from db.services import Service
from db.statements import ROOM, read

if TYPE_CHECKING:
    from asyncpg import Connection

REFERENCE = "SELECT to_regclass('coralserve_ledger.reference_versions') IS NOT NULL"


async def grant(connection: Connection, services: Iterable[Service]) -> None:
    """Give each login role what its files say, the reader SELECT, PUBLIC nothing; one transaction."""
    reference = await connection.fetchval(REFERENCE)
    steps = [read(ACCESS / "connect.sql", role=READER)]
    for service in services:
        steps.append(read(ACCESS / "connect.sql", role=service.role))
        steps += [read(ACCESS / "closed.sql", schema=schema, role=service.role) for schema in service.schemas]
        steps.append(read(ROOM / "mesh" / "grants.sql", schema=service.schema, role=service.role))
        steps.append(read(service.room / "grants.sql"))
        if reference:
            steps.append(read(ROOM / "ledger" / "reference.sql", role=service.role))
        steps += [read(ACCESS / "reader.sql", schema=schema) for schema in service.schemas]
    await connection.execute("\n".join(steps))
