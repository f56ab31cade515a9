"""All SQL of the inventory worker that reads: levels first, lots after. Locks and writes nothing.

An item's revision is read before its lots, so whatever another process commits in between raises the revision, and
the compare-and-set of the save fails instead of trusting a torn reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from consumers.inventory.orders import Order, OrderLine
from consumers.inventory.rules import COUNT, NEAR_EXPIRY_DAYS, SHORTFALL, ZERO, Lot
from consumers.inventory.shortfall import OpenShortfall
from consumers.inventory.state import Item, ItemKey, Settings, item_key

if TYPE_CHECKING:
    from asyncpg import Connection

LEVELS = """
SELECT l.id, l.outlet_id, l.product_id, l.material_id, l.revision, l.reorder_point, l.min_level, l.max_level, l.low,
       l.depleted, l.last_cost, l.last_received_at, l.moving_average
FROM unnest($1::bigint[], $2::bigint[]) AS k(outlet_id, item_id)
JOIN coralserve_inventory.stock_levels AS l ON l.outlet_id = k.outlet_id AND l.{kind}_id = k.item_id
"""
LOTS = """
SELECT s.id, s.outlet_id, s.product_id, s.material_id, s.batch_number, s.quantity, s.unit_cost, s.expiry_date,
       s.received_at, s.status
FROM unnest($1::bigint[], $2::bigint[]) AS k(outlet_id, item_id)
JOIN coralserve_inventory.stock_items AS s ON s.outlet_id = k.outlet_id AND s.{kind}_id = k.item_id
WHERE s.quantity <> 0 OR s.batch_number = $3
ORDER BY s.expiry_date NULLS LAST, s.received_at, s.id
"""
NEWEST_RECEIPTS = """
SELECT DISTINCT ON (s.outlet_id, s.{kind}_id) s.outlet_id, s.product_id, s.material_id, s.unit_cost, s.received_at
FROM unnest($1::bigint[], $2::bigint[]) AS k(outlet_id, item_id)
JOIN coralserve_inventory.stock_items AS s ON s.outlet_id = k.outlet_id AND s.{kind}_id = k.item_id
WHERE s.batch_number IS NULL OR s.batch_number <> ALL($3::text[])
ORDER BY s.outlet_id, s.{kind}_id, s.received_at DESC, s.id DESC
"""
OPEN_SHORTFALLS = """
SELECT m.stock_item_id, m.id, m.unit_cost, m.reference_id, -m.quantity - coalesce(sum(a.quantity), 0) AS open
FROM coralserve_inventory.stock_movements AS m
LEFT JOIN coralserve_inventory.stock_movements AS a
       ON a.adjusts_id = m.id AND a.stock_item_id = m.stock_item_id AND a.stock_item_id = ANY($1::bigint[])
WHERE m.stock_item_id = ANY($1::bigint[]) AND m.quantity < 0 AND m.adjusts_id IS NULL
GROUP BY m.stock_item_id, m.id, m.unit_cost, m.reference_id, m.quantity
HAVING -m.quantity - coalesce(sum(a.quantity), 0) > 0
ORDER BY m.id
"""
AGEING = """
SELECT DISTINCT s.outlet_id, s.product_id, s.material_id
FROM unnest($1::bigint[], $2::date[]) AS d(outlet_id, day)
JOIN coralserve_inventory.stock_items AS s ON s.outlet_id = d.outlet_id
WHERE s.quantity > 0 AND s.status <> 'EXPIRED' AND s.expiry_date <= d.day + $3::int
"""
KNOWN_SUPPLIERS = "SELECT id::text FROM coralserve_inventory.suppliers WHERE id = ANY($1::text[]::bigint[])"
KNOWN_ORDERS = "SELECT id::text FROM coralserve_inventory.purchase_orders WHERE id = ANY($1::text[]::bigint[])"
SUPPLIERS = "SELECT id FROM coralserve_inventory.suppliers WHERE id = ANY($1::bigint[])"
ORDERS = """
SELECT id, po_number, outlet_id, status FROM coralserve_inventory.purchase_orders
WHERE id = ANY($1::bigint[]) OR po_number = ANY($2::text[])
"""
ORDER_LINES = """
SELECT purchase_order_id, line_id, product_id, material_id, quantity, unit_cost, received_quantity
FROM coralserve_inventory.purchase_order_items WHERE purchase_order_id = ANY($1::bigint[])
ORDER BY purchase_order_id, line_id, id
"""


async def read_items(db: Connection, keys: Sequence[ItemKey]) -> list[Item]:
    """These items as the database has them; one that has no row yet comes empty and unwritten."""
    items = {key: Item.of(key) for key in keys}
    for kind, group in groupby(sorted(keys, key=_kind), key=_kind):
        wanted = [(key.outlet_id, key.item_id) for key in group]
        await _read_kind(db, kind, wanted, items)
    await _read_shortfalls(db, items.values())
    return list(items.values())


def _kind(key: ItemKey) -> str:
    return key.kind


async def _read_kind(db: Connection, kind: str, wanted: Sequence[tuple[int, int]], items: dict[ItemKey, Item]) -> None:
    outlets, ids = [outlet for outlet, _ in wanted], [item for _, item in wanted]
    for row in await db.fetch(LEVELS.format(kind=kind), outlets, ids):
        item = items[_key_of(row)]
        item.level_id, item.revision = row["id"], row["revision"]
        item.settings = Settings(
            row["reorder_point"], row["min_level"], row["max_level"], row["low"], row["depleted"], row["last_cost"],
            row["last_received_at"], row["moving_average"],
        )  # fmt: skip
    for row in await db.fetch(LOTS.format(kind=kind), outlets, ids, SHORTFALL):
        _shelve(items[_key_of(row)], row)
    if all(items[ItemKey(outlet, kind, item)].level_id for outlet, item in wanted):
        return
    for row in await db.fetch(NEWEST_RECEIPTS.format(kind=kind), outlets, ids, [SHORTFALL, COUNT]):
        item = items[_key_of(row)]
        if not item.level_id:
            item.settings = Settings(last_cost=row["unit_cost"] or ZERO, last_received_at=row["received_at"])


def _shelve(item: Item, row: Any) -> None:
    lot = Lot(
        row["id"], row["batch_number"], row["quantity"], row["unit_cost"] or ZERO, row["expiry_date"],
        row["received_at"], row["status"],
    )  # fmt: skip
    item.on_hand += lot.on_hand
    if lot.batch_number == SHORTFALL:
        item.shortfall = lot
    else:
        item.lots.append(lot)


async def _read_shortfalls(db: Connection, items: Iterable[Item]) -> None:
    short = {item.shortfall.id: item for item in items if item.shortfall is not None and item.shortfall.on_hand < 0}
    if not short:
        return
    for row in await db.fetch(OPEN_SHORTFALLS, list(short)):
        opened = OpenShortfall(row["id"], row["open"], row["unit_cost"] or ZERO, row["reference_id"])
        short[row["stock_item_id"]].open.append(opened)


def _key_of(row: Any) -> ItemKey:
    return item_key(row["outlet_id"], row["product_id"], row["material_id"])


async def read_ageing(db: Connection, days: Sequence[tuple[int, date]]) -> list[ItemKey]:
    """Items of these outlets with a lot near its expiry, or past it, on these days (R20)."""
    rows = await db.fetch(AGEING, [outlet for outlet, _ in days], [day for _, day in days], NEAR_EXPIRY_DAYS)
    return [_key_of(row) for row in rows]


async def read_suppliers(db: Connection, ids: Iterable[int]) -> set[int]:
    """Which of these suppliers exist."""
    return {row["id"] for row in await db.fetch(SUPPLIERS, sorted(ids))}


async def read_orders(db: Connection, ids: Iterable[int], numbers: Iterable[str]) -> dict[str, Order]:
    """These purchase orders, by id or by number, under their numbers."""
    rows = await db.fetch(ORDERS, sorted(ids), sorted(numbers))
    lines: dict[int, list[OrderLine]] = {row["id"]: [] for row in rows}
    for row in await db.fetch(ORDER_LINES, list(lines)):
        of_order = lines[row["purchase_order_id"]]
        of_order.append(OrderLine(
            row["line_id"] or len(of_order) + 1, row["product_id"], row["material_id"], row["quantity"],
            row["unit_cost"], row["received_quantity"] or ZERO,
        ))  # fmt: skip
    return {
        row["po_number"]: Order(row["id"], row["outlet_id"], row["status"], tuple(lines[row["id"]])) for row in rows
    }
