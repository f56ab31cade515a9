"""The limit: the very COPY streams the mesh writes for the same sales, replayed without anything around them.

Streams are recorded by taking the sales through the worker's own core, once. What is not COPY (set-based
updates of stock and heads) is not part of the limit; keys, indexes, foreign keys and triggers are the tables' own.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Self
from uuid import UUID

import asyncpg
from aiokafka.partitioner import DefaultPartitioner
from msgspec import Struct

from bench.meter import Meter, Spent
from db.copy import Table
from db.link import Link
from mesh.batch import Batch
from mesh.commit import Ink
from mesh.config import Config
from mesh.ladder import Ladder
from mesh.lane import Item, Lane
from mesh.lanes import claim
from mesh.names import schema_of
from mesh.planning import Planner
from mesh.reference import Reference
from mesh.worker import Worker
from producers.sender import Record
from schemas import topics

BATCH = Config(bootstrap="", database_url="").batch_limit
GROUPS = 2
_choose = DefaultPartitioner()


class Copy(Struct, frozen=True):
    """One COPY into one table."""

    schema: str
    table: str
    columns: tuple[str, ...]
    stream: bytes


Transaction = list[Copy]
Tape = list[list[Transaction]]
"""The transactions of each of the two groups of lanes; a group is what one connection handles."""


class Session:
    """A worker's core on one connection, fed by hand instead of by a broker. Use as an async context."""

    def __init__(self, url: str, worker: Worker) -> None:
        self._worker = worker
        self._link = Link(url, f"bench/{worker.name}")
        self._lanes: dict[int, Lane] = {}
        self._committed: list[Batch] = []
        schema = schema_of(worker.name)
        self._ladder = Ladder(
            Planner.of(worker, schema, Reference()), Ink(schema), lambda: list(self._lanes), self._committed.append
        )

    async def __aenter__(self) -> Self:
        await self._link.use()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._link.close()

    async def run(self, records: Sequence[Record], *, topic: str, timestamp_ms: int) -> tuple[Tape, list[Record]]:
        """Decide and commit the records in batches, as two tracks would; streams by group, and what was told."""
        queues = _queues(records, await self._claim(topic), timestamp_ms)
        tape: Tape = [[] for _ in range(GROUPS)]
        told: list[Record] = []
        with _taped() as written:
            for group, items in _batches(queues):
                await self._ladder.handle(self._link, items)
                if len(self._committed) != 1 or self._committed[0].parked:
                    raise RuntimeError(f"{self._worker.name} did not take a batch of sales at once: nothing to compare")
                batch = self._committed.pop()
                tape[group].append(list(written))
                told += [_told(self._worker.name, row) for rows in batch.outbox.values() for row in rows]
                written.clear()
        return tape, told

    async def _claim(self, topic: str) -> list[Lane]:
        db, schema, types = await self._link.use(), self._ladder.ink.schema, self._worker.consumes[topic]
        found = []
        for partition in range(topics.BY_NAME[topic].partitions):
            at = await claim(db, schema, topic=topic, partition=partition, start=0, owner="bench")
            found.append(Lane(at.lane_id, topic, partition, at.epoch, at.next_offset, at.out_seq, types))
        self._lanes |= {lane.lane_id: lane for lane in found}
        await self._ladder.sync(db, self._lanes)
        return found


async def replay(
    connect: Callable[[], Awaitable[asyncpg.Connection]], tape: Sequence[Sequence[Transaction]], meter: Meter
) -> tuple[float, Spent]:
    """Write every part of the tape on a connection of its own, side by side; seconds until all is committed."""
    async with contextlib.AsyncExitStack() as stack:
        links = [await stack.enter_async_context(_connected(connect)) for _ in tape]
        meter.begin()
        begun = time.perf_counter()
        await asyncio.gather(*(_write(link, part) for link, part in zip(links, tape, strict=True)))
        return time.perf_counter() - begun, meter.end()


def one(tape: Tape) -> Tape:
    """The same transactions for one connection, in turns."""
    return [_in_turns(tape)]


def together(tapes: Sequence[Tape]) -> Tape:
    """Several workers' transactions, each group's on its connection, the workers in turns."""
    return [_in_turns([tape[group] for tape in tapes]) for group in range(GROUPS)]


def bytes_of(tape: Tape) -> dict[str, int]:
    """Bytes by table, for the report."""
    found: dict[str, int] = {}
    for part in tape:
        for transaction in part:
            for copy in transaction:
                name = f"{copy.schema}.{copy.table}"
                found[name] = found.get(name, 0) + len(copy.stream)
    return found


@contextlib.asynccontextmanager
async def _connected(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> AsyncIterator[asyncpg.Connection]:
    link = await connect()
    try:
        yield link
    finally:
        await link.close()


async def _write(link: asyncpg.Connection, transactions: Sequence[Transaction]) -> None:
    for transaction in transactions:
        async with link.transaction():
            for copy in transaction:
                await link.copy_to_table(
                    copy.table, schema_name=copy.schema, columns=copy.columns, source=_once(copy.stream),
                    format="binary",
                )  # fmt: skip


async def _once(stream: bytes) -> AsyncIterator[bytes]:
    yield stream


@contextlib.contextmanager
def _taped() -> Iterator[Transaction]:
    """Everything written through `Table.write` meanwhile is also put on the tape."""
    written: Transaction = []
    write = Table.write

    async def taped(table: Table, tx: Any, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            written.append(Copy(table.schema, table.name, table.columns, table.encode(rows)))
        await write(table, tx, rows)

    Table.write = taped  # type: ignore[assignment,method-assign]
    try:
        yield written
    finally:
        Table.write = write  # type: ignore[method-assign]


def _queues(records: Sequence[Record], lanes: Sequence[Lane], timestamp_ms: int) -> list[list[Item]]:
    places = list(range(len(lanes)))
    queues: list[list[Item]] = [[] for _ in lanes]
    for _, key, value, headers in records:
        partition = _choose(key, places, places)
        queue, lane = queues[partition], lanes[partition]
        queue.append(Item(lane, lane.next_offset + len(queue), key, value, headers, timestamp_ms, None, ""))
    return queues


def _batches(queues: list[list[Item]]) -> Iterator[tuple[int, list[Item]]]:
    """Turn by turn, a batch of each group of lanes; even partitions are one group, odd ones the other."""
    share = BATCH // (len(queues) // GROUPS)
    longest = max(map(len, queues))
    for start in range(0, longest, share):
        for group in range(GROUPS):
            items = [item for queue in queues[group::GROUPS] for item in queue[start : start + share]]
            if items:
                yield group, items


def _told(worker: str, row: tuple[Any, ...]) -> Record:
    """An outbox row as the relay would send it, with what a reader needs of the headers."""
    identity, event_type, topic, key, _, payload = row
    source, event_id = f"/workers/{worker}".encode(), str(UUID(bytes=identity)).encode()
    headers = [
        ("ce_specversion", b"1.0"), ("ce_id", event_id), ("ce_source", source), ("ce_type", event_type.encode()),
        ("content-type", b"application/json"),
    ]  # fmt: skip
    return topic, key, payload, headers


def _in_turns(parts: Sequence[Sequence[Transaction]]) -> list[Transaction]:
    longest = max(map(len, parts))
    return [part[n] for n in range(longest) for part in parts if n < len(part)]
