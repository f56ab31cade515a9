"""How far every worker is: positions in the database against the log's ends, outboxes, parked rows. Reads only.

The truth is `lanes.next_offset` in each worker's schema (I7); what is committed to Kafka is only a hint.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Self

from msgspec import Struct

from mesh.names import schema_of
from mesh.parking import REDRIVE
from mesh.reference import Reference
from operators.errors import OperatorError
from schemas.topics import BY_NAME

if TYPE_CHECKING:
    from datetime import datetime

    from aiokafka import TopicPartition
    from asyncpg import Connection

    from mesh.worker import Worker

Ends = Mapping[tuple[str, int], tuple[int, int]]
"""(topic, partition) to (log start, log end)."""
REQUEST_TIMEOUT_MS = 15_000

LANES = "SELECT topic, partition, next_offset FROM {schema}.lanes WHERE build = 'live'"
CLAIMED = """
SELECT count(*) FROM {schema}.lanes WHERE build = 'live' AND owner IS NOT NULL AND claimed_at >= $1
"""
OUTBOX = "SELECT count(*) FROM {schema}.outbox WHERE $1::timestamptz IS NULL OR created_at < $1"
WAITING = """
SELECT waits_for, count(*) AS rows FROM {schema}.parked
WHERE state = 'WAITING' AND waits_for NOT LIKE 'behind:%' AND parked_at < $1 GROUP BY waits_for
"""
FREE_BEHIND = """
SELECT count(*) FROM {schema}.parked p
WHERE state = 'WAITING' AND waits_for LIKE 'behind:%' AND parked_at < $1 AND NOT EXISTS (
    SELECT FROM {schema}.parked h
    WHERE h.state = 'WAITING' AND h.blocking_key = p.blocking_key AND h.id < p.id)
"""


class Gap(Struct, frozen=True):
    """A partition a worker has not finished."""

    worker: str
    topic: str
    partition: int
    next_offset: int
    end: int

    @property
    def events(self) -> int:
        """How many offsets are left."""
        return self.end - self.next_offset


class Log:
    """The broker's side: starts and ends of the subscribed partitions."""

    def __init__(self, kafka: Mapping[str, Any], *, prefix: str = "") -> None:
        self._kafka = kafka
        self._prefix = prefix

    async def __aenter__(self) -> Self:
        from aiokafka import AIOKafkaConsumer
        from aiokafka.admin import AIOKafkaAdminClient

        self._consumer = AIOKafkaConsumer(
            **self._kafka, enable_auto_commit=False, request_timeout_ms=REQUEST_TIMEOUT_MS
        )
        self._admin = AIOKafkaAdminClient(**self._kafka, request_timeout_ms=REQUEST_TIMEOUT_MS)
        try:
            await self._consumer.start()
            await self._admin.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()
        await self._admin.close()

    async def ends(self, names: Iterable[str]) -> Ends:
        """Starts and ends by plain topic name. Raises OperatorError for a topic that does not exist."""
        wanted = {self._prefix + name for name in names}
        places = await self._places(wanted)
        missing = wanted - {place.topic for place in places}
        if missing:
            raise OperatorError(f"no topic {', '.join(sorted(missing))}: `./coralserve topics create` makes them")
        starts = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        cut = len(self._prefix)
        return {(place.topic[cut:], place.partition): (starts[place], ends[place]) for place in places}

    async def _places(self, wanted: Set[str]) -> list[TopicPartition]:
        """Every partition, as the broker lists them now."""
        from aiokafka import TopicPartition

        described = [topic for topic in await self._admin.describe_topics() if topic["topic"] in wanted]
        return [
            TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]
        ]


async def gaps(db: Connection, worker: Worker, ends: Ends, *, prefix: str = "") -> list[Gap]:
    """The subscribed partitions this worker has not finished; a lane it never claimed counts from the log's start."""
    rows = await db.fetch(LANES.format(schema=schema_of(worker.name)))
    positions = {(row["topic"].removeprefix(prefix), row["partition"]): row["next_offset"] for row in rows}
    found = []
    for (topic, partition), (start, end) in ends.items():
        if topic not in worker.consumes or end <= start:
            continue
        position = positions.get((topic, partition))
        position = start if position is None else position
        if position < end:
            found.append(Gap(worker.name, topic, partition, position, end))
    return found


async def outbox_rows(db: Connection, schemas: Sequence[str], *, before: datetime | None = None) -> dict[str, int]:
    """Rows not yet sent, by schema, those older than `before` if given; empty outboxes are left out."""
    present = [schema for schema in schemas if await db.fetchval("SELECT to_regclass($1)", f"{schema}.outbox")]
    counts = {schema: int(await db.fetchval(OUTBOX.format(schema=schema), before)) for schema in present}
    return {schema: count for schema, count in counts.items() if count}


async def releasable(db: Connection, worker: Worker, reference: Reference, *, before: datetime) -> int:
    """Rows parked before that moment whose key exists by now: the sweep will release them, the worker is not done."""
    schema = schema_of(worker.name)
    waiting = {row["waits_for"]: row["rows"] for row in await db.fetch(WAITING.format(schema=schema), before)}
    known = {key for key in waiting if reference.known(key)}
    known |= {key for key in waiting if _supported(worker, key) or key == REDRIVE}
    for kind, query in worker.awaits.items():
        ids = [key.partition(":")[2] for key in waiting if key.startswith(f"{kind}:")]
        if ids:
            known |= {f"{kind}:{row[0]}" for row in await db.fetch(query, ids)}
    behind: int = int(await db.fetchval(FREE_BEHIND.format(schema=schema), before))
    return behind + sum(int(waiting[key]) for key in known)


def _supported(worker: Worker, key: str) -> bool:
    kind, _, name = key.partition(":")
    return kind == "support" and name not in worker.unsupported


async def unclaimed(db: Connection, workers: Iterable[Worker], *, since: datetime) -> list[str]:
    """Workers that have not claimed all lanes of their topics since that moment."""
    late = []
    for worker in workers:
        wanted = sum(BY_NAME[topic].partitions if topic in BY_NAME else 1 for topic in worker.consumes)
        claimed = await db.fetchval(CLAIMED.format(schema=schema_of(worker.name)), since)
        if claimed < wanted:
            late.append(worker.name)
    return late
