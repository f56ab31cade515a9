"""I2 Recipe: what was consumed is what was sold times the recipe in force, exploded anew (R30 to R33)."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from operators.verify.books import Entry
from operators.verify.cookbook import Cookbook
from operators.verify.events import Event, digits_of, instant, number, round_to
from operators.verify.findings import Findings, Invariant
from operators.verify.subscriptions import RECIPES

if TYPE_CHECKING:
    from operators.verify.world import World

DEFINITIONS = ("material.upserted", "recipe.upserted", "recipe.retired")
CONSUMED = """
SELECT transaction_id, line_id, recipe_id, material_id, outlet_id, quantity_consumed, quantity_per_unit, unit_cost,
       total_cost
FROM coralserve_recipe.material_consumption WHERE transaction_id = ANY($1::bigint[]) AND adjusts_id IS NULL
"""
COUNT = "SELECT count(*) FROM coralserve_recipe.material_consumption WHERE event_id IS NOT NULL AND adjusts_id IS NULL"
PER_UNIT_PLACES, STORED_PLACES = 18, 6
MOST_STATES = 200

Taken = dict[tuple[int, int], tuple[Decimal, Decimal]]
"""(recipe, material) to (per unit, quantity)."""


class Materials(Invariant):
    """Proves: for every accepted sale line the rows of `material_consumption` are exactly those of an explosion made
    anew, in fractions, from the raw recipe and material events that were processed before it, with its options; costs
    are the stored quantity times the unit cost, rounded once; no row belongs to a sale that is in no topic."""

    name = "I2"
    title = "material consumption is what was sold times the recipe in force"

    async def check(self, world: World, found: Findings) -> None:
        shelf = await Shelf.read(world)
        rows_seen = 0
        async for chunk in world.sales("recipe"):
            rows = await world.db.fetch(CONSUMED, [event.data["transaction_id"] for event in chunk])
            rows_seen += len(rows)
            by_line: dict[tuple[int, int], list[Any]] = defaultdict(list)
            for row in rows:
                by_line[row["transaction_id"], row["line_id"]].append(row)
            for event in chunk:
                self._sale(world, found, shelf, event, by_line)
            for number_, line in by_line:
                found.breaks(f"sale {number_} line {line}", "consumption of a line the sale does not have")
        total = await world.db.fetchval(COUNT)
        found.expect("material_consumption", "rows of accepted sales", expected=rows_seen, found=total)

    def _sale(
        self, world: World, found: Findings, shelf: Shelf, event: Event, by_line: dict[tuple[int, int], list[Any]]
    ) -> None:
        sale = event.data
        batch = world.books["recipe"].batch_of(event.place)
        at = instant(sale["occurred_at"])
        for line in sale["lines"]:
            key = f"sale {sale['transaction_id']} line {line['line_id']}"
            rows = by_line.pop((sale["transaction_id"], line["line_id"]), [])
            stored = {
                (row["recipe_id"], row["material_id"]): (row["quantity_per_unit"], row["quantity_consumed"])
                for row in rows
            }
            expected: Taken = {} if sale.get("historic") else shelf.explode(line, at, batch, stored)
            found.proves()
            if expected != stored or len(stored) != len(rows):
                _differ(found, key, expected, stored)
            for row in rows:
                found.expect(f"{key} material {row['material_id']}", "outlet", expected=sale["outlet_id"],
                             found=row["outlet_id"])  # fmt: skip
                cost = round_to(Fraction(row["quantity_consumed"]) * Fraction(row["unit_cost"] or 0),
                                digits_of(sale["currency"]))  # fmt: skip
                found.expect(f"{key} material {row['material_id']}", "cost", expected=cost, found=row["total_cost"])


class Shelf:
    """The raw definitions in the order they were processed, and the cookbooks they leave."""

    def __init__(self, definitions: list[tuple[Entry, Event]]) -> None:
        self._definitions = definitions
        self._books: dict[int, Cookbook] = {}
        self._memo: dict[Any, Taken | None] = {}

    @classmethod
    async def read(cls, world: World) -> Shelf:
        books = world.books["recipe"]
        found = []
        async for event in world.taken("recipe", RECIPES, *DEFINITIONS):
            batch = books.batch_of(event.place)
            if batch is not None:
                order = (batch.revision, books.parked.get(event.place) is not None, event.timestamp_ms, event.place)
                found.append((order, batch, event))
        found.sort(key=lambda each: each[0])
        return cls([(batch, event) for _, batch, event in found])

    def explode(self, line: Any, at: datetime, batch: Entry | None, stored: Taken) -> Taken:
        """What the line takes by the book its batch had; by a state within that batch where that is what is stored."""
        first: Taken | None = None
        for state in self._states(batch):
            taken = self._take(line, at, state)
            if taken is not None and taken == stored:
                return taken
            first = taken if first is None else first
        return first or {}

    def _states(self, batch: Entry | None) -> Iterator[int]:
        """Lengths of the run of definitions: all the batch could know, then back through those that it held itself."""
        if batch is None:
            return
        upto = sum(1 for each, _ in self._definitions if each.revision <= batch.revision)
        within = sum(1 for each, _ in self._definitions if each.transaction == batch.transaction)
        yield from range(upto, max(upto - within, upto - MOST_STATES) - 1, -1)

    def _take(self, line: Any, at: datetime, state: int) -> Taken | None:
        options = line.get("modifiers") or []
        key = (state, line["product_id"], str(line["quantity"]), at, json.dumps(options, default=str))
        if key not in self._memo:
            if len(self._memo) > 50_000:
                self._memo.clear()
            self._memo[key] = self._exploded(line, at, state, options)
        return self._memo[key]

    def _exploded(self, line: Any, at: datetime, state: int, options: list[Any]) -> Taken | None:
        book = self._books.get(state)
        if book is None:
            book = self._books[state] = Cookbook(event for _, event in self._definitions[:state])
        version = book.in_force(line["product_id"], at)
        if version is None:
            return {}
        try:
            gross = book.takes(version, at, options)
        except (ValueError, KeyError):
            return None
        taken = {}
        for material, each in gross.items():
            per_unit = round_to(each, PER_UNIT_PLACES)
            quantity = round_to(Fraction(per_unit) * Fraction(number(line["quantity"])), STORED_PLACES)
            taken[version.recipe_id, material] = (per_unit, quantity)
        return taken


def _differ(found: Findings, key: str, expected: Taken, stored: Taken) -> None:
    for recipe, material in sorted(expected.keys() | stored.keys()):
        here, there = expected.get((recipe, material)), stored.get((recipe, material))
        if here != there:
            said = f"recipe {recipe} material {material}: expected {_text(here)}, found {_text(there)}"
            found.breaks(key, said)
            return
    found.breaks(key, "a material is there twice")


def _text(cell: tuple[Decimal, Decimal] | None) -> str:
    return "no row" if cell is None else f"{cell[1]:f} ({cell[0]:f} a unit)"
