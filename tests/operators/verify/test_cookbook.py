"""The checker's own explosion, against the figures the rules are written with."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from operators.verify.cookbook import Cookbook
from operators.verify.events import Event, Place, round_to
from operators.verify.units import NoPath, ratio

AT = datetime(2026, 11, 23, tzinfo=UTC)


def event(event_type: str, **data: Any) -> Event:
    return Event(Place("backoffice.recipe.v1", 0, 0), "e", event_type, "", None, data, 0)


def material(number: int, unit: str, **more: Any) -> Event:
    return event("material.upserted", material_id=number, unit_of_measure=unit, **more)


def recipe(number: int, product: int, *parts: dict[str, Any], start: str | None = None, **more: Any) -> Event:
    return event("recipe.upserted", recipe_id=number, product_id=product, ingredients=parts, effective_from=start, **more)


BEEF = {"material_id": 1, "quantity": "1.2", "unit": "kg", "usable_yield": "0.7"}
STEW = recipe(1, 42, BEEF, yield_quantity="8")


def test_the_worked_example() -> None:
    """R30: 8 portions of 1.2 kg, 70% usable, 3 sold → 0.642857 kg gross."""
    book = Cookbook([material(1, "kg"), STEW])
    version = book.in_force(42, AT)
    assert version is not None
    [gross] = book.takes(version, AT, []).values()
    assert str(round_to(gross * 3, 6)) == "0.642857"


def test_a_version_ends_where_the_next_begins() -> None:
    """R35: what was sold before keeps its recipe."""
    book = Cookbook([material(1, "kg"), STEW, recipe(1, 42, BEEF, yield_quantity="4", start="2026-11-23T00:00:01Z")])
    before, after = (book.in_force(42, AT.replace(second=second)) for second in (0, 1))
    assert before is not None
    assert after is not None
    assert (before.data["yield_quantity"], after.data["yield_quantity"]) == ("8", "4")


def test_a_retired_recipe_serves_nobody_but_its_parents() -> None:
    """R30, R35: a sub-recipe that is no longer sold alone is still part of the dish."""
    dish = recipe(2, 43, {"sub_recipe_id": 1, "quantity": "1", "unit": "portion"})
    retired = event("recipe.retired", recipe_id=1, effective_to="2026-01-01")
    book = Cookbook([material(1, "kg"), STEW, dish, retired])
    assert book.in_force(42, AT) is None
    version = book.in_force(43, AT)
    assert version is not None
    assert book.takes(version, AT, [])[1] == Fraction("1.2") / 8 / Fraction("0.7")


@pytest.mark.parametrize(
    ("start", "goal", "more", "expected"),
    [
        ("ml", "bottle", {"packs": [{"unit": "bottle", "quantity": "0.75", "content_unit": "l"}]}, Fraction(1, 750)),
        ("kg", "g", {}, Fraction(1000)),
        ("Litres", "kg", {"density": "1.03"}, Fraction("1.03")),
        ("dozen", "piece", {}, Fraction(12)),
    ],
)
def test_units(start: str, goal: str, more: dict[str, Any], expected: Fraction) -> None:
    """R31: exact, by table, density and packs."""
    assert ratio(start, goal, **more) == expected


def test_no_way_is_no_number() -> None:
    """R31: volume becomes mass through a density only."""
    with pytest.raises(NoPath):
        ratio("ml", "g")
