"""The recipe book as sales read it: explosions and costs remembered by value (R30, R33, R34). Reads no database."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from consumers.recipe.book import Book, Material, Recipe, Version
from consumers.recipe.rules import Consumption, consume, cost, unit_cost
from schemas.derived import ConsumedLine
from schemas.pos import SaleLine

MEMO_LIMIT = 50_000
NO_LINE = b'{"line_id":0'


class Taken(Struct, frozen=True):
    """A line's rows and what is told of them, both without what differs between lines that sell the same.

    `rows` are the cells from `recipe_id` on; `told` is the JSON of a `ConsumedLine` after its `line_id`.
    """

    rows: tuple[tuple[Any, ...], ...] = ()
    told: tuple[bytes, ...] = ()


NOTHING = Taken()


class Menu:
    """The book, the moving averages by outlet, and what was computed from them."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._averages: dict[int, dict[int, Decimal]] = {}
        self._boundaries: dict[int, list[datetime]] = {}
        self._explosions: dict[Any, tuple[Version, tuple[Consumption, ...]] | None] = {}
        self._taken: dict[int, dict[Any, Taken]] = {}
        self._held = 0

    def take(self, line: SaleLine, *, index: int, at: datetime, outlet_id: int, currency: str) -> Taken:
        """What the line takes and costs at the outlet; nothing where the product has no recipe in force.

        `index` is the line's place in its sale, for the field an error names.
        """
        bounds = self._boundaries.get(line.product_id)
        if bounds is None:
            bounds = self._boundaries[line.product_id] = self.book.boundaries(line.product_id)
        memo = self._taken.get(outlet_id) or {}
        key = (currency, line.product_id, line.quantity, bisect_right(bounds, at), line.modifiers)
        taken = memo.get(key)
        if taken is None:
            explosion = self._explode(line, index=index, at=at, key=key[1:])
            taken = self._cost(line, explosion, outlet_id=outlet_id, currency=currency)
            self._remember(outlet_id, key, taken)
        return taken

    def _remember(self, outlet_id: int, key: Any, taken: Taken) -> None:
        if self._held >= MEMO_LIMIT:
            self._taken.clear()
            self._held = 0
        self._taken.setdefault(outlet_id, {})[key] = taken
        self._held += 1

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

    def _cost(self, line: SaleLine, explosion: Any, *, outlet_id: int, currency: str) -> Taken:
        if explosion is None:
            return NOTHING
        version, consumptions = explosion
        averages = self._averages.get(outlet_id, {})
        rows, told = [], []
        for used in consumptions:
            each = unit_cost(self.book.materials[used.material_id], averages.get(used.material_id))
            total = cost(used.quantity, each, currency=currency)
            facts = (used.unit, used.quantity, used.quantity_per_unit, each, total)
            rows.append((version.recipe_id, version.id, used.material_id, *facts))
            if used.quantity:
                fact = ConsumedLine(0, version.recipe_id, used.material_id, used.quantity, used.unit, line.product_id)
                told.append(msgspec.json.encode(fact).removeprefix(NO_LINE))
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
        self._held = 0

    def has_averages(self, outlet_id: int) -> bool:
        """Whether the outlet's moving averages are in memory."""
        return outlet_id in self._averages

    def put_averages(self, outlet_id: int, averages: Mapping[int, Decimal]) -> None:
        """The outlet's moving averages by material, as they are stored."""
        self._averages[outlet_id] = dict(averages)

    def put_average(self, outlet_id: int, material_id: int, average: Decimal) -> None:
        """The moving average of a material at an outlet changed (R34)."""
        self._averages.setdefault(outlet_id, {})[material_id] = average
        self._held -= len(self._taken.pop(outlet_id, ()))
