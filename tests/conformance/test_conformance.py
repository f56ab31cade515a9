"""What every worker keeps, whatever it does: one suite for all that are found in `consumers/`.

The world is published once per test; what a worker's tables say afterwards must equal what they say in an undisturbed
run over the same events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from mesh.names import dead_topic, schema_of
from mesh.worker import Worker
from tests.support import world
from tests.support.fingerprint import dispositions, fetch, fingerprint
from tests.support.mesh import Mesh, killing
from tests.support.workers import found

WORKERS = found()
SALES = 60
NAMES = sorted(WORKERS)
LEDGER = WORKERS["ledger"]


def with_ledger(name: str) -> list[Worker]:
    """The worker, and the ledger that writes the reference data it needs."""
    return [LEDGER] if name == "ledger" else [LEDGER, WORKERS[name]]


@pytest.fixture
async def mesh(kafka_bootstrap: str, database: str, topic_prefix: str) -> AsyncIterator[Mesh]:
    made = Mesh(kafka_bootstrap, database, topic_prefix)
    await made.create_topics()
    with killing(made):
        yield made


async def settle(mesh: Mesh, name: str, *, timeout_s: float = 60) -> None:
    """Until the worker is at the logs' ends and nothing of it waits any more."""
    await mesh.caught_up(*with_ledger(name), timeout_s=timeout_s)
    async with asyncio.timeout(timeout_s):
        while (await dispositions(mesh.database, name)).get("WAITING"):
            await asyncio.sleep(0.1)
    await mesh.caught_up(*with_ledger(name), timeout_s=timeout_s)


def accounted(sums: dict[str, int]) -> bool:
    """I17: every consumed offset has one disposition; a released event's is counted when it goes through."""
    told = sum(sums[name] for name in ("effected", "duplicate", "stale", "ignored", "parked", "dead"))
    return sums["consumed"] == told - sums.get("RELEASED", 0)


@pytest.mark.parametrize("name", NAMES)
async def test_a_second_publication_changes_nothing(mesh: Mesh, name: str) -> None:
    """I6: a till resends what it is not sure of, under new offsets; a cent counted twice is a cent stolen."""
    await mesh.publish(world.everything(SALES))
    async with mesh.running(*with_ledger(name)):
        await settle(mesh, name)
        before = await fingerprint(mesh.database, name)
        first = await dispositions(mesh.database, name)
        await mesh.publish(world.everything(SALES))
        await settle(mesh, name)
    after = await dispositions(mesh.database, name)
    assert await fingerprint(mesh.database, name) == before
    assert after["effected"] == first["effected"] > 0
    assert after["duplicate"] - first["duplicate"] >= SALES - 1
    assert accounted(after)


@pytest.mark.parametrize("name", NAMES)
async def test_reading_everything_again_changes_nothing(mesh: Mesh, name: str) -> None:
    """I12: a lost position is an operator's nightmare; the ledgers themselves must refuse the second application."""
    await mesh.publish(world.everything(SALES))
    async with mesh.running(*with_ledger(name)):
        await settle(mesh, name)
    before = await fingerprint(mesh.database, name)
    topics = list(WORKERS[name].consumes)
    told = {topic: len(await mesh.read(topic)) for topic in (f"coralserve.{name}.v1",)}
    await fetch(mesh.database, f"UPDATE {schema_of(name)}.lanes SET next_offset = 0 WHERE topic = ANY($1)", topics)
    async with mesh.running(*with_ledger(name)):
        await settle(mesh, name)
    assert await fingerprint(mesh.database, name) == before
    assert {topic: len(await mesh.read(topic)) for topic in told} == told


@pytest.mark.parametrize("name", NAMES)
async def test_a_poisoned_record_is_parked_and_the_rest_goes_on(mesh: Mesh, name: str) -> None:
    """One bad event of a batch: one dead letter with its bytes and reason, nothing else, and the worker lives."""
    topic = next(iter(sorted(WORKERS[name].consumes)))
    poison = (topic, b"1", b'{"broken":', [("ce_id", b"poison-1"), ("ce_type", _a_type(name, topic)),
                                           ("ce_source", b"/tests"), ("x-null", None), ("x-bytes", b"\xff\xfe")])  # fmt: skip
    half = SALES // 2
    await mesh.publish([*world.everything(half), poison, *world.sales(half, start=half)])
    async with mesh.running(*with_ledger(name)):
        await settle(mesh, name)
        rows = await fetch(
            mesh.database, f"SELECT state, reason, key, value FROM {schema_of(name)}.parked WHERE state = 'DEAD'"
        )
        letters = await mesh.read(dead_topic(name))
    assert [(row["state"], row["reason"], row["key"], row["value"]) for row in rows] == [
        ("DEAD", "MALFORMED_JSON", b"1", b'{"broken":')
    ]
    [letter] = letters
    assert (letter.key, letter.value) == (b"1", b'{"broken":')
    headers = dict(letter.headers)
    assert headers["x-null"] is None
    assert headers["x-bytes"] == b"\xff\xfe"
    assert headers["__dlq.errors.topic"] == topic.encode()
    sums = await dispositions(mesh.database, name)
    assert sums["dead"] == 1
    assert accounted(sums)
    kept = await fetch(mesh.database, f"SELECT count(*) AS n FROM {schema_of(name)}.sales")
    assert kept[0]["n"] == SALES


def _a_type(name: str, topic: str) -> bytes:
    return min(WORKERS[name].consumes[topic] - WORKERS[name].unsupported).encode()


@pytest.mark.parametrize("name", NAMES)
async def test_a_zombie_writes_nothing(mesh: Mesh, name: str) -> None:
    """A worker paused beyond its session wakes up with a batch in hand: its epoch is old, so it must be refused."""
    await mesh.publish(world.everything(SALES))
    async with mesh.running(*with_ledger(name)) as processes:
        await settle(mesh, name)
        sums = await dispositions(mesh.database, name)
        await fetch(mesh.database, f"UPDATE {schema_of(name)}.lanes SET epoch = epoch + 1")
        await mesh.publish(world.sales(10, start=SALES))
        async with asyncio.timeout(20):
            while not all(lane.closed for lane in processes[-1].engine.lanes.values() if lane.topic == world.POS):
                await asyncio.sleep(0.05)
        assert await dispositions(mesh.database, name) == sums
    async with mesh.running(*with_ledger(name)):
        await settle(mesh, name)
    kept = await fetch(mesh.database, f"SELECT count(*) AS n FROM {schema_of(name)}.sales")
    assert kept[0]["n"] == SALES + 10


@pytest.mark.parametrize("name", NAMES)
async def test_killed_before_commit_loses_and_doubles_nothing(mesh: Mesh, name: str) -> None:
    """R3: kill -9 with the transaction open; everything of the batch is done again, once."""
    await mesh.publish(world.everything(SALES))
    async with mesh.running(LEDGER):
        await mesh.caught_up(LEDGER)
    child = mesh.start(name, failpoint="before-commit:2") if name != "ledger" else None
    if child is not None:
        assert await asyncio.to_thread(child.wait, 60) == -9
    async with mesh.running(*with_ledger(name)):
        await settle(mesh, name)
    disturbed = await fingerprint(mesh.database, name)
    kept = await fetch(mesh.database, f"SELECT count(*) AS n FROM {schema_of(name)}.sales")
    assert kept[0]["n"] == SALES
    assert any(rows for rows, _ in disturbed.values())
    assert accounted(await dispositions(mesh.database, name))


@pytest.mark.parametrize("name", NAMES)
async def test_another_workers_schema_is_refused(database: str, name: str) -> None:
    """I15: a worker's role reaches its own schema and read-only reference data, nothing else."""
    db = await asyncpg.connect(database)
    try:
        await db.execute(f"SET ROLE {schema_of(name)}")
        for other in sorted(set(NAMES) - {name}):
            for statement in (
                f"SELECT * FROM {schema_of(other)}.dedupe",
                f"INSERT INTO {schema_of(other)}.dedupe (event_id, content_hash) VALUES ('x', 'y')",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.execute(statement)
    finally:
        await db.close()
