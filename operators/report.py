"""What `status` says about the workers: lag, rate, parked and dead events, last commit. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
from msgspec import Struct

from mesh.names import schema_of
from operators.positions import Ends, Log, gaps, outbox_rows

if TYPE_CHECKING:
    from mesh.worker import Worker

CONNECT_TIMEOUT_S = 5.0
RATE_WINDOW_S = 60
RECENT_BATCHES = 20_000
FIGURES = """
SELECT (SELECT coalesce(sum(consumed), 0) FROM {schema}.journal
        WHERE id > (SELECT coalesce(max(id), 0) - $1 FROM {schema}.journal)
          AND committed_at > clock_timestamp() - make_interval(secs => $2)) AS recent,
       (SELECT coalesce(sum(next_offset), 0) FROM {schema}.lanes WHERE build = 'live') AS handled,
       (SELECT count(*) FROM {schema}.parked WHERE state = 'WAITING') AS parked,
       (SELECT count(*) FROM {schema}.parked WHERE state = 'DEAD') AS dead,
       (SELECT EXTRACT(EPOCH FROM clock_timestamp() - max(committed_at))::float8 FROM {schema}.journal
        WHERE id = (SELECT max(id) FROM {schema}.journal)) AS quiet_s
"""


class Figures(Struct, frozen=True):
    """One worker. `handled` counts offsets passed, `rate` events a second over the last minute."""

    worker: str
    lag: int
    rate: float
    handled: int
    parked: int
    dead: int
    outbox: int
    quiet_s: float | None
    """Seconds since the last committed batch."""


async def report(
    kafka: Mapping[str, Any], reader_url: str, workers: Sequence[Worker], *, prefix: str = ""
) -> list[Figures]:
    """Figures of every worker."""
    db = await asyncpg.connect(reader_url, timeout=CONNECT_TIMEOUT_S)
    try:
        async with Log(kafka, prefix=prefix) as log:
            ends = await log.ends(topic for worker in workers for topic in worker.consumes)
        outboxes = await outbox_rows(db, [schema_of(worker.name) for worker in workers])
        return [await _figures(db, worker, ends, outboxes, prefix) for worker in workers]
    finally:
        await db.close()


async def _figures(
    db: asyncpg.Connection, worker: Worker, ends: Ends, outboxes: Mapping[str, int], prefix: str
) -> Figures:
    schema = schema_of(worker.name)
    row = await db.fetchrow(FIGURES.format(schema=schema), RECENT_BATCHES, float(RATE_WINDOW_S))
    return Figures(
        worker=worker.name,
        lag=sum(gap.events for gap in await gaps(db, worker, ends, prefix=prefix)),
        rate=round(int(row["recent"]) / RATE_WINDOW_S, 1),
        handled=int(row["handled"]),
        parked=row["parked"],
        dead=row["dead"],
        outbox=outboxes.get(schema, 0),
        quiet_s=None if row["quiet_s"] is None else round(row["quiet_s"], 1),
    )
