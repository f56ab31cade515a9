"""A shop to test with: its reference data, its events, and a desk whose decisions can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from consumers.inventory.desk import InventoryDesk, _items_of
from consumers.inventory.state import Changes, Item, ItemKey
from mesh.batch import Batch
from mesh.lane import Lane
from mesh.reference import Outlet, Product, Reference
from mesh.worker import Delivery
from schemas.derived import ConsumedLine, MaterialsConsumed
from schemas.event import Event
from schemas.inventory import LevelsSet, StockReceived
from schemas.pos import SaleCompleted, SaleLine

OUTLET, PRODUCT, MATERIAL, UNSTOCKED, CASHIER = 3, 42, 7, 43, 17
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2025, 1, 9, 12, tzinfo=UTC)
_numbers = count(1)


def outlet(outlet_id: int = OUTLET, **changes: Any) -> Outlet:
    """An outlet in UTC that trades in dollars, unless told otherwise."""
    facts: dict[str, Any] = {
        "id": outlet_id, "name": f"Outlet {outlet_id}", "country_code": "US", "state_code": "NY", "county_code": None,
        "city_code": None, "timezone": "UTC", "zone": ZoneInfo("UTC"), "currency": "USD", "cutoff": time(0),
        "manager_id": None, "is_active": True,
    }  # fmt: skip
    return Outlet(**{**facts, **changes})


def reference(outlets: Iterable[Outlet] = (), products: Iterable[int] = (PRODUCT,)) -> Reference:
    """Outlets, stocked products, one unstocked product and a cashier, all known."""
    known = Reference()
    known.outlets = {each.id: each for each in outlets or (outlet(),)}
    known.products = {each: Product(each, f"Product {each}", True, True, None, None) for each in products}
    known.products[UNSTOCKED] = Product(UNSTOCKED, "Service", False, True, None, None)
    known.users.add(CASHIER)
    return known


def event(kind: str, data: Any, *, at: datetime | None = None, event_id: str | None = None) -> Event:
    """An admitted event; content and hash do not matter to a desk."""
    at = at or getattr(data, "occurred_at", None) or NOON
    return Event(event_id or f"event-{next(_numbers)}", kind, data, b"", b"", at)


def sale(
    *quantities: Decimal | str | int,
    at: datetime = NOON,
    product_id: int = PRODUCT,
    outlet_id: int = OUTLET,
    **more: Any,
) -> Event:
    """A sale with one line of a product per quantity."""
    lines = tuple(
        SaleLine(place, product_id, Decimal(quantity), Decimal("4.50")) for place, quantity in enumerate(quantities, 1)
    )
    number = more.pop("transaction_id", None) or 9000 + next(_numbers)
    data = SaleCompleted(number, outlet_id, at, "USD", more.pop("lines", lines), **more)
    return event("pos.sale.completed", data)


def consumed(quantity: Decimal | str, *, at: datetime = NOON, material_id: int = MATERIAL) -> Event:
    """So much of a material, used by one line of a sale."""
    line = ConsumedLine(1, 5, material_id, Decimal(quantity), "kg")
    data = MaterialsConsumed(9000 + next(_numbers), OUTLET, at, at.date(), (line,))
    return event("recipe.materials-consumed", data)


def received(
    quantity: Decimal | str | int,
    cost: str | None,
    *,
    expiry: date | None = None,
    at: datetime = NOON,
    batch: str | None = None,
    **more: Any,
) -> Event:
    """A receipt of the product, or of `material_id`."""
    if "material_id" not in more:
        more.setdefault("product_id", PRODUCT)
    data = StockReceived(
        more.pop("outlet_id", OUTLET), Decimal(quantity), batch_number=batch,
        unit_cost=None if cost is None else Decimal(cost), expiry_date=expiry, occurred_at=at, **more,
    )  # fmt: skip
    return event("inventory.received", data)


def levels(point: str | None, **more: Any) -> Event:
    """A reorder point for the product, or for `material_id`."""
    if "material_id" not in more:
        more.setdefault("product_id", PRODUCT)
    return event("inventory.levels-set", LevelsSet(OUTLET, reorder_point=point and Decimal(point), **more))


def delivery(of: Event, *, lane_id: int = 1) -> Delivery:
    return Delivery(of, "any", 0, next(_numbers), lane_id)


def open_batch() -> Batch:
    """A batch of one lane, number 1."""
    batch = Batch("inventory")
    batch.tally_of(Lane(1, "any", 0, 1, 0, 0, frozenset()))
    return batch


def told(batch: Batch, kind: str | None = None) -> list[tuple[str, Any]]:
    """What the batch tells the world: type and data, in order."""
    rows = [row for rows in batch.outbox.values() for row in rows]
    return [(row[1], msgspec.json.decode(row[5])) for row in rows if kind in (None, row[1])]


class Shop:
    """A desk on a known shop without a database: what is not in memory is new."""

    def __init__(self, known: Reference | None = None) -> None:
        self.desk = InventoryDesk(known or reference())
        self.batch = open_batch()

    @property
    def changes(self) -> Changes:
        return self.desk.books.changes(self.batch)

    def item(self, product_id: int = PRODUCT, kind: str = "product") -> Item:
        return self.desk.books.stock[ItemKey(OUTLET, kind, product_id)]

    def happens(self, *events: Event) -> Shop:
        """Decide these events, in order."""
        deliveries = [delivery(each) for each in events]
        keys, _ = _items_of(deliveries)
        stock = self.desk.books.stock
        stock.add(Item.of(key) for key in stock.missing(keys))
        for each in deliveries:
            self.desk.decide(each, self.batch)
        return self

    def moved(self, *, since: int = 0) -> list[tuple[str | None, str, str, str]]:
        """Movements as (batch, type, quantity, value)."""
        return [
            (lot.batch_number, cells[0], f"{cells[1].normalize():f}", f"{cells[6]:f}")
            for lot, _, _, cells in self.changes.movements[since:]
        ]

    def held(self, kind: str = "product", item_id: int = PRODUCT) -> dict[str | None, Decimal]:
        """What each batch holds, SHORTFALL included."""
        item = self.item(item_id, kind)
        lots: Sequence[Any] = [*item.lots, *([item.shortfall] if item.shortfall else [])]
        return {lot.batch_number: lot.on_hand for lot in lots}


def r11_stock() -> list[Event]:
    """R11's receipts, in its order: E, A, B, C."""
    return [
        received(10, "0.50", batch="E", expiry=date(2025, 1, 8), at=datetime(2025, 1, 1, 8, tzinfo=UTC)),
        received(3, "1.00", batch="A", expiry=date(2025, 1, 10), at=datetime(2025, 1, 2, 8, tzinfo=UTC)),
        received(4, "1.20", batch="B", expiry=date(2025, 1, 12), at=datetime(2025, 1, 3, 8, tzinfo=UTC)),
        received(5, "0.90", batch="C", at=datetime(2025, 1, 4, 8, tzinfo=UTC)),
    ]
