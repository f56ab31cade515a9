"""Takes a set of records through plan and commit, whatever goes wrong on the way: the failure ladder.

Never skips and never parks for a fault of the database; parks only what was pinned to one event.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from mesh.batch import Batch
from mesh.commit import Ink, commit
from mesh.faults import Rung, rung_of
from mesh.lanes import positions
from mesh.parking import load_blocked
from mesh.planning import Guilty, Planner
from mesh.turnstile import Turnstile

if TYPE_CHECKING:
    from asyncpg import Connection

    from db.link import Link
    from mesh.lane import Item, Lane

RECALL_BATCHES = 20
BACKOFF_FIRST_S = 0.05
BACKOFF_LIMIT_S = 5.0

log = structlog.get_logger()


@dataclass(slots=True)
class Ladder:
    """Plan and commit for one worker process; shared by its tracks, each of which brings its own connection."""

    planner: Planner
    ink: Ink
    held: Callable[[], Sequence[int]]
    """The ids of the lanes this process holds now."""
    committed: Callable[[Batch], None]
    turnstile: Turnstile = field(default_factory=Turnstile)
    own_revision: int = 0
    recall_batches: int = 0
    failing_since: int = 0

    async def handle(self, link: Link, items: Sequence[Item]) -> None:
        """Take these records through, in order, halving where one of them is refused."""
        pending = [list(items)]
        while pending:
            part = [item for item in pending.pop() if not _is_done(item)]
            if part and await self._handle_part(link, part) is Rung.DATA:
                pending += _halves(part)

    async def _handle_part(self, link: Link, items: list[Item]) -> Rung | None:
        attempt = 0
        while items:
            try:
                await self._once(link, items)
            except Exception as fault:
                attempt += 1
                rung = await self._answer(link, items, fault, attempt=attempt)
                if rung is Rung.DATA:
                    return rung
                items = [item for item in items if not _is_done(item)]
            else:
                return None
        return None

    async def _once(self, link: Link, items: Sequence[Item]) -> None:
        db = await link.use()
        alone = self._is_alone(items)
        async with self.turnstile.passing(alone=alone):
            batch = Batch(self.planner.worker.name, own_revision=self.own_revision)
            try:
                await self.planner.plan(db, batch, items, recall=self.recall_batches > 0)
                revision = await commit(db, self.ink, self.planner, batch)
                self.own_revision = max(self.own_revision, revision)
                if batch.parked or batch.resolved:
                    await load_blocked(db, self.ink.schema, list(self.held()), self.planner.blocked)
            finally:
                self.planner.blocked.end(batch.blocking)
        self.recall_batches = max(0, self.recall_batches - 1)
        for lane_id, tally in batch.tallies.items():
            tally.lane.next_offset = tally.next_offset
            tally.lane.out_seq += len(batch.outbox.get(lane_id, ()))
        self.committed(batch)

    def _is_alone(self, items: Sequence[Item]) -> bool:
        exclusive = self.planner.worker.exclusive
        if not exclusive:
            return False
        return any(item.lane.types & exclusive for item in items)

    async def _answer(self, link: Link, items: Sequence[Item], fault: Exception, *, attempt: int) -> Rung:
        rung = rung_of(fault)
        say = log.info if rung in (Rung.RELOAD, Rung.REPEAT) else log.warning
        say("batch.rolled-back", worker=self.planner.worker.name, rung=rung.name, attempt=attempt,
                    records=len(items), error=f"{type(fault).__name__}: {fault}")  # fmt: skip
        if rung not in (Rung.DATA, Rung.GUILTY):
            for item in items:
                item.dropped = item.parked_id is not None
        if rung is Rung.DATA and len(items) == 1:
            items[0].verdict, items[0].detail = "DATABASE_REFUSED", _what(fault)
            rung = Rung.RELOAD
        if isinstance(fault, Guilty):
            log.error("event.defect", exc_info=fault.__cause__, offset=fault.item.offset)
            fault.item.verdict, fault.item.detail = "WORKER_ERROR", str(fault)[:500]
        if rung is Rung.REPEAT:
            self.recall_batches = RECALL_BATCHES
        if rung is Rung.TRANSIENT or attempt > 3:
            link.drop()
            await asyncio.sleep(min(BACKOFF_LIMIT_S, BACKOFF_FIRST_S * 2**attempt) * random.uniform(0.5, 1.0))
        await self._start_over(link, {item.lane.lane_id: item.lane for item in items})
        return rung

    async def _start_over(self, link: Link, lanes: dict[int, Lane]) -> None:
        """Drop what is in memory and read where the lanes stand; waits for the database as long as it takes."""
        self.planner.forget()
        attempt = 0
        while True:
            try:
                db = await link.use()
                await self.sync(db, lanes)
            except Exception as fault:
                attempt += 1
                if rung_of(fault) is not Rung.TRANSIENT:
                    raise
                log.warning("database.waited-for", worker=self.planner.worker.name, attempt=attempt, error=str(fault))
                link.drop()
                await asyncio.sleep(min(BACKOFF_LIMIT_S, BACKOFF_FIRST_S * 2**attempt) * random.uniform(0.5, 1.0))
            else:
                return

    async def sync(self, db: Connection, lanes: dict[int, Lane]) -> None:
        """Adopt the database's word: revisions, blocked keys, and the lanes' positions; close lanes that were taken."""
        schema = self.ink.schema
        self.own_revision = int(await db.fetchval(f"SELECT revision FROM {schema}.revisions WHERE name = 'own'") or 0)
        await self.planner.reference.refresh(db)
        await load_blocked(db, schema, list(self.held()), self.planner.blocked)
        for position in await positions(db, schema, list(lanes)):
            lane = lanes[position.lane_id]
            if position.epoch != lane.epoch:
                lane.closed = True
                lane.queue.clear()
                log.warning("lane.lost", topic=lane.topic, partition=lane.partition, epoch=lane.epoch)
            lane.next_offset, lane.out_seq = position.next_offset, position.out_seq


def _is_done(item: Item) -> bool:
    """Its lane was lost, the sweep will bring it again, or its offset was committed by a lost answer's transaction."""
    return item.lane.closed or item.dropped or (item.parked_id is None and item.offset < item.lane.next_offset)


def _halves(items: list[Item]) -> list[list[Item]]:
    middle = len(items) // 2
    return [items[middle:], items[:middle]]


def _what(fault: BaseException) -> str:
    constraint = getattr(fault, "constraint_name", None)
    return f"{type(fault).__name__} {constraint or ''} {str(fault)[:300]}".strip()
