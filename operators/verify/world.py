"""What every check looks at: the log, an index of it, one snapshot of the database, every worker's books.

Order makes it sound beside live traffic: what Kafka was told and the logs' ends are read first, then the snapshot is
taken, then the ends again. What was in a topic before the snapshot was committed before it; what the snapshot holds is
in a topic up to the later ends, or still in an outbox.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from sys import intern
from typing import TYPE_CHECKING, Any

import asyncpg

from operators.verify.books import Books
from operators.verify.events import Event, Place, event_of, identity
from operators.verify.log import Lane, Log
from operators.verify.subscriptions import CHANGES, CORE, POS, SALE, dead_topic, subscribed, told_topic
from schemas.topics import BY_NAME

if TYPE_CHECKING:
    from asyncpg import Connection

CHUNK = 500
CONNECT_TIMEOUT_S = 10.0
MOST_KEPT = 200_000
"""Events kept in memory as read, in all topics; those of a topic beyond that are read anew by everyone."""
SCHEMAS = """
SELECT n.nspname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'journal' AND n.nspname LIKE 'coralserve\\_%' ORDER BY 1
"""
HAS_LANES = "SELECT array_agg(DISTINCT topic) FROM {schema}.lanes WHERE build = 'live'"
OUTBOX = "SELECT id, type, topic, headers, payload FROM {schema}.outbox"


class Shelf:
    """The offsets and types that lie in one partition."""

    __slots__ = ("offsets", "types")

    def __init__(self) -> None:
        self.offsets = array("q")
        self.types: list[str] = []


class World:
    """Log, snapshot and books, ready to be compared."""

    def __init__(self, log: Log, db: Connection, *, full: bool) -> None:
        self.log, self.db, self.full = log, db, full
        self.books: dict[str, Books] = {}
        self.committed: dict[str, dict[Lane, int]] = {}
        self.settled: dict[Lane, int] = {}
        """Ends before the snapshot: whatever lies below them was committed before it."""
        self.shelves: dict[Lane, Shelf] = {}
        self.places: dict[str, Place | list[Place]] = {}
        """Event id to where it lies; a list where it lies more than once."""
        self.outbox: dict[str, list[Any]] = {}
        self._kept: dict[str, list[Event]] = {}
        self._room = MOST_KEPT
        self._accepted: dict[str, set[str]] = {}

    @property
    def workers(self) -> tuple[str, ...]:
        return tuple(self.books)

    def where(self, event_id: str) -> list[Place]:
        """Every place an event id lies at."""
        found = self.places.get(event_id)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def type_at(self, place: Place) -> str:
        """The type of the record at a place; empty where there is none."""
        shelf = self.shelves.get((place.topic, place.partition))
        at = None if shelf is None else _index(shelf.offsets, place.offset)
        return "" if shelf is None or at is None else shelf.types[at]

    def is_settled(self, place: Place) -> bool:
        """Whether a record lay there before the snapshot, so that its cause must be in it."""
        return place.offset < self.settled.get((place.topic, place.partition), 0)

    def is_of(self, event_id: str, event_type: str) -> bool:
        """Whether an event id is of that type."""
        return any(self.type_at(place) == event_type for place in self.where(event_id))

    def exists(self, place: Place) -> bool:
        shelf = self.shelves.get((place.topic, place.partition))
        return shelf is not None and _index(shelf.offsets, place.offset) is not None

    def accepted(self, worker: str, event_id: str) -> bool:
        """Whether the worker took a record of this id."""
        ids = self._accepted.get(worker)
        if ids is None:
            ids = self._accepted[worker] = {event_id for event_id, _ in self.accepted_ids(worker)}
        return event_id in ids

    def accepted_ids(self, worker: str) -> Iterator[tuple[str, Place]]:
        """Every event id the worker took, at each place where it did."""
        books = self.books[worker]
        for event_id, places in self.places.items():
            for place in places if isinstance(places, list) else (places,):
                if place.topic in books.topics and books.accepted(place, self.type_at(place)):
                    yield event_id, place

    def is_whole(self, topic: str) -> bool:
        """Whether nothing of a topic may be gone: no retention passed and no compaction has taken anything."""
        lanes = self.log.lanes(topic)
        if any(self.log.starts[lane] for lane in lanes):
            return False
        held = sum(len(self.shelves[lane].offsets) for lane in lanes if lane in self.shelves)
        return not BY_NAME[topic].compacted or held == sum(self.log.ends[lane] for lane in lanes)

    async def events(self, topic: str, *types: str) -> AsyncIterator[Event]:
        """Every readable event of these types, each partition in its order."""
        kept = self._kept.get(topic)
        if kept is None and self._room >= (size := self._records(topic)):
            self._room -= size
            kept = self._kept[topic] = [event async for event in self._read(topic, ())]
        if kept is None:
            async for event in self._read(topic, types):
                yield event
            return
        for event in kept:
            if not types or event.type in types:
                yield event

    async def _read(self, topic: str, types: tuple[str, ...]) -> AsyncIterator[Event]:
        async for batch in self.log.batches(topic):
            for partition, record in batch:
                if types and identity(record)[0] not in types:
                    continue
                try:
                    yield event_of(record, Place(topic, partition, record.offset))
                except (ValueError, RecursionError):
                    continue

    def _records(self, topic: str) -> int:
        return sum(len(self.shelves[lane].offsets) for lane in self.log.lanes(topic) if lane in self.shelves)

    async def taken(self, worker: str, topic: str, *types: str) -> AsyncIterator[Event]:
        """The events a worker accepted, each id once."""
        books, seen = self.books[worker], set()
        async for event in self.events(topic, *types):
            if event.id in seen or not books.accepted(event.place, event.type):
                continue
            seen.add(event.id)
            yield event

    async def sales(self, worker: str) -> AsyncIterator[list[Event]]:
        """The sales a worker accepted, each transaction once, in chunks."""
        seen, chunk = set(), []
        async for event in self.taken(worker, POS, SALE):
            number = event.data.get("transaction_id")
            if number in seen:
                continue
            seen.add(number)
            chunk.append(event)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    async def has_table(self, name: str) -> bool:
        return await self.db.fetchval("SELECT to_regclass($1)", name) is not None


@asynccontextmanager
async def opened(log: Log, db: Connection, *, full: bool) -> AsyncIterator[World]:
    """The world at one moment. Reads only: the transaction is read-only and a snapshot."""
    workers = await _workers(db)
    world = World(log, db, full=full)
    wanted = await _topics(db, workers)
    for worker in workers:
        world.committed[worker] = await log.committed(f"coralserve.{worker}")
    world.settled = await log.measure(wanted)
    async with db.transaction(isolation="repeatable_read", readonly=True):
        await _snapshot(world, workers)
        await log.measure(wanted)
        await _index_all(world, [topic for topic in sorted(wanted) if not topic.endswith(".dlq")])
        yield world


@asynccontextmanager
async def connected(database_url: str) -> AsyncIterator[Connection]:
    """A connection that writes instants in UTC."""
    db = await asyncpg.connect(database_url, timeout=CONNECT_TIMEOUT_S, server_settings={"timezone": "UTC"})
    try:
        yield db
    finally:
        await db.close()


async def _workers(db: Connection) -> list[str]:
    """Workers with a schema here: those of the contract, and any other that holds lanes on topics."""
    names = [row[0].removeprefix("coralserve_") for row in await db.fetch(SCHEMAS)]
    return [name for name in names if name in CORE or await _listens(db, name)]


async def _listens(db: Connection, name: str) -> bool:
    return bool(subscribed(name, set(await db.fetchval(HAS_LANES.format(schema=f"coralserve_{name}")) or ())))


async def _topics(db: Connection, workers: Iterable[str]) -> set[str]:
    wanted = {CHANGES}
    for worker in workers:
        lanes = set(await db.fetchval(HAS_LANES.format(schema=f"coralserve_{worker}")) or ())
        wanted |= {*subscribed(worker, lanes), told_topic(worker), dead_topic(worker)}
    return wanted


async def _snapshot(world: World, workers: Iterable[str]) -> None:
    for worker in workers:
        books = world.books[worker] = Books(worker)
        await books.read(world.db)
        world.outbox[worker] = list(await world.db.fetch(OUTBOX.format(schema=books.schema)))


async def _index_all(world: World, topics: Iterable[str]) -> None:
    for topic in topics:
        async for batch in world.log.batches(topic):
            for partition, record in batch:
                event_type, event_id = identity(record)
                shelf = world.shelves.setdefault((topic, partition), Shelf())
                shelf.offsets.append(record.offset)
                shelf.types.append(intern(event_type))
                if event_id:
                    _note(world.places, event_id, Place(topic, partition, record.offset))


def _note(places: dict[str, Place | list[Place]], event_id: str, place: Place) -> None:
    found = places.get(event_id)
    if found is None:
        places[event_id] = place
    elif isinstance(found, list):
        found.append(place)
    else:
        places[event_id] = [found, place]


def _index(offsets: array[int], offset: int) -> int | None:
    at = bisect_left(offsets, offset)
    return at if at < len(offsets) and offsets[at] == offset else None
