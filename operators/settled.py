"""Whether everything published has been handled (CONTRACT 1, `wait`): positions at the ends, outboxes empty,
nothing parked that could go on. True only when seen twice, with no new events between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
from msgspec import Struct

from db.services import service_names
from mesh.names import schema_of
from mesh.reference import Reference
from operators.positions import Gap, Log, gaps, outbox_rows, releasable

if TYPE_CHECKING:
    from mesh.worker import Worker

POLL_S = 0.25
CONNECT_TIMEOUT_S = 10.0


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
            reference, before = Reference(), None
            while True:
                await log.refresh()
                ends = await log.ends(topic for worker in workers for topic in worker.consumes)
                left = await _unfinished(db, workers, ends, reference, prefix)
                if not left and before == ends:
                    return left
                before = None if left else ends
                if time.monotonic() >= deadline:
                    return left
                await asyncio.sleep(POLL_S)
    finally:
        await db.close()


async def _unfinished(
    db: asyncpg.Connection, workers: Sequence[Worker], ends: Any, reference: Reference, prefix: str
) -> Unfinished:
    await reference.refresh(db)
    open_gaps = [gap for worker in workers for gap in await gaps(db, worker, ends, prefix=prefix)]
    free = {worker.name: await releasable(db, worker, reference) for worker in workers}
    return Unfinished(
        gaps=tuple(open_gaps),
        outboxes=await outbox_rows(db, [schema_of(name) for name in service_names()]),
        releasable={name: count for name, count in free.items() if count},
    )
