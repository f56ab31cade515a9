"""Whether everything published has been handled (CONTRACT 1, `wait`): positions at the ends, outboxes empty,
nothing parked that could go on.

Judged in rounds. A round is done when all that was there at its start is handled; the next one covers what that led
to. Two rounds are enough when nothing new came; while tills go on selling, four: an event leads to two more at most.
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
QUIET_ROUNDS, BUSY_ROUNDS = 2, 4
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
            look = Look(db, log, workers, prefix)
            mark = await look.mark()
            for rounds in range(1, BUSY_ROUNDS + 1):
                left = await look.until_done(mark, deadline)
                before, mark = mark, await look.mark()
                quiet = mark.ends == before.ends and not await look.left(mark)
                if left or (quiet and rounds >= QUIET_ROUNDS):
                    return left
            return left
    finally:
        await db.close()


class Look:
    """The eyes of one `wait`: a connection to the database, one to the broker."""

    def __init__(self, db: asyncpg.Connection, log: Log, workers: Sequence[Worker], prefix: str) -> None:
        self._db = db
        self._log = log
        self._workers = workers
        self._prefix = prefix
        self._topics = {topic for worker in workers for topic in worker.consumes}
        self._schemas = [schema_of(name) for name in service_names()]
        self._reference = Reference()

    async def mark(self) -> Mark:
        """Now."""
        return Mark(await self._db.fetchval(NOW), await self._log.ends(self._topics))

    async def left(self, mark: Mark) -> Unfinished:
        """What was there at the mark and is not done yet."""
        await self._reference.refresh(self._db)
        found = [
            gap for worker in self._workers for gap in await gaps(self._db, worker, mark.ends, prefix=self._prefix)
        ]
        free = {w.name: await releasable(self._db, w, self._reference, before=mark.since) for w in self._workers}
        return Unfinished(
            gaps=tuple(found),
            outboxes=await outbox_rows(self._db, self._schemas, before=mark.since),
            releasable={name: count for name, count in free.items() if count},
        )

    async def until_done(self, mark: Mark, deadline: float) -> Unfinished:
        """Wait until all that was there at the mark is done; returns what is not at the deadline."""
        while True:
            left = await self.left(mark)
            if not left or time.monotonic() >= deadline:
                return left
            await asyncio.sleep(POLL_S)
