"""From raw records to a batch: decode, admit, let the desk decide, park what cannot go on. Writes nothing.

Guards per record, in this order: subscribed type, decode, repeat (R2), order behind a parked event, supported type,
outlet known, currency the outlet's, then the desk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mesh.batch import Batch
from mesh.lifecycle import Standing, stand
from mesh.memory import Memory, dedupe_table, sale_row, sales_table
from mesh.ordering import Blocked, blocking_key
from mesh.parking import park, parked_places, released
from mesh.worker import Delivery, Desk, Worker
from schemas.decode import decode, peek_type
from schemas.errors import CoralServeError, Reject, Retry, Wait

if TYPE_CHECKING:
    from asyncpg import Connection

    from db.copy import Table
    from mesh.lane import Item
    from mesh.reference import Reference
    from schemas.event import Event

YIELD_EVERY = 64
SALE = "pos.sale.completed"


class Guilty(CoralServeError):
    """Deciding this event failed in a way no rule foresees: a defect of ours, pinned to the event that shows it."""

    def __init__(self, item: Item, fault: Exception) -> None:
        super().__init__(f"{type(fault).__name__}: {fault}")
        self.item = item


@dataclass(slots=True)
class Planner:
    """One worker's way from records to a batch; holds what it has seen, who is blocked, and the desk."""

    worker: Worker
    schema: str
    reference: Reference
    desk: Desk
    memory: Memory
    blocked: Blocked
    dedupe: Table
    sales: Table

    @classmethod
    def of(cls, worker: Worker, schema: str, reference: Reference) -> Planner:
        desk = worker.open_desk(reference)
        return cls(worker, schema, reference, desk, Memory(), Blocked(), dedupe_table(schema), sales_table(schema))

    def forget(self) -> None:
        """Drop everything held in memory; it is read again from the database."""
        self.memory.forget()
        self.desk.forget()

    async def plan(self, db: Connection, batch: Batch, items: Sequence[Item], *, recall: bool) -> None:
        """Decide all items in order. With `recall`, what the database knows of them is read first (slow path)."""
        batch.reference_revision = self.reference.revision
        if recall:
            items = await self._without_parked(db, batch, items)
        for index, item in enumerate(items):
            batch.took(item)
            if item.verdict:
                cause = Reject(item.verdict, detail=item.detail)
                park(batch, self.blocked, item, cause, event_type=item.event.type if item.event else "")
            elif item.event is None:
                self._decode(batch, item)
            if index % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
        ready = [item for item in items if item.event is not None and not item.verdict]
        if recall:
            await self.memory.recall(db, self.schema, [item.event for item in ready])
        deliveries = [_delivery(item) for item in ready]
        await self.desk.load(db, deliveries)
        for index, (item, delivery) in enumerate(zip(ready, deliveries, strict=True)):
            self._admit(batch, item, delivery)
            if index % YIELD_EVERY == YIELD_EVERY - 1:
                await asyncio.sleep(0)
        if batch.unknown:
            await self.reference.refresh(db)
        if batch.reference_revision != self.reference.revision:
            raise Retry("outlets, products or users changed while the batch was decided")

    async def _without_parked(self, db: Connection, batch: Batch, items: Sequence[Item]) -> list[Item]:
        """Leave out records that are kept in `parked` already: they have their disposition, whatever it is by now."""
        places = await parked_places(db, self.schema, items)
        left = []
        for item in items:
            if item.parked_id is not None or (item.lane.lane_id, item.offset) not in places:
                left.append(item)
                continue
            batch.took(item)
            batch.tally_of(item.lane).duplicate += 1
        return left

    def _decode(self, batch: Batch, item: Item) -> None:
        lane = item.lane
        event_type = peek_type(item.headers, item.value)
        if event_type is not None and event_type not in lane.types:
            batch.tally_of(lane).ignored += 1
            return
        try:
            item.event = decode(lane.topic, item.key, item.value, item.headers, item.timestamp_ms)
        except (Reject, Wait) as cause:
            park(batch, self.blocked, item, cause, event_type=event_type or "")

    def _admit(self, batch: Batch, item: Item, delivery: Delivery) -> None:
        event = delivery.event
        try:
            standing = self._stand(event)
            if standing is Standing.NEW:
                self._guard(item, event)
                self.desk.decide(delivery, batch)
        except (Reject, Wait) as cause:
            batch.unknown |= isinstance(cause, Wait) and self.reference.known(cause.key) is not None
            park(batch, self.blocked, item, cause, event_type=event.type)
            return
        except Retry:
            raise
        except Exception as fault:
            raise Guilty(item, fault) from fault
        released(batch, item)
        self._count(batch, item, event, standing)

    def _stand(self, event: Event) -> Standing:
        seen = self.memory.events.get(event.id)
        if event.type == SALE:
            return stand(event, seen_hash=seen, sale=self.memory.sales.get(event.data.transaction_id))
        if seen is None:
            return Standing.NEW
        if seen == event.content_hash:
            return Standing.DUPLICATE
        raise Reject("CONFLICT", field="id", detail="this event id was used before with other content")

    def _guard(self, item: Item, event: Event) -> None:
        if self.blocked:
            key = blocking_key(event)
            if key and self.blocked.holds(key, event.type, item.parked_id):
                raise Wait(f"behind:{key}", reason="BLOCKED")
        if event.type in self.worker.unsupported:
            raise Wait(f"support:{event.type}", reason="NOT_YET_SUPPORTED", field="type")
        outlet_id = getattr(event.data, "outlet_id", None)
        if outlet_id is None or event.type.startswith("catalog."):
            return
        outlet = self.reference.outlet(outlet_id)
        currency = getattr(event.data, "currency", None)
        if currency is not None and event.type.startswith("pos.") and currency != outlet.currency:
            detail = f"outlet {outlet_id} trades in {outlet.currency}"
            raise Reject("CURRENCY_MISMATCH", field="currency", detail=detail)

    def _count(self, batch: Batch, item: Item, event: Event, standing: Standing) -> None:
        tally = batch.tally_of(item.lane)
        if item.parked_id is not None:
            self.blocked.remove_row(blocking_key(event), event.type, item.parked_id)
        if standing is Standing.DUPLICATE:
            tally.duplicate += 1
            return
        if standing is Standing.STALE:
            tally.stale += 1
            return
        tally.effected += 1
        batch.rows(self.dedupe).append((event.id, event.content_hash))
        self.memory.remember(event)
        if event.type == SALE:
            batch.rows(self.sales).append(sale_row(event))
            self.memory.remember_sale(event)


def _delivery(item: Item) -> Delivery:
    lane = item.lane
    return Delivery(item.event, lane.topic, lane.partition, item.offset, lane.lane_id)
