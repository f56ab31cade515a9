"""I5 No loss, no ghost: every record has its disposition, and nothing has effects but an accepted event."""

from __future__ import annotations

import json
from base64 import b64encode
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from operators.verify.books import Books, Entry
from operators.verify.events import Place
from operators.verify.findings import Findings, Invariant
from operators.verify.log import Lane
from operators.verify.subscriptions import CHANGES

if TYPE_CHECKING:
    from operators.verify.world import World

OWNERS = {"smartoutlet_pos": "ledger"}
NO_EFFECTS = ("parked", "outbox", "firings")
EFFECTS = """
SELECT n.nspname AS schema, r.relname AS name
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS r ON r.oid = a.attrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE a.attname = 'event_id' AND r.relkind = 'r' AND NOT a.attisdropped AND n.nspname = ANY($1::text[])
ORDER BY 1, 2
"""
EVENT_IDS = 'SELECT DISTINCT event_id FROM {schema}.{table} WHERE event_id IS NOT NULL'
BYTES = 'SELECT topic, partition, "offset", key, value, headers::text AS headers FROM {schema}.parked'


class Dispositions(Invariant):
    """Proves: per worker and partition the journal's ranges follow each other without leaving out a record the log
    holds; a parked row is its record byte for byte, headers included, and lies where the log has a record; every event
    id beside an effect, in any table of any worker, is of a record which that worker accepted."""

    name = "I5"
    title = "every record has one disposition in every worker, and nothing else has effects"

    async def check(self, world: World, found: Findings) -> None:
        for books in world.books.values():
            for lane in sorted(books.positions):
                self._covered(world, found, books, lane)
            await self._parked(world, found, books)
        await self._ghosts(world, found)

    def _covered(self, world: World, found: Findings, books: Books, lane: Lane) -> None:
        """No record is skipped between the log's start, the journal's ranges and the position."""
        start = at = world.log.starts.get(lane, 0)
        for entry in books.journal.get(lane, []):
            if entry.first is None or entry.last is None:
                continue
            self._skipped(world, found, books, lane, at, entry.first)
            if entry.first >= start and world.is_whole(lane[0]):
                lies = len(_between(world, lane, entry.first, entry.last + 1))
                found.expect(_named(books, lane, entry), "records in its range", expected=lies, found=entry.consumed)
            at = max(at, entry.last + 1)
        self._skipped(world, found, books, lane, at, books.positions[lane])

    def _skipped(self, world: World, found: Findings, books: Books, lane: Lane, first: int, until: int) -> None:
        lost = _between(world, lane, first, until)
        found.proves()
        if lost:
            key = f"{books.worker} {lane[0]}/{lane[1]}@{lost[0]}..{lost[-1]}"
            found.breaks(key, f"{len(lost)} records were passed over without a disposition")

    async def _parked(self, world: World, found: Findings, books: Books) -> None:
        wanted = set(books.parked)
        records = {}
        for topic in {place.topic for place in wanted}:
            async for batch in world.log.batches(topic):
                for partition, record in batch:
                    place = Place(topic, partition, record.offset)
                    if place in wanted:
                        records[place] = record
        async for row in world.db.cursor(BYTES.format(schema=books.schema), prefetch=500):
            place = Place(row["topic"], row["partition"], row["offset"])
            record = records.get(place)
            if record is None:
                if place.offset >= world.log.starts.get(place[:2], 0) and world.is_whole(place.topic):
                    found.breaks(f"{books.worker} parked {place}", "no record lies there")
                continue
            same = (record.key, record.value, _cells(record.headers))
            kept = (row["key"], row["value"], json.loads(row["headers"] or "[]"))
            found.expect(f"{books.worker} parked {place}", "key, value, headers", expected=same, found=kept)
            if not books.handled(place):
                found.breaks(f"{books.worker} parked {place}", "parked beyond the worker's position")

    async def _ghosts(self, world: World, found: Findings) -> None:
        schemas = [books.schema for books in world.books.values()] + list(OWNERS)
        for row in await world.db.fetch(EFFECTS, schemas):
            if row["name"] in NO_EFFECTS:
                continue
            worker = OWNERS.get(row["schema"]) or row["schema"].removeprefix("coralserve_")
            if worker in world.books:
                await self._of_table(world, found, worker, schema=row["schema"], table=row["name"])

    async def _of_table(self, world: World, found: Findings, worker: str, *, schema: str, table: str) -> None:
        topics = world.books[worker].topics
        gone = [topic for topic in topics if not world.is_whole(topic)]
        async for row in world.db.cursor(EVENT_IDS.format(schema=schema, table=table), prefetch=2_000):
            event_id, found.proved = row["event_id"], found.proved + 1
            if world.accepted(worker, event_id) or (CHANGES in topics and _told_by_change(world, event_id)):
                continue
            if gone and not world.where(event_id):
                found.note(f"records of {', '.join(gone)} are gone: ids that only they held cannot be proven")
                continue
            why = "lies in no topic" if not world.where(event_id) else "was not accepted by this worker"
            found.breaks(f"{schema}.{table} event {event_id}", f"has effects but {why}")


def _told_by_change(world: World, event_id: str) -> bool:
    """An audit row of a row change names the event behind the change, which another worker accepted."""
    return any(world.accepted(worker, event_id) for worker in world.books)


def _between(world: World, lane: Lane, first: int, until: int) -> list[int]:
    shelf = world.shelves.get(lane)
    if shelf is None:
        return []
    return list(shelf.offsets[bisect_left(shelf.offsets, first) : bisect_left(shelf.offsets, until)])


def _cells(headers: Any) -> list[list[Any]]:
    """Headers as a parked row keeps them: text, null, or base64 of what is no text."""
    cells = []
    for name, value in headers:
        try:
            text = None if value is None else value.decode()
        except UnicodeDecodeError:
            text = "\x00"
        cells.append([name, {"base64": b64encode(value).decode()} if text and "\x00" in text else text])
    return cells


def _named(books: Books, lane: Lane, entry: Entry) -> str:
    return f"{books.worker} {lane[0]}/{lane[1]} journal {entry.id}"
