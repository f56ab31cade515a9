"""The one way events reach the broker: keyed, acknowledged by all replicas, idempotent, bounded in flight.

It refuses to drop: `flush` returns only when the broker has acknowledged everything, or raises SendError. Records are
put into batches here, by the partition their key belongs to: three times as fast as handing them over one by one.
"""

from __future__ import annotations

from asyncio import Future
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import DefaultPartitioner

from schemas.errors import CoralServeError

Record = tuple[str, bytes, bytes, Sequence[tuple[str, bytes]]]
"""topic, key, value, headers"""

MAX_IN_FLIGHT = 10_000
MAX_KNOWN_PLACES = 50_000
BATCH_BYTES = 128 * 1024
TIMEOUT_MS = 20_000
MAX_RECORD_BYTES = 1024 * 1024
MAX_REQUEST_BYTES = 4 * MAX_RECORD_BYTES

_choose = DefaultPartitioner()


class SendError(CoralServeError):
    """The broker did not take an event; the message says what to do next."""


class Sender:
    """An open connection to the broker. Sends keep the order of calls per key (I9)."""

    def __init__(
        self,
        bootstrap: str,
        *,
        security: Mapping[str, Any] | None = None,
        on_acknowledged: Callable[[int], None] | None = None,
        prefix: str = "",
    ) -> None:
        """`security` are aiokafka's own options; `on_acknowledged` is told how many more the broker has taken."""
        self.acknowledged = 0
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._told = on_acknowledged or (lambda count: None)
        self._open: dict[tuple[str, int], Any] = {}
        self._waiting: deque[tuple[Future[Any], int]] = deque()
        self._in_flight = 0
        self._places: dict[tuple[str, bytes], tuple[str, int]] = {}
        self._options: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": 0,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": MAX_REQUEST_BYTES,
            "request_timeout_ms": TIMEOUT_MS,
            "client_id": "coralserve-producer",
            **(security or {}),
        }

    async def __aenter__(self) -> Self:
        self._producer = AIOKafkaProducer(**self._options)
        try:
            await self._producer.start()
        except KafkaError as error:
            await self._producer.stop()
            raise self._explain(error) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self.flush()
        finally:
            for future, _ in self._waiting:
                future.cancel()
            await self._producer.stop()

    async def send(self, record: Record) -> None:
        """Take one record into the batch of its partition; waits while too many are unacknowledged.

        Raises SendError, for an earlier record's failure, too.
        """
        topic, key, value, headers = record
        place = self._places.get((topic, key)) or await self._place(topic, key)
        builder = self._open.get(place)
        if builder is not None and builder.append(timestamp=None, key=key, value=value, headers=headers) is not None:
            return
        if builder is not None:
            await self._submit(place)
            if self._in_flight >= MAX_IN_FLIGHT:
                await self._settle(MAX_IN_FLIGHT // 2)
        builder = self._open[place] = self._producer.create_batch()
        builder.append(timestamp=None, key=key, value=value, headers=headers)

    async def push(self) -> None:
        """Send what is in the batches on its way, without waiting for the broker's answer. Raises SendError."""
        for place in list(self._open):
            await self._submit(place)

    async def flush(self) -> None:
        """Return when everything sent so far is acknowledged. Raises SendError."""
        await self.push()
        await self._settle(0)

    async def _place(self, topic: str, key: bytes) -> tuple[str, int]:
        """Topic and partition of a key, as every Kafka client chooses it."""
        full_name = self._prefix + topic
        try:
            partitions = sorted(await self._producer.partitions_for(full_name))
        except KafkaError as error:
            raise self._explain(error, full_name) from error
        if len(self._places) >= MAX_KNOWN_PLACES:
            self._places.clear()
        place = self._places[topic, key] = full_name, _choose(key, partitions, partitions)
        return place

    async def _submit(self, place: tuple[str, int]) -> None:
        builder = self._open.pop(place)
        builder.close()
        topic, partition = place
        try:
            future = await self._producer.send_batch(builder, topic, partition=partition)
        except KafkaError as error:
            raise self._explain(error, topic) from error
        self._waiting.append((future, builder.record_count()))
        self._in_flight += builder.record_count()

    async def _settle(self, leave: int) -> None:
        """Wait for the oldest batches until at most `leave` records are unacknowledged."""
        while self._waiting and self._in_flight > leave:
            future, count = self._waiting.popleft()
            self._in_flight -= count
            try:
                await future
            except KafkaError as error:
                raise self._explain(error) from error
            self.acknowledged += count
            self._told(count)

    def _explain(self, error: KafkaError, topic: str = "") -> SendError:
        return SendError(f"{_advice(error, self._bootstrap, topic)} ({type(error).__name__}: {error})")


def _advice(error: KafkaError, bootstrap: str, topic: str) -> str:
    if isinstance(error, SaslAuthenticationFailed) or "authentication" in str(error).lower():
        return f"The broker at {bootstrap} refused the login: check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD."
    if isinstance(error, TopicAuthorizationFailedError):
        return "This login may not write that topic: grant WRITE on it."
    if isinstance(error, UnknownTopicOrPartitionError):
        return f"The topic {topic} does not exist: `./coralserve up` creates every topic."
    if isinstance(error, MessageSizeTooLargeError):
        return f"The event is larger than the {MAX_RECORD_BYTES} bytes the broker takes."
    if isinstance(error, KafkaConnectionError | KafkaTimeoutError):
        return (
            f"No broker answers at {bootstrap}: start one with `./coralserve up`, "
            "or set KAFKA_BOOTSTRAP_SERVERS to one that runs."
        )
    return f"The broker at {bootstrap} did not take the event: try again, events already taken are recognised."
