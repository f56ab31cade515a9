"""What publishers send is what workers read: the same validation at both doors."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import wire
from schemas.decode import decode
from schemas.encode import encode_structured, to_record
from schemas.errors import Reject
from schemas.models import MODELS
from schemas.plan import plan_of
from tests.schemas.events import BROKER_MS, EVENT_ID, least, read, sale

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def event(data: object, kind: str = "pos.sale.completed", **more: object) -> dict[str, object]:
    return {"specversion": "1.0", "id": EVENT_ID, "source": "/outlets/3", "type": kind, "data": data, **more}


def test_a_record_reads_as_the_event_it_was_made_of() -> None:
    """Topic, key, headers and value of a published line, decoded as a worker would."""
    record = to_record(event(sale(), time="2026-11-23T12:30:05.120+05:30", traceparent=TRACE))
    assert (record.topic, record.key) == ("pos.transactions.v1", b"3")
    found = decode(record.topic, record.key, record.value, record.headers, BROKER_MS)
    assert (found.id, found.source, found.traceparent) == (EVENT_ID, "/outlets/3", TRACE)
    assert found.content_hash == read(sale()).content_hash


@pytest.mark.parametrize(
    ("kind", "data", "topic", "key"),
    [
        ("catalog.product.upserted", {"product_id": 42, "name": "Latte"}, "pos.catalog.v1", b"product:42"),
        ("supplier.upserted", {"supplier_id": 5, "name": "Apple"}, "backoffice.inventory.v1", b"supplier:5"),
        (
            "inventory.transferred",
            {"from_outlet_id": 3, "to_outlet_id": 4, "product_id": 1, "quantity": 1},
            "backoffice.inventory.v1",
            b"3",
        ),
        ("recipe.retired", {"recipe_id": 6}, "backoffice.recipe.v1", b"recipe:6"),
    ],
)
def test_topic_and_key_follow_from_the_type(kind: str, data: dict[str, object], topic: str, key: bytes) -> None:
    """Nobody chooses a key by hand, so nobody chooses a wrong one."""
    record = to_record(event(data, kind))
    assert (record.topic, record.key) == (topic, key)


def test_python_values_become_their_text() -> None:
    """Tills in Python hold Decimals and datetimes."""
    data = least(occurred_at=datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC), lines__0__unit_price=Decimal("4.50"))
    record = to_record(encode_structured(event(data)))
    assert (
        decode(record.topic, record.key, record.value, record.headers, BROKER_MS).content_hash
        == read(least()).content_hash
    )


def test_a_bad_event_is_refused_before_it_is_sent() -> None:
    """And the future is judged by the time given, never by the machine's (I18)."""
    with pytest.raises(Reject, match="QUANTITY_NOT_POSITIVE"):
        to_record(event(least(lines__0__quantity=0)))
    with pytest.raises(Reject, match="UNKNOWN_TYPE"):
        to_record(event({}, "shift.scheduled"))
    ahead = event(least(occurred_at="2030-01-01T00:00:00Z"))
    assert to_record(ahead).key == b"3"
    with pytest.raises(Reject, match="IN_THE_FUTURE"):
        to_record(ahead, timestamp_ms=BROKER_MS)


def test_derived_events_can_be_read_back() -> None:
    """Other workers live on them."""
    data = {
        "transaction_id": "1",
        "outlet_id": 3,
        "occurred_at": "2026-11-23T07:00:00Z",
        "business_date": "2026-11-23",
        "lines": [
            {"line_id": 1, "recipe_id": 6, "product_id": 42, "material_id": 7, "quantity": "0.642857", "unit": "kg"}
        ],
    }
    with pytest.raises(Reject, match="WRONG_TYPE"):
        to_record(event(data, "recipe.materials-consumed"))
    record = to_record(event({**data, "transaction_id": 1}, "recipe.materials-consumed"))
    found = decode(record.topic, record.key, record.value, record.headers, BROKER_MS).data
    assert found.lines[0].quantity == Decimal("0.642857")


def test_row_changes_keep_their_values_untouched() -> None:
    """Audit must store what was there, not what a schema makes of it (R70)."""
    old = {"price": "3.50", "name": "x", "n": None, "z": [1, {"b": 1, "a": 2}]}
    data = {
        "table": "products",
        "schema": "coralserve_recipe",
        "record_id": "42",
        "action": "UPDATE",
        "ts": "2025-01-02T03:04:05.000006Z",
        "old": old,
        "new": {**old, "price": "3.75"},
        "changed": ["price"],
    }
    record = to_record(event(data, "row.changed"))
    assert record.key == b"0"
    found = decode(record.topic, record.key, record.value, record.headers, BROKER_MS)
    assert found.data.old == old
    assert b'"old":{"n":null,"name":"x","price":"3.50","z":[1,{"a":2,"b":1}]}' in found.canonical
    assert found.occurred_at.microsecond == 6


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.type)
def test_every_model_can_be_read(model: object) -> None:
    """A member without a kind or reader would only show at the first event."""
    plan = plan_of(model.model)
    assert set(plan.place) == {member.name for member in wire.members_of(model.model)}


MONEY = st.decimals(min_value=0, max_value=10**6, places=2)
QUANTITY = st.decimals(min_value="0.000001", max_value=10**4, places=6)


@given(st.lists(st.tuples(QUANTITY, MONEY), min_size=1, max_size=6))
def test_any_priced_lines_survive_the_round_trip(lines: list[tuple[Decimal, Decimal]]) -> None:
    """What canonical JSON says, read again, is the same event with the same hash (R2)."""
    data = least(
        lines=[
            {"line_id": n, "product_id": n, "quantity": format(quantity, "f"), "unit_price": format(price, "f")}
            for n, (quantity, price) in enumerate(lines, 1)
        ]
    )
    first = read(data)
    spelled = least(
        lines=[
            {
                "line_id": line.line_id,
                "product_id": line.product_id,
                "quantity": format(line.quantity, "f") + "0" * (line.quantity % 1 != 0),
                "unit_price": f"{line.unit_price:.2f}",
                "discount": "0.0",
                "total": f"{line.total:.2f}",
            }
            for line in first.data.lines
        ]
    )
    again = read(spelled)
    assert again.content_hash == first.content_hash
    assert again.data == first.data


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_can_do_more_than_be_refused(raw: bytes) -> None:
    """Whatever comes in, the only way out is a Reject: anything else would stop a worker (I13)."""
    with pytest.raises(Reject):
        read(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(least())), JSON)
def test_no_value_of_a_member_can_do_more_than_be_refused(name: str, value: object) -> None:
    """The same, a level deeper."""
    try:
        read(least(**{name: value}))
    except Reject as refused:
        assert refused.reason
