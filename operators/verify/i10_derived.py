"""I10 Derived events: one per (cause, type, target), none without a cause, none missing, every dead letter whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from operators.verify.events import Event, Place, text_headers
from operators.verify.findings import Findings, Invariant
from operators.verify.reference import Stocked
from operators.verify.subscriptions import (
    CATALOG,
    CHANGES,
    CONSUMED,
    RECEIVED,
    SALE,
    STOCK,
    dead_topic,
    told_topic,
)
from operators.verify.told import compare_contents

if TYPE_CHECKING:
    from operators.verify.world import World

NAMESPACE = uuid5(NAMESPACE_URL, "urn:coralserve:derived-events")
NO_RULE = "SELECT event_id FROM coralserve_tax.tax_documents WHERE status = 'NO_RULE'"
HAS_CONSUMPTION = """
SELECT DISTINCT event_id FROM coralserve_recipe.material_consumption
WHERE quantity_consumed > 0 AND adjusts_id IS NULL AND event_id IS NOT NULL
"""
TORN_OUTBOX = """
SELECT o.lane_id, count(*) AS rows, min(o.seq) AS first, l.out_seq FROM {schema}.outbox AS o
JOIN {schema}.lanes AS l ON l.id = o.lane_id GROUP BY o.lane_id, l.out_seq
HAVING count(*) <> l.out_seq - min(o.seq) + 1
"""
LETTERS = "SELECT topic, partition, \"offset\", state, key, value FROM {schema}.parked WHERE state = 'DEAD'"


def _item(data: Any) -> str:
    kind = "product" if data.get("product_id") is not None else "material"
    return f"{data['outlet_id']}:{kind}:{data[f'{kind}_id']}"


TARGETS: dict[str, Callable[[Any], str]] = {
    "tax.computed": lambda data: str(data["transaction_id"]),
    "tax.gap": lambda data: str(data["transaction_id"]),
    "ledger.transaction-recorded": lambda data: str(data["transaction_id"]),
    "ledger.reference-recorded": lambda data: f"{data['kind']}:{data['id']}",
    "inventory.stock-changed": lambda data: str(data["outlet_id"]),
    "stock.low": _item,
    "stock.depleted": _item,
    "stock.oversold": _item,
    "material.cost-changed": _item,
    CONSUMED: lambda data: str(data["transaction_id"]),
    "audit.head-published": lambda data: str(data["chain"]),
}
"""What an event is about, where its data says it: the id follows from it."""
OF_SALES = frozenset({"tax.computed", "tax.gap", "ledger.transaction-recorded", "inventory.stock-changed", CONSUMED})
"""Types told once for a sale, and only where there is something to tell."""


class Derived(Invariant):
    """Proves: in every told topic each id lies once and, where the target can be read off, is the UUIDv5 of (worker,
    cause, type, target); each cause was accepted by that worker; every accepted sale, receipt, consumption and
    reference upsert has its events, in the topic or still in the outbox, and no sale has others; outboxes have no
    holes; every dead event has one letter with its bytes, and every letter its parked row. With `--full`: what is told
    is what the tables say."""

    name = "I10"
    title = "derived events: one per cause, type and target, none without a cause, none missing"

    async def check(self, world: World, found: Findings) -> None:
        for worker in world.books:
            told, of_sales = await self._told(world, found, worker)
            async for cause, event_type in expected(world, worker):
                self._there(world, found, worker, told, cause, event_type)
                of_sales.discard((cause, event_type))
            for cause, event_type in sorted(of_sales):
                found.breaks(f"{event_type} for {cause}", "was told, but nothing of the kind was due")
            await self._letters(world, found, worker)
            for row in await world.db.fetch(TORN_OUTBOX.format(schema=world.books[worker].schema)):
                found.breaks(f"{worker} outbox lane {row['lane_id']}",
                             f"{row['rows']} rows from {row['first']} to {row['out_seq']}")  # fmt: skip
        await self._ids_once(world, found, CHANGES)
        if world.full:
            await compare_contents(world, found)

    async def _told(
        self, world: World, found: Findings, worker: str
    ) -> tuple[Counter[tuple[str, str]], set[tuple[str, str]]]:
        """What was told by (cause, type), and which of it for sales, judging each record on the way."""
        topic = told_topic(worker)
        told: Counter[tuple[str, str]] = Counter()
        of_sales: set[tuple[str, str]] = set()
        await self._ids_once(world, found, topic)
        async for event in world.events(topic):
            told[event.cause, event.type] += 1
            self._judge(world, found, worker, event)
            if event.type in OF_SALES and world.is_settled(event.place) and world.is_of(event.cause, SALE):
                of_sales.add((event.cause, event.type))
        for row in world.outbox[worker]:
            if row["topic"] == topic and not world.where(str(row["id"])):
                told[_cause_of(row), row["type"]] += 1
        return told, of_sales

    def _judge(self, world: World, found: Findings, worker: str, event: Event) -> None:
        key = f"{event.type} {event.id} at {event.place}"
        found.proves()
        if not event.cause:
            found.breaks(key, "names no cause")
            return
        if world.is_settled(event.place) and not world.accepted(worker, event.cause):
            gone = not world.where(event.cause) and not all(map(world.is_whole, world.books[worker].topics))
            if gone:
                found.note(f"causes of {worker}'s events are gone from their topics: they cannot be proven")
            else:
                found.breaks(key, f"its cause {event.cause} was not accepted by {worker}")
        target = TARGETS.get(event.type)
        if target is not None:
            name = "\x1f".join((worker, event.cause, event.type, target(event.data)))
            found.expect(key, "id of (cause, type, target)", expected=str(uuid5(NAMESPACE, name)), found=event.id)

    async def _ids_once(self, world: World, found: Findings, topic: str) -> None:
        for event_id, places in world.places.items():
            if isinstance(places, list):
                here = [place for place in places if place.topic == topic]
                if len(here) > 1:
                    found.breaks(f"{topic} {event_id}", f"lies {len(here)} times: {', '.join(map(str, here[:3]))}")

    def _there(
        self, world: World, found: Findings, worker: str, told: Counter[tuple[str, str]], cause: str, event_type: str
    ) -> None:
        found.proves()
        times = told[cause, event_type]
        if times == 1 or (times > 1 and event_type not in TARGETS):
            return
        if not times and any(world.log.starts[lane] for lane in world.log.lanes(told_topic(worker))):
            found.note(f"the beginning of {told_topic(worker)} is gone: what is missing there cannot be proven")
            return
        said = "is missing" if not times else f"was told {times} times"
        found.breaks(f"{event_type} for {cause}", f"{said} in {told_topic(worker)}")

    async def _letters(self, world: World, found: Findings, worker: str) -> None:
        books, topic = world.books[worker], dead_topic(worker)
        letters: dict[Place, list[Any]] = {}
        async for batch in world.log.batches(topic):
            for partition, record in batch:
                headers = text_headers(record.headers)
                place = Place(
                    headers.get("__dlq.errors.topic", ""),
                    int(headers.get("__dlq.errors.partition", -1)),
                    int(headers.get("__dlq.errors.offset", -1)),
                )
                letters.setdefault(place, []).append(record)
                letter = Place(topic, partition, record.offset)
                if world.is_settled(letter) and place not in books.parked:
                    found.breaks(letter, f"a dead letter of {place}, which is not parked")
        waiting = [row["payload"] for row in world.outbox[worker] if row["topic"] == topic]
        async for row in world.db.cursor(LETTERS.format(schema=books.schema), prefetch=500):
            place = Place(row["topic"], row["partition"], row["offset"])
            copies = letters.get(place, [])
            if not copies and row["value"] in waiting:
                continue
            found.expect(f"{worker} dead {place}", "letters", expected=1, found=len(copies))
            for record in copies:
                found.expect(f"{worker} dead {place}", "key and value of its letter",
                             expected=(row["key"], row["value"]), found=(record.key, record.value))  # fmt: skip


async def expected(world: World, worker: str) -> AsyncIterator[tuple[str, str]]:
    """(cause, type) of everything the worker must have told by now."""
    if worker in ("tax", "ledger", "recipe", "inventory"):
        consumers = {"tax": _of_tax, "ledger": _of_ledger, "recipe": _of_recipe, "inventory": _of_inventory}
        async for pair in consumers[worker](world):
            yield pair


async def _sales(world: World, worker: str) -> AsyncIterator[Event]:
    async for chunk in world.sales(worker):
        for event in chunk:
            if not event.data.get("historic"):
                yield event


async def _of_tax(world: World) -> AsyncIterator[tuple[str, str]]:
    gaps = {row["event_id"] for row in await world.db.fetch(NO_RULE)}
    async for event in _sales(world, "tax"):
        yield event.id, "tax.computed"
        if event.id in gaps:
            yield event.id, "tax.gap"


async def _of_ledger(world: World) -> AsyncIterator[tuple[str, str]]:
    async for event in _sales(world, "ledger"):
        yield event.id, "ledger.transaction-recorded"
    async for event in world.taken("ledger", CATALOG):
        yield event.id, "ledger.reference-recorded"


async def _of_recipe(world: World) -> AsyncIterator[tuple[str, str]]:
    consuming = {row["event_id"] for row in await world.db.fetch(HAS_CONSUMPTION)}
    async for event in _sales(world, "recipe"):
        if event.id in consuming:
            yield event.id, CONSUMED


async def _of_inventory(world: World) -> AsyncIterator[tuple[str, str]]:
    stocked, books = await Stocked.read(world.db), world.books["inventory"]
    async for event in _sales(world, "inventory"):
        batch = books.batch_of(event.place)
        revision = batch.reference_revision if batch else 0
        if any(stocked.at(line["product_id"], revision) for line in event.data["lines"]):
            yield event.id, "inventory.stock-changed"
    async for event in world.taken("inventory", STOCK, RECEIVED):
        yield event.id, "inventory.stock-changed"
    async for event in world.taken("inventory", told_topic("recipe"), CONSUMED):
        if event.data["lines"]:
            yield event.id, "inventory.stock-changed"


def _cause_of(row: Any) -> str:
    pairs = json.loads(row["headers"] or "[]")
    return next((value for name, value in pairs if name == "ce_causationid"), "")
