"""Reads the end of target topics to find which outgoing events a former relay had already sent. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition

if TYPE_CHECKING:
    from mesh.config import Config

MARGIN_MS = 60_000
READ_WAIT_MS = 2_000
IDENTITY = "coralserve_id"


async def already_sent(config: Config, *, places: Iterable[tuple[str, int]], since_ms: int) -> set[bytes]:
    """The identities in these (topic, partition) places that reached the log since shortly before `since_ms`."""
    wanted = [TopicPartition(topic, partition) for topic, partition in sorted(places)]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=config.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False,
        **config.kafka_security,
    )  # fmt: skip
    await consumer.start()
    try:
        consumer.assign(wanted)
        return await _read(consumer, wanted, since_ms - MARGIN_MS)
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, places: list[TopicPartition], since_ms: int) -> set[bytes]:
    ends = await consumer.end_offsets(places)
    starts = await consumer.offsets_for_times(dict.fromkeys(places, max(0, since_ms)))
    for place in places:
        start = starts.get(place)
        consumer.seek(place, start.offset if start is not None else ends[place])
    found: set[bytes] = set()
    while any([await consumer.position(place) < ends[place] for place in places]):
        for records in (await consumer.getmany(timeout_ms=READ_WAIT_MS)).values():
            for record in records:
                found.update(value for name, value in record.headers if name == IDENTITY and value is not None)
    return found
