"""Parked events as operators see and change them: all SQL of `parked`. Takes no event through; the worker's sweep does.

Every change raises the worker's own revision in its transaction, so that its processes read anew who is held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from mesh import headers as header_json
from mesh.lanes import RAISE_OWN
from mesh.names import schema_of
from mesh.ordering import FIRST, blocking_key
from mesh.parking import REDRIVE

if TYPE_CHECKING:
    from asyncpg import Connection

    from schemas.event import Event

OPEN = ("WAITING", "DEAD")
ATTEMPTS_LIMIT = 10
CHUNK = 1_000
EDITED = "__edited.sha256"
"""Header of an edited event: the digest of the value as it lies in the log."""

SUMMARY = """
SELECT id, state, reason, field, waits_for, event_type, event_id, topic, partition, "offset", attempts, parked_at,
       EXTRACT(EPOCH FROM clock_timestamp() - parked_at)::float8 AS age_s
FROM {schema}.parked
"""
LISTED = SUMMARY + """
WHERE state = ANY($1::text[]) AND ($2::text IS NULL OR reason = $2) ORDER BY parked_at DESC, id DESC LIMIT $3
"""
COUNTED = "SELECT count(*) FROM {schema}.parked WHERE state = ANY($1::text[]) AND ($2::text IS NULL OR reason = $2)"
NAMED = SUMMARY + "WHERE id = ANY($1::bigint[]) ORDER BY id"
CONTENT = """
SELECT detail, blocking_key, lane_id, key, value, headers::text AS headers, broker_time, resolved_at
FROM {schema}.parked WHERE id = $1
"""
BEHIND = """
SELECT count(*) FROM {schema}.parked f
WHERE f.state = 'WAITING' AND f.waits_for LIKE 'behind:%' AND f.id <> ALL($1::bigint[]) AND EXISTS (
    SELECT FROM {schema}.parked h WHERE h.id = ANY($1::bigint[]) AND h.blocking_key = f.blocking_key AND h.id < f.id)
"""
RETRY = """
UPDATE {schema}.parked p
SET state = 'WAITING', resolved_at = NULL, attempts = p.attempts + 1,
    waits_for = CASE WHEN p.blocking_key <> '' AND EXISTS (
        SELECT FROM {schema}.parked h
        WHERE h.blocking_key = p.blocking_key AND h.id < p.id
          AND (h.state = 'WAITING' OR h.state = 'DEAD' AND h.id = ANY($1::bigint[]))
          AND (p.event_type IS DISTINCT FROM $2 OR h.event_type = $2)
    ) THEN 'behind:' || p.blocking_key ELSE $3 END
WHERE p.id = ANY($1::bigint[]) AND p.state IN ('WAITING', 'DEAD') RETURNING p.id
"""
DISCARD = """
UPDATE {schema}.parked p
SET state = 'DISCARDED', resolved_at = clock_timestamp(),
    detail = concat_ws(E'\\n', nullif(p.detail, ''), 'discarded: ' || $2)
WHERE p.id = ANY($1::bigint[]) AND p.state IN ('WAITING', 'DEAD') RETURNING p.id
"""
REPLACE = """
UPDATE {schema}.parked p
SET value = $3, headers = $4::jsonb, event_id = $5, event_type = $6, blocking_key = $7
WHERE p.id = $1 AND p.state IN ('WAITING', 'DEAD') AND p.value IS NOT DISTINCT FROM $2 RETURNING p.id
"""


class Parked(Struct, frozen=True):
    """A parked event without its bytes. `field`, `waits_for`, type and id are None where there is none."""

    worker: str
    id: int
    state: str
    reason: str
    field: str | None
    waits_for: str | None
    event_type: str | None
    event_id: str | None
    topic: str
    partition: int
    offset: int
    attempts: int
    parked_at: datetime
    age_s: float


class Content(Struct, frozen=True):
    """What a parked event was received with, byte for byte, and what was said about it."""

    detail: str | None
    blocking_key: str | None
    lane_id: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    broker_time: datetime
    resolved_at: datetime | None

    @property
    def timestamp_ms(self) -> int:
        """The broker's time, as it was with the record."""
        return round(self.broker_time.timestamp() * 1000)


async def listed(db: Connection, worker: str, *, states: Sequence[str], reason: str | None, limit: int) -> list[Parked]:
    """The newest of a worker's parked events in these states."""
    rows = await db.fetch(LISTED.format(schema=schema_of(worker)), list(states), reason, limit)
    return [_parked(worker, row) for row in rows]


async def counted(db: Connection, worker: str, *, states: Sequence[str], reason: str | None) -> int:
    """How many of them there are."""
    return int(await db.fetchval(COUNTED.format(schema=schema_of(worker)), list(states), reason))


async def named(db: Connection, worker: str, ids: Sequence[int]) -> list[Parked]:
    """Those of these ids that exist, in order, whatever their state."""
    return [_parked(worker, row) for row in await db.fetch(NAMED.format(schema=schema_of(worker)), list(ids))]


async def content(db: Connection, worker: str, parked_id: int) -> Content | None:
    """The bytes of a parked event."""
    row = await db.fetchrow(CONTENT.format(schema=schema_of(worker)), parked_id)
    if row is None:
        return None
    return Content(**{**row, "headers": tuple(header_json.from_json(row["headers"]))})


async def behind(db: Connection, worker: str, ids: Sequence[int]) -> int:
    """How many events wait behind these."""
    return int(await db.fetchval(BEHIND.format(schema=schema_of(worker)), list(ids)))


def refusal(row: Parked, *, force: bool = True) -> str | None:
    """Why this event may not be sent through again, discarded (`force`) or edited; None where it may."""
    if row.state not in OPEN:
        return f"is {row.state}: only waiting and dead events can be changed"
    if row.attempts >= ATTEMPTS_LIMIT and not force:
        return f"was tried {row.attempts} times: repair its cause, then add --force"
    return None


async def retry(db: Connection, worker: str, ids: Sequence[int]) -> set[int]:
    """Let the sweep send these through again, in order of arrival; returns those that were still open."""
    done: set[int] = set()
    for chunk in _chunks(ids):
        async with db.transaction():
            done |= await _retry(db, schema_of(worker), chunk)
    return done


async def discard(db: Connection, worker: str, ids: Sequence[int], *, why: str) -> set[int]:
    """Close these without effect; returns those that were still open. What waits behind them goes on."""
    done: set[int] = set()
    schema = schema_of(worker)
    for chunk in _chunks(ids):
        async with db.transaction():
            done |= {row["id"] for row in await db.fetch(DISCARD.format(schema=schema), chunk, why)}
            await db.execute(RAISE_OWN.format(schema=schema))
    return done


async def replace(db: Connection, worker: str, parked_id: int, was: Content, *, value: bytes, event: Event) -> bool:
    """Put `value` in the place of what it was and send it through again; False where it changed meanwhile."""
    schema = schema_of(worker)
    cells = header_json.to_json(edited_headers(was)).decode()
    async with db.transaction():
        replaced = await db.fetchval(
            REPLACE.format(schema=schema), parked_id, was.value, value, cells, event.id, event.type, blocking_key(event)
        )
        return replaced is not None and bool(await _retry(db, schema, [parked_id]))


def edited_headers(was: Content) -> tuple[tuple[str, bytes | None], ...]:
    """The headers of an edited event: as received, and the digest of the value as received."""
    if any(name == EDITED for name, _ in was.headers):
        return was.headers
    return (*was.headers, (EDITED, sha256(was.value or b"").hexdigest().encode()))


async def _retry(db: Connection, schema: str, ids: Sequence[int]) -> set[int]:
    rows = await db.fetch(RETRY.format(schema=schema), ids, FIRST, REDRIVE)
    await db.execute(RAISE_OWN.format(schema=schema))
    return {row["id"] for row in rows}


def _chunks(ids: Sequence[int]) -> list[list[int]]:
    ordered = sorted(ids)
    return [ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK)]


def _parked(worker: str, row: Any) -> Parked:
    return Parked(**{**row, "worker": worker, "field": row["field"] or None})
