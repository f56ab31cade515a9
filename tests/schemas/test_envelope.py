"""The envelope: ids, types, versions, headers, keys (RELIABILITY §5, CONTRACT §2, §3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.decode import UnknownType, decode, decode_structured, peek_type
from schemas.errors import Reject, Wait
from tests.schemas.events import ABSENT, BROKER_MS, EVENT_ID, headers, least, read, sale

TOPIC = "pos.transactions.v1"
VALUE = json.dumps(sale()).encode()


def structured(**changes: Any) -> bytes:
    event = {"specversion": "1.0", "id": EVENT_ID, "source": "/outlets/3", "type": "pos.sale.completed", "data": sale()}
    return json.dumps({name: value for name, value in {**event, **changes}.items() if value is not ABSENT}).encode()


BAD_HEADERS: list[tuple[str, dict[str, bytes | None], str, str]] = [
    ("no id", {"id": ABSENT}, "MISSING_ID", "id"),
    ("null id", {"id": None}, "MISSING_ID", "id"),
    ("empty id", {"id": b""}, "MISSING_ID", "id"),
    ("nil id", {"id": b"00000000-0000-0000-0000-000000000000"}, "MALFORMED_ID", "id"),
    ("nil id, bare", {"id": b"0" * 32}, "MALFORMED_ID", "id"),
    ("path as id", {"id": b"../../etc/passwd"}, "MALFORMED_ID", "id"),
    ("dots as id", {"id": b"a..b"}, "MALFORMED_ID", "id"),
    ("spaces in id", {"id": b"a b"}, "MALFORMED_ID", "id"),
    ("long id", {"id": b"a" * 129}, "MALFORMED_ID", "id"),
    ("id not ASCII", {"id": "é1".encode()}, "MALFORMED_ID", "id"),
    ("id not text", {"id": b"\xff"}, "MALFORMED_ID", "id"),
    ("zero-width id", {"id": "a\u200bb".encode()}, "MALFORMED_ID", "id"),
    ("newline in id", {"id": b"abc\n"}, "MALFORMED_ID", "id"),
    ("card number as id", {"id": b"4111111111111111"}, "CARD_NUMBER", "id"),
    ("no type", {"type": ABSENT}, "MISSING_TYPE", "type"),
    ("null type", {"type": None}, "MISSING_TYPE", "type"),
    ("other topic's type", {"type": b"inventory.received"}, "WRONG_TOPIC", "type"),
    ("unknown type", {"type": b"pos.sale.imagined"}, "UNKNOWN_TYPE", "type"),
    ("type not text", {"type": b"\xff"}, "BAD_HEADER", "type"),
    ("specversion", {"specversion": b"0.3"}, "BAD_HEADER", "specversion"),
    ("null source", {"source": None}, "BAD_HEADER", "ce_source"),
    ("source not text", {"source": b"\xff\xfe"}, "BAD_HEADER", "source"),
    ("time without offset", {"time": b"2026-11-23T12:30:05"}, "BAD_INSTANT", "time"),
    ("content type", {"content-type": b"text/csv"}, "BAD_HEADER", "content-type"),
    ("batch", {"content-type": b"application/cloudevents-batch+json"}, "BAD_HEADER", "content-type"),
    ("schema of another type", {"dataschema": b"x/pos.sale.voided/1"}, "CONTRADICTORY_TYPE", "dataschema"),
    ("schema without version", {"dataschema": b"https://x/pos.sale.completed"}, "BAD_HEADER", "dataschema"),
    ("version 0", {"dataschema": b"x/pos.sale.completed/0"}, "BAD_HEADER", "dataschema"),
]


@pytest.mark.parametrize(
    ("change", "reason", "field"), [row[1:] for row in BAD_HEADERS], ids=[r[0] for r in BAD_HEADERS]
)
def test_a_bad_envelope_is_refused(change: dict[str, Any], reason: str, field: str) -> None:
    """What FastStream's own parser would choke on must become a dead letter here, not a dead worker."""
    with pytest.raises(Reject) as refused:
        decode(TOPIC, b"3", VALUE, headers(**change), BROKER_MS)
    assert (refused.value.reason, refused.value.field) == (reason, field)


@pytest.mark.parametrize(
    ("key", "value", "reason", "field"),
    [
        pytest.param(None, VALUE, "MISSING_KEY", "key", id="no key"),
        pytest.param(b"", VALUE, "MISSING_KEY", "key", id="empty key"),
        pytest.param(b"4", VALUE, "KEY_MISMATCH", "key", id="another outlet's key"),
        pytest.param(b"03", VALUE, "KEY_MISMATCH", "key", id="key spelled otherwise"),
        pytest.param(b"3", None, "TOMBSTONE", "", id="tombstone"),
    ],
)
def test_a_record_needs_its_key_and_a_value(key: bytes | None, value: bytes | None, reason: str, field: str) -> None:
    """Order per outlet rests on the key (I9)."""
    with pytest.raises(Reject) as refused:
        decode(TOPIC, key, value, headers(), BROKER_MS)
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_header_sent_twice_is_refused() -> None:
    """Two ids would be two events."""
    with pytest.raises(Reject) as refused:
        decode(TOPIC, b"3", VALUE, [*headers(), ("ce_id", b"other")], BROKER_MS)
    assert (refused.value.reason, refused.value.field) == ("BAD_HEADER", "ce_id")


def test_foreign_headers_are_left_alone() -> None:
    """Brokers' tools and tracers add their own, null and binary ones too."""
    foreign = [*headers(), ("x-trace", None), ("x-trace", b"\xff"), ("__dlq.errors.offset", b"17")]
    assert decode(TOPIC, b"3", VALUE, foreign, BROKER_MS).id == EVENT_ID


def test_the_trace_context_is_carried_and_a_broken_one_left_aside() -> None:
    """W3C asks to ignore what does not parse; a sale is not lost over it."""
    trace = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert decode(TOPIC, b"3", VALUE, headers(traceparent=trace), BROKER_MS).traceparent == trace.decode()
    assert decode(TOPIC, b"3", VALUE, headers(traceparent=b"\xff"), BROKER_MS).traceparent == ""


@pytest.mark.parametrize("schema", ["https://x/y/pos.sale.completed/1", "urn:coralserve:pos.sale.completed/1"])
def test_version_1_may_be_named(schema: str) -> None:
    """Absent = 1 = named."""
    assert decode(TOPIC, b"3", VALUE, headers(dataschema=schema.encode()), BROKER_MS).id == EVENT_ID


def test_a_newer_version_waits_for_an_upgrade() -> None:
    """Parked, not dead: the upgraded worker releases it."""
    with pytest.raises(Wait) as waiting:
        decode(TOPIC, b"3", VALUE, headers(dataschema=b"x/pos.sale.completed/2"), BROKER_MS)
    assert (waiting.value.key, waiting.value.reason) == ("version:pos.sale.completed/2", "UNSUPPORTED_VERSION")


def test_both_modes_read_the_same_event() -> None:
    """A till may change its client without a conflict."""
    how = ("content-type", b"application/cloudevents+json; charset=utf-8")
    binary = decode(TOPIC, b"3", VALUE, headers(), BROKER_MS)
    for given in ([], [how]):
        event = decode(TOPIC, b"3", structured(), given, BROKER_MS)
        assert (event.id, event.type, event.content_hash) == (binary.id, binary.type, binary.content_hash)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        pytest.param({"id": ABSENT}, "MISSING_ID", "id", id="no id"),
        pytest.param({"id": 5}, "MALFORMED_ID", "id", id="number as id"),
        pytest.param({"type": ABSENT}, "MISSING_TYPE", "type", id="no type"),
        pytest.param({"type": ["a"]}, "MISSING_TYPE", "type", id="list as type"),
        pytest.param({"type": "nobody.knows"}, "UNKNOWN_TYPE", "type", id="unknown type"),
        pytest.param({"specversion": "2.0"}, "BAD_HEADER", "specversion", id="specversion"),
        pytest.param({"data": ABSENT}, "MISSING_FIELD", "data", id="no data"),
        pytest.param({"data": None}, "NOT_AN_OBJECT", "", id="null data"),
        pytest.param({"data": [sale()]}, "NOT_AN_OBJECT", "", id="list as data"),
        pytest.param({"data": "sale"}, "NOT_AN_OBJECT", "", id="text as data"),
        pytest.param({"datacontenttype": "text/xml"}, "BAD_HEADER", "datacontenttype", id="content type"),
        pytest.param({"data": sale(outlet_id="3")}, "WRONG_TYPE", "outlet_id", id="bad data"),
    ],
)
def test_a_bad_structured_event_is_refused(change: dict[str, Any], reason: str, field: str) -> None:
    """The same door for HTTP, JSONL and Kafka."""
    with pytest.raises(Reject) as refused:
        decode_structured(structured(**change))
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_an_envelope_named_twice_is_refused() -> None:
    """Duplicate keys hide in the envelope as well."""
    with pytest.raises(Reject, match="DUPLICATE_KEY"):
        decode_structured(b'{"id":"other",' + structured()[1:])


def test_header_and_body_must_agree_on_the_type() -> None:
    """Else one worker would see a sale where another sees a void."""
    how = [("content-type", b"application/cloudevents+json"), ("ce_type", b"pos.sale.voided")]
    with pytest.raises(Reject, match="CONTRADICTORY_TYPE"):
        decode(TOPIC, b"3", structured(), how, BROKER_MS)


@pytest.mark.parametrize(
    ("given", "value", "expected"),
    [
        pytest.param(headers(), b"not even JSON", "pos.sale.completed", id="binary"),
        pytest.param([], structured(), "pos.sale.completed", id="structured"),
        pytest.param([], b"not even JSON", None, id="unreadable"),
        pytest.param([], None, None, id="tombstone"),
        pytest.param(headers(type=None), VALUE, None, id="null header"),
        pytest.param(headers(type=ABSENT), structured(), None, id="headers without type"),
        pytest.param([], b"[" * 100_000, None, id="100,000 levels"),
    ],
)
def test_the_type_can_be_told_without_validating(given: Any, value: bytes | None, expected: str | None) -> None:
    """Unsubscribed types are counted as ignored, however broken; None means decode must say why."""
    assert peek_type(given, value) == expected


def test_types_without_a_model_are_told_apart() -> None:
    """The core ignores them; a plain Reject would dead-letter another worker's events."""
    with pytest.raises(UnknownType):
        decode("backoffice.staff.v1", b"3", VALUE, headers("shift.scheduled"), BROKER_MS)


def test_the_instant_falls_back_to_the_envelopes_then_the_brokers() -> None:
    """Back-office events may leave it out (CONTRACT §3), and the machine's clock is never asked (I18)."""
    waste = {"outlet_id": 3, "product_id": 42, "quantity": "1"}
    value, name = json.dumps(waste).encode(), "inventory.wasted"
    timed = headers(name, time=b"2026-11-20T10:00:00+01:00")
    event = decode("backoffice.inventory.v1", b"3", value, timed, BROKER_MS)
    assert event.occurred_at.isoformat() == "2026-11-20T09:00:00+00:00"
    event = decode("backoffice.inventory.v1", b"3", value, headers(name), BROKER_MS)
    assert event.occurred_at.isoformat() == "2026-11-24T06:00:00+00:00"
    with pytest.raises(Reject, match="IN_THE_FUTURE time"):
        decode("backoffice.inventory.v1", b"3", value, headers(name, time=b"2026-11-25T10:00:00Z"), BROKER_MS)


def test_equal_content_under_another_envelope_is_equal() -> None:
    """R2: the hash is of the data alone."""
    other = decode(TOPIC, b"3", VALUE, headers(id=b"other", source=b"/elsewhere"), BROKER_MS + 1000)
    assert other.content_hash == read(sale()).content_hash
    assert other.content_hash != read(least()).content_hash
