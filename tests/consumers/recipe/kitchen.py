"""A kitchen to test in: short ways to write materials, ingredients, versions and lines. Asserts nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from consumers.recipe.book import FROM_THE_BEGINNING, Book, Material, Recipe, Version
from schemas.pos import Modifier, SaleLine
from schemas.recipe import Ingredient, Pack

NOON = datetime(2025, 1, 9, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    """Midnight of a day of January 2025."""
    return datetime(2025, 1, number, tzinfo=UTC)


def material(number: int, unit: str = "kg", *, cost: str | None = None, **facts: object) -> Material:
    return Material(number, unit, None if cost is None else Decimal(cost), **facts)


def bottle(quantity: str, content_unit: str = "l") -> Pack:
    return Pack("bottle", Decimal(quantity), content_unit)


def of(number: int, quantity: str, unit: str = "kg", **facts: object) -> Ingredient:
    """An ingredient that is a material."""
    return Ingredient(Decimal(quantity), unit, material_id=number, **_exact(facts))


def part(number: int, quantity: str, unit: str = "portion", **facts: object) -> Ingredient:
    """An ingredient that is a sub-recipe."""
    return Ingredient(Decimal(quantity), unit, sub_recipe_id=number, **_exact(facts))


def _exact(facts: dict[str, object]) -> dict[str, object]:
    return {name: Decimal(value) if isinstance(value, str) else value for name, value in facts.items()}


def version(
    recipe_id: int,
    *ingredients: Ingredient,
    yields: str = "1",
    unit: str = "portion",
    serving: str = "1",
    starts: datetime = FROM_THE_BEGINNING,
    ends: datetime | None = None,
    number: int = 0,
) -> Version:
    return Version(
        number or recipe_id * 100, recipe_id, starts, ends, Decimal(yields), unit, Decimal(serving), ingredients
    )


def book(*entries: Material | Version | Recipe) -> Book:
    """A book of materials and recipes; a version alone is a recipe of the product of the same number."""
    made = Book()
    for entry in entries:
        if isinstance(entry, Material):
            made.put_material(entry)
        elif isinstance(entry, Recipe):
            made.put_recipe(entry)
        else:
            made.put_recipe(Recipe(entry.recipe_id, entry.recipe_id, (entry,)))
    return made


def add(number: int, quantity: str | None = None, unit: str | None = None) -> Modifier:
    return Modifier("ADD", number, quantity=None if quantity is None else Decimal(quantity), unit=unit)


def remove(number: int) -> Modifier:
    return Modifier("REMOVE", number)


def swap(number: int, other: int) -> Modifier:
    return Modifier("SWAP", number, with_material_id=other)


def line(product_id: int, quantity: str = "1", *modifiers: Modifier, line_id: int = 1) -> SaleLine:
    return SaleLine(line_id, product_id, Decimal(quantity), Decimal(1), total=Decimal(1), modifiers=modifiers)
