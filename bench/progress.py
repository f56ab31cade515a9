"""How far the workers are, asked of the database and the broker from outside; and what their journals say of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from mesh.worker import Worker
from schemas import topics

TIMEOUT_S = 300.0
POLL_S = 0.1
POSITIONS = "SELECT topic, partition, next_offset FROM coralserve_{worker}.lanes WHERE topic <> 'changes'"
WAITING = "SELECT EXISTS (SELECT FROM coralserve_{worker}.outbox)"
COMMITS = """
SELECT max(committed_at) AS at, sum(effected)::int AS effected
FROM coralserve_{worker}.journal WHERE topic = $1 AND committed_at > $2 AND effected > 0
GROUP BY xmin::text ORDER BY 1
"""
NOT_EFFECTED = """
SELECT coalesce(sum(consumed - effected - ignored), 0)::int FROM coralserve_{worker}.journal
WHERE topic = $1 AND committed_at > $2
"""


class Speed(Struct, frozen=True):
    """A worker's run, from its journal: first and last commit, sales in all and of the first batch, batches."""

    begun: datetime
    ended: datetime
    sales: int
    first: int
    batches: int

    @property
    def rate(self) -> float:
        """Sales a second from the first commit to the last; the first batch only starts the clock."""
        return (self.sales - self.first) / (self.ended - self.begun).total_seconds()


class Watch:
    """Looks on one database and one prefix of topics. Use as an async context."""

    def __init__(self, db: asyncpg.Connection, *, bootstrap: str, prefix: str, workers: Iterable[Worker]) -> None:
        self._db, self._prefix, self._workers = db, prefix, tuple(workers)
        self._consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)

    async def __aenter__(self) -> Watch:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def until_settled(self, check: Callable[[], None], *, timeout_s: float = TIMEOUT_S) -> None:
        """Return when every lane is at its log's end and every outbox is empty. `check` may raise."""
        async with asyncio.timeout(timeout_s):
            while await self._unsettled():
                check()
                await asyncio.sleep(POLL_S)

    async def until_handled(self, check: Callable[[], None], *, topic: str, timeout_s: float = TIMEOUT_S) -> None:
        """Return when every lane of this topic is at the log's end as it was at the call. `check` may raise."""
        ends = await self._ends([topic])
        async with asyncio.timeout(timeout_s):
            while any([await self._behind(worker, ends) for worker in self._workers]):
                check()
                await asyncio.sleep(POLL_S)

    async def _unsettled(self) -> bool:
        for worker in self._workers:
            if await self._db.fetchval(WAITING.format(worker=worker.name)):
                return True
        for worker in self._workers:
            if await self._behind(worker, await self._ends(worker.consumes)):
                return True
        return False

    async def _behind(self, worker: Worker, ends: Mapping[tuple[str, int], int]) -> bool:
        rows = await self._db.fetch(POSITIONS.format(worker=worker.name))
        lanes = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        return any(lanes.get(place, -1) < end for place, end in ends.items() if place[0] in worker.consumes)

    async def _ends(self, names: Iterable[str]) -> dict[tuple[str, int], int]:
        places = [
            TopicPartition(self._prefix + name, partition)
            for name in names
            for partition in range(topics.BY_NAME[name].partitions)
        ]
        ends = await self._consumer.end_offsets(places)
        return {(place.topic[len(self._prefix) :], place.partition): end for place, end in ends.items()}


async def speed_of(db: asyncpg.Connection, worker: str, *, since: datetime, sales: int) -> Speed:
    """What the journal says of the sales since then. Raises RuntimeError where one had no effect."""
    lost = await db.fetchval(NOT_EFFECTED.format(worker=worker), topics.POS_TRANSACTIONS, since)
    commits = await db.fetch(COMMITS.format(worker=worker), topics.POS_TRANSACTIONS, since)
    done = sum(row["effected"] for row in commits)
    if lost or done != sales:
        raise RuntimeError(f"{worker}: {done} of {sales} sales took effect, {lost} were parked or repeats")
    return Speed(commits[0]["at"], commits[-1]["at"], done, commits[0]["effected"], len(commits))
