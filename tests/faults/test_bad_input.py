"""Every kind of bad event, written straight to Kafka: one dead letter per subscribed worker, and nothing else.

The kinds are those of the reliability rules that can reach a topic; the door for HTTP has tests of its own.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mesh.names import schema_of
from tests.support import world
from tests.support.fingerprint import dispositions, fetch
from tests.support.mesh import Mesh, Record, killing
from tests.support.workers import found

WORKERS = found()
POS_WORKERS = sorted(name for name, worker in WORKERS.items() if world.POS in worker.consumes)


def raw(name: str, value: bytes | None, **headers: bytes | None) -> Record:
    given = {"ce_id": f"bad-{name}".encode(), "ce_type": b"pos.sale.completed", "ce_source": b"/tests"} | headers
    return world.POS, b"1", value, list(given.items())


def changed(name: str, reason: str, field: str, **changes: Any) -> tuple[str, Record, str, str]:
    """A sale with members changed; a member set to ... is left out."""
    _, _, value, _ = world.sale(900)
    data = json.loads(value) | {"transaction_id": 77_000, "outlet_id": 1, "currency": "USD"} | changes
    data = {key: member for key, member in data.items() if member is not ...}
    return name, raw(name, json.dumps(data).encode()), reason, field


def line(**changes: Any) -> list[dict[str, Any]]:
    first = {"line_id": 1, "product_id": 1, "quantity": "1", "unit_price": "4.50"} | changes
    return [{key: member for key, member in first.items() if member is not ...}]


def good(**changes: Any) -> bytes:
    return json.dumps(json.loads(world.sale(901)[2]) | changes).encode()


KINDS: list[tuple[str, Record, str, str]] = [
    ("empty", raw("empty", b""), "MALFORMED_JSON", ""),
    ("blank", raw("blank", b"   "), "MALFORMED_JSON", ""),
    ("truncated", raw("truncated", good()[:-5]), "MALFORMED_JSON", ""),
    ("trailing-comma", raw("trailing-comma", good()[:-1] + b",}"), "MALFORMED_JSON", ""),
    ("two-documents", raw("two-documents", good() + b"{}"), "MALFORMED_JSON", ""),
    ("nan", raw("nan", good().replace(b'"1"', b"NaN", 1)), "MALFORMED_JSON", ""),
    ("deep", raw("deep", b"[" * 100_000), "TOO_DEEP", ""),
    ("not-utf8", raw("not-utf8", good().replace(b"R1", b"\xff\xfe")), "MALFORMED_JSON", ""),
    ("bom", raw("bom", b"\xef\xbb\xbf" + good()), "MALFORMED_JSON", ""),
    ("utf16", raw("utf16", good().decode().encode("utf-16")), "MALFORMED_JSON", ""),
    ("duplicate-key", raw("duplicate-key", good()[:-1] + b',"outlet_id":1}'), "DUPLICATE_KEY", "outlet_id"),
    ("array", raw("array", b"[]"), "NOT_AN_OBJECT", ""),
    ("null", raw("null", b"null"), "NOT_AN_OBJECT", ""),
    ("tombstone", raw("tombstone", None), "TOMBSTONE", ""),
    ("lone-surrogate", raw("lone-surrogate", good().replace(b"R1", b"\\ud800")), "BAD_TEXT", ""),
    ("null-character", raw("null-character", good().replace(b"R1", b"\\u0000")), "BAD_TEXT", ""),
    changed("bidi", "BAD_TEXT", "register", register="R\u202e1"),
    changed("zero-width", "BAD_TEXT", "register", register="R\u200b1"),
    changed("card-number", "CARD_NUMBER", "customer_ref", customer_ref="4111111111111111"),
    changed("boolean-id", "WRONG_TYPE", "transaction_id", transaction_id=True),
    changed("string-id", "WRONG_TYPE", "outlet_id", outlet_id="1"),
    changed("huge-id", "OUT_OF_RANGE", "transaction_id", transaction_id=2**63),
    changed("float-money", "WRONG_TYPE", "lines[0].unit_price", lines=line(unit_price=4.5)),
    changed("underscore", "BAD_NUMBER", "lines[0].unit_price", lines=line(unit_price="1_000")),
    changed("full-width", "BAD_NUMBER", "lines[0].quantity", lines=line(quantity="\uff11")),
    changed("nan-text", "BAD_NUMBER", "lines[0].quantity", lines=line(quantity="NaN")),
    changed("no-quantity", "QUANTITY_NOT_POSITIVE", "lines[0].quantity", lines=line(quantity="0")),
    changed("negative-price", "NEGATIVE_PRICE", "lines[0].unit_price", lines=line(unit_price="-1.00")),
    changed("too-many-decimals", "TOO_MANY_DECIMALS", "lines[0].unit_price", lines=line(unit_price="4.505")),
    changed("discount", "DISCOUNT_OUT_OF_RANGE", "lines[0].discount", lines=line(discount="9.00")),
    changed("line-total", "LINE_TOTAL_MISMATCH", "lines[0].total", lines=line(total="5.00")),
    changed("net", "TOTAL_MISMATCH", "totals.net", totals={"net": "1.00"}, lines=line()),
    changed("payments", "PAYMENT_MISMATCH", "payments", lines=line(), prices_include_tax=False,
            payments=[{"method": "CASH", "amount": "1.00"}], totals={"net": "4.50", "tax": "0.36", "gross": "4.86"}),
    changed("no-lines", "NO_LINES", "lines", lines=[]),
    changed("many-lines", "TOO_MANY_LINES", "lines", lines=line() * 501),
    changed("same-line", "DUPLICATE_LINE", "lines[1].line_id", lines=line() * 2),
    changed("no-price", "MISSING_FIELD", "lines[0].unit_price", lines=line(unit_price=...)),
    changed("no-outlet", "MISSING_FIELD", "outlet_id", outlet_id=...),
    changed("currency", "UNKNOWN_CURRENCY", "currency", currency="XXQ"),
    changed("not-the-outlets", "CURRENCY_MISMATCH", "currency", currency="EUR"),
    changed("no-offset", "BAD_INSTANT", "occurred_at", occurred_at="2026-11-23T12:30:05"),
    changed("week-date", "BAD_INSTANT", "occurred_at", occurred_at="2026-W48-1T12:30:05Z"),
    changed("leap-second", "BAD_INSTANT", "occurred_at", occurred_at="2026-11-23T23:59:60Z"),
    changed("infinity", "BAD_INSTANT", "occurred_at", occurred_at="infinity"),
    changed("epoch", "WRONG_TYPE", "occurred_at", occurred_at=1_764_000_000),
    changed("future", "IN_THE_FUTURE", "occurred_at", occurred_at="2039-01-01T00:00:00Z"),
    ("no-id", raw("no-id", good(), ce_id=b""), "MISSING_ID", "id"),
    ("nil-id", raw("nil-id", good(), ce_id=b"00000000-0000-0000-0000-000000000000"), "MALFORMED_ID", "id"),
    ("path-id", raw("path-id", good(), ce_id=b"../../etc/passwd"), "MALFORMED_ID", "id"),
    ("wrong-key", (world.POS, b"2", good(outlet_id=1, currency="USD"), raw("wrong-key", b"")[3]), "KEY_MISMATCH", "key"),
    ("no-key", (world.POS, None, good(), raw("no-key", b"")[3]), "MISSING_KEY", "key"),
]  # fmt: skip


@pytest.fixture
async def mesh(kafka_bootstrap: str, database: str, topic_prefix: str) -> AsyncIterator[Mesh]:
    made = Mesh(kafka_bootstrap, database, topic_prefix, partitions=1)
    await made.create_topics()
    with killing(made):
        yield made


async def test_one_dead_letter_each_and_nothing_else(mesh: Mesh) -> None:
    """A bad event must cost nobody a cent and no worker its life; the good sale behind them goes through."""
    await mesh.publish([*world.catalog(), *world.definitions(), *world.batches()])
    async with mesh.running(*WORKERS.values()):
        await mesh.caught_up(*WORKERS.values())
        await mesh.publish([record for _, record, _, _ in KINDS])
        await mesh.publish(world.sales(3))
        await mesh.caught_up(*WORKERS.values())
    expected = [(name, reason) for name, _, reason, _ in KINDS]
    for worker in POS_WORKERS:
        schema = schema_of(worker)
        rows = await fetch(
            mesh.database,
            f"SELECT reason, field, key, value FROM {schema}.parked WHERE state = 'DEAD' AND topic = $1 ORDER BY \"offset\"",
            world.POS,
        )
        others = await fetch(
            mesh.database, f"SELECT topic, reason, field, detail FROM {schema}.parked WHERE topic <> $1 AND state = 'DEAD'",
            world.POS,
        )  # fmt: skip
        assert [tuple(row) for row in others] == [], worker
        told = [(name, row["reason"]) for (name, _, _, _), row in zip(KINDS, rows, strict=False)]
        assert told == expected, worker
        assert [(row["key"], row["value"]) for row in rows] == [(record[1], record[2]) for _, record, _, _ in KINDS]
        named = [(name, row["field"]) for (name, _, _, field), row in zip(KINDS, rows, strict=True) if field]
        assert named == [(name, field) for name, _, _, field in KINDS if field], worker
        kept = await fetch(mesh.database, f"SELECT count(*) AS n FROM {schema}.sales")
        assert kept[0]["n"] == 3, worker
        assert (await dispositions(mesh.database, worker))["dead"] == len(KINDS), worker
