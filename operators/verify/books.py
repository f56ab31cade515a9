"""One worker's own record of its work, read from its schema: positions, parked events, the journal. Judges nothing."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from operators.verify.events import Place
from operators.verify.subscriptions import subscribed

if TYPE_CHECKING:
    from asyncpg import Connection

    from operators.verify.log import Lane

LANES = "SELECT topic, partition, next_offset, epoch FROM {schema}.lanes WHERE build = 'live'"
PARKED = 'SELECT id, state, reason, topic, partition, "offset", event_id, event_type FROM {schema}.parked'
JOURNAL = """
SELECT id, topic, partition, first_offset, last_offset, next_offset, consumed, effected, duplicate, stale, ignored,
       parked, dead, released, revision, reference_revision, xmin::text AS transaction
FROM {schema}.journal WHERE build = 'live' ORDER BY id
"""


class Parked(Struct, frozen=True, gc=False):
    """A parked row without its bytes."""

    id: int
    state: str
    reason: str
    event_id: str | None
    event_type: str | None


class Entry(Struct, frozen=True, gc=False):
    """A journal row: one batch's part on one lane."""

    id: int
    first: int | None
    last: int | None
    next: int
    consumed: int
    effected: int
    duplicate: int
    stale: int
    ignored: int
    parked: int
    dead: int
    released: tuple[int, ...]
    """Ids of the parked rows that went through in it."""
    revision: int
    reference_revision: int
    transaction: str
    """The database's own name of the transaction: rows that share it are one batch."""


class Books:
    """Where a worker stands and what it says it did with every record."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.schema = f"coralserve_{worker}"
        self.topics: dict[str, frozenset[str]] = {}
        self.positions: dict[Lane, int] = {}
        self.parked: dict[Place, Parked] = {}
        self.journal: dict[Lane, list[Entry]] = {}
        self._released_in: dict[int, Entry] = {}
        self._firsts: dict[Lane, list[int]] = {}
        self._covering: dict[Lane, list[Entry]] = {}

    async def read(self, db: Connection) -> None:
        """Everything but the parked bytes."""
        for row in await db.fetch(LANES.format(schema=self.schema)):
            if row["next_offset"] is not None:
                self.positions[row["topic"], row["partition"]] = row["next_offset"]
        self.topics = subscribed(self.worker, {topic for topic, _ in self.positions})
        self.positions = {lane: at for lane, at in self.positions.items() if lane[0] in self.topics}
        async for row in db.cursor(PARKED.format(schema=self.schema), prefetch=1_000):
            place = Place(row["topic"], row["partition"], row["offset"])
            self.parked[place] = Parked(row["id"], row["state"], row["reason"], row["event_id"], row["event_type"])
        async for row in db.cursor(JOURNAL.format(schema=self.schema), prefetch=1_000):
            self._enter(row)
        for lane, entries in self.journal.items():
            self._cover(lane, entries)

    def _cover(self, lane: Lane, entries: list[Entry]) -> None:
        """Which batch took an offset first: a position that was set back has records read again, without effects."""
        reach = -1
        covering, firsts = self._covering.setdefault(lane, []), self._firsts.setdefault(lane, [])
        for entry in entries:
            if entry.first is not None and entry.last is not None and entry.last > reach:
                covering.append(entry)
                firsts.append(max(entry.first, reach + 1))
                reach = entry.last

    def _enter(self, row: Any) -> None:
        released = [r["id"] for r in json.loads(row["released"] or "[]") if r["state"] == "RELEASED"]
        entry = Entry(
            row["id"], row["first_offset"], row["last_offset"], row["next_offset"] or 0, row["consumed"],
            row["effected"], row["duplicate"], row["stale"], row["ignored"], row["parked"], row["dead"],
            tuple(released), row["revision"] or 0, row["reference_revision"] or 0, row["transaction"],
        )  # fmt: skip
        self.journal.setdefault((row["topic"], row["partition"]), []).append(entry)
        self._released_in.update((each, entry) for each in released)

    def handled(self, place: Place) -> bool:
        """Whether the worker is past it."""
        return place.offset < self.positions.get((place.topic, place.partition), 0)

    def accepted(self, place: Place, event_type: str) -> bool:
        """Whether it was taken: subscribed, passed, and not kept waiting, dead or discarded."""
        if event_type not in self.topics.get(place.topic, ()) or not self.handled(place):
            return False
        parked = self.parked.get(place)
        return parked is None or parked.state == "RELEASED"

    def batch_of(self, place: Place) -> Entry | None:
        """The journal row of the batch in which an accepted record had its effects."""
        parked = self.parked.get(place)
        if parked is not None:
            return self._released_in.get(parked.id)
        lane = (place.topic, place.partition)
        at = bisect_right(self._firsts.get(lane, []), place.offset) - 1
        if at < 0:
            return None
        entry = self._covering[lane][at]
        return entry if entry.last is not None and place.offset <= entry.last else None
