"""From Kafka to the lanes, by one FastStream batch subscriber. Claims on assignment, drains on revoke, commits hints.

Avoids what FastStream does by default: the parser never raises and passes raw records on, acknowledgement is manual
and never asked for, explicit offsets are committed after the database, and a full lane is paused instead of awaited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER

from mesh.failpoints import Failpoints
from mesh.lane import Lane
from mesh.lanes import claim
from mesh.names import group_of

if TYPE_CHECKING:
    from db.link import Link
    from mesh.config import Config
    from mesh.engine import Engine
    from mesh.ladder import Ladder
    from mesh.worker import Worker

QUEUE_HIGH = 2_000
QUEUE_LOW = 500
HINT_EVERY_S = 1.0
DRAIN_LIMIT_S = 8.0
CLAIM_PAUSE_S = 0.5

log = structlog.get_logger()


async def _parse(records: tuple[ConsumerRecord, ...]) -> KafkaMessage:
    return KafkaMessage(body=records, raw_message=records, consumer=FAKE_CONSUMER)


async def _decode(message: KafkaMessage) -> Any:
    return message.body


def _nothing() -> None:
    """Nobody waits for an assignment."""


class Feed(ConsumerRebalanceListener):
    """The consumer side of one worker process."""

    def __init__(self, worker: Worker, config: Config, engine: Engine, ladder: Ladder, link: Link) -> None:
        self.worker, self.config, self.engine, self.ladder, self.link = worker, config, engine, ladder, link
        self.broker = KafkaBroker(
            config.bootstrap,
            apply_types=False,
            consumer_only=True,
            allow_auto_create_topics=False,
            client_id=f"coralserve-{worker.name}-{config.instance}",
            logger=None,
            **config.kafka_security,
        )
        self._subscriber = self.broker.subscriber(
            *(config.topic_prefix + topic for topic in sorted(worker.consumes)),
            batch=True,
            group_id=config.topic_prefix + group_of(worker.name),
            group_instance_id=f"{config.topic_prefix}{group_of(worker.name)}-{config.instance}",
            ack_policy=AckPolicy.MANUAL,
            parser=_parse,
            decoder=_decode,
            listener=self,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(RangePartitionAssignor,),
            fetch_min_bytes=config.fetch_min_bytes,
            fetch_max_wait_ms=config.fetch_wait_ms,
            max_partition_fetch_bytes=1_000_000,
            session_timeout_ms=config.session_timeout_ms,
            heartbeat_interval_ms=max(200, config.session_timeout_ms // 5),
            rebalance_timeout_ms=max(config.session_timeout_ms, int(DRAIN_LIMIT_S * 2000)),
            no_reply=True,
        )
        self._subscriber(self._take_in)
        self._hinted: dict[tuple[str, int], int] = {}
        self._paused: set[TopicPartition] = set()
        self.on_assigned: Callable[[], None] = _nothing
        self.assigned = False

    @property
    def consumer(self) -> Any:
        return self._subscriber.consumer

    async def _take_in(self, records: Iterable[ConsumerRecord]) -> None:
        """Queue fetched records on their lanes; a lane that is full is paused at the consumer."""
        strip, lanes, full = len(self.config.topic_prefix), self.engine.lanes, set()
        for record in records:
            lane = lanes.get((record.topic[strip:], record.partition))
            if lane is not None and lane.accept(record) and len(lane.queue) >= QUEUE_HIGH:
                full.add(TopicPartition(record.topic, record.partition))
        self.engine.wake()
        if full:
            self.consumer.pause(*full)
            self._paused |= full

    def resume_emptied(self) -> None:
        """Fetch again for lanes that have room."""
        if not self._paused:
            return
        strip = len(self.config.topic_prefix)
        assigned = self.consumer.assignment()
        for place in list(self._paused):
            lane = self.engine.lanes.get((place.topic[strip:], place.partition))
            if lane is None or place not in assigned:
                self._paused.discard(place)
            elif len(lane.queue) <= QUEUE_LOW:
                self.consumer.resume(place)
                self._paused.discard(place)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Claim every lane, waiting for the database as long as it takes; then read on from the claimed position."""
        self.ladder.planner.forget()
        for place in sorted(assigned):
            while not await self._claim(place):  # noqa: ASYNC110 the database is asked, nobody signals
                await asyncio.sleep(CLAIM_PAUSE_S)
        self.assigned = True
        self.engine.wake()
        self.on_assigned()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Finish what is in flight, drop what was only fetched, and leave the position as a hint."""
        Failpoints.hit("revoke")
        strip = len(self.config.topic_prefix)
        names = [(place.topic[strip:], place.partition) for place in revoked]
        lanes = [self.engine.lanes[name] for name in names if name in self.engine.lanes]
        self._paused.clear()
        try:
            await asyncio.wait_for(self.engine.drain(lanes), DRAIN_LIMIT_S)
        except TimeoutError:
            log.warning("lanes.not-drained", worker=self.worker.name, lanes=len(lanes))
        await self._hint(lanes)

    async def _claim(self, place: TopicPartition) -> bool:
        topic = place.topic[len(self.config.topic_prefix) :]
        try:
            starts = await self.consumer.beginning_offsets([place])
            ends = await self.consumer.end_offsets([place])
            db = await self.link.use()
            position = await claim(
                db, self.ladder.ink.schema, topic=topic, partition=place.partition, start=starts[place],
                owner=self.config.instance,
            )  # fmt: skip
            lane = Lane(
                position.lane_id, topic, place.partition, position.epoch, position.next_offset, position.out_seq,
                self.worker.consumes[topic], fetched_to=position.next_offset,
            )  # fmt: skip
            lane.halted = _unreachable(position.next_offset, start=starts[place], end=ends[place])
            self.engine.hold(lane)
            await self.ladder.sync(db, {lane.lane_id: lane})
        except Exception as fault:
            log.warning(
                "lane.not-claimed", topic=topic, partition=place.partition, error=f"{type(fault).__name__}: {fault}"
            )
            self.link.drop()
            return False
        if lane.halted:
            log.error("lane.halted", topic=topic, partition=place.partition, reason=lane.halted)
            self.consumer.pause(place)
            return True
        self.consumer.seek(place, lane.next_offset)
        return True

    async def run_hints(self) -> None:
        """Every second, tell Kafka how far the lanes are, for lag tools and autoscalers."""
        while True:
            await asyncio.sleep(HINT_EVERY_S)
            await self._hint(self.engine.lanes.values())

    async def _hint(self, lanes: Iterable[Lane]) -> None:
        moved = {
            (lane.topic, lane.partition): lane.next_offset
            for lane in lanes
            if not lane.halted and self._hinted.get((lane.topic, lane.partition)) != lane.next_offset
        }
        if not moved or self.consumer is None:
            return
        prefix = self.config.topic_prefix
        try:
            await self.consumer.commit({TopicPartition(prefix + t, p): offset for (t, p), offset in moved.items()})
        except KafkaError as fault:
            log.info("hint.not-committed", worker=self.worker.name, error=type(fault).__name__)
            return
        self._hinted.update(moved)
        Failpoints.hit("kafka-commit")


def _unreachable(position: int, *, start: int, end: int) -> str:
    """Why a position cannot be read on from (I8); empty where it can."""
    if position < start:
        return f"position {position} is below the log's start {start}: records were deleted before they were handled"
    if position > end:
        return f"position {position} is above the log's end {end}: the topic was re-created or truncated"
    return ""
