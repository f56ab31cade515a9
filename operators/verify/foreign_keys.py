"""FK: keys the database does not enforce, between services that write in no fixed order, proven at rest (SCHEMA)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operators.verify.findings import Findings, Invariant
from operators.verify.subscriptions import POS, RECIPES, SALE, STOCK

if TYPE_CHECKING:
    from operators.verify.world import World

CATALOGUED = """
SELECT n.nspname || '.' || r.relname AS owner, a.attname AS column, tn.nspname || '.' || t.relname AS target
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = c.confrelid
JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND NOT c.conenforced
"""
HAS_ENFORCEMENT = """
SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = 'pg_catalog.pg_constraint'::regclass AND attname = $1
"""
DANGLING = """
SELECT o.{column} AS id, count(*) AS rows FROM {owner} AS o
LEFT JOIN {target} AS t ON t.id = o.{column} WHERE o.{column} IS NOT NULL AND t.id IS NULL GROUP BY 1 ORDER BY 1
"""
TRANSACTIONS, MATERIALS, SUPPLIERS = (
    "smartoutlet_pos.transactions", "coralserve_recipe.raw_materials", "coralserve_inventory.suppliers",
)  # fmt: skip
KNOWN = (
    ("coralserve_tax.tax_transactions", "transaction_id", TRANSACTIONS),
    ("coralserve_tax.tax_documents", "transaction_id", TRANSACTIONS),
    ("coralserve_tax.tax_variances", "transaction_id", TRANSACTIONS),
    ("coralserve_recipe.material_consumption", "transaction_id", TRANSACTIONS),
    ("coralserve_recipe.raw_materials", "supplier_id", SUPPLIERS),
    ("coralserve_inventory.stock_items", "material_id", MATERIALS),
    ("coralserve_inventory.stock_levels", "material_id", MATERIALS),
    ("coralserve_inventory.purchase_order_items", "material_id", MATERIALS),
)
WRITERS = {
    TRANSACTIONS: ("ledger", POS, SALE, "transaction_id"),
    MATERIALS: ("recipe", RECIPES, "material.upserted", "material_id"),
    SUPPLIERS: ("inventory", STOCK, "supplier.upserted", "supplier_id"),
}
"""Target to the worker that writes it, and the raw event it writes it from."""


class ForeignKeys(Invariant):
    """Proves: every key declared NOT ENFORCED, and those of SCHEMA where the server has no such keys, points at a row,
    but for rows their owner has yet to write: their event lies in the log and is not handled, or waits."""

    name = "FK"
    title = "keys the database does not enforce point at rows"

    async def check(self, world: World, found: Findings) -> None:
        keys = set(KNOWN)
        if await world.db.fetchval(HAS_ENFORCEMENT, "conenforced"):
            keys |= {(row["owner"], row["column"], row["target"]) for row in await world.db.fetch(CATALOGUED)}
        coming: dict[str, set[int]] = {}
        for owner, column, target in sorted(keys):
            if not await world.has_table(owner) or not await world.has_table(target):
                continue
            found.proves()
            for row in await world.db.fetch(DANGLING.format(owner=owner, column=column, target=target)):
                if target not in coming:
                    coming[target] = await _coming(world, target)
                if row["id"] not in coming[target]:
                    found.breaks(f"{owner}.{column} = {row['id']}", f"{row['rows']} rows, but {target} has no such id")


async def _coming(world: World, target: str) -> set[int]:
    """Ids whose event the writer has not handled yet, or keeps waiting."""
    if target not in WRITERS:
        return set()
    worker, topic, event_type, member = WRITERS[target]
    books = world.books.get(worker)
    if books is None:
        return set()
    ids = set()
    async for event in world.events(topic, event_type):
        parked = books.parked.get(event.place)
        if not books.handled(event.place) or (parked is not None and parked.state == "WAITING"):
            ids.add(event.data.get(member))
    return ids
