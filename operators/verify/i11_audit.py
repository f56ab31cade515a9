"""I11 Audit: every chain verifies by the checker's own reading of R72, and says what the source events say."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from operators.verify.events import Event, Place
from operators.verify.findings import Findings, Invariant
from operators.verify.subscriptions import CHANGES, POS, SALE, told_topic

if TYPE_CHECKING:
    from operators.verify.world import World

ROWS = """
SELECT id, chain, seq, prev_hash, hash, table_name, record_id, action_type, old_values::text AS old,
       new_values::text AS new, changed_fields, user_id, outlet_id, host(ip_address) AS ip_address, user_agent,
       event_id, topic, partition, "offset", ts
FROM coralserve_audit.audit_logs ORDER BY chain, seq, id
"""
HEADS = "SELECT chain, seq, hash FROM coralserve_audit.chains"
PUBLISHED = "SELECT chain, seq, hash FROM coralserve_audit.heads"
GENESIS = bytes(32)
ACTIONS = {SALE: "CREATE"}


class Audit(Invariant):
    """Proves: per chain, sequence numbers without gaps from 1, ids ascending with them, every hash and link as R72
    computes them, the chain's head and every published head where they were; every row's source record lies at the
    topic, partition and offset it names and says the same; every accepted sale and every row change has one row."""

    name = "I11"
    title = "audit chains verify, and every row is its source event"

    async def check(self, world: World, found: Findings) -> None:
        sources = await self._chains(world, found)
        await self._sources(world, found, sources)

    async def _chains(self, world: World, found: Findings) -> dict[Place, Any]:
        """Walk all chains; returns what the rows say of their sources."""
        heads = {row["chain"]: (row["seq"], row["hash"]) for row in await world.db.fetch(HEADS)}
        walk, published = _Walk(found), await _published(world)
        sources: dict[Place, Any] = {}
        repeated: Counter[Place] = Counter()
        async for row in world.db.cursor(ROWS, prefetch=1_000):
            walk.take(row)
            if (row["chain"], row["seq"]) in published:
                for said in published.pop((row["chain"], row["seq"])):
                    found.expect(f"chain {row['chain']} seq {row['seq']}", "published head", expected=said.hex(),
                                 found=row["hash"].hex())  # fmt: skip
            if row["topic"] is not None:
                place = Place(row["topic"], row["partition"], row["offset"])
                repeated[place] += 1
                sources[place] = _kept(row)
        for place, times in repeated.items():
            if times > 1:
                found.breaks(f"audit row of {place}", f"is there {times} times")
        for chain, seq in published:
            found.breaks(f"chain {chain} seq {seq}", "a head was published, but the row is gone")
        for chain in sorted(heads.keys() | walk.ends.keys()):
            found.expect(f"chain {chain}", "head (seq, hash)", expected=heads.get(chain), found=walk.ends.get(chain))
        return sources

    async def _sources(self, world: World, found: Findings, sources: dict[Place, Any]) -> None:
        recorded: dict[int, Place] = {}
        numbers: dict[int, list[Event]] = {}
        for topic, types in ((POS, (SALE,)), (CHANGES, ("row.changed",))):
            async for event in world.events(topic, *types):
                if not world.books["audit"].accepted(event.place, event.type):
                    continue
                kept = sources.pop(event.place, None)
                if event.type == SALE:
                    number = event.data["transaction_id"]
                    numbers.setdefault(number, []).append(event)
                    if kept is not None:
                        recorded[number] = event.place
                        _same_sale(found, event, kept)
                elif kept is not None:
                    _same_change(found, event, kept)
                elif not _is_repeat(world, event):
                    found.breaks(f"row change {event.id} at {event.place}", "has no audit row")
        for number, events in numbers.items():
            found.proves()
            if number not in recorded:
                found.breaks(f"sale {number}, event {events[0].id}", "has no audit row")
        for place, kept in sources.items():
            if world.is_whole(place.topic) or world.exists(place):
                found.breaks(f"audit row {kept['id']} of {place}", "its source is not there, or was not accepted")
            else:
                found.note(f"records of {place.topic} are gone: audit rows cannot be compared with all their sources")


class _Walk:
    """The links, row by row."""

    def __init__(self, found: Findings) -> None:
        self.ends: dict[int, tuple[int, bytes]] = {}
        self._found, self._last_id = found, 0

    def take(self, row: Any) -> None:
        chain, seq = row["chain"], row["seq"]
        key = f"chain {chain} seq {seq}"
        before, previous = self.ends.get(chain, (0, GENESIS))
        if chain not in self.ends:
            self._last_id = 0
        self._found.proves()
        if seq != before + 1:
            self._found.breaks(key, f"follows seq {before}: rows are missing or there twice")
        if row["prev_hash"] != previous:
            self._found.breaks(key, "does not link to the row before it")
        if row["hash"] != link(row["prev_hash"], canonical(members(row))):
            self._found.breaks(key, "was changed: its hash is another")
        if row["id"] <= self._last_id:
            self._found.breaks(key, f"id {row['id']} does not ascend")
        self.ends[chain], self._last_id = (seq, row["hash"]), row["id"]


def link(previous: bytes, text: bytes) -> bytes:
    """`SHA256(0x01 ‖ previous ‖ SHA256(0x00 ‖ text))`."""
    return sha256(b"\x01" + previous + sha256(b"\x00" + text).digest()).digest()


def canonical(said: dict[str, Any]) -> bytes:
    """Null members left out except `old` and `new`; keys by code point, compact, UTF-8."""
    kept = {name: value for name, value in said.items() if value is not None or name in ("old", "new")}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def members(row: Any) -> dict[str, Any]:
    """The sixteen members of R72, as stored."""
    number = {name: None if row[name] is None else str(row[name]) for name in ("record_id", "user_id", "outlet_id")}
    return {
        "seq": row["seq"], "ts": moment(row["ts"]), "table": row["table_name"], "action": row["action_type"],
        "old": None if row["old"] is None else json.loads(row["old"], parse_float=str),
        "new": None if row["new"] is None else json.loads(row["new"], parse_float=str),
        "changed": row["changed_fields"], "ip_address": row["ip_address"], "user_agent": row["user_agent"],
        "event_id": row["event_id"], "topic": row["topic"], "partition": row["partition"], "offset": row["offset"],
        **number,
    }  # fmt: skip


def moment(instant: datetime) -> str:
    """UTC with microseconds and Z."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").zfill(26) + "Z"


async def _published(world: World) -> dict[tuple[int, int], list[bytes]]:
    """Heads told to the outside, by (chain, seq)."""
    heads: dict[tuple[int, int], list[bytes]] = {}
    if await world.has_table("coralserve_audit.heads"):
        for row in await world.db.fetch(PUBLISHED):
            heads.setdefault((row["chain"], row["seq"]), []).append(row["hash"])
    async for event in world.events(told_topic("audit"), "audit.head-published"):
        if world.is_settled(event.place):
            said = bytes.fromhex(event.data["hash"])
            heads.setdefault((int(event.data["chain"]), int(event.data["seq"])), []).append(said)
    return {key: hashes for key, hashes in heads.items() if key[1] > 0}


def _kept(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "chain", "action_type", "record_id", "old", "new", "event_id", "ts",
                                         "user_id", "outlet_id", "table_name", "changed_fields")}  # fmt: skip


def _is_repeat(world: World, event: Event) -> bool:
    return len(world.where(event.id)) > 1


def _same_sale(found: Findings, event: Event, kept: dict[str, Any]) -> None:
    data, key = event.data, f"audit row {kept['id']}, sale {event.data['transaction_id']}"
    wanted = (data["outlet_id"], data["transaction_id"], event.id, ACTIONS[event.type], data.get("cashier_id"))
    held = (kept["chain"], kept["record_id"], kept["event_id"], kept["action_type"], kept["user_id"])
    found.expect(key, "chain, record, event, action, cashier", expected=wanted, found=held)
    missing = differing(data, json.loads(kept["new"] or "null", parse_float=Decimal))
    found.proves()
    if missing:
        found.breaks(key, f"says something else than its event at {event.place}: {missing}")


def _same_change(found: Findings, event: Event, kept: dict[str, Any]) -> None:
    data, key = event.data, f"audit row {kept['id']}, change {event.id}"
    wanted = (0, str(data["record_id"]), data["table"], data["action"], _ids(data, "user_id"), _ids(data, "outlet_id"),
              data.get("event_id"), sorted(data["changed"]) if data.get("changed") else None)  # fmt: skip
    held = (kept["chain"], str(kept["record_id"]), kept["table_name"], kept["action_type"], kept["user_id"],
            kept["outlet_id"], kept["event_id"], kept["changed_fields"])  # fmt: skip
    found.expect(key, "chain, record, table, action, user, outlet, event, changed", expected=wanted, found=held)
    for side in ("old", "new"):
        stored = json.loads(kept[side] or "null", parse_float=Decimal)
        found.proves()
        if different := differing(data.get(side), stored, exactly=True):
            found.breaks(key, f"{side} values differ: {different}")


def _ids(data: Any, name: str) -> int | None:
    return None if data.get(name) is None else int(data[name])


def differing(sent: Any, stored: Any, *, exactly: bool = False) -> str:
    """The first member that is kept otherwise than it was sent; empty where all is there. Numbers, instants by value.

    Unless `exactly`, members nobody defined may be dropped and defaults filled in.
    """
    if sent == stored:
        return ""
    if isinstance(sent, dict) and isinstance(stored, dict):
        for name in [*sent, *(name for name in stored if name not in sent)]:
            if not exactly and (_dropped(name, sent, stored) or _filled(name, sent, stored)):
                continue
            if inner := differing(sent.get(name), stored.get(name), exactly=exactly):
                return f"{name}.{inner}" if not inner.startswith(":") else f"{name}{inner}"
        return ""
    if isinstance(sent, list) and isinstance(stored, list):
        if len(sent) != len(stored):
            return f": {len(sent)} and {len(stored)} members"
        pairs = enumerate(zip(sent, stored, strict=True))
        return next((f"{at}.{inner}" for at, pair in pairs if (inner := differing(*pair, exactly=exactly))), "")
    return "" if _value(sent) == _value(stored) else f": {sent!s} and {stored!s}"


KEPT = frozenset((
    "action", "amount", "cashier_id", "currency", "customer_ref", "dining_option", "discount", "gross", "line_id",
    "lines", "material_id", "method", "modifiers", "net", "occurred_at", "outlet_id", "payments", "prepared_at",
    "prices_include_tax", "product_id", "quantity", "receipt_number", "reference", "register", "rounding", "tax",
    "tip", "total", "totals", "transaction_id", "unit", "unit_price", "version", "with_material_id",
))  # fmt: skip
"""Members that are never dropped, whatever a worker thinks of others it does not know."""


def _dropped(name: str, sent: Any, stored: Any) -> bool:
    return name not in stored and (name not in KEPT or sent[name] in (None, [], False) or _value(sent[name]) == 0)


def _filled(name: str, sent: Any, stored: Any) -> bool:
    """A default: nothing, nought, version 1, and a line's total, which the till may leave to be computed."""
    if sent.get(name) is not None:
        return False
    value = stored.get(name)
    return name == "total" or value in (None, [], False) or _value(value) == (1 if name == "version" else 0)


def _value(cell: Any) -> Any:
    if cell is None or isinstance(cell, bool | dict | list):
        return cell
    if isinstance(cell, int | Decimal):
        return Decimal(cell)
    try:
        return Decimal(cell)
    except InvalidOperation:
        pass
    try:
        return datetime.fromisoformat(cell.upper()).astimezone(UTC) if "T" in cell.upper() else date.fromisoformat(cell)
    except ValueError:
        return cell
