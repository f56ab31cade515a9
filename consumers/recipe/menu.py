"""The recipe book as sales read it: explosions and costs remembered by value (R30, R33, R34). Reads no database."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from consumers.recipe.book import Book, Material, Recipe, Version
from consumers.recipe.rules import Consumption, consume, cost, unit_cost
from schemas.derived import ConsumedLine
from schemas.errors import Reject
from schemas.pos import SaleLine
from schemas.reasons import Reason

MEMO_LIMIT = 50_000
LINE_ID_LIMIT = 2**31


class Taken(Struct, frozen=True):
    """A line's rows and what is told of them (`ConsumedLine`s as JSON), both without what differs from sale to sale."""

    rows: tuple[tuple[Any, ...], ...] = ()
    told: tuple[Raw, ...] = ()


NOTHING = Taken()


class Menu:
    """The book, the moving averages by outlet, and what was computed from them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._averages: dict[int, dict[int, Decimal]] = {}
        self._boundaries: dict[int, list[datetime]] = {}
        self._explosions: dict[Any, tuple[Version, tuple[Consumption, ...]] | None] = {}
        self._taken: dict[int, dict[Any, Taken]] = {}

    def take(self, line: SaleLine, *, index: int, at: datetime, outlet_id: int, currency: str) -> Taken:
        """What the line takes and costs at the outlet; nothing where the product has no recipe in force.

        `index` is the line's place in its sale, for the field an error names.
        """
        bounds = self._boundaries.get(line.product_id)
        if bounds is None:
            bounds = self._boundaries[line.product_id] = self.book.boundaries(line.product_id)
        memo = self._taken.get(outlet_id)
        if memo is None:
            memo = self._taken[outlet_id] = {}
        key = (line.line_id, currency, line.product_id, line.quantity, bisect_right(bounds, at), line.modifiers)
        taken = memo.get(key)
        if taken is None:
            if len(memo) >= MEMO_LIMIT:
                memo.clear()
            explosion = self._explode(line, index=index, at=at, key=key[2:])
            taken = memo[key] = self._cost(line, explosion, index=index, outlet_id=outlet_id, currency=currency)
        return taken

    def _explode(self, line: SaleLine, *, index: int, at: datetime, key: Any) -> Any:
        if key in self._explosions:
            return self._explosions[key]
        if len(self._explosions) >= MEMO_LIMIT:
            self._explosions.clear()
        version = self.book.in_force(line.product_id, at)
        found = None
        if version is not None:
            field = f"lines[{index}].modifiers"
            used = consume(self.book, version, at=at, quantity=line.quantity, modifiers=line.modifiers, field=field)
            found = (version, used)
        self._explosions[key] = found
        return found

    def _cost(self, line: SaleLine, explosion: Any, *, index: int, outlet_id: int, currency: str) -> Taken:
        if explosion is None:
            return NOTHING
        if line.line_id >= LINE_ID_LIMIT:
            raise Reject(Reason.OUT_OF_RANGE, field=f"lines[{index}].line_id")
        version, consumptions = explosion
        averages = self._averages.get(outlet_id, {})
        rows, told = [], []
        for used in consumptions:
            each = unit_cost(self.book.materials[used.material_id], averages.get(used.material_id))
            total = cost(used.quantity, each, currency=currency)
            recipe_id, material_id = version.recipe_id, used.material_id
            facts = (used.unit, used.quantity, used.quantity_per_unit, each, total)
            rows.append((line.line_id, recipe_id, version.id, material_id, *facts))
            if used.quantity:
                fact = ConsumedLine(line.line_id, recipe_id, material_id, used.quantity, used.unit, line.product_id)
                told.append(Raw(msgspec.json.encode(fact)))
        return Taken(tuple(rows), tuple(told))

    def put_material(self, material: Material) -> None:
        """A material changed: everything computed may be another by now."""
        self.book.put_material(material)
        self._drop_computed()

    def put_recipe(self, recipe: Recipe) -> None:
        """A recipe changed, and with it whatever contains it."""
        self.book.put_recipe(recipe)
        self._drop_computed()

    def _drop_computed(self) -> None:
        self._boundaries.clear()
        self._explosions.clear()
        self._taken.clear()

    def has_averages(self, outlet_id: int) -> bool:
        """Whether the outlet's moving averages are in memory."""
        return outlet_id in self._averages

    def put_averages(self, outlet_id: int, averages: Mapping[int, Decimal]) -> None:
        """The outlet's moving averages by material, as they are stored."""
        self._averages[outlet_id] = dict(averages)

    def put_average(self, outlet_id: int, material_id: int, average: Decimal) -> None:
        """The moving average of a material at an outlet changed (R34)."""
        self._averages.setdefault(outlet_id, {})[material_id] = average
        self._taken.pop(outlet_id, None)
