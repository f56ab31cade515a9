"""All SQL of the inventory worker that writes, set-based. Decides nothing.

Locks are taken in one order: `stock_levels` by (outlet, item), under them the items' lots, last what people set (R20,
R21). A sale from lots locks its items and compares what the lots held; the revision is raised, and the item's stock
summed again, only where a shortfall, the set of lots or the settings change.
New `stock_levels` rows go before known ones: an insert can wait for somebody's update of the row it finds there, but
an update never for an insert it could not have known of, so nobody waits in a circle.
Ids are the sequences', taken once the locks are held: by name where other movements refer to them, else by default;
so the order of ids is the order of commits of an item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from consumers.inventory.orders import OrderWrite
from consumers.inventory.rules import ZERO
from consumers.inventory.state import Changes, ItemChange, LevelsWrite, LotChange, Movement, item_key
from db.copy import Table
from schemas.errors import Retry

if TYPE_CHECKING:
    from asyncpg import Connection

    from schemas.event import Event

STOCK_ITEMS = Table(
    "coralserve_inventory.stock_items", id="int8", product_id="int8", outlet_id="int8", batch_number="text",
    quantity="numeric", unit_cost="numeric", expiry_date="date", status="label", min_stock_level="numeric",
    max_stock_level="numeric", reorder_point="numeric", supplier_id="int8", material_id="int8",
    received_at="timestamptz",
)  # fmt: skip
STOCK_MOVEMENTS = Table(
    "coralserve_inventory.stock_movements", id="serial", stock_item_id="int8", adjusts_id="int8",
    movement_type="label", quantity="numeric", reason="label", reference_id="int8 run", reference_type="label",
    unit_cost="numeric", total_value="numeric", cost_variance="numeric", created_by="int8", event_id="text run",
    line_id="int4", business_date="date",
)  # fmt: skip

STOCK_TAKES = Table(
    "coralserve_inventory.stock_movements", stock_item_id="int8", movement_type="label", quantity="numeric",
    reason="label", reference_id="int8 run", reference_type="label", unit_cost="numeric", total_value="numeric",
    cost_variance="numeric", created_by="int8", event_id="text run", line_id="int4", business_date="date",
)  # fmt: skip
"""Movements that no other movement refers to: their ids are the sequence's."""

LOCK_LEVELS = """
SELECT count(*) FROM (
    SELECT id, revision FROM coralserve_inventory.stock_levels WHERE id = ANY($1::bigint[])
    ORDER BY outlet_id, product_id, material_id FOR NO KEY UPDATE
) AS l
JOIN unnest($1::bigint[], $2::bigint[]) AS u(id, expected) ON u.id = l.id AND u.expected = l.revision
"""
LOCK_AND_TAKE = """
WITH locked AS MATERIALIZED (
    SELECT id, revision FROM coralserve_inventory.stock_levels WHERE id = ANY($1::bigint[])
    ORDER BY outlet_id, product_id, material_id FOR NO KEY UPDATE
), taken AS (
    UPDATE coralserve_inventory.stock_items AS s SET quantity = u.after::numeric, updated_at = now()
    FROM unnest($3::bigint[], $4::text[], $5::text[]) AS u(id, before, after)
    WHERE s.id = u.id AND s.quantity = u.before::numeric AND (SELECT count(*) FROM locked) >= 0
    RETURNING s.id
)
SELECT (SELECT count(*) FROM locked
        JOIN unnest($1::bigint[], $2::bigint[]) AS u(id, expected) ON u.id = locked.id AND u.expected = locked.revision)
           AS items,
       (SELECT count(*) FROM taken) AS lots
"""
CHANGE_LEVELS = """
UPDATE coralserve_inventory.stock_levels AS l
SET revision = u.expected + 1, low = u.low, depleted = u.depleted, last_cost = u.last_cost,
    last_received_at = u.last_received_at, moving_average = u.moving_average, updated_at = now()
FROM unnest($1::bigint[], $2::bigint[], $3::bool[], $4::bool[], $5::numeric[], $6::timestamptz[], $7::numeric[],
            $8::numeric[])
     AS u(id, expected, low, depleted, last_cost, last_received_at, moving_average, on_hand)
WHERE l.id = u.id AND l.revision = u.expected
  AND u.on_hand = (SELECT coalesce(sum(s.quantity), 0) FROM coralserve_inventory.stock_items AS s
                   WHERE s.outlet_id = l.outlet_id AND (s.product_id = l.product_id OR s.material_id = l.material_id))
"""
ADD_LEVELS = """
INSERT INTO coralserve_inventory.stock_levels
       (outlet_id, product_id, material_id, low, depleted, last_cost, last_received_at, moving_average)
SELECT u.outlet_id, u.product_id, u.material_id, u.low, u.depleted, u.last_cost, u.last_received_at, u.moving_average
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bool[], $5::bool[], $6::numeric[], $7::timestamptz[],
            $8::numeric[])
     AS u(outlet_id, product_id, material_id, low, depleted, last_cost, last_received_at, moving_average)
ORDER BY u.outlet_id, u.product_id, u.material_id
ON CONFLICT DO NOTHING
RETURNING id, outlet_id, product_id, material_id
"""
CHANGE_LOTS = """
UPDATE coralserve_inventory.stock_items AS s SET quantity = u.after::numeric, updated_at = now()
FROM unnest($1::bigint[], $2::text[], $3::text[]) AS u(id, before, after)
WHERE s.id = u.id AND s.quantity = u.before::numeric
"""
CHANGE_WHOLE_LOTS = """
UPDATE coralserve_inventory.stock_items AS s
SET quantity = u.after, unit_cost = u.unit_cost, status = u.status, updated_at = now()
FROM unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::numeric[], $5::text[])
     AS u(id, before, after, unit_cost, status)
WHERE s.id = u.id AND s.quantity = u.before
"""
TAKE_IDS = """
SELECT (SELECT array_agg(nextval('coralserve_inventory.stock_items_id_seq')) FROM generate_series(1, $1::int)) AS lots,
       (SELECT array_agg(nextval('coralserve_inventory.stock_movements_id_seq')) FROM generate_series(1, $2::int))
           AS movements
"""
NAME_AUTHOR = "SELECT set_config('coralserve.event_id', $1, true), set_config('coralserve.user_id', $2, true)"
SUPPLIER_COLUMNS = (
    "name", "contact_person", "email", "phone", "address", "city", "state", "zip_code", "country", "payment_terms",
    "credit_limit", "status",
)  # fmt: skip
UPSERT_SUPPLIER = f"""
INSERT INTO coralserve_inventory.suppliers (id, {", ".join(SUPPLIER_COLUMNS)})
VALUES ({", ".join(f"${place}" for place in range(1, len(SUPPLIER_COLUMNS) + 2))})
ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in SUPPLIER_COLUMNS)}, updated_at = now()
"""
ADD_ORDER = """
INSERT INTO coralserve_inventory.purchase_orders
       (id, po_number, supplier_id, outlet_id, order_date, expected_delivery_date, status, total_amount, notes,
        created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
ADD_ORDER_LINES = """
INSERT INTO coralserve_inventory.purchase_order_items
       (purchase_order_id, line_id, product_id, material_id, quantity, unit_cost, total_cost)
SELECT $1, u.line_id, u.product_id, u.material_id, u.quantity, u.unit_cost, u.total_cost
FROM unnest($2::int[], $3::bigint[], $4::bigint[], $5::numeric[], $6::numeric[], $7::numeric[])
     AS u(line_id, product_id, material_id, quantity, unit_cost, total_cost)
"""
CHANGE_ORDER = """
UPDATE coralserve_inventory.purchase_orders SET status = $3, updated_at = now() WHERE id = $1 AND status = $2
"""
CHANGE_ORDER_LINE = """
UPDATE coralserve_inventory.purchase_order_items SET received_quantity = $4
WHERE purchase_order_id = $1 AND line_id = $2 AND received_quantity = $3
"""
SET_LEVELS = """
UPDATE coralserve_inventory.stock_levels SET reorder_point = $2, min_level = $3, max_level = $4 WHERE id = $1
"""
COPY_LEVELS = """
UPDATE coralserve_inventory.stock_items
SET reorder_point = $4, min_stock_level = coalesce($5, 0), max_stock_level = $6, updated_at = now()
WHERE outlet_id = $1 AND (product_id = $2 OR material_id = $3)
"""


async def save(tx: Connection, changes: Changes) -> None:
    """Write one batch's changes. Raises Retry where another process changed an item or an order meanwhile."""
    await _add_levels(tx, [change for change in changes.items.values() if change.expected < 0])
    known = [change for change in changes.items.values() if change.expected >= 0]
    created = [change for change in changes.lots.values() if change.created]
    taken = [change for change in changes.lots.values() if not change.created and not change.whole]
    raised = [change for change in known if change.raised]
    if raised:
        await _lock_levels(tx, known)
        await _change_levels(tx, raised)
        await _change_lots(tx, taken)
    else:
        await _lock_and_take(tx, known, taken)
    await _change_whole_lots(tx, [change for change in changes.lots.values() if change.whole and not change.created])
    if not created and not any(opens or nets for _, opens, nets, _ in changes.movements):
        await STOCK_TAKES.write(tx, [(lot.id, *cells) for lot, _, _, cells in changes.movements])
    elif changes.movements or created:
        ids = await tx.fetchrow(TAKE_IDS, len(created), len(changes.movements))
        await STOCK_ITEMS.write(tx, _lot_rows(created, ids["lots"] or ()))
        await STOCK_MOVEMENTS.write(tx, _movement_rows(changes.movements, ids["movements"] or ()))
    await _save_settings(tx, changes)


async def _lock_levels(tx: Connection, items: Sequence[ItemChange]) -> None:
    """The first lock of every change of an item, in one order; what was decided on an older revision fails (R20)."""
    if not items:
        return
    ids, expected = [change.item.level_id for change in items], [change.expected for change in items]
    met = await tx.fetchval(LOCK_LEVELS, ids, expected)
    if met != len(items):
        raise Retry(f"stock_levels: {len(items) - met} of {len(items)} rows changed in another process")


async def _lock_and_take(tx: Connection, items: Sequence[ItemChange], lots: Sequence[LotChange]) -> None:
    """The usual batch, in one round trip: lock the items, compare their revisions, take from their lots."""
    if not items:
        return
    before, after = [str(change.before) for change in lots], [str(change.after) for change in lots]
    ids, expected = [change.item.level_id for change in items], [change.expected for change in items]
    met = await tx.fetchrow(LOCK_AND_TAKE, ids, expected, [change.lot.id for change in lots], before, after)
    if (met["items"], met["lots"]) != (len(items), len(lots)):
        raise Retry("items or their lots changed in another process")


async def _change_levels(tx: Connection, items: Sequence[ItemChange]) -> None:
    if not items:
        return
    settings = [change.settings for change in items]
    status = await tx.execute(
        CHANGE_LEVELS,
        [change.item.level_id for change in items],
        [change.expected for change in items],
        [each.low for each in settings],
        [each.depleted for each in settings],
        [each.last_cost for each in settings],
        [each.last_received_at for each in settings],
        [each.moving_average for each in settings],
        [change.on_hand for change in items],
    )
    _expect(status, len(items), "stock_levels")


async def _add_levels(tx: Connection, items: Sequence[ItemChange]) -> None:
    """First sight of these items (R20); another process may have been first, which fails the batch."""
    if not items:
        return
    settings = [change.settings for change in items]
    rows = await tx.fetch(
        ADD_LEVELS,
        [change.item.key.outlet_id for change in items],
        [change.item.product_id for change in items],
        [change.item.material_id for change in items],
        [each.low for each in settings],
        [each.depleted for each in settings],
        [each.last_cost for each in settings],
        [each.last_received_at for each in settings],
        [each.moving_average for each in settings],
    )
    if len(rows) != len(items):
        raise Retry("another process saw some of these items first")
    ids = {item_key(row["outlet_id"], row["product_id"], row["material_id"]): row["id"] for row in rows}
    for change in items:
        change.item.level_id = ids[change.item.key]


async def _change_lots(tx: Connection, lots: Sequence[LotChange]) -> None:
    """What sales take: compare-and-set on what each lot held. The items' locks are held, so no lock order is asked."""
    if not lots:
        return
    ids = [change.lot.id for change in lots]
    before, after = [str(change.before) for change in lots], [str(change.after) for change in lots]
    _expect(await tx.execute(CHANGE_LOTS, ids, before, after), len(lots), "stock_items")


async def _change_whole_lots(tx: Connection, lots: Sequence[LotChange]) -> None:
    if not lots:
        return
    status = await tx.execute(
        CHANGE_WHOLE_LOTS,
        [change.lot.id for change in lots],
        [change.before for change in lots],
        [change.after for change in lots],
        [change.lot.unit_cost for change in lots],
        [change.status for change in lots],
    )
    _expect(status, len(lots), "stock_items")


def _lot_rows(created: Sequence[LotChange], ids: Sequence[int]) -> list[tuple[Any, ...]]:
    rows = []
    for change, lot_id in zip(created, ids, strict=True):
        lot, item, settings = change.lot, change.item, change.item.settings
        lot.id = lot_id
        rows.append((
            lot_id, item.product_id, item.key.outlet_id, lot.batch_number, change.after, lot.unit_cost, lot.expiry,
            change.status, settings.min_level or ZERO, settings.max_level, settings.reorder_point, change.supplier_id,
            item.material_id, lot.received_at,
        ))  # fmt: skip
    return rows


def _movement_rows(movements: Sequence[Movement], ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """Rows with their ids; the row that opens a shortfall comes before those that net it."""
    rows = []
    for (lot, opens, nets, cells), movement_id in zip(movements, ids, strict=True):
        if opens is not None:
            opens.movement_id = movement_id
        rows.append((movement_id, lot.id, None if nets is None else nets.movement_id, *cells))
    return rows


async def _save_settings(tx: Connection, changes: Changes) -> None:
    """What people set; these rows are told to audit by triggers, which take the lane `changes` last of all locks."""
    if not (changes.suppliers or changes.orders or changes.levels_set):
        return
    for event in changes.suppliers:
        await _save_supplier(tx, event)
    for write in changes.orders:
        await _save_order(tx, write)
    for levels in changes.levels_set:
        await _save_levels(tx, levels)
    await tx.execute(NAME_AUTHOR, "", "")


async def _save_supplier(tx: Connection, event: Event) -> None:
    data = event.data
    await tx.execute(NAME_AUTHOR, event.id, str(data.user_id or 0))
    await tx.execute(UPSERT_SUPPLIER, data.supplier_id, *(getattr(data, name) for name in SUPPLIER_COLUMNS))


async def _save_order(tx: Connection, write: OrderWrite) -> None:
    await tx.execute(NAME_AUTHOR, write.event_id, str(write.user_id))
    before, after = write.before, write.after
    if before is None:
        await _add_order(tx, write)
        return
    if before.status != after.status:
        _expect(await tx.execute(CHANGE_ORDER, after.id, before.status, after.status), 1, "purchase_orders")
    for old, new in zip(before.lines, after.lines, strict=True):
        if old.received != new.received:
            status = await tx.execute(CHANGE_ORDER_LINE, after.id, new.line_id, old.received, new.received)
            _expect(status, 1, "purchase_order_items")


async def _add_order(tx: Connection, write: OrderWrite) -> None:
    data, order = write.created, write.after
    await tx.execute(
        ADD_ORDER, order.id, data.po_number, data.supplier_id, order.outlet_id, data.order_date,
        data.expected_delivery_date, order.status, sum(write.line_totals), data.notes, write.user_id,
    )  # fmt: skip
    lines = order.lines
    await tx.execute(
        ADD_ORDER_LINES,
        order.id,
        [line.line_id for line in lines],
        [line.product_id for line in lines],
        [line.material_id for line in lines],
        [line.quantity for line in lines],
        [line.unit_cost for line in lines],
        list(write.line_totals),
    )


async def _save_levels(tx: Connection, write: LevelsWrite) -> None:
    settings, item = write.settings, write.item
    await tx.execute(NAME_AUTHOR, write.event_id, str(write.user_id))
    levels = (settings.reorder_point, settings.min_level, settings.max_level)
    await tx.execute(SET_LEVELS, item.level_id, *levels)
    await tx.execute(COPY_LEVELS, item.key.outlet_id, item.product_id, item.material_id, *levels)


def _expect(status: str, count: int, table: str) -> None:
    """Raise Retry unless the statement met as many rows as memory said."""
    met = int(status.rpartition(" ")[2])
    if met != count:
        raise Retry(f"{table}: {count - met} of {count} rows changed in another process")
