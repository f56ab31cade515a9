"""`wait` must not say done too early: every check of the whole system leans on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from mesh.worker import Worker
from operators import topics
from operators.settled import Unfinished, wait_settled

TOPIC = "pos.transactions.v1"
SUPPLIERS = "SELECT supplier_id::text FROM (VALUES (7)) AS v(supplier_id) WHERE supplier_id::text = ANY($1)"


PARK = """
INSERT INTO coralserve_tax.parked
    (state, reason, waits_for, blocking_key, lane_id, topic, partition, "offset", broker_time)
VALUES ('WAITING', 'UNKNOWN', $1, $2, 1, $3, 2, $4, now())
"""


def no_desk(reference: object) -> Any:
    raise AssertionError("these tests run no worker")


TAX = Worker("tax", {TOPIC: frozenset({"pos.sale.completed"})}, no_desk, awaits={"supplier": SUPPLIERS})


@dataclass
class World:
    """A broker with three sales in partition 2, a migrated database, and a worker that does only what the test says."""

    kafka: dict[str, Any]
    prefix: str
    url: str
    db: asyncpg.Connection

    async def waited(self, timeout_s: float = 0.3) -> Unfinished:
        return await wait_settled(self.kafka, self.url, [TAX], timeout_s=timeout_s, prefix=self.prefix)

    async def handle_up_to(self, offset: int) -> None:
        await self.db.execute(
            "INSERT INTO coralserve_tax.lanes (topic, partition, next_offset) VALUES ($1, 2, $2)"
            " ON CONFLICT (topic, partition, build) DO UPDATE SET next_offset = $2",
            TOPIC,
            offset,
        )

    async def park(self, waits_for: str, *, key: str = "", offset: int = 0) -> None:
        await self.db.execute(PARK, waits_for, key, TOPIC, offset)


@pytest.fixture
async def world(kafka_bootstrap: str, topic_prefix: str, database: str) -> AsyncIterator[World]:
    kafka = {"bootstrap_servers": kafka_bootstrap}
    await topics.create(kafka, ["tax"], prefix=topic_prefix)
    producer = AIOKafkaProducer(**kafka, enable_idempotence=True)
    await producer.start()
    for _ in range(3):
        await producer.send_and_wait(topic_prefix + TOPIC, b"{}", partition=2)
    await producer.stop()
    db = await asyncpg.connect(database)
    yield World(kafka, topic_prefix, database, db)
    await db.close()


async def test_events_nobody_claimed_are_waited_for(world: World) -> None:
    """A worker that never started has a lane for nothing; its events are unhandled all the same."""
    assert (await world.waited()).sentences() == ["tax: 3 events to handle"]


async def test_a_position_behind_the_end_is_waited_for(world: World) -> None:
    """The last event of a batch counts."""
    await world.handle_up_to(2)
    assert [(gap.partition, gap.events) for gap in (await world.waited()).gaps] == [(2, 1)]


async def test_everything_handled_is_done(world: World) -> None:
    """And it says so at once, not at the time-out."""
    await world.handle_up_to(3)
    assert not await asyncio.wait_for(world.waited(timeout_s=60), 20)


async def test_an_outbox_row_is_waited_for(world: World) -> None:
    """Handled but not told is not done."""
    await world.handle_up_to(3)
    await world.db.execute(
        "INSERT INTO coralserve_tax.outbox (lane_id, seq, id, type, topic) VALUES (1, 1, gen_random_uuid(), 't', 't')"
    )
    assert (await world.waited()).outboxes == {"coralserve_tax": 1}


@pytest.mark.parametrize(
    ("waits_for", "goes_on"),
    [
        pytest.param("product:42", False, id="a product nobody knows"),
        pytest.param("supplier:7", True, id="a supplier that exists by now"),
        pytest.param("supplier:8", False, id="a supplier that does not"),
        pytest.param("support:pos.sale.refunded", True, id="a type this version handles"),
    ],
)
async def test_a_parked_event_is_waited_for_only_if_it_can_go_on(world: World, waits_for: str, goes_on: bool) -> None:
    """Else one unknown product would make every script time out."""
    await world.handle_up_to(3)
    await world.park(waits_for)
    assert bool(await world.waited()) is goes_on


async def test_an_event_behind_one_that_waits_does_not_hold_it_up(world: World) -> None:
    """It goes on with the first of its key; freed from it, it is waited for."""
    await world.handle_up_to(3)
    await world.park("product:42", key="sale:1", offset=0)
    await world.park("behind:sale:1", key="sale:1", offset=1)
    assert not await world.waited()
    await world.db.execute("UPDATE coralserve_tax.parked SET state = 'DISCARDED' WHERE waits_for = 'product:42'")
    assert (await world.waited()).releasable == {"tax": 1}
