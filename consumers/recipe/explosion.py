"""What one unit sold takes, exactly (R30, R31). Takes the book and a version, returns uses; rounds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from msgspec import Struct

from consumers.recipe.book import Book, Material, Version
from schemas.errors import Reject
from schemas.reasons import Reason
from schemas.recipe import Ingredient
from schemas.units import factor

MAX_USES = 5_000
"""Uses of materials one portion may explode into."""


class Use(Struct, frozen=True):
    """One place where a material is used: `net` in `unit`, per unit sold; `usable` is the fraction not lost."""

    material_id: int
    net: Fraction
    unit: str
    usable: Fraction
    version: Version
    is_optional: bool = False


class Need(Struct, frozen=True):
    """A material per unit sold, in the material's own unit; trim loss is `gross - net`."""

    net: Fraction
    gross: Fraction


def usable_fraction(ingredient: Ingredient) -> Fraction:
    """`usable_yield × (1 − attrition)`: what of the gross quantity ends in the dish (R30)."""
    return Fraction(ingredient.usable_yield) * (1 - Fraction(ingredient.attrition))


def explode(book: Book, version: Version, *, at: datetime) -> tuple[Use, ...]:
    """Every use of a material per unit sold, sub-recipes multiplied through, optional ingredients marked (R30).

    Raises Reject OUT_OF_RANGE where a part has grown past what may be defined.
    """
    batches = Fraction(version.serving_quantity) / Fraction(version.yield_quantity)
    uses = tuple(islice(_uses(book, version, at=at, batches=batches), MAX_USES + 1))
    if len(uses) > MAX_USES:
        raise Reject(Reason.OUT_OF_RANGE, detail=f"recipe {version.recipe_id}: more than {MAX_USES} uses of materials")
    return uses


def _uses(book: Book, version: Version, *, at: datetime, batches: Fraction) -> Iterator[Use]:
    for ingredient in version.ingredients:
        net = batches * Fraction(ingredient.quantity)
        usable = usable_fraction(ingredient)
        if ingredient.material_id is not None:
            yield Use(ingredient.material_id, net, ingredient.unit, usable, version, ingredient.is_optional)
        elif ingredient.sub_recipe_id is not None and not ingredient.is_optional:
            sub = book.recipes[ingredient.sub_recipe_id].version_at(at)
            amount = net / usable * factor(ingredient.unit, sub.yield_unit)
            yield from _uses(book, sub, at=at, batches=amount / Fraction(sub.yield_quantity))


def unit_factor(material: Material, unit: str) -> Fraction:
    """From the unit to the material's own, through its density and packs (R31). Raises Reject NO_UNIT_PATH."""
    return factor(unit, material.unit, density=material.density, packs=material.packs)


def needs(materials: Mapping[int, Material], uses: Iterable[Use]) -> dict[int, Need]:
    """The uses summed per material, in the material's unit, in the order first met (R33)."""
    totals: dict[int, Need] = {}
    for use in uses:
        net = use.net * unit_factor(materials[use.material_id], use.unit)
        before = totals.get(use.material_id) or Need(Fraction(), Fraction())
        totals[use.material_id] = Need(before.net + net, before.gross + net / use.usable)
    return totals


def half_up(value: Fraction, places: int) -> Decimal:
    """The value at so many decimals, halves away from zero (R0). The only way from exact to stored."""
    units, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    units += rest * 2 >= value.denominator
    return Decimal(f"{'-' if value < 0 else ''}{units}E-{places}")
