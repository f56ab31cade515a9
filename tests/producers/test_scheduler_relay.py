"""From the clock to the topic: a fired timer arrives once, as an event every worker can read (R6, I10)."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer

from operators import topics as topic_setup
from operators.commands.scheduler import serve
from operators.settings import Settings
from schemas.decode import decode
from schemas.topics import BACKOFFICE_INVENTORY

PATIENCE_S = 30.0


@pytest.mark.parametrize("candidates", [1, 2])
async def test_a_fired_timer_arrives_once(
    kafka_bootstrap: str, topic_prefix: str, database: str, candidates: int
) -> None:
    """One scheduler or two side by side: each outlet's date is in the topic once, under the outlet's key."""
    await topic_setup.create({"bootstrap_servers": kafka_bootstrap}, [], prefix=topic_prefix)
    db = await asyncpg.connect(database)
    for number, zone in ((1, "America/New_York"), (2, "Asia/Tokyo")):
        await db.execute(
            "INSERT INTO smartoutlet_outlet.outlets (id, name, timezone) VALUES ($1, $2, $3)", number, zone, zone
        )
    settings = Settings.read(
        {
            "KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap,
            "DATABASE_URL_SCHEDULER": database,
            "CORALSERVE_TOPIC_PREFIX": topic_prefix,
            "CORALSERVE_HOME": "/nonexistent",
        }
    )
    stop = asyncio.Event()
    running = [asyncio.create_task(serve(settings, stop)) for _ in range(candidates)]
    consumer = AIOKafkaConsumer(
        topic_prefix + BACKOFFICE_INVENTORY, bootstrap_servers=kafka_bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            found = [await consumer.getone(), await consumer.getone()]
            while await db.fetchval("SELECT count(*) FROM coralserve_scheduler.outbox"):
                await asyncio.sleep(0.1)
        late = await consumer.getmany(timeout_ms=1000)
    finally:
        stop.set()
        await asyncio.gather(*running)
        await consumer.stop()
        await db.close()
    assert late == {}
    events = [decode(BACKOFFICE_INVENTORY, r.key, r.value, r.headers, r.timestamp) for r in found]
    assert sorted(event.data.outlet_id for event in events) == [1, 2]
    assert {event.type for event in events} == {"outlet.day-started"}
    assert all(event.data.occurred_at == event.occurred_at for event in events)
