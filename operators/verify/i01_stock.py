"""I1 Stock: what is on hand is what moved, and what sales moved is what was sold (R10 to R13, R34)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from operators.verify.events import Event, number
from operators.verify.findings import Findings, Invariant
from operators.verify.reference import Stocked
from operators.verify.subscriptions import CONSUMED, RECEIVED, STOCK, told_topic

if TYPE_CHECKING:
    from operators.verify.world import World

ON_HAND = """
SELECT s.id, s.outlet_id, s.product_id, s.material_id, s.batch_number, s.quantity,
       coalesce((SELECT sum(m.quantity) FROM coralserve_inventory.stock_movements AS m WHERE m.stock_item_id = s.id), 0)
           AS moved
FROM coralserve_inventory.stock_items AS s ORDER BY s.id
"""
TAKEN = """
SELECT m.reference_id, m.line_id, s.outlet_id, coalesce(s.product_id, s.material_id) AS item, sum(m.quantity) AS moved
FROM coralserve_inventory.stock_movements AS m
JOIN coralserve_inventory.stock_items AS s ON s.id = m.stock_item_id
WHERE m.reference_type = $1 AND m.movement_type = 'OUT' AND m.reference_id = ANY($2::bigint[])
GROUP BY 1, 2, 3, 4
"""
ALL_TAKEN = """
SELECT reference_type, coalesce(sum(quantity), 0) AS moved FROM coralserve_inventory.stock_movements
WHERE reference_type IN ('TRANSACTION', 'CONSUMPTION') AND movement_type = 'OUT' GROUP BY 1
"""
BROUGHT = """
SELECT m.event_id, s.outlet_id, s.product_id, s.material_id, sum(m.quantity) AS moved
FROM coralserve_inventory.stock_movements AS m
JOIN coralserve_inventory.stock_items AS s ON s.id = m.stock_item_id
WHERE m.movement_type = 'IN' AND m.event_id = ANY($1::text[]) GROUP BY 1, 2, 3, 4
"""
UNBALANCED = """
SELECT m.event_id, s.outlet_id, s.product_id, s.material_id, sum(m.quantity) AS moved
FROM coralserve_inventory.stock_movements AS m
JOIN coralserve_inventory.stock_items AS s ON s.id = m.stock_item_id
WHERE m.movement_type = 'TRANSFER' AND m.reference_type = 'SHORTFALL' GROUP BY 1, 2, 3, 4 HAVING sum(m.quantity) <> 0
"""
SIGNS = """
SELECT id, movement_type, quantity FROM coralserve_inventory.stock_movements
WHERE movement_type IN ('OUT', 'WASTE') AND quantity > 0 OR movement_type = 'IN' AND quantity < 0
"""
Key = tuple[int, int | None, int, int]
ZERO = Decimal(0)


class Stock(Invariant):
    """Proves: per batch the sum of its movements is what is on hand; SHORTFALL is never positive; per sale, line and
    item what left is what the raw sale says was sold, of products stocked when it was processed; per material what left
    is what the raw `recipe.materials-consumed` says; per receipt what came in is what it says; nothing left for a sale
    that is in no topic; netting a shortfall moves nothing in sum."""

    name = "I1"
    title = "stock on hand is the sum of its movements, and sales moved what was sold"

    async def check(self, world: World, found: Findings) -> None:
        await self._on_hand(world, found)
        await self._left(world, found)
        await self._received(world, found)

    async def _on_hand(self, world: World, found: Findings) -> None:
        for row in await world.db.fetch(ON_HAND):
            key = f"stock item {row['id']} ({_item(row)} at outlet {row['outlet_id']}, batch {row['batch_number']})"
            found.expect(key, "on hand", expected=row["moved"], found=row["quantity"])
            if row["batch_number"] == "SHORTFALL" and row["quantity"] > 0:
                found.breaks(key, f"a SHORTFALL of {row['quantity']} is positive")
        for row in await world.db.fetch(SIGNS):
            found.breaks(f"movement {row['id']}", f"{row['movement_type']} of {row['quantity']} has the wrong sign")
        for row in await world.db.fetch(UNBALANCED):
            key = f"{_item(row)} at outlet {row['outlet_id']}, event {row['event_id']}"
            found.breaks(key, f"netting a shortfall moved {row['moved']} in sum")

    async def _left(self, world: World, found: Findings) -> None:
        stocked = await Stocked.read(world.db)
        totals: dict[str, Decimal] = defaultdict(Decimal)
        async for chunk in world.sales("inventory"):
            sold = _sold(chunk, stocked, world)
            totals["TRANSACTION"] += await self._compare(world, found, "TRANSACTION", "sale", sold)
        used: dict[Key, Decimal] = {}
        async for event in world.taken("inventory", told_topic("recipe"), CONSUMED):
            for line in event.data["lines"]:
                key = (event.data["transaction_id"], line["line_id"], event.data["outlet_id"], line["material_id"])
                used[key] = used.get(key, ZERO) + number(line["quantity"])
            if len(used) >= 5_000:
                totals["CONSUMPTION"] += await self._compare(world, found, "CONSUMPTION", "materials of sale", used)
                used = {}
        totals["CONSUMPTION"] += await self._compare(world, found, "CONSUMPTION", "materials of sale", used)
        for row in await world.db.fetch(ALL_TAKEN):
            kind = row["reference_type"]
            found.expect(f"all {kind}", "moved for all sales", expected=totals[kind], found=row["moved"])

    async def _compare(
        self, world: World, found: Findings, kind: str, what: str, expected: dict[Key, Decimal]
    ) -> Decimal:
        """What left for these sales; returns the sum of what is there for them."""
        rows = await world.db.fetch(TAKEN, kind, sorted({key[0] for key in expected}))
        moved = {(row["reference_id"], row["line_id"], row["outlet_id"], row["item"]): row["moved"] for row in rows}
        for key in expected.keys() | moved.keys():
            number_, line, outlet, item = key
            said = f"{what} {number_} line {line}: item {item} at outlet {outlet}"
            found.expect(said, "moved", expected=-expected.get(key, ZERO), found=moved.get(key, ZERO))
        return sum(moved.values(), ZERO)

    async def _received(self, world: World, found: Findings) -> None:
        chunk: list[Event] = []
        async for event in world.taken("inventory", STOCK, RECEIVED):
            chunk.append(event)
            if len(chunk) >= 1_000:
                await self._brought(world, found, chunk)
                chunk = []
        await self._brought(world, found, chunk)

    async def _brought(self, world: World, found: Findings, chunk: list[Event]) -> None:
        rows = await world.db.fetch(BROUGHT, [event.id for event in chunk])
        came: dict[str, Any] = defaultdict(list)
        for row in rows:
            came[row["event_id"]].append((row["outlet_id"], row["product_id"], row["material_id"], row["moved"]))
        for event in chunk:
            data = event.data
            said = (data["outlet_id"], data.get("product_id"), data.get("material_id"), number(data["quantity"]))
            found.expect(f"receipt {event.id}", "came in", expected=[said], found=came[event.id])


def _sold(chunk: Iterable[Event], stocked: Stocked, world: World) -> dict[Key, Decimal]:
    """What these sales take from stock, by line; products not stocked at the time take nothing (R13)."""
    books = world.books["inventory"]
    sold: dict[Key, Decimal] = {}
    for event in chunk:
        sale = event.data
        batch = books.batch_of(event.place)
        if sale.get("historic") or batch is None:
            continue
        for line in sale["lines"]:
            if stocked.at(line["product_id"], batch.reference_revision):
                key = (sale["transaction_id"], line["line_id"], sale["outlet_id"], line["product_id"])
                sold[key] = sold.get(key, ZERO) + number(line["quantity"])
    return sold


def _item(row: Any) -> str:
    return f"product {row['product_id']}" if row["product_id"] is not None else f"material {row['material_id']}"


