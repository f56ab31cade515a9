"""The broker's side: what lies in the topics, byte for byte, and what groups committed. Reads only, joins no group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from operators.errors import OperatorError

REQUEST_TIMEOUT_MS = 15_000
POLL_MS = 500
POLL_RECORDS = 2_000
SILENT_POLLS = 60
KEPT_BYTES = 200_000_000
"""Topics are kept in memory up to this many bytes in all; what is more is read again by everyone who needs it."""
RECORD_BYTES = 600
FETCH: dict[str, Any] = {"max_partition_fetch_bytes": 4_000_000, "fetch_max_wait_ms": 50}
"""A fetch that waits keeps everything else on its connection waiting."""

Lane = tuple[str, int]
Progress = Callable[[str, int, int], None]


class Log:
    """Reads topics by their plain names, from their starts to the ends measured last."""

    def __init__(self, kafka: Mapping[str, Any], *, prefix: str = "", progress: Progress | None = None) -> None:
        self._kafka, self._prefix, self._progress = kafka, prefix, progress
        self.starts: dict[Lane, int] = {}
        self.ends: dict[Lane, int] = {}
        self._kept: dict[str, list[Any]] = {}
        self._kept_bytes = 0

    async def __aenter__(self) -> Self:
        options = {**self._kafka, "request_timeout_ms": REQUEST_TIMEOUT_MS}
        self._consumer = AIOKafkaConsumer(**options, enable_auto_commit=False, **FETCH)
        self._admin = AIOKafkaAdminClient(**options)
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

    async def measure(self, names: Iterable[str]) -> dict[Lane, int]:
        """Where these topics begin and end now; the ends are also returned. One that does not exist has no lanes."""
        cut = len(self._prefix)
        described = await self._admin.describe_topics([self._prefix + name for name in sorted(names)])
        places = [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]
        if not places:
            return {}
        starts = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        self.starts = {(place.topic[cut:], place.partition): at for place, at in starts.items()}
        self.ends = {(place.topic[cut:], place.partition): at for place, at in ends.items()}
        return dict(self.ends)

    async def committed(self, group: str) -> dict[Lane, int]:
        """What a consumer group told Kafka; a hint that must never be ahead of the database (I7)."""
        cut = len(self._prefix)
        offsets = await self._admin.list_consumer_group_offsets(self._prefix + group)
        return {
            (place.topic[cut:], place.partition): held.offset
            for place, held in offsets.items()
            if held.offset >= 0 and place.topic.startswith(self._prefix)
        }

    def lanes(self, topic: str) -> list[Lane]:
        """The topic's partitions."""
        return sorted(lane for lane in self.ends if lane[0] == topic)

    async def batches(self, topic: str) -> AsyncIterator[list[tuple[int, Any]]]:
        """Every record as (partition, record), each partition in its order, some thousand at a time."""
        kept = self._kept.get(topic)
        if kept is not None:
            for batch in kept:
                yield batch
            return
        keeping: list[Any] | None = []
        async for batch in self._read(topic):
            self._kept_bytes += sum(RECORD_BYTES + len(record.value or b"") for _, record in batch)
            if keeping is not None and self._kept_bytes < KEPT_BYTES:
                keeping.append(batch)
            else:
                keeping = None
            yield batch
        if keeping is not None:
            self._kept[topic] = keeping

    async def _read(self, topic: str) -> AsyncIterator[list[tuple[int, Any]]]:
        ends = {
            TopicPartition(self._prefix + topic, partition): self.ends[topic, partition]
            for _, partition in self.lanes(topic)
            if self.ends[topic, partition] > self.starts[topic, partition]
        }
        if not ends:
            return
        total = sum(end - self.starts[topic, place.partition] for place, end in ends.items())
        self._consumer.assign(list(ends))
        for place in ends:
            self._consumer.seek(place, self.starts[topic, place.partition])
        done, silent = 0, 0
        while not await self._at_ends(ends):
            found = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
            batch = [(place.partition, r) for place, rows in found.items() for r in rows if r.offset < ends[place]]
            silent = 0 if batch else silent + 1
            if silent > SILENT_POLLS:
                raise OperatorError(f"the broker sends nothing of {topic}: is it up? `./coralserve status` says")
            done += len(batch)
            if self._progress is not None:
                self._progress(f"reading {topic}", done, total)
            if batch:
                yield batch
        self._consumer.unsubscribe()

    async def _at_ends(self, ends: Mapping[TopicPartition, int]) -> bool:
        for place, end in ends.items():
            if await self._consumer.position(place) < end:
                return False
        return True
