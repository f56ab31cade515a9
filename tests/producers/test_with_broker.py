"""Producers against a real broker: what was acknowledged is in the topic, under the right key, in order."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from operators import topics as topic_setup
from producers.demo.tills import open_chain, run
from producers.publish import Rejection, publish
from producers.receipts.follow import receipts
from producers.sales_import.importer import import_sales
from producers.sales_import.mapping import read_map
from producers.sender import MAX_IN_FLIGHT, Sender, SendError
from schemas.decode import decode
from schemas.topics import POS_CATALOG, POS_TRANSACTIONS

READY_MAP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "bakery-map.toml"


@pytest.fixture
async def prefix(kafka_bootstrap: str, topic_prefix: str) -> str:
    """Topics of this test's own."""
    await topic_setup.create({"bootstrap_servers": kafka_bootstrap}, ["inventory", "tax"], prefix=topic_prefix)
    return topic_prefix


async def everything(bootstrap: str, topic: str) -> list[ConsumerRecord]:
    """All records of a topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(6)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[ConsumerRecord] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += records
        return found
    finally:
        await consumer.stop()


def sale_line(number: int, **changed: Any) -> bytes:
    """One structured sale, as a line."""
    line = {"line_id": 1, "product_id": 42, "quantity": "1", "unit_price": "4.50"}
    data = {"transaction_id": number, "outlet_id": number % 7 + 1, "occurred_at": "2026-01-02T03:04:05Z",
            "currency": "USD", "lines": [line], **changed}  # fmt: skip
    event = {"specversion": "1.0", "id": f"sale-{number}", "source": "/t", "type": "pos.sale.completed", "data": data}
    return json.dumps(event).encode() + b"\n"


async def test_good_lines_are_sent_in_order_and_bad_ones_named(kafka_bootstrap: str, prefix: str) -> None:
    """More than fit in flight at once; per outlet the broker holds them in the file's order (I9)."""
    count = MAX_IN_FLIGHT * 2
    lines = [sale_line(number) for number in range(1, count + 1)]
    lines[10] = sale_line(11, currency="XXQ")
    lines[20] = b"{not json}\n"
    lines.insert(30, b"\n")
    lines.append(b'{"specversion":"1.0","id":"x","source":"/t","type":"tax.gap","data":{}}')
    rejected: list[Rejection] = []
    told: list[int] = []
    async with Sender(kafka_bootstrap, prefix=prefix, on_acknowledged=told.append) as sender:
        result = await publish(io.BytesIO(b"".join(lines)), sender, on_rejected=rejected.append)
    assert result.published == sender.acknowledged == sum(told) == count - 2
    assert [(bad.line, bad.reason) for bad in rejected[:2]] == [(11, "UNKNOWN_CURRENCY"), (21, "MALFORMED_JSON")]
    assert rejected[2].line == count + 2
    records = await everything(kafka_bootstrap, prefix + POS_TRANSACTIONS)
    assert len(records) == count - 2
    by_outlet: dict[bytes, list[int]] = {}
    for record in records:
        event = decode(POS_TRANSACTIONS, record.key, record.value, record.headers, record.timestamp)
        by_outlet.setdefault(record.key, []).append(event.data.transaction_id)
    assert len(by_outlet) == 7
    assert all(found == sorted(found) for found in by_outlet.values())


async def test_an_outlet_is_always_in_one_partition(kafka_bootstrap: str, prefix: str) -> None:
    """Two producers that choose differently would break the outlet's order: the client's own choice is the measure."""
    from aiokafka import AIOKafkaProducer

    async with Sender(kafka_bootstrap, prefix=prefix) as sender:
        for number in range(1, 50):
            await sender.send((POS_TRANSACTIONS, str(number).encode(), b"{}", []))
    plain = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await plain.start()
    for number in range(1, 50):
        await plain.send_and_wait(prefix + POS_TRANSACTIONS, b"{}", key=str(number).encode())
    await plain.stop()
    records = await everything(kafka_bootstrap, prefix + POS_TRANSACTIONS)
    places = Counter((record.key, record.partition) for record in records)
    assert set(places.values()) == {2}


async def test_a_large_event_goes_through(kafka_bootstrap: str, prefix: str) -> None:
    """Larger than a batch of this sender, smaller than the topic's limit."""
    async with Sender(kafka_bootstrap, prefix=prefix) as sender:
        await sender.send((POS_TRANSACTIONS, b"1", b"x" * 1_000_000, []))
        await sender.send((POS_TRANSACTIONS, b"1", b"y", []))
    sizes = [len(record.value) for record in await everything(kafka_bootstrap, prefix + POS_TRANSACTIONS)]
    assert sizes == [1_000_000, 1]


async def test_a_missing_broker_is_named_with_what_to_do() -> None:
    """The first thing that goes wrong for a newcomer."""
    with pytest.raises(SendError, match="KAFKA_BOOTSTRAP_SERVERS"):
        async with Sender("127.0.0.1:1"):
            pass


async def test_tills_sell_exactly_so_many(kafka_bootstrap: str, prefix: str) -> None:
    """`up --once` prints counts; they must be true, and each event valid as the broker holds it."""
    async with Sender(kafka_bootstrap, prefix=prefix) as sender:
        opened = await open_chain(sender)
    assert opened > 100
    sold = await run(kafka_bootstrap, sales_limit=200, rate=10_000, prefix=prefix, undo=True)
    records = await everything(kafka_bootstrap, prefix + POS_TRANSACTIONS)
    events = [decode(POS_TRANSACTIONS, r.key, r.value, r.headers, r.timestamp) for r in records]
    assert sold == sum(event.type == "pos.sale.completed" for event in events) == 200
    catalogue = await everything(kafka_bootstrap, prefix + POS_CATALOG)
    assert {record.key for record in catalogue} >= {b"outlet:1", b"product:42", b"user:11"}


async def test_the_bakery_is_in_the_topic_whole(kafka_bootstrap: str, prefix: str, bakery: Path) -> None:
    """9,531 transactions acknowledged and there, each once, with 21,293 lines."""
    async with Sender(kafka_bootstrap, prefix=prefix) as sender:
        summary = await import_sales(bakery, read_map(READY_MAP), sender, on_refusal=lambda refusal: None)
    records = await everything(kafka_bootstrap, prefix + POS_TRANSACTIONS)
    assert summary.transactions == len(records) == 9531
    assert {record.key for record in records} == {b"101"}
    assert sum(len(json.loads(record.value)["lines"]) for record in records) == 21293


async def test_a_receipt_appears_for_a_sale(kafka_bootstrap: str, prefix: str) -> None:
    """Names come from the catalogue published long before, figures from what workers say."""
    stock = {"outlet_id": 2, "transaction_id": 1, "cause_id": "sale-1", "cause_type": "pos.sale.completed",
             "items": [{"product_id": 42, "change": "-1", "on_hand": "7"}]}  # fmt: skip
    product = {"product_id": 42, "name": "latte"}
    async with Sender(kafka_bootstrap, prefix=prefix) as sender:
        head = [("ce_specversion", b"1.0"), ("ce_source", b"/t"), ("ce_id", b"1")]
        named = [*head, ("ce_type", b"catalog.product.upserted")]
        await sender.send((POS_CATALOG, b"product:42", json.dumps(product).encode(), named))
        await sender.flush()

        async def first_receipt() -> str:
            async with aclosing(receipts(kafka_bootstrap, prefix=prefix)) as stream:
                async for receipt in stream:
                    return receipt.text()
            return ""

        reading = asyncio.create_task(first_receipt())
        async with asyncio.timeout(20):
            number = 0
            while not reading.done():
                number += 1
                told = {**stock, "transaction_id": number}
                tax = {"outlet_id": 2, "transaction_id": number, "tax": "0.40"}
                await publish(io.BytesIO(sale_line(number, outlet_id=2)), sender, on_rejected=pytest.fail)
                for topic, type_, data in (
                    ("coralserve.inventory.v1", "inventory.stock-changed", told),
                    ("coralserve.tax.v1", "tax.computed", tax),
                ):
                    headers = [*head, ("ce_type", type_.encode())]
                    await sender.send((topic, b"2", json.dumps(data).encode(), headers))
                await sender.flush()
                await asyncio.sleep(0.2)
        text = await reading
    assert "latte×1 → latte 8→7 · tax 0.40 · " in text
