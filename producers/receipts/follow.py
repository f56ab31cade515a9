"""Reads the topics receipts are made of, from now on and without a group, and yields receipts. Commits nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from producers.receipts.assemble import Assembler, Receipt
from schemas import topics

LIVE = (topics.POS_TRANSACTIONS, topics.CORALSERVE_INVENTORY, topics.CORALSERVE_TAX)
FROM_THE_START = (topics.POS_CATALOG, topics.BACKOFFICE_RECIPE)
POLL_MS = 50
MAX_RECORDS = 2000
AUDIT_WAIT_MS = 600

AuditNumbers = Callable[[Sequence[Receipt]], Awaitable[Mapping[str, int]]]


async def receipts(
    bootstrap: str,
    *,
    security: Mapping[str, Any] | None = None,
    audit_numbers: AuditNumbers | None = None,
    prefix: str = "",
) -> AsyncIterator[Receipt]:
    """Receipts of sales from now on, for ever; with `audit_numbers`, which gives the audit's seq by event id, numbered.

    The topics must exist. Close the iterator (`aclosing`) to close the connection.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=POLL_MS, **(security or {})
    )
    await consumer.start()
    try:
        await _place(consumer, prefix)
        assembler, waiting = Assembler(), _Numbering(audit_numbers)
        while True:
            found = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_RECORDS)
            for records in found.values():
                for record in records:
                    _feed(assembler, record)
            for receipt in await waiting.numbered(assembler.ready(_now_ms()), now_ms=_now_ms()):
                yield receipt
    finally:
        await consumer.stop()


async def _place(consumer: AIOKafkaConsumer, prefix: str) -> None:
    """Names from the beginning, everything else from the end."""
    live: list[Any] = []
    whole: list[Any] = []
    for names, places in ((LIVE, live), (FROM_THE_START, whole)):
        for name in names:
            topic = prefix + name
            await consumer._client._wait_on_metadata(topic)  # noqa: SLF001 - no public call loads an unassigned topic
            places += [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(live + whole)
    await consumer.seek_to_end(*live)
    await consumer.seek_to_beginning(*whole)


def _feed(assembler: Assembler, record: ConsumerRecord) -> None:
    """Both CloudEvents modes; what is no event is passed over: it is no receipt's business."""
    try:
        body = msgspec.json.decode(record.value or b"null")
    except msgspec.DecodeError:
        return
    headers = dict(record.headers)
    envelope = {"type": headers["ce_type"].decode(), "id": headers.get("ce_id", b"").decode(), "data": body} \
        if headers.get("ce_type") else body  # fmt: skip
    if not isinstance(envelope, dict) or not isinstance(envelope.get("data"), dict):
        return
    try:
        assembler.feed(
            str(envelope.get("type")),
            envelope["data"],
            event_id=str(envelope.get("id")),
            broker_ms=record.timestamp,
            now_ms=_now_ms(),
        )
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return


class _Numbering:
    """Gives receipts their audit numbers; one the audit has not written yet waits a moment, in its place."""

    def __init__(self, audit_numbers: AuditNumbers | None) -> None:
        self._ask = audit_numbers
        self._waiting: list[tuple[int, Receipt]] = []

    async def numbered(self, found: list[Receipt], *, now_ms: int) -> list[Receipt]:
        """Receipts to show now, in order."""
        if self._ask is None:
            return found
        self._waiting += [(now_ms, receipt) for receipt in found]
        if not self._waiting:
            return []
        numbers = await self._ask([receipt for _, receipt in self._waiting])
        shown: list[Receipt] = []
        while self._waiting:
            since, receipt = self._waiting[0]
            number = numbers.get(receipt.event_id)
            if number is None and now_ms - since < AUDIT_WAIT_MS:
                break
            shown.append(msgspec.structs.replace(receipt, audit=number))
            del self._waiting[0]
        return shown


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
