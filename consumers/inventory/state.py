"""Stock in memory: items with their lots, and what a batch changes of them. Reads and writes no database.

Memory is true only as long as the compare-and-set on `stock_levels.revision` holds; after a failure all of it goes.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from msgspec import Struct

from consumers.inventory.levels import Level
from consumers.inventory.orders import OrderWrite
from consumers.inventory.rules import ZERO, Lot, expired_quantity, first_expiry
from consumers.inventory.shortfall import OpenShortfall
from schemas.errors import Retry
from schemas.event import Event

ITEM_LIMIT = 50_000
"""Items kept in memory; the longest unused go first."""
UNWRITTEN = -1
"""Revision of an item that has no `stock_levels` row yet."""

PRODUCT, MATERIAL = "product", "material"


class ItemKey(NamedTuple):
    """What is stocked where: the global lock order is the order of these, then the lot's id (R21)."""

    outlet_id: int
    kind: str
    item_id: int

    @property
    def label(self) -> str:
        """How the item is named to the world: `product:42`."""
        return f"{self.kind}:{self.item_id}"


def item_key(outlet_id: int, product_id: int | None, material_id: int | None) -> ItemKey:
    """The key of the one item an event or a row names."""
    if product_id is not None:
        return ItemKey(outlet_id, PRODUCT, product_id)
    assert material_id is not None, "exactly one of product and material is set"
    return ItemKey(outlet_id, MATERIAL, material_id)


class Settings(Struct, frozen=True, gc=False):
    """What a `stock_levels` row holds beside its revision; replaced as a whole, never changed in place."""

    reorder_point: Decimal | None = None
    min_level: Decimal | None = None
    max_level: Decimal | None = None
    low: bool = False
    depleted: bool = False
    last_cost: Decimal | None = None
    last_received_at: datetime | None = None
    moving_average: Decimal | None = None


class Item(Struct, eq=False):
    """One item in one outlet. `lots` hold something each, in order of depletion; SHORTFALL stands apart."""

    key: ItemKey
    product_id: int | None = None
    material_id: int | None = None
    level_id: int = 0
    revision: int = UNWRITTEN
    settings: Settings = Settings()
    lots: list[Lot] = []
    shortfall: Lot | None = None
    open: list[OpenShortfall] = []
    on_hand: Decimal = ZERO
    """The sum of all its stock items, expired ones and SHORTFALL included (R10)."""

    @classmethod
    def of(cls, key: ItemKey) -> Item:
        """An item nothing is known of yet."""
        if key.kind == PRODUCT:
            return cls(key, product_id=key.item_id)
        return cls(key, material_id=key.item_id)

    def level(self, local_date: date) -> Level:
        """How the item stands on that date; lots expired by then do not count (R20)."""
        shortfall = self.shortfall
        return Level(
            self.on_hand,
            self.on_hand - expired_quantity(self.lots, local_date),
            ZERO if shortfall is None else shortfall.on_hand,
        )

    def put(self, lot: Lot) -> None:
        """Line a lot up for depletion; among equals it comes last, as its id will (R11)."""
        insort(self.lots, lot, key=first_expiry)

    def drop_empty(self) -> None:
        """Leave out the lots that hold nothing any more."""
        self.lots = [lot for lot in self.lots if lot.on_hand]


class LotChange(Struct):
    """A lot this batch touches: what it held before and holds after. `created` lots are inserted, others updated,
    and `whole` ones with their cost and status."""

    item: Item
    lot: Lot
    before: Decimal
    after: Decimal
    status: str
    created: bool = False
    whole: bool = False
    supplier_id: int | None = None


class ItemChange(Struct):
    """An item this batch touches: revision and stock expected in the database, its settings after, and whether more
    changes than what its lots hold, so that the revision is raised."""

    item: Item
    expected: int
    on_hand: Decimal
    settings: Settings
    raised: bool = False


Movement = tuple[Lot, OpenShortfall | None, OpenShortfall | None, tuple[Any, ...]]
"""A row of `stock_movements` but for the ids given when it is written: its lot, the shortfall it leaves open, the
shortfall it nets, and its other cells (R12)."""
Key = ItemKey | tuple[int, str, int]
"""Where speed counts, a plain tuple stands for the key: it is equal to it."""


class LevelsWrite(Struct, frozen=True):
    """Levels a person set on an item, and who."""

    item: Item
    settings: Settings
    event_id: str
    user_id: int


class Changes:
    """What one batch changes: touched items and lots, and the movements, in the order they were decided."""

    def __init__(self) -> None:
        self.items: dict[int, ItemChange] = {}
        self.lots: dict[int, LotChange] = {}
        self.movements: list[Movement] = []
        self.suppliers: list[Event] = []
        self.orders: list[OrderWrite] = []
        self.levels_set: list[LevelsWrite] = []

    def touch(self, item: Item) -> ItemChange:
        """The item's change, begun before its lots change: selling from its lots raises nothing (R20, R21)."""
        change = self.items.get(id(item))
        if change is None:
            change = self.items[id(item)] = ItemChange(item, item.revision, item.on_hand, item.settings)
        return change

    def of_item(self, item: Item) -> ItemChange:
        """The item's change where its settings, its shortfall or its set of lots change: the revision is raised."""
        change = self.touch(item)
        if not change.raised:
            change.raised = True
            item.revision += 1
        return change

    def of_lot(self, item: Item, lot: Lot) -> LotChange:
        """The lot's change, remembering what it held on the first touch."""
        change = self.lots.get(id(lot))
        if change is None:
            change = self.lots[id(lot)] = LotChange(item, lot, lot.on_hand, lot.on_hand, lot.status)
        return change

    def created(self, item: Item, lot: Lot, *, supplier_id: int | None = None) -> None:
        """A lot that has no row yet."""
        self.lots[id(lot)] = LotChange(
            item, lot, ZERO, lot.on_hand, lot.status, created=True, supplier_id=supplier_id
        )


class _Shelf(dict[Key, Item]):
    """Items by key; one that should be there and is not was dropped by a batch that failed meanwhile."""

    def __missing__(self, key: Key) -> Item:
        raise Retry("the stock was dropped after it was read")


class Stock:
    """The items in memory, by key; bounded, the longest unused leave first."""

    def __init__(self, limit: int = ITEM_LIMIT) -> None:
        self.items = _Shelf()
        self._limit = limit

    def __getitem__(self, key: Key) -> Item:
        """The item in memory. Raises Retry where it was dropped since it was read."""
        return self.items[key]

    def missing(self, keys: Iterable[Key]) -> list[ItemKey]:
        """Keys not in memory, in order; the others count as used now."""
        items, absent = self.items, []
        for key in keys:
            item = items.pop(key, None)
            if item is None:
                absent.append(ItemKey(*key))
            else:
                items[item.key] = item
        return sorted(absent)

    def add(self, items: Iterable[Item]) -> None:
        """Take freshly read items in, and let the longest unused go where that is too many."""
        self.items.update((item.key, item) for item in items)
        for key in list(islice(self.items, max(len(self.items) - self._limit, 0))):
            del self.items[key]

    def of_outlet(self, outlet_id: int) -> list[Item]:
        """The outlet's items in memory, in key order."""
        return [self.items[key] for key in sorted(self.items) if key[0] == outlet_id]

    def clear(self) -> None:
        self.items.clear()
