"""One world for all of these tests, made once by real workers; every test gets a copy of its database."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import asyncpg
import pytest

from operators.verify.checks import Verdict, verify
from tests.conftest import with_database
from tests.operators.verify import scenery
from tests.support.mesh import Mesh
from tests.support.workers import found


@dataclass(frozen=True)
class Settled:
    """Where the finished world is: nothing runs on it any more."""

    mesh: Mesh
    name: str

    async def verdict(self, database: str, *, full: bool = True) -> Verdict:
        kafka = {"bootstrap_servers": self.mesh.bootstrap}
        return await verify(kafka, database, prefix=self.mesh.prefix, full=full)


@pytest.fixture(scope="session")
def settled(kafka_bootstrap: str, postgres_url: str, template_database: str) -> Iterator[Settled]:
    """All workers ran over the scenery and stopped."""
    name = f"verify_{uuid.uuid4().hex[:10]}"
    asyncio.run(execute(with_database(postgres_url, "postgres"), _clone(name, template_database)))
    mesh = Mesh(kafka_bootstrap, with_database(postgres_url, name), f"t{uuid.uuid4().hex[:10]}.")
    asyncio.run(_run(mesh))
    yield Settled(mesh, name)
    with contextlib.suppress(OSError):
        asyncio.run(execute(with_database(postgres_url, "postgres"), f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def copy(settled: Settled, postgres_url: str) -> Iterator[str]:
    """A copy of the world's database, to be damaged."""
    name, admin = f"verify_{uuid.uuid4().hex[:10]}", with_database(postgres_url, "postgres")
    asyncio.run(execute(admin, _clone(name, settled.name)))
    yield with_database(postgres_url, name)
    asyncio.run(execute(admin, f'DROP DATABASE "{name}" WITH (FORCE)'))


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


def _clone(name: str, template: str) -> str:
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'


async def execute(url: str, *statements: str) -> None:
    db = await asyncpg.connect(url)
    try:
        for statement in statements:
            await db.execute(statement)
    finally:
        await db.close()
