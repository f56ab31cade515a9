"""Units of the checker's own (R31): mass, volume, count, density, packs. Exact, and ignorant of any worker."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

_SIZES = {
    "mass": {"mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "oz": "28.349523125", "lb": "453.59237"},
    "volume": {
        "ml": "1", "cl": "10", "dl": "100", "l": "1000", "hl": "100000", "tsp": "4.92892159375",
        "tbsp": "14.78676478125", "fl_oz": "29.5735295625", "cup": "236.5882365", "pt": "473.176473",
        "qt": "946.352946", "gal": "3785.411784",
    },
    "count": {"piece": "1", "dozen": "12"},
    "portion": {"portion": "1"},
}  # fmt: skip
_SPELLINGS = {
    "mg": "milligram milligrams", "g": "gram grams gr", "kg": "kilogram kilograms kgs", "t": "tonne",
    "oz": "ounce ounces", "lb": "pound pounds lbs", "ml": "millilitre milliliter millilitres milliliters",
    "l": "litre liter litres liters ltr lt", "tsp": "teaspoon", "tbsp": "tablespoon", "cup": "cups", "fl_oz": "floz",
    "pt": "pint", "qt": "quart", "gal": "gallon", "piece": "pc pcs pieces each ea unit units count",
    "portion": "portions serving servings",
}  # fmt: skip
_NAMES = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings.split()} | {
    "fl oz": "fl_oz"
}
_TABLE = {unit: (kind, Fraction(size)) for kind, sizes in _SIZES.items() for unit, size in sizes.items()}


class NoPath(ValueError):
    """Nothing leads from one unit to the other."""


def ratio(start: str, goal: str, *, density: Any = None, packs: Iterable[Any] = ()) -> Fraction:
    """How many `goal` one `start` is. Raises NoPath."""
    here, size = _place(start)
    there, goal_size = _place(goal)
    known = {here: Fraction(1)}
    steps = _steps(density, packs)
    queue = [here]
    for kind in queue:
        for one, other, factor in steps:
            if one == kind and other not in known:
                known[other] = known[kind] * factor
                queue.append(other)
    if there not in known:
        raise NoPath(f"{start} to {goal}")
    return size * known[there] / goal_size


def _steps(density: Any, packs: Iterable[Any]) -> list[tuple[str, str, Fraction]]:
    steps = []
    if density:
        steps.append(("volume", "mass", Fraction(density)))  # a gram a millilitre is a kilogram a litre
    for pack in packs:
        outer, outer_size = _place(pack["unit"])
        inner, inner_size = _place(pack["content_unit"])
        steps.append((outer, inner, Fraction(pack["quantity"]) * inner_size / outer_size))
    return steps + [(other, one, 1 / factor) for one, other, factor in steps]


def _place(unit: str) -> tuple[str, Fraction]:
    name = " ".join(unit.lower().split())
    name = _NAMES.get(name, name)
    return _TABLE.get(name) or (f"pack {name}", Fraction(1))
