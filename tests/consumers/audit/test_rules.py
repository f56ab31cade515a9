"""Claims about the audit chain: the worked hash, the members, and that a stored row proves its own hash (R70, R72)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from consumers.audit import rules
from schemas.errors import Reject
from schemas.event import Event
from tests.consumers.audit.samples import NOON, PLACE, change, pos_entry, sale_event

WORKED = (
    b'{"action":"UPDATE","changed":["price"],"new":{"price":"3.75"},"old":{"price":"3.50"},"record_id":"42",'
    b'"seq":1,"table":"products","ts":"2025-01-02T03:04:05.000006Z","user_id":"7"}'
)
WORKED_HASH = "336d5250b526425572a5d80bb00e486a2f0f0d4b9f4be83d34533d53e203fca2"


def test_the_worked_example_hashes_to_the_cent() -> None:
    """R72's printed hash is what an outsider checks an implementation against."""
    members = {
        "seq": 1, "ts": "2025-01-02T03:04:05.000006Z", "table": "products", "record_id": "42", "action": "UPDATE",
        "old": {"price": "3.50"}, "new": {"price": "3.75"}, "changed": ["price"], "user_id": "7", "outlet_id": None,
    }  # fmt: skip
    assert rules.canonical(members) == WORKED
    assert rules.link(rules.GENESIS.hash, WORKED).hex() == WORKED_HASH


def test_old_and_new_stay_when_null() -> None:
    """A creation has no old value, and says so: the member is there (R72)."""
    assert rules.canonical({"old": None, "new": None, "changed": None, "seq": 1}) == b'{"new":null,"old":null,"seq":1}'


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        pytest.param(datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2025-01-02T03:04:05.000006Z", id="microseconds"),
        pytest.param(datetime(2025, 1, 2, tzinfo=UTC), "2025-01-02T00:00:00.000000Z", id="zeros-stay"),
        pytest.param(
            datetime(2026, 11, 23, 12, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-11-23T07:00:00.000000Z",
            id="offset-to-utc",
        ),
    ],
)
def test_instants_are_utc_with_microseconds(moment: datetime, written: str) -> None:
    """Two writings of one instant must hash alike (R72)."""
    assert rules.instant(moment) == written


@pytest.mark.parametrize(
    ("event_type", "action"),
    [
        ("pos.sale.completed", "CREATE"),
        ("pos.sale.amended", "UPDATE"),
        ("pos.sale.voided", "UPDATE"),
        ("pos.sale.refunded", "CREATE"),
    ],
)
def test_each_pos_event_is_one_row_of_its_transaction(event_type: str, action: str) -> None:
    """R70 names the action of every POS event; the row is found by its transaction."""
    entry = pos_entry(sale_event(event_type))
    assert (entry.table_name, entry.record_id, entry.action_type, entry.chain) == ("transactions", 9001, action, 3)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(sale_event(), id="plain"),
        pytest.param(sale_event(cashier_id=None), id="no-cashier"),
        pytest.param(sale_event(event_id='quote " and \\ and é'), id="id-that-needs-escaping"),
        pytest.param(sale_event(moment=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5)))), id="offset"),
    ],
)
def test_the_concatenated_leaf_is_the_canonical_json(event: Event) -> None:
    """The fast path must give the bytes that verification builds from the stored row, or every chain breaks."""
    head = rules.Head(41, b"\x07" * 32)
    entry = pos_entry(event, head)
    assert entry.hash == rules.link(head.hash, rules.canonical(rules.members(entry)))
    assert (entry.seq, entry.prev_hash) == (42, head.hash)


def test_an_outsider_with_plain_json_gets_the_same_hash() -> None:
    """The chain must be provable without this code: R72 and a JSON library are enough."""
    entry = pos_entry(sale_event())
    outside = {
        "seq": 1, "ts": "2026-11-23T07:00:05.120000Z", "table": "transactions", "record_id": "9001", "action": "CREATE",
        "old": None, "new": {"outlet_id": "3", "transaction_id": "9001"}, "user_id": "17", "outlet_id": "3",
        "event_id": "e-1", "topic": "pos.transactions.v1", "partition": 2, "offset": 77,
    }  # fmt: skip
    text = json.dumps(outside, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert entry.hash == sha256(b"\x01" + bytes(32) + sha256(b"\x00" + text).digest()).digest()


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        pytest.param({"old": None, "action": "CREATE", "changed": None}, None, id="created"),
        pytest.param({"old": {"b": 1, "a": "x"}}, b'{"a":"x","b":1}', id="keys-sorted"),
        pytest.param({"old": {"cost": Decimal("1.50"), "share": 0.5}}, b'{"cost":"1.50","share":"0.5"}', id="strings"),
        pytest.param({"old": {"steps": [{"z": 1, "a": None}]}}, b'{"steps":[{"a":null,"z":1}]}', id="nested"),
        pytest.param({"old": {"ok": True, "name": "crème"}}, '{"name":"crème","ok":true}'.encode(), id="utf-8"),
    ],
)
def test_a_row_change_is_stored_canonically(changes: dict[str, Any], stored: bytes | None) -> None:
    """What is stored must hash again to the same leaf after PostgreSQL reordered its keys (R72)."""
    entry = rules.record_change(change(**changes), PLACE, rules.GENESIS)
    assert entry.old_values == stored
    assert entry.hash == rules.link(rules.GENESIS.hash, rules.canonical(rules.members(entry)))


def test_row_changes_go_to_chain_zero_with_their_outlet() -> None:
    """A chain has one source partition: back-office changes share chain 0 whatever outlet they are of (R72)."""
    entry = rules.record_change(change(outlet_id=3, changed=("b", "a")), PLACE, rules.GENESIS)
    assert (entry.chain, entry.outlet_id, entry.changed_fields) == (0, 3, ("a", "b"))


@pytest.mark.parametrize(
    ("members", "field"),
    [
        pytest.param({"record_id": "5/6"}, "record_id", id="composite-key"),
        pytest.param({"ip_address": "10.0.0.1/24"}, "ip_address", id="network"),
        pytest.param({"ip_address": "localhost"}, "ip_address", id="host-name"),
    ],
)
def test_what_the_table_could_not_hold_is_refused_by_name(members: dict[str, Any], field: str) -> None:
    """The database would refuse it for the whole batch, without naming the field."""
    with pytest.raises(Reject) as refused:
        rules.record_change(change(**members), PLACE, rules.GENESIS)
    assert refused.value.field == field


def test_a_published_head_says_which_chain_stood_where() -> None:
    """Who keeps it can prove later that the chain was rewritten or cut (R72)."""
    told = json.loads(rules.publish(rules.Head(7, b"\x01" * 32), chain=3, day=date(2026, 11, 23), moment=NOON))
    assert told == {
        "chain": 3, "seq": 7, "hash": "01" * 32, "date": "2026-11-23", "published_at": "2026-11-23T07:00:05.120000Z",
    }  # fmt: skip
