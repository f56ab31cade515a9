"""The scheduler against a real database: once per outlet and date, and a successor that takes over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest

from db.link import Link
from producers.scheduler import store
from producers.scheduler.leader import Scheduler
from producers.scheduler.rules import Firing

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WAIT_S = 10.0


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def db(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the test's own, with three outlets known."""
    connection = await asyncpg.connect(database)
    for number, zone in ((1, "America/New_York"), (2, "Europe/Berlin"), (3, "Asia/Tokyo")):
        await connection.execute(
            "INSERT INTO smartoutlet_outlet.outlets (id, name, timezone) VALUES ($1, $2, $3)", number, zone, zone
        )
    yield connection
    await connection.close()


async def outbox(db: asyncpg.Connection) -> list[tuple[int, str, str, dict[str, object]]]:
    """What waits for the relay, in its order."""
    rows = await db.fetch("SELECT seq, type, key, payload FROM coralserve_scheduler.outbox ORDER BY lane_id, seq")
    return [(row["seq"], row["type"], row["key"].decode(), json.loads(row["payload"])) for row in rows]


async def until(condition: object) -> None:
    """Wait for a condition the scheduler's loop brings about."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.02)


async def test_a_round_fires_each_outlets_date_once(database: str, db: asyncpg.Connection) -> None:
    """First sight: today. Again: nothing. Two days later: both dates, in order, under gapless numbers."""
    clock = Clock()
    scheduler = Scheduler(Link(database, "test"), clock=clock)
    await store.make_lane(db)
    assert await scheduler.round(db) == 3
    assert await scheduler.round(db) == 0
    clock.now += timedelta(days=2)
    assert await scheduler.round(db) == 6
    found = await outbox(db)
    assert [row[0] for row in found] == list(range(1, 10))
    assert {row[1] for row in found} == {"outlet.day-started"}
    tokyo = [row[3] for row in found if row[2] == "3"]
    assert [data["local_date"] for data in tokyo] == ["2026-11-24", "2026-11-25", "2026-11-26"]
    assert tokyo[0] == {"outlet_id": 3, "local_date": "2026-11-24", "occurred_at": "2026-11-23T15:00:00Z"}
    assert await db.fetchval("SELECT out_seq FROM coralserve_scheduler.lanes WHERE topic = 'timers'") == 9


async def test_two_that_believe_to_lead_fire_once(database: str, db: asyncpg.Connection) -> None:
    """A leader cut off in mid-sentence and its successor may write the same firings at once; the table decides."""
    await store.make_lane(db)
    firings = [Firing(2, date(2026, 11, 1) + timedelta(days=step), START) for step in range(20)]
    others = await asyncio.gather(*(asyncpg.connect(database) for _ in range(4)))
    counts = await asyncio.gather(*(store.fire(other, firings) for other in others))
    await asyncio.gather(*(other.close() for other in others))
    assert sorted(counts) == [0, 0, 0, 20]
    found = await outbox(db)
    assert [row[0] for row in found] == list(range(1, 21))
    assert [row[3]["local_date"] for row in found] == [firing.local_date.isoformat() for firing in firings]


async def test_a_successor_takes_over_when_the_leader_dies(database: str, db: asyncpg.Connection) -> None:
    """The lock is the connection's: cut it, as a crash does, and the other leads, with nothing missed or doubled."""
    clock, stop = Clock(), asyncio.Event()
    pair = [Scheduler(Link(database, f"candidate{n}"), clock=clock, round_s=0.05) for n in range(2)]
    running = [asyncio.create_task(scheduler.run(stop)) for scheduler in pair]
    await until(lambda: sum(scheduler.fired for scheduler in pair) == 3)
    leader = next(scheduler for scheduler in pair if scheduler.leading)
    running[pair.index(leader)].cancel()
    await db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        f"candidate{pair.index(leader)}",
    )
    clock.now += timedelta(days=1)
    successor = next(scheduler for scheduler in pair if scheduler is not leader)
    await until(lambda: successor.fired == 3)
    stop.set()
    await asyncio.gather(*running, return_exceptions=True)
    assert await db.fetchval("SELECT count(*) FROM coralserve_scheduler.firings") == 6


async def test_a_lost_connection_is_opened_again_and_leadership_won_anew(
    database: str, db: asyncpg.Connection
) -> None:
    """The database restarts; nobody comes to restart the scheduler (I14)."""
    clock, stop = Clock(), asyncio.Event()
    scheduler = Scheduler(Link(database, "alone"), clock=clock, round_s=0.05)
    running = asyncio.create_task(scheduler.run(stop))
    await until(lambda: scheduler.fired == 3)
    await db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'alone'")
    clock.now += timedelta(days=1)
    await until(lambda: scheduler.fired == 6)
    assert scheduler.leading
    stop.set()
    await running


async def test_an_unknown_zone_stops_nobody_else(database: str, db: asyncpg.Connection) -> None:
    """One outlet with a zone this machine does not have must not silence the others."""
    await db.execute("UPDATE smartoutlet_outlet.outlets SET timezone = 'Mars/Olympus' WHERE id = 2")
    await store.make_lane(db)
    assert await Scheduler(Link(database, "test"), clock=Clock()).round(db) == 2


async def test_the_schedulers_own_role_is_enough(database: str, db: asyncpg.Connection) -> None:
    """In production it is not a superuser (I15): it reads outlets and writes its own schema, nothing else."""
    await db.execute("SET ROLE coralserve_scheduler")
    await store.make_lane(db)
    assert await store.lead(db)
    assert await Scheduler(Link(database, "test"), clock=Clock()).round(db) == 3
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute("UPDATE smartoutlet_outlet.outlets SET timezone = 'UTC'")
