"""The costly part of I10 (`--full`): what was told is what the tables say, figure by figure. Misses nothing told."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from operators.verify.events import Event, number
from operators.verify.findings import Findings
from operators.verify.subscriptions import CONSUMED, told_topic

if TYPE_CHECKING:
    from operators.verify.world import World

CHUNK = 500
DOCUMENTS = """
SELECT event_id, net, tax, gross, status FROM coralserve_tax.tax_documents WHERE event_id = ANY($1::text[])
"""
TAX_ROWS = """
SELECT event_id, line_id, tax_rule_id, taxable_amount, tax_amount, exempt_amount FROM coralserve_tax.tax_transactions
WHERE event_id = ANY($1::text[]) AND kind = 'SALE'
"""
CONSUMPTION = """
SELECT event_id, line_id, recipe_id, material_id, quantity_consumed FROM coralserve_recipe.material_consumption
WHERE event_id = ANY($1::text[]) AND quantity_consumed > 0 AND adjusts_id IS NULL
"""


async def compare_contents(world: World, found: Findings) -> None:
    """`tax.computed` against documents and rows, `recipe.materials-consumed` against consumption."""
    for topic, event_type, compare in (
        (told_topic("tax"), "tax.computed", _taxes),
        (told_topic("recipe"), CONSUMED, _materials),
    ):
        chunk: list[Event] = []
        async for event in world.events(topic, event_type):
            if world.is_settled(event.place):
                chunk.append(event)
            if len(chunk) == CHUNK:
                await compare(world, found, chunk)
                chunk = []
        await compare(world, found, chunk)


async def _taxes(world: World, found: Findings, chunk: list[Event]) -> None:
    documents = await _by_event(world, DOCUMENTS, chunk)
    rows = await _by_event(world, TAX_ROWS, chunk)
    for event in chunk:
        data, key = event.data, f"tax.computed for {event.cause}"
        told = [(number(data["net"]), number(data["tax"]), number(data["gross"]), data["status"])]
        found.expect(key, "net, tax, gross, status", expected=documents[event.cause], found=told)
        said = sorted(
            (row["line_id"], row["tax_rule_id"], number(row["taxable_amount"]), number(row["tax_amount"]),
             number(row.get("exempt_amount") or 0))
            for row in data["rows"]
        )  # fmt: skip
        found.expect(key, "rows", expected=sorted(rows[event.cause]), found=said)


async def _materials(world: World, found: Findings, chunk: list[Event]) -> None:
    rows = await _by_event(world, CONSUMPTION, chunk)
    for event in chunk:
        said = sorted(
            (line["line_id"], line["recipe_id"], line["material_id"], number(line["quantity"]))
            for line in event.data["lines"]
        )
        found.expect(f"{event.type} for {event.cause}", "lines", expected=sorted(rows[event.cause]), found=said)


async def _by_event(world: World, query: str, chunk: list[Event]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await world.db.fetch(query, [event.cause for event in chunk]):
        event_id, *cells = row.values()
        found[event_id].append(tuple(cells))
    return found
