"""The hash chain (R70, R72): what an audit row says, its canonical bytes, its link. Reads no database and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, NamedTuple

import msgspec

from schemas.derived import HeadPublished, RowChanged
from schemas.errors import Reject
from schemas.event import Event
from schemas.reasons import Reason

CHANGES_CHAIN = 0
"""The chain of back-office row changes; every other chain is an outlet's (R72)."""
POS_TABLE = "transactions"
POS_ACTIONS = {
    "pos.sale.completed": "CREATE",
    "pos.sale.amended": "UPDATE",
    "pos.sale.voided": "UPDATE",
    "pos.sale.refunded": "CREATE",
}
"""R70: a refund is a transaction of its own, an amendment and a void change the sale's."""

_encode = msgspec.json.Encoder(order="sorted").encode
_text = msgspec.json.Encoder().encode


class Head(NamedTuple):
    """The newest link of a chain."""

    seq: int
    hash: bytes


GENESIS = Head(0, bytes(32))


class Place(NamedTuple):
    """Where in the log the recorded event lies."""

    topic: str
    partition: int
    offset: int


class Entry(NamedTuple):
    """A row of `audit_logs` without its surrogate id; the names are the table's columns.

    `old_values` and `new_values` are canonical JSON, `ts` is aware, `ip_address` a plain address.
    """

    chain: int
    seq: int
    prev_hash: bytes
    hash: bytes
    table_name: str
    record_id: int
    action_type: str
    new_values: bytes | None
    user_id: int | None
    outlet_id: int | None
    event_id: str | None
    topic: str
    partition: int
    offset: int
    ts: datetime
    old_values: bytes | None = None
    changed_fields: tuple[str, ...] | None = None
    ip_address: str | None = None
    user_agent: str | None = None


POS_CELLS = 15
"""A row of a POS event has only the first so many cells: no old value, no changed fields, no address, no agent."""


PosRow = tuple[int, int, bytes, bytes, str, int, str, bytes, int | None, int, str, str, int, int, datetime]
_POS_LEAF = (
    b'{"action":"%b","event_id":%b,"new":%b,"offset":%d,"old":null,"outlet_id":"%d","partition":%d,'
    b'"record_id":"%d","seq":%d,"table":"transactions","topic":%b,"ts":"%b"%b}'
)


def link(previous: bytes, canonical: bytes) -> bytes:
    """`h_n = SHA256(0x01 ‖ h_{n−1} ‖ SHA256(0x00 ‖ canonical))`, 32 bytes (R72)."""
    return sha256(b"\x01" + previous + sha256(b"\x00" + canonical).digest()).digest()


def instant(moment: datetime) -> str:
    """UTC with microseconds and Z (R72). The moment must be aware."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def canonical(members: Mapping[str, Any]) -> bytes:
    """R72's JSON of an entry's members: null ones left out except `old` and `new`, keys by code point, compact."""
    return _encode({key: value for key, value in members.items() if value is not None or key in ("old", "new")})


def canonical_value(value: object) -> bytes | None:
    """A row's values as stored and hashed: sorted, compact, numbers that are not integers as strings (R72)."""
    return None if value is None else _encode(_exact(value))


def _exact(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    return value if value is None or isinstance(value, str | int) else str(value)


def members(entry: Entry) -> dict[str, Any]:
    """The sixteen members R72 hashes, rebuilt from a stored row."""
    return {
        "seq": entry.seq,
        "ts": instant(entry.ts),
        "table": entry.table_name,
        "record_id": str(entry.record_id),
        "action": entry.action_type,
        "old": None if entry.old_values is None else msgspec.json.decode(entry.old_values),
        "new": None if entry.new_values is None else msgspec.json.decode(entry.new_values),
        "changed": None if entry.changed_fields is None else list(entry.changed_fields),
        "user_id": _id(entry.user_id),
        "outlet_id": _id(entry.outlet_id),
        "ip_address": entry.ip_address,
        "user_agent": entry.user_agent,
        "event_id": entry.event_id,
        "topic": entry.topic,
        "partition": entry.partition,
        "offset": entry.offset,
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)


def record_pos(event: Event, place: Place, head: Head) -> PosRow:
    """The row of one effected POS event in its outlet's chain (R70): the first `POS_CELLS` cells of an Entry.

    Its data is canonical already, so the members are concatenated in code-point order instead of encoded again.
    """
    data, topic, partition, offset = event.data, *place
    action, seq, moment, who = POS_ACTIONS[event.type], head.seq + 1, event.occurred_at, data.cashier_id
    hashed = _POS_LEAF % (
        action.encode(), _text(event.id), event.canonical, offset, data.outlet_id, partition, data.transaction_id, seq,
        _text(topic), instant(moment).encode(), b"" if who is None else b',"user_id":"%d"' % who,
    )  # fmt: skip
    return (
        data.outlet_id, seq, head.hash, link(head.hash, hashed), POS_TABLE, data.transaction_id, action,
        event.canonical, who, data.outlet_id, event.id, topic, partition, offset, moment,
    )  # fmt: skip


def record_change(change: RowChanged, place: Place, head: Head) -> Entry:
    """The row of one back-office row change in chain 0, whoever made it (R70).

    Raises Reject where the table's own types could not hold what the change says.
    """
    if not change.record_id.isdecimal():
        raise Reject(Reason.BAD_NUMBER, field="record_id", detail=change.record_id)
    entry = Entry(
        CHANGES_CHAIN, head.seq + 1, head.hash, b"", change.table, int(change.record_id), change.action,
        canonical_value(change.new), change.user_id, change.outlet_id, change.event_id, *place, change.ts,
        canonical_value(change.old), None if change.changed is None else tuple(sorted(change.changed)),
        _address(change.ip_address), change.user_agent,
    )  # fmt: skip
    return entry._replace(hash=link(head.hash, canonical(members(entry))))


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ip_address(text))
    except ValueError as fault:
        raise Reject(Reason.BAD_TEXT, field="ip_address", detail=text) from fault


def publish(head: Head, *, chain: int, day: date, moment: datetime) -> bytes:
    """The data of `audit.head-published`: enough to find the chain rewritten or cut from outside (R72)."""
    told = HeadPublished(chain=chain, seq=head.seq, hash=head.hash.hex(), date=day, published_at=moment)
    return _encode({key: value for key, value in msgspec.structs.asdict(told).items() if value is not None})
