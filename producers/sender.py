"""The one way events reach the broker: keyed sends, acknowledged by all replicas, idempotent, bounded in flight.

It refuses to drop: `flush` returns only when the broker has acknowledged everything, or raises SendError.
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

from schemas.errors import CoralServeError

Record = tuple[str, bytes, bytes, Sequence[tuple[str, bytes]]]
"""topic, key, value, headers"""

MAX_IN_FLIGHT = 4000
LINGER_MS = 5
BATCH_BYTES = 128 * 1024
TIMEOUT_MS = 20_000
MAX_RECORD_BYTES = 1024 * 1024


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
        self._waiting: deque[Future[Any]] = deque()
        self._options: dict[str, Any] = {
            "bootstrap_servers": bootstrap,
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": LINGER_MS,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": MAX_RECORD_BYTES,
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
            for future in self._waiting:
                future.cancel()
            await self._producer.stop()

    async def send(self, record: Record) -> None:
        """Hand one record over; waits while too many are unacknowledged.

        Raises SendError for an earlier failure, too.
        """
        topic, key, value, headers = record
        if len(self._waiting) >= MAX_IN_FLIGHT:
            await self._settle(MAX_IN_FLIGHT // 2)
        try:
            future = await self._producer.send(self._prefix + topic, value, key=key, headers=headers)
        except KafkaError as error:
            raise self._explain(error, topic) from error
        self._waiting.append(future)

    async def flush(self) -> None:
        """Return when everything sent so far is acknowledged. Raises SendError."""
        await self._settle(0)

    async def _settle(self, leave: int) -> None:
        """Wait for the oldest sends until `leave` remain."""
        settled = 0
        try:
            while len(self._waiting) > leave:
                await self._waiting.popleft()
                settled += 1
        except KafkaError as error:
            raise self._explain(error) from error
        finally:
            self.acknowledged += settled
            self._told(settled)

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
