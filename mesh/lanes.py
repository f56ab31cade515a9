"""The SQL of positions: claim a lane, fence and advance it. The row is the truth; Kafka's offset is a hint (I7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from asyncpg.exceptions import DivisionByZeroError
from msgspec import Struct

from db.gather import Gathered

if TYPE_CHECKING:
    from asyncpg import Connection

CLAIM = """
INSERT INTO {schema}.lanes AS l (topic, partition, build, next_offset, epoch, owner, claimed_at)
VALUES ($1, $2, 'live', $3, 1, $4, clock_timestamp())
ON CONFLICT (topic, partition, build)
DO UPDATE SET epoch = l.epoch + 1, owner = excluded.owner, claimed_at = excluded.claimed_at
RETURNING id, next_offset, epoch, out_seq
"""

FENCED = """fenced AS (
    UPDATE {schema}.lanes AS l
    SET next_offset = u.next_offset, out_seq = l.out_seq + u.sent
    FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
         AS u(id, epoch, expected, next_offset, sent)
    WHERE l.id = u.id AND l.epoch = u.epoch AND l.next_offset = u.expected
    RETURNING l.id
)"""
STANDING = """
SELECT (SELECT count(*) FROM fenced) AS lanes,
       (SELECT revision FROM {schema}.revisions WHERE name = 'own') AS own,
       (SELECT revision FROM coralserve_ledger.revisions WHERE name = 'reference') AS reference
"""

GUARDED = """
SELECT 1 / ((SELECT count(*) FROM fenced) = $6::bigint
            AND coalesce((SELECT revision FROM {schema}.revisions WHERE name = 'own'), 0) = $7::bigint)::int
"""

POSITIONS = "SELECT id, next_offset, epoch, out_seq FROM {schema}.lanes WHERE id = ANY($1::int[])"
RAISE_OWN = "UPDATE {schema}.revisions SET revision = revision + 1 WHERE name = 'own' RETURNING revision"


class Position(Struct, frozen=True):
    """A lane's row in the database."""

    lane_id: int
    next_offset: int
    epoch: int
    out_seq: int


class Advance(Struct, frozen=True):
    """One lane's step: from `expected` to `next_offset`, with `sent` rows in the outbox."""

    lane_id: int
    epoch: int
    expected: int
    next_offset: int
    sent: int


class Fence(Struct, frozen=True):
    """What the database said when the lanes were advanced: how many matched, and which reference data it holds."""

    lanes: int
    own: int
    reference: int


async def claim(db: Connection, schema: str, *, topic: str, partition: int, start: int, owner: str) -> Position:
    """Take a lane: raise its epoch, waiting for a former owner's open transaction. `start` is used on first sight."""
    row = await db.fetchrow(CLAIM.format(schema=schema), topic, partition, start, owner)
    return Position(row["id"], row["next_offset"], row["epoch"], row["out_seq"])


async def positions(db: Connection, schema: str, lane_ids: Sequence[int]) -> list[Position]:
    """Where lanes stand now, after an answer was lost."""
    rows = await db.fetch(POSITIONS.format(schema=schema), lane_ids)
    return [Position(row["id"], row["next_offset"], row["epoch"], row["out_seq"]) for row in rows]


async def advance(tx: Connection, schema: str, steps: Sequence[Advance]) -> Fence:
    """Fence and advance in one statement; fewer lanes than steps means that another process owns one of them."""
    args = _arrays(steps)
    row = await tx.fetchrow(f"WITH {FENCED.format(schema=schema)} {STANDING.format(schema=schema)}", *args)
    return Fence(row["lanes"], row["own"] or 0, row["reference"] or 0)


async def raise_own_revision(tx: Connection, schema: str) -> int:
    """Tell every process of this worker that its reference data changed."""
    return int(await tx.fetchval(RAISE_OWN.format(schema=schema)))


async def advance_with(gathered: Gathered, schema: str, steps: Sequence[Advance], *, own: int) -> bool:
    """The same as the last statement of a small batch, with its inserts.

    It fails as a whole, by a division by zero, where a lane is not ours or the worker's own revision is another: the
    answer is False then and nothing was written.
    """
    args = (*_arrays(steps), len(steps), own)
    result = GUARDED.format(schema=schema)
    try:
        await gathered.finish(FENCED.format(schema=schema), args, result)
    except DivisionByZeroError:
        return False
    return True


def _arrays(steps: Sequence[Advance]) -> tuple[list[int], ...]:
    return (
        [s.lane_id for s in steps],
        [s.epoch for s in steps],
        [s.expected for s in steps],
        [s.next_offset for s in steps],
        [s.sent for s in steps],
    )
