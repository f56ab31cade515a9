"""A small mesh for tests: topics of its own, real publishing, workers in this process or as killable processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from mesh.config import Config
from mesh.names import dead_topic, schema_of
from mesh.run import Process, application
from mesh.worker import Worker
from schemas.topics import TOPICS

ROOT = Path(__file__).resolve().parents[2]
WORKERS = ("ledger", "inventory", "recipe", "tax", "audit")
Record = tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]


@dataclass
class Mesh:
    """Addresses of one test's own topics and database."""

    bootstrap: str
    database: str
    prefix: str
    partitions: int = 2
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    async def create_topics(self) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            wanted = [
                NewTopic(self.prefix + t.name, min(t.partitions, self.partitions), 1, topic_configs=t.settings())
                for t in TOPICS
            ]
            wanted += [NewTopic(self.prefix + dead_topic(name), 1, 1) for name in WORKERS]
            await admin.create_topics(wanted)
            await self._leaders([topic.name for topic in wanted])
        finally:
            await admin.close()

    async def _leaders(self, names: list[str]) -> None:
        """Wait until every partition has a leader, so that no test begins with the broker's own retries."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            for name in names:
                while not consumer.partitions_for_topic(name):
                    await consumer._client._wait_on_metadata(name)
                places = [TopicPartition(name, p) for p in consumer.partitions_for_topic(name)]
                await consumer.end_offsets(places)
        finally:
            await consumer.stop()

    async def publish(self, records: Iterable[Record], *, partition: int | None = None) -> int:
        """Send raw records (topic, key, value, headers), waiting for the broker's acknowledgement."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=2)
        await producer.start()
        try:
            sent = [
                await producer.send(self.prefix + topic, key=key, value=value, headers=headers, partition=partition)
                for topic, key, value, headers in records
            ]
            await asyncio.gather(*sent)
            return len(sent)
        finally:
            await producer.stop()

    def config(self, **changes: Any) -> Config:
        return Config(
            **{"bootstrap": self.bootstrap, "database_url": self.database, "topic_prefix": self.prefix}
            | {"session_timeout_ms": 6_000} | changes
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def running(self, *workers: Worker, **changes: Any) -> AsyncIterator[list[Process]]:
        """These workers, inside this process, until the block ends."""
        processes = [Process.of(worker, self.config(**changes)) for worker in workers]
        apps = [application(process) for process in processes]
        tasks = [asyncio.create_task(app.run(sleep_time=0.02)) for app in apps]
        try:
            yield processes
        finally:
            for app in apps:
                app.exit()
            await asyncio.wait_for(asyncio.gather(*tasks), 30)

    def start(self, worker: str, *, instance: str = "0", failpoint: str = "") -> subprocess.Popen[bytes]:
        """A worker as a process of its own, to be killed."""
        environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap, "DATABASE_URL": self.database,
            "CORALSERVE_TOPIC_PREFIX": self.prefix, "CORALSERVE_INSTANCE": instance,
            "CORALSERVE_FAILPOINT": failpoint, "CORALSERVE_SESSION_TIMEOUT_MS": "6000",
        }  # fmt: skip
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.support.worker", worker], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        self.children.append(child)
        return child

    def kill_all(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
            child.wait()

    async def caught_up(self, *workers: Worker, timeout_s: float = 60.0) -> None:
        """Return when these workers' positions are at the logs' ends, their outboxes empty; else fail with where they are."""
        db = await asyncpg.connect(self.database)
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await consumer.start()
        try:
            async with asyncio.timeout(timeout_s):
                while behind := await self._behind(db, consumer, workers):
                    self.last_behind = behind
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"not caught up after {timeout_s} s: {self.last_behind}") from None
        finally:
            await consumer.stop()
            await db.close()

    async def _behind(self, db: asyncpg.Connection, consumer: AIOKafkaConsumer, workers: Sequence[Worker]) -> list[str]:
        late = []
        for worker in workers:
            schema = schema_of(worker.name)
            lanes = {
                (row["topic"], row["partition"]): row["next_offset"]
                for row in await db.fetch(f"SELECT topic, partition, next_offset FROM {schema}.lanes")
            }
            for topic in worker.consumes:
                await consumer._client._wait_on_metadata(self.prefix + topic)
                places = [TopicPartition(self.prefix + topic, p) for p in consumer.partitions_for_topic(self.prefix + topic)]
                for place, end in (await consumer.end_offsets(places)).items():
                    at = lanes.get((topic, place.partition))
                    if at is None or at < end:
                        late.append(f"{worker.name} {topic}/{place.partition} at {at} of {end}")
            if rows := await db.fetchval(f"SELECT count(*) FROM {schema}.outbox"):
                late.append(f"{worker.name} outbox {rows}")
        return late

    async def read(self, topic: str) -> list[Any]:
        """Every record of a topic, from its start to its end now."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            name = self.prefix + topic
            await consumer._client._wait_on_metadata(name)
            places = [TopicPartition(name, p) for p in sorted(consumer.partitions_for_topic(name))]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            await consumer.seek_to_beginning(*places)
            found: list[Any] = []
            while any([await consumer.position(place) < ends[place] for place in places]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return found
        finally:
            await consumer.stop()


@contextlib.contextmanager
def killing(mesh: Mesh) -> Iterator[Mesh]:
    """Whatever a test does, none of its processes outlives it."""
    try:
        yield mesh
    finally:
        mesh.kill_all()
