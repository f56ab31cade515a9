"""The latency suite: all workers running, sales at a steady pace, each timed from just before it is sent to its commit.

Commits are the journal's own times, taken just before the transaction's flush; how long a flush takes is measured
beside it, on a table of this bench's own, and reported with the figures.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from msgspec import Struct

from bench.crew import Crew
from bench.meter import memory_mb
from bench.plan import RATE, Plan
from bench.progress import Watch
from bench.seed import publish
from bench.stage import Stage
from mesh.worker import Worker
from producers.sender import Record
from schemas import topics

WARM_SALES = 1_000
FLUSH_EVERY_S = 0.5
FIRST_HOPS = "all first hops"
JOURNAL = """
SELECT partition, last_offset, committed_at FROM coralserve_{worker}.journal
WHERE topic = $1 AND committed_at > $2 AND last_offset IS NOT NULL ORDER BY partition, last_offset
"""
PROBE = "CREATE TABLE public.bench_flush (id bigint GENERATED ALWAYS AS IDENTITY)"
FLUSH = "INSERT INTO public.bench_flush DEFAULT VALUES"
Place = tuple[int, int]


class Spread(Struct, frozen=True):
    """Percentiles in milliseconds."""

    p50: float
    p95: float
    p99: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of these; the nearest rank, never between two."""
        ordered = sorted(values)
        p50, p95, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99))
        return cls(p50, p95, p99, ordered[-1])


class Steady(Struct, frozen=True):
    """What the steady load showed: sales sent, latencies by worker and over all, memory, late sends, flushes."""

    sales: int
    by_worker: dict[str, Spread]
    memory_mb: dict[str, float]
    late_ms: float
    flush: Spread


async def steady(
    stage: Stage, template: str, plan: Plan, workers: Sequence[Worker], *, sales: Sequence[Record], logs: Path,
    tick: Callable[[str], None],
) -> Steady:  # fmt: skip
    """Run it once. The first sales warm the workers up and are not counted."""
    database, prefix = await stage.clone(template), await stage.new_topics()
    db = await stage.connect(database)
    await db.execute(PROBE)
    names = [worker.name for worker in workers]
    try:
        async with (
            Crew(stage, database=database, prefix=prefix, workers=names, logs=logs) as crew,
            Watch(db, bootstrap=stage.bootstrap, prefix=prefix, workers=workers) as watch,
        ):
            await crew.open_gate()
            await publish(stage, prefix, sales[:WARM_SALES])
            await watch.until_settled(crew.check)
            tick(f"{RATE} sales/s for {plan.seconds} s")
            since = await db.fetchval("SELECT clock_timestamp()")
            flushes = asyncio.create_task(_flushes(stage, database))
            sent, late_ms = await _pace(stage, prefix, sales[WARM_SALES : WARM_SALES + plan.seconds * RATE])
            flushes.cancel()
            memory = {name.partition("/")[0]: memory_mb(pid) for name, pid in crew.pids.items()}
            await watch.until_settled(crew.check)
            found = {name: await _latencies(db, name, sent, since) for name in names}
    finally:
        await db.close()
    await stage.drop(database)
    await stage.drop_topics(prefix)
    everything = [ms for values in found.values() for ms in values]
    spreads = {name: Spread.of(values) for name, values in found.items()} | {FIRST_HOPS: Spread.of(everything)}
    return Steady(len(sent), spreads, memory, late_ms, Spread.of((await asyncio.gather(flushes))[0]))


async def _pace(stage: Stage, prefix: str, sales: Sequence[Record]) -> tuple[dict[Place, float], float]:
    """Send a sale every 1/RATE s: its place in the log with the time just before; the latest delay in ms."""
    producer = AIOKafkaProducer(bootstrap_servers=stage.bootstrap, acks="all", enable_idempotence=True, linger_ms=0)
    await producer.start()
    pending: list[tuple[float, Any]] = []
    late = 0.0
    try:
        begun = time.perf_counter()
        for number, (topic, key, value, headers) in enumerate(sales):
            due = begun + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = max(late, time.perf_counter() - due)
            at = time.time()
            pending.append((at, await producer.send(prefix + topic, key=key, value=value, headers=headers)))
        places = [(at, await future) for at, future in pending]
    finally:
        await producer.stop()
    return {(place.partition, place.offset): at for at, place in places}, late * 1000


async def _latencies(db: asyncpg.Connection, worker: str, sent: dict[Place, float], since: datetime) -> list[float]:
    """Milliseconds of every sale, by the journal row that covers its offset."""
    rows = await db.fetch(JOURNAL.format(worker=worker), topics.POS_TRANSACTIONS, since)
    ends: dict[int, list[int]] = {}
    times: dict[int, list[float]] = {}
    for row in rows:
        ends.setdefault(row["partition"], []).append(row["last_offset"])
        times.setdefault(row["partition"], []).append(row["committed_at"].timestamp())
    return [
        (times[partition][bisect_left(ends[partition], offset)] - at) * 1000 for (partition, offset), at in sent.items()
    ]


async def _flushes(stage: Stage, database: str) -> list[float]:
    """Milliseconds of one-row commits, twice a second, until cancelled."""
    db = await stage.connect(database)
    found: list[float] = []
    try:
        while True:
            begun = time.perf_counter()
            await db.execute(FLUSH)
            found.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(FLUSH_EVERY_S)
    except asyncio.CancelledError:
        return found
    finally:
        await db.close()
