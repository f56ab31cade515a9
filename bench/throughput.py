"""The throughput suite: rounds in which limit, mesh and per-message worker take turns on the same sales."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from bench import limit, naive, sampled
from bench.crew import ROOT, Crew
from bench.limit import Tape
from bench.meter import Meter, Spent, memory_mb
from bench.plan import Plan
from bench.progress import Watch, speed_of
from bench.seed import publish
from bench.stage import Stage
from mesh.worker import Worker
from producers.sender import Record
from schemas import topics

ALL = "all five + relay"
NAIVE_TIMEOUT_S = 120.0
LAST_WORDS_S = 0.2
Tick = Callable[[str], None]


class Measured(Struct, frozen=True):
    """One run: sales a second, and CPU microseconds a sale of the workers, the database and the broker."""

    subject: str
    mode: str
    round: int
    rate: float
    python_us: float = 0.0
    postgres_us: float = 0.0
    kafka_us: float = 0.0
    memory_mb: float = 0.0
    batches: int = 0


class Throughput:
    """The suite on one stage: same sales, same template, one clone and fresh topics a run."""

    def __init__(
        self, stage: Stage, template: str, plan: Plan, workers: Sequence[Worker], *, sales: Sequence[Record],
        logs: Path, tick: Tick,
    ) -> None:  # fmt: skip
        self._stage, self._template, self._plan, self._workers = stage, template, plan, {w.name: w for w in workers}
        self._sales, self._logs, self._tick = sales, logs, tick
        postgres, kafka = stage.postgres, stage.kafka
        self._meter = Meter(
            postmaster=postgres.pid if postgres is not None else None, broker=kafka.pid if kafka is not None else None
        )
        self.bytes_a_sale: dict[str, dict[str, int]] = {}

    async def run(self) -> list[Measured]:
        """All rounds. Interleaved: each round has every mode of every subject once."""
        tapes = await self._record()
        found: list[Measured] = []
        for number in range(1, self._plan.rounds + 1):
            for name in self._plan.workers:
                found += await self._round(name, tapes[name], [self._workers[name]], number)
                if name == "inventory":
                    found.append(await self._naive(number))
            if ALL in tapes:
                found += await self._round(ALL, tapes[ALL], list(self._workers.values()), number)
        return found

    async def _record(self) -> dict[str, Tape]:
        """Every worker's streams, and all of them together with what inventory writes for recipe's facts."""
        tapes: dict[str, Tape] = {}
        whole = set(self._plan.workers) == set(self._workers)
        now_ms = int(time.time() * 1000)
        consumed: list[Record] = []
        for name in sorted(self._plan.workers, key=lambda name: name == "inventory"):
            self._tick(f"recording {name}")
            database = await self._stage.clone(self._template)
            async with limit.Session(self._stage.admin_url(database), self._workers[name]) as session:
                tapes[name], told = await session.run(self._sales, topic=topics.POS_TRANSACTIONS, timestamp_ms=now_ms)
                consumed += told if name == "recipe" else ()
                if whole and name == "inventory":
                    second, _ = await session.run(consumed, topic=topics.CORALSERVE_RECIPE, timestamp_ms=now_ms)
                    tapes[ALL] = limit.together([*tapes.values(), second])
            await self._stage.drop(database)
        count = len(self._sales)
        self.bytes_a_sale = {
            name: {table: size // count for table, size in limit.bytes_of(tape).items()} for name, tape in tapes.items()
        }
        return tapes

    async def _round(self, subject: str, tape: Tape, workers: list[Worker], number: int) -> list[Measured]:
        one = await self._limit(subject, "COPY, 1 connection", limit.one(tape), number)
        mesh = await self._mesh(subject, workers, number)
        two = await self._limit(subject, "COPY, 2 connections", tape, number)
        return [one, two, mesh]

    async def _limit(self, subject: str, mode: str, tape: Tape, number: int) -> Measured:
        self._tick(f"round {number}: {subject}, {mode}")
        database = await self._stage.clone(self._template)
        seconds, spent = await limit.replay(lambda: self._stage.connect(database), tape, self._meter)
        await self._stage.drop(database)
        return self._measured(subject, mode, number, rate=len(self._sales) / seconds, spent=spent)

    async def profile(self) -> dict[str, dict[str, float]]:
        """Each worker once more, sampled: CPU microseconds a sale by part of the work."""
        found = {}
        for name in self._plan.workers:
            samples = self._logs / f"{name}.samples"
            measured = await self._mesh(name, [self._workers[name]], 0, samples=samples)
            parts = json.loads(samples.read_text(encoding="utf-8"))["parts"]
            parts.pop("start", None)
            whole = sum(parts.values())
            found[name] = {part: measured.python_us * count / whole for part, count in parts.items()}
        return found

    async def _mesh(
        self, subject: str, workers: list[Worker], number: int, *, samples: Path | None = None
    ) -> Measured:
        self._tick(f"round {number}: {subject}, mesh" if samples is None else f"profile: {subject}")
        database = await self._stage.clone(self._template)
        prefix = await self._stage.new_topics()
        await publish(self._stage, prefix, self._sales)
        db = await self._stage.connect(database)
        try:
            places: dict[str, Any] = {"database": database, "prefix": prefix, "db": db}
            found = await self._mesh_run(subject, workers, number, **places, samples=samples)
        finally:
            await db.close()
        await self._stage.drop(database)
        await self._stage.drop_topics(prefix)
        return found

    async def _mesh_run(
        self, subject: str, workers: list[Worker], number: int, *, database: str, prefix: str, db: Any,
        samples: Path | None = None,
    ) -> Measured:  # fmt: skip
        how: dict[str, Any] = {}
        if samples is not None:
            how = {"module": "bench.sampled", "settings": {sampled.REPORT: str(samples)}}
        since = await db.fetchval("SELECT clock_timestamp()")
        names = [worker.name for worker in workers]
        async with (
            Crew(self._stage, database=database, prefix=prefix, workers=names, logs=self._logs, **how) as crew,
            Watch(db, bootstrap=self._stage.bootstrap, prefix=prefix, workers=workers) as watch,
        ):
            self._meter.begin(tuple(crew.pids.values()))
            await crew.open_gate()
            if len(workers) == 1:
                await watch.until_handled(crew.check, topic=topics.POS_TRANSACTIONS)
            else:
                await watch.until_settled(crew.check)
            ended = await db.fetchval("SELECT clock_timestamp()")
            spent = self._meter.end()
            memory = max(memory_mb(pid) for pid in crew.pids.values())
            await asyncio.sleep(LAST_WORDS_S)
        speeds = [await speed_of(db, name, since=since, sales=len(self._sales)) for name in names]
        rate = speeds[0].rate if len(speeds) == 1 else _together(speeds, sales=len(self._sales), ended=ended)
        return self._measured(
            subject, "mesh", number, rate=rate, spent=spent, memory=memory, batches=sum(s.batches for s in speeds)
        )

    async def _naive(self, number: int) -> Measured:
        self._tick(f"round {number}: inventory, per message")
        database = await self._stage.clone(self._template)
        prefix = await self._stage.new_topics()
        count = min(self._plan.naive_sales, len(self._sales))
        await publish(self._stage, prefix, self._sales[:count])
        order = naive.Order(self._stage.bootstrap, self._stage.service_url(database, "inventory"), prefix, count)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.naive", msgspec.json.encode(order).decode(), cwd=ROOT,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            said, complaint = await asyncio.wait_for(child.communicate(), NAIVE_TIMEOUT_S)
        except TimeoutError:
            child.kill()
            raise
        if child.returncode:
            raise RuntimeError(f"the per-message worker failed: {complaint.decode()[-2000:]}")
        await self._stage.drop(database)
        await self._stage.drop_topics(prefix)
        return Measured("inventory", "per message", number, (count - 1) / json.loads(said)["seconds"])

    def _measured(
        self, subject: str, mode: str, number: int, *, rate: float, spent: Spent, memory: float = 0.0, batches: int = 0
    ) -> Measured:
        share = 1e6 / len(self._sales)
        return Measured(
            subject, mode, number, rate, spent.workers * share, spent.postgres * share, spent.kafka * share, memory,
            batches,
        )  # fmt: skip


def _together(speeds: Sequence[Any], *, sales: int, ended: Any) -> float:
    """All workers' rate: from the first commit of any until every position and outbox is at its end."""
    first = min(speeds, key=lambda speed: speed.begun)
    return (sales - first.first) / (ended - first.begun).total_seconds()
