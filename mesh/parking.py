"""Waiting and dead events: how they are kept whole, released in order, or copied to the dead-letter topic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from db.copy import Table
from mesh import headers as header_json
from mesh.batch import Batch
from mesh.lane import Item, Lane
from mesh.names import dead_topic, derived_id, group_of
from mesh.ordering import Blocked, blocking_key
from schemas.errors import Reject, Retry, Wait

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.reference import Reference

RELEASE_LIMIT = 500
REDRIVE = "redrive"
"""The key of an event that an operator sends through again: it exists at once."""

WAITED_FOR = "SELECT DISTINCT waits_for FROM {schema}.parked WHERE state = 'WAITING' AND lane_id = ANY($1::int[])"
RELEASABLE = """
SELECT id, lane_id, "offset", key, value, headers, broker_time, waits_for FROM {schema}.parked p
WHERE state = 'WAITING' AND lane_id = ANY($1::int[])
  AND (waits_for = ANY($2::text[])
       OR blocking_key <> '' AND waits_for LIKE 'behind:%' AND EXISTS (
           SELECT FROM {schema}.parked h WHERE h.state = 'WAITING' AND h.blocking_key = p.blocking_key
             AND h.waits_for = ANY($2::text[]))
       OR waits_for LIKE 'behind:%' AND NOT EXISTS (
           SELECT FROM {schema}.parked h
           WHERE h.state = 'WAITING' AND h.blocking_key = p.blocking_key AND h.id < p.id))
ORDER BY id LIMIT $3
"""
BLOCKING = """
SELECT id, blocking_key, event_type FROM {schema}.parked
WHERE state = 'WAITING' AND blocking_key <> '' AND lane_id = ANY($1::int[])
"""
PLACES = """
SELECT p.lane_id, p."offset" FROM {schema}.parked p
JOIN unnest($1::int[], $2::bigint[]) AS u(lane_id, "offset") ON u.lane_id = p.lane_id AND u."offset" = p."offset"
"""
RESOLVE = """
UPDATE {schema}.parked p SET state = u.state, resolved_at = clock_timestamp(),
       reason = CASE WHEN u.state = 'DEAD' THEN u.reason ELSE p.reason END,
       field = CASE WHEN u.state = 'DEAD' THEN u.field ELSE p.field END,
       detail = CASE WHEN u.state = 'DEAD' THEN u.detail ELSE p.detail END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) AS u(id, state, reason, field, detail)
WHERE p.id = u.id AND p.state = 'WAITING'
"""
WAIT_AGAIN = """
UPDATE {schema}.parked p SET waits_for = u.waits_for, reason = u.reason, field = u.field, attempts = p.attempts + 1
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS u(id, waits_for, reason, field)
WHERE p.id = u.id AND p.state = 'WAITING'
"""


def parked_table(schema: str) -> Table:
    return Table(
        f"{schema}.parked", state="label", reason="label", field="label", detail="text", waits_for="text",
        blocking_key="text", lane_id="int4", topic="label", partition="int4", offset="int8", key="bytea",
        value="bytea", headers="jsonb", broker_time="timestamptz", event_id="text", event_type="label",
    )  # fmt: skip


def park(batch: Batch, blocked: Blocked, item: Item, cause: Reject | Wait, *, event_type: str) -> None:
    """Keep the event whole, waiting or dead; a dead one is copied to the worker's dead-letter topic."""
    tally = batch.tally_of(item.lane)
    dead = isinstance(cause, Reject)
    if item.parked_id is None:
        tally.dead += dead
        tally.parked += not dead
    if dead and not item.buried:
        _bury(batch, item, cause)
    key = blocking_key(item.event) if item.event is not None else ""
    if item.parked_id is not None:
        _resolve(batch, item, cause)
        if dead:
            blocked.remove_row(key, event_type, item.parked_id)
        return
    if not dead:
        batch.blocking += blocked.begin(key, event_type)
    batch.parked.append(_row(item, cause, key, event_type))


def released(batch: Batch, item: Item) -> None:
    """A parked event went through: its row says so."""
    if item.parked_id is not None:
        batch.resolved.append((item.parked_id, "RELEASED", "", "", ""))


def _resolve(batch: Batch, item: Item, cause: Reject | Wait) -> None:
    if isinstance(cause, Reject):
        batch.resolved.append((item.parked_id, "DEAD", cause.reason, cause.field, cause.detail))
    elif not cause.key.startswith("behind:"):
        batch.waiting_again.append((item.parked_id, cause.key, cause.reason, cause.field))


def _row(item: Item, cause: Reject | Wait, key: str, event_type: str) -> tuple[object, ...]:
    dead = isinstance(cause, Reject)
    return (
        "DEAD" if dead else "WAITING", cause.reason, cause.field, cause.detail if dead else "",
        None if dead else cause.key, key, item.lane.lane_id, item.lane.topic, item.lane.partition, item.offset,
        item.key, item.value, header_json.to_json(item.headers),
        datetime.fromtimestamp(item.timestamp_ms / 1000, UTC),
        item.event.id if item.event is not None else None, event_type or None,
    )  # fmt: skip


def _bury(batch: Batch, item: Item, cause: Reject) -> None:
    lane = item.lane
    notes: Sequence[tuple[str, str]] = (
        ("__dlq.errors.topic", lane.topic),
        ("__dlq.errors.partition", str(lane.partition)),
        ("__dlq.errors.offset", str(item.offset)),
        ("__dlq.errors.group", group_of(batch.worker)),
        ("__dlq.errors.reason", cause.reason),
        ("__dlq.errors.message", f"{cause.reason} {cause.field} {cause.detail}".strip()),
    )
    headers = header_json.to_json([*item.headers, *((name, text.encode()) for name, text in notes)])
    place = f"{lane.topic}/{lane.partition}/{item.offset}"
    row = (derived_id(batch.worker, place, "dead", ""), "", dead_topic(batch.worker), item.key, headers, item.value)
    batch.send(lane.lane_id, row)


async def write_resolutions(tx: Connection, schema: str, batch: Batch) -> None:
    """Close or re-label the parked rows that came back in this batch. Raises Retry where one waits no more."""
    for query, rows in ((RESOLVE, batch.resolved), (WAIT_AGAIN, batch.waiting_again)):
        if not rows:
            continue
        status = await tx.execute(query.format(schema=schema), *map(list, zip(*rows, strict=True)))
        if status != f"UPDATE {len(rows)}":
            raise Retry("a parked event was changed by an operator meanwhile")


async def parked_places(db: Connection, schema: str, items: Sequence[Item]) -> set[tuple[int, int]]:
    """Which of these fetched records were parked before, as (lane id, offset): read again after a lost position."""
    fresh = [item for item in items if item.parked_id is None]
    lane_ids, offsets = [item.lane.lane_id for item in fresh], [item.offset for item in fresh]
    return {(row[0], row[1]) for row in await db.fetch(PLACES.format(schema=schema), lane_ids, offsets)}


async def load_blocked(db: Connection, schema: str, lane_ids: Sequence[int], blocked: Blocked) -> None:
    """The keys with waiting events on these lanes, as the database has them."""
    rows = await db.fetch(BLOCKING.format(schema=schema), lane_ids)
    blocked.replace_rows((row["blocking_key"], row["event_type"] or "", row["id"]) for row in rows)


async def releasable(
    db: Connection,
    schema: str,
    lanes: Mapping[int, Lane],
    *,
    reference: Reference,
    awaits: Mapping[str, str],
    supported: Iterable[str],
) -> list[Item]:
    """Parked events whose key exists by now, oldest first, with what waits behind them; at most RELEASE_LIMIT."""
    lane_ids = list(lanes)
    keys = [row["waits_for"] for row in await db.fetch(WAITED_FOR.format(schema=schema), lane_ids)]
    if not keys:
        return []
    found = await _existing(db, keys, reference=reference, awaits=awaits, supported=frozenset(supported))
    rows = await db.fetch(RELEASABLE.format(schema=schema), lane_ids, found, RELEASE_LIMIT)
    return [
        Item(
            lanes[row["lane_id"]], row["offset"], row["key"], row["value"], header_json.from_json(row["headers"]),
            round(row["broker_time"].timestamp() * 1000), row["id"], "", buried=row["waits_for"] == REDRIVE,
        )
        for row in rows
    ]  # fmt: skip


async def _existing(
    db: Connection, keys: Sequence[str], *, reference: Reference, awaits: Mapping[str, str], supported: frozenset[str]
) -> list[str]:
    found = [key for key in keys if key == REDRIVE or reference.known(key)]
    found += [key for key in keys if key.startswith("support:") and key.removeprefix("support:") in supported]
    for kind, query in awaits.items():
        ids = [key.partition(":")[2] for key in keys if key.startswith(f"{kind}:")]
        if ids:
            found += [f"{kind}:{row[0]}" for row in await db.fetch(query, ids)]
    return found
