"""The desk: reads what a batch needs, sends each event to its decision, saves what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from consumers.inventory import store
from consumers.inventory.books import Books
from consumers.inventory.ordering import cancel_order, create_order, send_order, upsert_supplier
from consumers.inventory.reading import read_ageing, read_items, read_orders, read_suppliers
from consumers.inventory.receiving import receive_stock, set_levels, start_day
from consumers.inventory.selling import consume, sell
from consumers.inventory.state import MATERIAL, PRODUCT, Key, item_key
from consumers.inventory.wasting import waste_stock

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.batch import Batch
    from mesh.reference import Reference
    from mesh.worker import Delivery

SALE, CONSUMED, DAY_STARTED = "pos.sale.completed", "recipe.materials-consumed", "outlet.day-started"
DECISIONS: dict[str, Callable[[Books, Delivery, Batch], None]] = {
    SALE: sell,
    CONSUMED: consume,
    "inventory.received": receive_stock,
    "inventory.wasted": waste_stock,
    "inventory.levels-set": set_levels,
    DAY_STARTED: start_day,
    "supplier.upserted": upsert_supplier,
    "purchase-order.created": create_order,
    "purchase-order.ordered": send_order,
    "purchase-order.cancelled": cancel_order,
}


class InventoryDesk:
    """One process's stock in memory, and the way into the database (the core's `Desk`)."""

    def __init__(self, reference: Reference) -> None:
        self.books = Books(reference)

    async def load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        """Read the items, suppliers and orders these deliveries need and memory does not hold.

        Again, where a batch beside this one failed meanwhile and dropped what was read.
        """
        cleared = -1
        while cleared != self.books.times_cleared:
            cleared = self.books.times_cleared
            await self._load(db, deliveries)

    async def _load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        keys, others = _items_of(deliveries)
        days = [(d.event.data.outlet_id, d.event.data.local_date) for d in others if d.event.type == DAY_STARTED]
        if days:
            keys.update(await read_ageing(db, days))
        missing = self.books.stock.missing(keys)
        if missing:
            self.books.stock.add(await read_items(db, missing))
        if others:
            await self._load_orders(db, others)

    def decide(self, delivery: Delivery, batch: Batch) -> None:
        """Decide one event. Raises Reject or Wait before anything changed, Retry where memory was dropped."""
        self.books.changes(batch)
        DECISIONS[delivery.event.type](self.books, delivery, batch)

    async def save(self, tx: Connection, batch: Batch) -> None:
        """Write the batch's changes. Raises Retry where another process changed the same items."""
        await store.save(tx, self.books.changes(batch))

    def forget(self) -> None:
        """Drop the state in memory."""
        self.books.clear()

    async def _load_orders(self, db: Connection, others: Sequence[Delivery]) -> None:
        books = self.books
        named = [d.event.data for d in others]
        suppliers = {each for data in named if (each := getattr(data, "supplier_id", None)) is not None}
        if unknown := suppliers - books.suppliers:
            books.suppliers |= await read_suppliers(db, unknown)
        orders = {each for data in named if (each := getattr(data, "purchase_order_id", None)) is not None}
        numbers = {each for data in named if (each := getattr(data, "po_number", None)) is not None}
        if fresh := orders - books.orders_in_flight():
            found = await read_orders(db, fresh, numbers)
            books.order_numbers.update((number, order.id) for number, order in found.items())
            books.orders.update((order.id, order) for order in found.values() if order.id in fresh)


def _items_of(deliveries: Sequence[Delivery]) -> tuple[set[Key], list[Delivery]]:
    """The items these deliveries touch, and the deliveries that are neither sales nor consumption."""
    keys: set[Key] = set()
    others = []
    for delivery in deliveries:
        event = delivery.event
        data = event.data
        if event.type == SALE:
            keys.update([(data.outlet_id, PRODUCT, line.product_id) for line in data.lines])
        elif event.type == CONSUMED:
            keys.update([(data.outlet_id, MATERIAL, line.material_id) for line in data.lines])
        elif event.type in DECISIONS:
            others.append(delivery)
            if hasattr(data, "material_id"):
                keys.add(item_key(data.outlet_id, data.product_id, data.material_id))
    return keys, others
