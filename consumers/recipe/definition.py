"""What may be written into the book: units that convert, no cycles, bounded size (R30, R31, R35). Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from consumers.recipe.book import FROM_THE_BEGINNING, Book, Material, Recipe, Version
from consumers.recipe.explosion import MAX_USES, unit_factor
from schemas.errors import Reject, Wait
from schemas.reasons import Reason
from schemas.recipe import Ingredient
from schemas.units import factor, unit_name

MAX_DEPTH = 32
"""Recipes within recipes."""


def check_material(book: Book, material: Material) -> None:
    """Refuse a taken article number, another unit while recipes use it, or cutting a recipe's way to its unit (R31)."""
    if material.sku is not None and book.owner_of(material.sku) not in (None, material.id):
        raise Reject(Reason.CONFLICT, field="sku", detail=f"material {book.owner_of(material.sku)} has it")
    former = book.materials.get(material.id)
    if former is None:
        return
    units = {ingredient.unit for ingredient in _ingredients_of(book, material.id)}
    if units and unit_name(former.unit) != unit_name(material.unit):
        raise Reject(Reason.UNIT_IN_USE, field="unit_of_measure", detail=f"recipes count it in {former.unit}")
    for unit in sorted(units):
        _require_path(material, unit, field="density" if former.density != material.density else "packs")


def _ingredients_of(book: Book, material_id: int) -> Iterator[Ingredient]:
    for recipe in book.recipes.values():
        for version in recipe.versions:
            for ingredient in version.ingredients:
                if ingredient.material_id == material_id:
                    yield ingredient


def check_recipe(book: Book, recipe: Recipe, version: Version) -> None:
    """Check one new version of the recipe against the book, `recipe` holding it already.

    In this order: what it names exists (else Wait), it does not contain itself, units convert, here and in every
    recipe that uses this one. Raises Reject CYCLIC_RECIPE, OUT_OF_RANGE or NO_UNIT_PATH, naming the field.
    """
    for index, ingredient in enumerate(version.ingredients):
        if ingredient.sub_recipe_id == recipe.id:
            raise Reject(Reason.CYCLIC_RECIPE, field=f"ingredients[{index}].sub_recipe_id")
    _require_known(book, version)
    _Sizes(book, recipe).check(version)
    _require_units(book, recipe, version)
    _require_users_units(book, recipe, version)


def _require_known(book: Book, version: Version) -> None:
    for index, ingredient in enumerate(version.ingredients):
        field = f"ingredients[{index}]"
        if ingredient.material_id is not None and ingredient.material_id not in book.materials:
            key = f"material:{ingredient.material_id}"
            raise Wait(key, reason=Reason.UNKNOWN_MATERIAL, field=f"{field}.material_id")
        if ingredient.sub_recipe_id is not None and ingredient.sub_recipe_id not in book.recipes:
            key = f"recipe:{ingredient.sub_recipe_id}"
            raise Wait(key, reason=Reason.UNKNOWN_RECIPE, field=f"{field}.sub_recipe_id")


class _Sizes:
    """Walks what a recipe contains at every instant its new version is met, and refuses cycles and excess."""

    def __init__(self, book: Book, recipe: Recipe) -> None:
        self._book = book
        self._recipe = recipe

    def check(self, version: Version) -> None:
        """Raise CYCLIC_RECIPE or OUT_OF_RANGE for any instant at which this version is used."""
        subs = [i.sub_recipe_id for i in version.ingredients if i.sub_recipe_id is not None]
        first, last = span(self._recipe, version)
        starts = {v.starts_at for recipe in self._book.reachable(subs) for v in recipe.versions}
        for instant in {first, version.starts_at, *(s for s in starts if first <= s and (last is None or s < last))}:
            self._size(version, instant, path=(self._recipe.id,), known={})

    def _size(self, version: Version, instant: datetime, *, path: tuple[int, ...], known: dict[int, int]) -> int:
        if len(path) > MAX_DEPTH:
            raise Reject(Reason.OUT_OF_RANGE, field="ingredients", detail=f"more than {MAX_DEPTH} recipes deep")
        uses = 0
        for ingredient in version.ingredients:
            part = ingredient.sub_recipe_id
            if part is None:
                uses += 1
                continue
            if part in path:
                raise Reject(Reason.CYCLIC_RECIPE, field="ingredients", detail=" > ".join(map(str, (*path, part))))
            if part not in known:
                known[part] = self._size(self._version_at(part, instant), instant, path=(*path, part), known=known)
            uses += known[part]
        if uses > MAX_USES:
            raise Reject(Reason.OUT_OF_RANGE, field="ingredients", detail=f"more than {MAX_USES} uses of materials")
        return uses

    def _version_at(self, recipe_id: int, instant: datetime) -> Version:
        return self._book.recipes[recipe_id].version_at(instant)


def span(recipe: Recipe, version: Version) -> tuple[datetime, datetime | None]:
    """From when until when parents use this version: the first also serves everything earlier, the last all later."""
    starts = [other.starts_at for other in recipe.versions]
    at = starts.index(version.starts_at)
    return (FROM_THE_BEGINNING if at == 0 else starts[at], None if at == len(starts) - 1 else starts[at + 1])


def _overlap(one: tuple[datetime, datetime | None], other: tuple[datetime, datetime | None]) -> bool:
    return (other[1] is None or one[0] < other[1]) and (one[1] is None or other[0] < one[1])


def _require_units(book: Book, recipe: Recipe, version: Version) -> None:
    """Every ingredient has a way to its material's unit, or to the yield unit of each version it may meet."""
    own = span(recipe, version)
    for index, ingredient in enumerate(version.ingredients):
        field = f"ingredients[{index}].unit"
        if ingredient.material_id is not None:
            _require_path(book.materials[ingredient.material_id], ingredient.unit, field=field)
        if ingredient.sub_recipe_id is not None:
            part = book.recipes[ingredient.sub_recipe_id]
            for met in part.versions:
                if _overlap(own, span(part, met)):
                    _require_factor(ingredient.unit, met.yield_unit, field=field)


def _require_users_units(book: Book, recipe: Recipe, version: Version) -> None:
    """Recipes that already use this one can still measure it in its yield unit."""
    own = span(recipe, version)
    for user in book.recipes.values():
        for using in user.versions:
            for unit in _units_of(using, recipe.id):
                if _overlap(own, span(user, using)):
                    _require_factor(unit, version.yield_unit, field="yield_unit")


def _units_of(version: Version, recipe_id: int) -> Iterable[str]:
    return {ingredient.unit for ingredient in version.ingredients if ingredient.sub_recipe_id == recipe_id}


def _require_path(material: Material, unit: str, *, field: str) -> None:
    try:
        unit_factor(material, unit)
    except Reject as error:
        raise Reject(Reason.NO_UNIT_PATH, field=field, detail=error.detail) from error


def _require_factor(unit: str, to_unit: str, *, field: str) -> None:
    try:
        factor(unit, to_unit)
    except Reject as error:
        raise Reject(Reason.NO_UNIT_PATH, field=field, detail=error.detail) from error
