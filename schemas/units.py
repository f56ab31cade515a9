"""Exact unit conversion (R31): mass, volume and count by table, mass ↔ volume by density, packs by their sizes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from schemas.errors import Reject
from schemas.reasons import Reason


class PackSize(Protocol):
    """One `unit` holds `quantity` of `content_unit`."""

    @property
    def unit(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def content_unit(self) -> str: ...


_MASS = {
    "mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "oz": "28.349523125", "lb": "453.59237",
}  # fmt: skip
_VOLUME = {
    "ml": "1", "cl": "10", "dl": "100", "l": "1000", "hl": "100000", "tsp": "4.92892159375",
    "tbsp": "14.78676478125", "fl_oz": "29.5735295625", "cup": "236.5882365", "pt": "473.176473",
    "qt": "946.352946", "gal": "3785.411784",
}  # fmt: skip
_COUNT = {"piece": "1", "dozen": "12"}
_PORTION = {"portion": "1"}
_SAME = {
    "gram": "g", "grams": "g", "gr": "g", "kilogram": "kg", "kilograms": "kg", "kgs": "kg", "milligram": "mg",
    "milligrams": "mg", "tonne": "t", "ounce": "oz", "ounces": "oz", "pound": "lb", "pounds": "lb", "lbs": "lb",
    "millilitre": "ml", "milliliter": "ml", "millilitres": "ml", "milliliters": "ml", "litre": "l", "liter": "l",
    "litres": "l", "liters": "l", "ltr": "l", "lt": "l", "teaspoon": "tsp", "tablespoon": "tbsp", "cups": "cup",
    "fl oz": "fl_oz", "floz": "fl_oz", "pint": "pt", "quart": "qt", "gallon": "gal", "pc": "piece", "pcs": "piece",
    "pieces": "piece", "each": "piece", "ea": "piece", "unit": "piece", "units": "piece", "count": "piece",
    "portions": "portion", "serving": "portion", "servings": "portion",
}  # fmt: skip

# unit → (dimension, how many of the dimension's base unit it is)
TABLE: dict[str, tuple[str, Fraction]] = {
    unit: (dimension, Fraction(size))
    for dimension, sizes in (("mass", _MASS), ("volume", _VOLUME), ("count", _COUNT), ("portion", _PORTION))
    for unit, size in sizes.items()
}
ONE = Fraction(1)


def unit_name(text: str) -> str:
    """The unit's one name, whatever case or spelling: `Litres` is `l`. A pack's name is its own."""
    plain = " ".join(text.lower().split())
    return _SAME.get(plain, plain)


def factor(
    from_unit: str,
    to_unit: str,
    density: Decimal | Fraction | None = None,
    packs: Iterable[PackSize] = (),
) -> Fraction:
    """How many `to_unit` one `from_unit` is, exactly (R31). `density` in kilograms a litre.

    Rejects NO_UNIT_PATH where no table, density or pack size leads from one to the other.
    """
    start, start_size = _place(from_unit)
    goal, goal_size = _place(to_unit)
    if start == goal:
        return start_size / goal_size
    bridges = list(_bridges(density, packs))
    sizes = {start: ONE}
    queue = [start]
    for here in queue:
        for one, other, ratio in bridges:
            if one == here and other not in sizes:
                sizes[other] = sizes[here] * ratio
                queue.append(other)
    if goal not in sizes:
        raise Reject(Reason.NO_UNIT_PATH, field="unit", detail=f"no way from {from_unit} to {to_unit}")
    return start_size * sizes[goal] / goal_size


def _place(unit: str) -> tuple[str, Fraction]:
    name = unit_name(unit)
    return TABLE.get(name) or (f"unit {name}", ONE)


def _bridges(density: Decimal | Fraction | None, packs: Iterable[PackSize]) -> Iterator[tuple[str, str, Fraction]]:
    """Directed steps between dimensions: one of the first is so many of the second."""
    if density:
        yield "volume", "mass", Fraction(density)
        yield "mass", "volume", 1 / Fraction(density)
    for pack in packs:
        outer, outer_size = _place(pack.unit)
        inner, inner_size = _place(pack.content_unit)
        ratio = Fraction(pack.quantity) * inner_size / outer_size
        yield outer, inner, ratio
        yield inner, outer, 1 / ratio
