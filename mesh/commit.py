"""The one transaction of a batch, and the one place that commits (R3, I6, I7).

Order: fence and advance, dedupe and sales, parked rows, the desk's effects, outbox, journal, commit. The journal's
number is taken last, after every lock, so that its order is the order of commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.copy import Table
from db.gather import Gathered
from mesh.batch import Batch
from mesh.failpoints import Failpoints
from mesh.lanes import Advance, advance, advance_with, raise_own_revision
from mesh.parking import parked_table, write_resolutions
from mesh.planning import Planner
from schemas.errors import CoralServeError, Retry

if TYPE_CHECKING:
    from asyncpg import Connection


FEW = 100
"""Up to so many records, round trips cost more than rows."""


class Fenced(CoralServeError):
    """Another process owns one of these lanes by now: drop the batch and whatever else was fetched."""


class Ink:
    """The tables of the mesh that every batch writes, for one schema."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.parked = parked_table(schema)
        self.outbox = Table(
            f"{schema}.outbox", lane_id="int4", seq="serial", id="uuid", type="label", topic="label", key="bytea",
            headers="jsonb", payload="bytea",
        )  # fmt: skip
        self.journal = Table(
            f"{schema}.journal", topic="label", partition="int4", build="label", first_offset="int8",
            last_offset="int8", next_offset="int8", consumed="int4", effected="int4", duplicate="int4", stale="int4",
            ignored="int4", parked="int4", dead="int4", released="jsonb", revision="int8", reference_revision="int8",
        )  # fmt: skip


async def commit(db: Connection, ink: Ink, planner: Planner, batch: Batch) -> int:
    """Write the batch and return the worker's own revision after it.

    Raises Fenced where a lane is no longer ours, Retry where memory and database differ, and whatever PostgreSQL
    refuses; in each case nothing was written.
    """
    Failpoints.hit("before-begin")
    if not batch.own_changed and sum(t.consumed for t in batch.tallies.values()) <= FEW:
        return await _commit_few(db, ink, planner, batch)
    async with db.transaction():
        Failpoints.hit("after-begin")
        own = await _fence(db, ink, batch)
        Failpoints.hit("after-position")
        await planner.dedupe.write(db, batch.rows(planner.dedupe))
        await planner.sales.write(db, batch.rows(planner.sales))
        await ink.parked.write(db, sorted(batch.parked, key=_place))
        await write_resolutions(db, ink.schema, batch)
        Failpoints.hit("after-dedupe")
        await planner.desk.save(db, batch)
        Failpoints.hit("after-effect")
        if batch.own_changed:
            own = await _raise_own(db, ink, expected=own + 1)
        await ink.outbox.write(db, _outbox_rows(batch))
        Failpoints.hit("after-outbox")
        await ink.journal.write(db, _journal_rows(batch, own))
        Failpoints.hit("before-commit")
    Failpoints.hit("after-commit")
    return own


async def _commit_few(db: Connection, ink: Ink, planner: Planner, batch: Batch) -> int:
    """The same for a small batch, its inserts gathered into one statement with the fence, which comes last.

    The journal's number is still taken after the locks of the effects; the lanes' own lock is not contended by others
    that may write.
    """
    gathered = Gathered(db)
    Failpoints.hit("after-begin")
    try:
        await write_resolutions(gathered, ink.schema, batch)
        await planner.dedupe.write(gathered, batch.rows(planner.dedupe))
        await planner.sales.write(gathered, batch.rows(planner.sales))
        await ink.parked.write(gathered, sorted(batch.parked, key=_place))
        Failpoints.hit("after-dedupe")
        await planner.desk.save(gathered, batch)
        Failpoints.hit("after-effect")
        await ink.outbox.write(gathered, _outbox_rows(batch))
        Failpoints.hit("after-outbox")
        await ink.journal.write(gathered, _journal_rows(batch, batch.own_revision))
        Failpoints.hit("after-position")
        if not await advance_with(gathered, ink.schema, _steps(batch), own=batch.own_revision):
            raise Fenced("a lane moved under another owner, or the worker's reference data changed")
        Failpoints.hit("before-commit")
        await gathered.commit()
    except BaseException:
        await gathered.roll_back()
        raise
    Failpoints.hit("after-commit")
    return batch.own_revision


def _steps(batch: Batch) -> list[Advance]:
    return [
        Advance(t.lane.lane_id, t.lane.epoch, t.lane.next_offset, t.next_offset, len(batch.outbox.get(lane_id, ())))
        for lane_id, t in sorted(batch.tallies.items())
    ]


async def _fence(db: Connection, ink: Ink, batch: Batch) -> int:
    steps = _steps(batch)
    fence = await advance(db, ink.schema, steps)
    if fence.lanes != len(steps):
        raise Fenced(f"{len(steps) - fence.lanes} of {len(steps)} lanes moved under another owner")
    if fence.own != batch.own_revision:
        raise Retry("the worker's reference data changed in another process")
    return fence.own


def _place(row: tuple[object, ...]) -> tuple[object, object]:
    """Lane and offset of a parked row: within a lane, ids ascend with offsets."""
    return row[6], row[9]


async def _raise_own(db: Connection, ink: Ink, *, expected: int) -> int:
    own = await raise_own_revision(db, ink.schema)
    if own != expected:
        raise Retry("the worker's reference data changed in another process")
    return own


def _outbox_rows(batch: Batch) -> list[tuple[object, ...]]:
    return [
        (lane_id, seq, *row)
        for lane_id, rows in sorted(batch.outbox.items())
        for seq, row in enumerate(rows, start=batch.tallies[lane_id].lane.out_seq + 1)
    ]


def _journal_rows(batch: Batch, own: int) -> list[tuple[object, ...]]:
    resolved: dict[int, list[str]] = {}
    for parked_id, state, *_ in batch.resolved:
        resolved.setdefault(batch.lane_of_parked[parked_id], []).append(f'{{"id":{parked_id},"state":"{state}"}}')
    return [
        (
            t.lane.topic, t.lane.partition, "live", t.first if t.first >= 0 else None, t.last if t.last >= 0 else None,
            t.next_offset, t.consumed, t.effected, t.duplicate, t.stale, t.ignored, t.parked, t.dead,
            f"[{','.join(resolved.get(lane_id, ()))}]".encode() if lane_id in resolved else None,
            own, batch.reference_revision,
        )
        for lane_id, t in sorted(batch.tallies.items())
    ]  # fmt: skip
