"""All SQL of the scheduler: the leader's lock, what was fired, and firing with the outbox in one transaction (R6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from producers.scheduler.rules import DAY_STARTED, Firing, OutletZone
from schemas.topics import BACKOFFICE_INVENTORY

if TYPE_CHECKING:
    from asyncpg import Connection

LANE = "timers"
LEADER = "coralserve_scheduler.leader"

LEAD = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))"
OUTLETS = "SELECT id, timezone FROM smartoutlet_outlet.outlets WHERE timezone IS NOT NULL ORDER BY id"
FIRED = """
SELECT subject, max(due) AS due FROM coralserve_scheduler.firings WHERE timer = $1 GROUP BY subject
"""
MAKE_LANE = """
INSERT INTO coralserve_scheduler.lanes (topic, partition) VALUES ($1, 0)
ON CONFLICT (topic, partition, build) DO NOTHING
"""
FIRE = """
WITH wanted AS (
    SELECT u.subject, u.due, u.event_id, u.key, u.payload, u.place
    FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::bytea[])
         WITH ORDINALITY AS u(subject, due, event_id, key, payload, place)
), lane AS (
    SELECT id, out_seq FROM coralserve_scheduler.lanes
    WHERE topic = $7 AND partition = 0 AND build = 'live' FOR UPDATE
), fired AS (
    INSERT INTO coralserve_scheduler.firings (timer, subject, due, event_id)
    SELECT $1, w.subject, w.due, w.event_id::text FROM wanted w CROSS JOIN lane
    ON CONFLICT (timer, subject, due) DO NOTHING
    RETURNING subject, due
), numbered AS (
    SELECT w.event_id, w.key, w.payload, row_number() OVER (ORDER BY w.place) AS step
    FROM wanted w JOIN fired f ON f.subject = w.subject AND f.due = w.due
), told AS (
    INSERT INTO coralserve_scheduler.outbox (lane_id, seq, id, type, topic, key, headers, payload)
    SELECT lane.id, lane.out_seq + n.step, n.event_id, $1, $8, convert_to(n.key, 'UTF8'), '[]'::jsonb, n.payload
    FROM numbered n CROSS JOIN lane
    RETURNING seq
)
UPDATE coralserve_scheduler.lanes l SET out_seq = l.out_seq + (SELECT count(*) FROM told)
FROM lane WHERE l.id = lane.id
RETURNING (SELECT count(*) FROM told) AS fired
"""


async def lead(db: Connection) -> bool:
    """Try to be the leader; it lasts as long as this connection (and is counted once: ask once a connection)."""
    return bool(await db.fetchval(LEAD, LEADER))


async def make_lane(db: Connection) -> None:
    """The lane all timers go out on."""
    await db.execute(MAKE_LANE, LANE)


async def outlets(db: Connection) -> tuple[list[OutletZone], list[int]]:
    """Outlets with a usable zone, and the ids of those whose zone this machine does not know."""
    known, unknown = [], []
    for row in await db.fetch(OUTLETS):
        try:
            known.append(OutletZone(row["id"], ZoneInfo(row["timezone"])))
        except (ZoneInfoNotFoundError, ValueError):
            unknown.append(row["id"])
    return known, unknown


async def fired(db: Connection) -> dict[int, date]:
    """The last local date fired per outlet."""
    return {int(row["subject"]): date.fromisoformat(row["due"]) for row in await db.fetch(FIRED, DAY_STARTED)}


async def fire(db: Connection, firings: Sequence[Firing]) -> int:
    """Record the firings and put their events into the outbox, in this order, in one transaction.

    Fired before: left out.
    """
    return int(
        await db.fetchval(
            FIRE,
            DAY_STARTED,
            [str(firing.outlet_id) for firing in firings],
            [firing.local_date.isoformat() for firing in firings],
            [firing.event_id for firing in firings],
            [str(firing.outlet_id) for firing in firings],
            [payload(firing) for firing in firings],
            LANE,
            BACKOFFICE_INVENTORY,
        )
    )


def payload(firing: Firing) -> bytes:
    """The event's data; `occurred_at` is the first instant of the local date, so a late event says when, too."""
    return msgspec.json.encode(
        {"outlet_id": firing.outlet_id, "local_date": firing.local_date, "occurred_at": firing.started_at}
    )
