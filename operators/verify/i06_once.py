"""I6 Exactly once: an event id and a natural key are remembered once, and nothing has its effects twice (R2, R5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from operators.verify.books import Books
from operators.verify.events import Event, Place, instant, number
from operators.verify.findings import Findings, Invariant
from operators.verify.subscriptions import POS, SALE

if TYPE_CHECKING:
    from operators.verify.world import World

REMEMBERED = "SELECT event_id FROM {schema}.dedupe"
SALES = """
SELECT transaction_id, version, outlet_id, currency, occurred_at, event_id, lines::text AS lines FROM {schema}.sales
WHERE transaction_id = ANY($1::bigint[])
"""
SALES_COUNT = "SELECT count(*) FROM {schema}.sales WHERE kind = 'SALE'"
TWICE = "SELECT {columns}, count(*) AS times FROM {table} WHERE {only} GROUP BY {columns} HAVING count(*) > 1"
ONE_CAUSE = """
SELECT {key}, count(DISTINCT event_id) AS times FROM {table} WHERE {only} GROUP BY {key}
HAVING count(DISTINCT event_id) > 1
"""
KEYS = (
    ("coralserve_inventory.stock_movements", "event_id, line_id, stock_item_id, movement_type, adjusts_id"),
    ("coralserve_recipe.material_consumption", "event_id, line_id, recipe_id, material_id"),
    ("coralserve_tax.tax_transactions", "event_id, line_id, tax_rule_id, kind, adjusts_id"),
    ("coralserve_tax.tax_documents", "transaction_id, version"),
    ("coralserve_tax.tax_variances", "transaction_id, version"),
    ("coralserve_ledger.reference_versions", "event_id"),
    ("coralserve_audit.audit_logs", 'topic, partition, "offset"'),
    ("smartoutlet_pos.transactions", "event_id"),
)
CAUSES = (
    (
        "coralserve_inventory.stock_movements",
        "reference_id",
        "reference_type = 'TRANSACTION' AND movement_type = 'OUT'",
    ),
    ("coralserve_recipe.material_consumption", "transaction_id", "adjusts_id IS NULL"),
    ("coralserve_tax.tax_transactions", "transaction_id, version", "kind = 'SALE'"),
    ("coralserve_audit.audit_logs", "record_id", "table_name = 'transactions' AND action_type = 'CREATE'"),
)


class Once(Invariant):
    """Proves: every accepted event id is in the worker's `dedupe` once, with every accepted sale in its `sales` once
    and as the till sent it (else a repeat would be applied again, or a life cycle decided wrongly); no natural key of
    an effect is there twice; the effects of one sale come from one event. Does not trust unique indexes."""

    name = "I6"
    title = "effects exactly once: event ids and natural keys are there once"

    async def check(self, world: World, found: Findings) -> None:
        for books in world.books.values():
            await self._remembered(world, found, books)
            await self._sales(world, found, books)
        for table, columns in KEYS:
            first = columns.split(",", maxsplit=1)[0]
            await self._repeated(world, found, TWICE, table, columns=columns, only=f"{first} IS NOT NULL")
        for table, key, only in CAUSES:
            await self._repeated(world, found, ONE_CAUSE, table, key=key, only=only)

    async def _remembered(self, world: World, found: Findings, books: Books) -> None:
        seen: set[str] = set()
        async for row in world.db.cursor(REMEMBERED.format(schema=books.schema), prefetch=2_000):
            if row["event_id"] in seen:
                found.breaks(f"{books.worker} {row['event_id']}", "is remembered twice")
            seen.add(row["event_id"])
        for event_id, place in world.accepted_ids(books.worker):
            found.proves()
            if event_id not in seen and not await self._known_sale(world, books, place):
                found.breaks(f"{books.worker} {event_id} at {place}", "was accepted but is not remembered")

    async def _known_sale(self, world: World, books: Books, place: Place) -> bool:
        """A sale repeated under another id is known by its natural key; its first id is the one remembered."""
        if world.type_at(place) != SALE:
            return False
        async for event in world.events(place.topic, SALE):
            if event.place == place:
                rows = await world.db.fetch(SALES.format(schema=books.schema), [event.data["transaction_id"]])
                return any(world.accepted(books.worker, row["event_id"]) for row in rows)
        return False

    async def _sales(self, world: World, found: Findings, books: Books) -> None:
        if POS not in books.topics:
            return
        held = 0
        async for chunk in world.sales(books.worker):
            numbers = [event.data["transaction_id"] for event in chunk]
            rows = {row["transaction_id"]: row for row in await world.db.fetch(
                SALES.format(schema=books.schema), numbers)}  # fmt: skip
            held += len(rows)
            for event in chunk:
                _as_sent(found, books.worker, event, rows.get(event.data["transaction_id"]))
        total = await world.db.fetchval(SALES_COUNT.format(schema=books.schema))
        found.expect(f"{books.worker} sales", "rows of accepted sales", expected=held, found=total)

    async def _repeated(self, world: World, found: Findings, query: str, table: str, **parts: str) -> None:
        if not await world.has_table(table):
            return
        for row in await world.db.fetch(query.format(table=table, **parts)):
            *key, times = row.values()
            found.breaks(f"{table} {tuple(key)}", f"is there {times} times")
        found.proves()


def _as_sent(found: Findings, worker: str, event: Event, row: Any) -> None:
    sale = event.data
    key = f"{worker} sale {sale['transaction_id']}"
    if row is None:
        found.breaks(key, "was accepted but is not remembered")
        return
    wanted = (sale.get("version") or 1, sale["outlet_id"], sale["currency"], instant(sale["occurred_at"]))
    held = (row["version"], row["outlet_id"], row["currency"], row["occurred_at"])
    found.expect(key, "version, outlet, currency, instant", expected=wanted, found=held)
    lines = sorted((line["line_id"], line["product_id"], number(line["quantity"]), line.get("prepared_at") is not None)
                   for line in sale["lines"])  # fmt: skip
    kept = sorted((line["line_id"], line["product_id"], number(line["sold"]), bool(line.get("prepared")))
                  for line in json.loads(row["lines"]))  # fmt: skip
    found.expect(key, "lines", expected=lines, found=kept)
