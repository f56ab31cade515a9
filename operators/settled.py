"""Whether everything published has been handled (CONTRACT 1, `wait`): positions at the ends, outboxes empty,
nothing parked that could go on.

Judged in rounds. A round is done when all that was there at its start is handled; the next one covers what that led
to. Two rounds without anything new are enough; while tills go on selling, three.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
from msgspec import Struct

from db.services import service_names
from mesh.names import schema_of
from mesh.reference import Reference
from operators.positions import Ends, Gap, Log, gaps, outbox_rows, releasable

if TYPE_CHECKING:
    from mesh.worker import Worker

POLL_S = 0.25
CONNECT_TIMEOUT_S = 10.0
QUIET_ROUNDS, BUSY_ROUNDS = 2, 3
NOW = "SELECT clock_timestamp()"


class Mark(NamedTuple):
    """The start of a round: the database's clock, then the log's ends."""

    since: datetime
    ends: Ends


class Unfinished(Struct, frozen=True):
    """What is left to do."""

    gaps: tuple[Gap, ...]
    outboxes: dict[str, int]
    releasable: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.gaps or self.outboxes or self.releasable)

    def sentences(self) -> list[str]:
        """For a person: one line a worker or outbox."""
        workers = sorted({gap.worker for gap in self.gaps})
        left = {name: sum(gap.events for gap in self.gaps if gap.worker == name) for name in workers}
        return [
            *(f"{name}: {count} events to handle" for name, count in left.items()),
            *(f"{schema}: {count} events to send" for schema, count in self.outboxes.items()),
            *(f"{name}: {count} parked events can go on" for name, count in self.releasable.items()),
        ]


async def wait_settled(
    kafka: Mapping[str, Any], reader_url: str, workers: Sequence[Worker], *, timeout_s: float, prefix: str = ""
) -> Unfinished:
    """Return what is unfinished after at most `timeout_s`: nothing, or the state at the time-out."""
    deadline = time.monotonic() + timeout_s
    db = await asyncpg.connect(reader_url, timeout=CONNECT_TIMEOUT_S)
    try:
        async with Log(kafka, prefix=prefix) as log:
            names = {topic for worker in workers for topic in worker.consumes}
            reference, rounds = Reference(), 0
            while True:
                since, ends = await db.fetchval(NOW), await log.ends(names)
                left = await _round(db, workers, Mark(since, ends), reference, prefix=prefix, deadline=deadline)
                rounds += 1
                if left or rounds >= BUSY_ROUNDS or (rounds >= QUIET_ROUNDS and await log.ends(names) == ends):
                    return left
                await asyncio.sleep(POLL_S)
    finally:
        await db.close()


async def _round(
    db: asyncpg.Connection, workers: Sequence[Worker], mark: Mark, reference: Reference, *, prefix: str, deadline: float
) -> Unfinished:
    """Wait until what was there at the mark is handled; returns what is not at the deadline."""
    while True:
        await reference.refresh(db)
        open_gaps = [gap for worker in workers for gap in await gaps(db, worker, mark.ends, prefix=prefix)]
        free = {worker.name: await releasable(db, worker, reference, before=mark.since) for worker in workers}
        schemas = [schema_of(name) for name in service_names()]
        left = Unfinished(
            gaps=tuple(open_gaps),
            outboxes=await outbox_rows(db, schemas, before=mark.since),
            releasable={name: count for name, count in free.items() if count},
        )
        if not left or time.monotonic() >= deadline:
            return left
        await asyncio.sleep(POLL_S)
