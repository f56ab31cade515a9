"""One world for all of these tests, made once by real workers; damage is done in a transaction that is undone."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest_asyncio

from operators.verify.checks import Verdict, examine
from operators.verify.log import Log
from operators.verify.world import connected
from tests.conftest import with_database
from tests.operators.verify import scenery
from tests.support.mesh import Mesh
from tests.support.workers import found


@dataclass(frozen=True)
class Settled:
    """The finished world: nothing runs on it any more, and its log is read once."""

    mesh: Mesh
    log: Log
    db: asyncpg.Connection

    async def verdict(self, *damage: str, full: bool = True, log: Log | None = None) -> Verdict:
        """What the checker says after some damage to the database, which is undone afterwards, or to the log."""
        async with self.db.transaction(isolation="repeatable_read") as _:
            undo = self.db.transaction()
            await undo.start()
            try:
                for statement in damage:
                    await self.db.execute(statement)
                return await examine(log or self.log, self.db, full=full)
            finally:
                await undo.rollback()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def settled(kafka_bootstrap: str, postgres_url: str, template_database: str) -> AsyncIterator[Settled]:
    """All workers ran over the scenery and stopped."""
    name, admin = f"verify_{uuid.uuid4().hex[:10]}", with_database(postgres_url, "postgres")
    await execute(admin, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY FILE_COPY')
    mesh = Mesh(kafka_bootstrap, with_database(postgres_url, name), f"t{uuid.uuid4().hex[:10]}.")
    await _run(mesh)
    async with Log({"bootstrap_servers": mesh.bootstrap}, prefix=mesh.prefix) as log, connected(mesh.database) as db:
        yield Settled(mesh, log, db)
    await execute(admin, f'DROP DATABASE "{name}" WITH (FORCE)')


async def _run(mesh: Mesh) -> None:
    workers = list(found().values())
    await mesh.create_topics()
    await mesh.publish(scenery.opening())
    async with mesh.running(*workers):
        await mesh.caught_up(*workers)
        await mesh.publish(scenery.trading())
        await mesh.caught_up(*workers)
        await mesh.publish(scenery.late())
        await mesh.caught_up(*workers)
        await _released(mesh)
        await mesh.caught_up(*workers)
        await asyncio.sleep(1.5)  # the positions told to Kafka, a second behind


async def _released(mesh: Mesh) -> None:
    query = """
        SELECT (SELECT count(*) FROM coralserve_recipe.parked WHERE state = 'WAITING' AND waits_for LIKE 'product:%')
             + (SELECT count(*) FROM coralserve_inventory.parked WHERE state = 'WAITING' AND waits_for LIKE 'product:%')
    """
    db = await asyncpg.connect(mesh.database)
    try:
        async with asyncio.timeout(20):
            while await db.fetchval(query):
                await asyncio.sleep(0.1)
    finally:
        await db.close()


async def execute(url: str, *statements: str) -> None:
    db = await asyncpg.connect(url)
    try:
        for statement in statements:
            await db.execute(statement)
    finally:
        await db.close()
