"""From the outbox to Kafka: in order per lane, at least sent once, trimmed of what was in doubt (I10).

A lane's rows are sent by the process that holds the lane; the lane `changes`, which triggers fill, by whoever holds
its lock. Deletes are fenced by the lane's epoch. A row is deleted only after the broker acknowledged it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from mesh import headers as header_json
from mesh.failpoints import Failpoints
from mesh.names import schema_of
from mesh.tail import IDENTITY, already_sent

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from db.link import Link
    from mesh.config import Config

READ_LIMIT = 1_000
IDLE_WAIT_S = 0.5
PAUSE_S = 1.0
PLACES_LIMIT = 20_000
GATHER_S = 0.06
"""Between two reads: what is committed meanwhile goes with the next one."""
BATCH_BYTES = 256_000
LARGE_BYTES = 100_000
REQUEST_BYTES = 4_000_000

READ = """
SELECT lane_id, seq, id, type, topic, key, headers, payload, created_at FROM {schema}.outbox
WHERE lane_id = ANY($1::int[]) ORDER BY lane_id, seq LIMIT $2
"""
FORGET = """
DELETE FROM {schema}.outbox o
USING unnest($1::int[], $2::bigint[], $3::bigint[]) AS u(lane_id, epoch, seq), {schema}.lanes l
WHERE o.lane_id = u.lane_id AND o.seq <= u.seq AND l.id = u.lane_id AND l.epoch = u.epoch
"""
LOCK_CHANGES = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
CLAIM_CHANGES = """
UPDATE {schema}.lanes SET epoch = epoch + 1, owner = $1, claimed_at = clock_timestamp()
WHERE topic = ANY($2::text[]) RETURNING id, epoch
"""

log = structlog.get_logger()
_choose = DefaultPartitioner()


class Relay:
    """The sender of one process. `held` gives the lanes it may send for: lane id to epoch."""

    def __init__(
        self,
        worker: str,
        config: Config,
        link: Link,
        held: Callable[[], dict[int, int]],
        *,
        shared_lanes: Sequence[str] = ("changes",),
    ) -> None:
        self.worker, self.config, self.link, self.held = worker, config, link, held
        self.schema = schema_of(worker)
        self.sent = 0
        self._shared_lanes = list(shared_lanes)
        self._shared: dict[int, int] = {}
        self._tried_at = 0.0
        self._clean: dict[int, int] = {}
        self._partitions: dict[str, list[int]] = {}
        self._places: dict[tuple[str, bytes | None], tuple[str, int]] = {}
        self._source = f"/workers/{worker}".encode()
        self._wake = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Send for ever; faults of broker or database are waited for, with what was in doubt trimmed afterwards."""
        while True:
            try:
                if await self.drain() >= READ_LIMIT:
                    continue
                await asyncio.sleep(GATHER_S)
                await asyncio.wait_for(self._wake.wait(), IDLE_WAIT_S)
            except TimeoutError:
                continue
            except (KafkaError, OSError, Exception) as fault:
                log.warning("relay.waits", worker=self.worker, error=f"{type(fault).__name__}: {fault}")
                self._clean.clear()
                self._shared.clear()
                self.link.drop()
                await self._stop_producer()
                await asyncio.sleep(PAUSE_S)

    async def close(self) -> None:
        await self._stop_producer()

    async def drain(self) -> int:
        """One read, its sends and its delete; the number of rows read."""
        self._wake.clear()
        db = await self.link.use()
        lanes = self.held() | await self._shared_claims(db)
        if not lanes:
            return 0
        rows = await db.fetch(READ.format(schema=self.schema), list(lanes), READ_LIMIT)
        if not rows:
            self._clean = dict(lanes)
            return 0
        await self._send(await self._without_doubt(rows, lanes))
        if len(rows) < READ_LIMIT:
            self._clean = dict(lanes)
        Failpoints.hit("relay-sent")
        last: dict[int, int] = {}
        for row in rows:
            last[row["lane_id"]] = row["seq"]
        ids = list(last)
        await db.execute(FORGET.format(schema=self.schema), ids, [lanes[i] for i in ids], [last[i] for i in ids])
        Failpoints.hit("relay-marked")
        self.sent += len(rows)
        return len(rows)

    async def _shared_claims(self, db: Connection) -> dict[int, int]:
        """The lanes filled by triggers, for one process at a time: the lock lives and dies with the connection."""
        if self._shared or time.monotonic() - self._tried_at < PAUSE_S:
            return self._shared
        self._tried_at = time.monotonic()
        if not await db.fetchval(LOCK_CHANGES, f"{self.schema}.shared-lanes"):
            return {}
        rows = await db.fetch(CLAIM_CHANGES.format(schema=self.schema), self.config.instance, self._shared_lanes)
        self._shared = {row["id"]: row["epoch"] for row in rows}
        return self._shared

    async def _without_doubt(self, rows: Sequence[Record], lanes: dict[int, int]) -> Sequence[Record]:
        """Leave out what a former relay of these lanes may have sent before it died."""
        doubtful = [row for row in rows if self._clean.get(row["lane_id"]) != lanes[row["lane_id"]]]
        if not doubtful:
            return rows
        since_ms = int(min(row["created_at"] for row in doubtful).timestamp() * 1000)
        producer = await self._started_producer()
        places = {await self._place(producer, row["topic"], row["key"]) for row in doubtful}
        sent = await already_sent(self.config, places=places, since_ms=since_ms)
        return [row for row in rows if str(row["id"]).encode() not in sent]

    async def _send(self, rows: Sequence[Record]) -> None:
        producer = await self._started_producer()
        by_place: dict[tuple[str, int], list[Record]] = {}
        for row in rows:
            target = row["topic"], row["key"]
            place = self._places.get(target) or await self._place(producer, *target)
            by_place.setdefault(place, []).append(row)
        pending: list[Any] = []
        for (topic, partition), place_rows in by_place.items():
            pending += await self._send_place(producer, topic, partition, place_rows)
        await asyncio.gather(*pending)

    async def _send_place(
        self, producer: AIOKafkaProducer, topic: str, partition: int, rows: Sequence[Record]
    ) -> list[Any]:
        pending, batch = [], producer.create_batch()
        for row in rows:
            message = {"key": row["key"], "value": row["payload"], "headers": self._headers(row)}
            if len(row["payload"] or b"") > LARGE_BYTES:
                pending += await _submit(producer, batch, topic, partition)
                batch = producer.create_batch()
                await producer.send_and_wait(topic, partition=partition, **message)
                continue
            if batch.append(timestamp=None, **message) is None:
                pending += await _submit(producer, batch, topic, partition)
                batch = producer.create_batch()
                if batch.append(timestamp=None, **message) is None:
                    raise OverflowError(f"outbox row {row['lane_id']}/{row['seq']} is larger than a batch")
        return pending + await _submit(producer, batch, topic, partition)

    def _headers(self, row: Record) -> list[tuple[str, bytes | None]]:
        identity = str(row["id"]).encode()
        carried = header_json.from_json(row["headers"])
        if not row["type"]:
            return [*carried, (IDENTITY, identity)]
        return [
            ("ce_specversion", b"1.0"),
            ("ce_id", identity),
            ("ce_source", self._source),
            ("ce_type", row["type"].encode()),
            ("ce_time", row["created_at"].isoformat().encode()),
            ("content-type", b"application/json"),
            *carried,
            (IDENTITY, identity),
        ]

    async def _place(self, producer: AIOKafkaProducer, topic: str, key: bytes | None) -> tuple[str, int]:
        """Topic and partition of an outbox row: by its key, as every client that hashes with murmur2 does."""
        name = self.config.topic_prefix + topic
        partitions = self._partitions.get(name)
        if partitions is None:
            partitions = self._partitions[name] = sorted(await producer.partitions_for(name))
        chosen = _choose(key, partitions, partitions) if key is not None else partitions[0]
        if len(self._places) >= PLACES_LIMIT:
            self._places.clear()
        place = self._places[topic, key] = (name, chosen)
        return place

    async def _started_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.config.bootstrap, acks="all", enable_idempotence=True,
                max_batch_size=BATCH_BYTES, max_request_size=REQUEST_BYTES, linger_ms=0, **self.config.kafka_security,
            )  # fmt: skip
            await producer.start()
            self._producer = producer
        return self._producer

    async def _stop_producer(self) -> None:
        self._partitions.clear()
        self._places.clear()
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()


async def _submit(producer: AIOKafkaProducer, batch: Any, topic: str, partition: int) -> list[Any]:
    if batch.record_count() == 0:
        return []
    return [await producer.send_batch(batch, topic, partition=partition)]
