"""The recipe book: materials, recipes, their versions, and which one is in force (R30, R35). Explodes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from schemas.recipe import Ingredient, Pack

ZERO = Decimal(0)
FROM_THE_BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
"""Earlier than any event may be dated."""


class Material(Struct, frozen=True, gc=False):
    """A raw material. `unit` is that of its stock and its consumption; `density` in kilograms a litre (R31)."""

    id: int
    unit: str
    cost_per_unit: Decimal | None = None
    density: Decimal | None = None
    packs: tuple[Pack, ...] = ()
    sku: str | None = None


class Version(Struct, frozen=True, gc=False):
    """A recipe as it stands for sales from `starts_at` until `ends_at` (exclusive; none: open)."""

    id: int
    recipe_id: int
    starts_at: datetime
    ends_at: datetime | None
    yield_quantity: Decimal
    yield_unit: str
    serving_quantity: Decimal
    ingredients: tuple[Ingredient, ...]


class Recipe(Struct, frozen=True, gc=False):
    """A recipe with all its versions, oldest start first. A version nobody may be served ends where it starts."""

    id: int
    product_id: int
    versions: tuple[Version, ...]

    def version_at(self, instant: datetime) -> Version:
        """The version a parent recipe uses at the instant (R30): the first even before it starts, the last for ever."""
        at = bisect_right(self.versions, instant, key=_starts_at)
        return self.versions[max(at - 1, 0)]

    def moved_ends(self, former: Recipe | None) -> tuple[Version, ...]:
        """The versions that were there before and end elsewhere now."""
        before = {} if former is None else {version.id: version.ends_at for version in former.versions}
        return tuple(v for v in self.versions if v.id in before and v.ends_at != before[v.id])


def _starts_at(version: Version) -> datetime:
    return version.starts_at


class Book:
    """All materials and recipes, by id, and recipes by product."""

    def __init__(self) -> None:
        self.materials: dict[int, Material] = {}
        self.recipes: dict[int, Recipe] = {}
        self._by_product: dict[int, dict[int, None]] = {}
        self._by_sku: dict[str, int] = {}

    def put_material(self, material: Material) -> None:
        """Add the material, or replace the one of the same id."""
        former = self.materials.get(material.id)
        if former is not None and former.sku is not None:
            self._by_sku.pop(former.sku, None)
        self.materials[material.id] = material
        if material.sku is not None:
            self._by_sku[material.sku] = material.id

    def owner_of(self, sku: str) -> int | None:
        """The material that has this article number."""
        return self._by_sku.get(sku)

    def put_recipe(self, recipe: Recipe) -> None:
        """Add the recipe, or replace the one of the same id, also where it changed its product."""
        former = self.recipes.get(recipe.id)
        if former is not None:
            self._by_product[former.product_id].pop(recipe.id, None)
        self.recipes[recipe.id] = recipe
        self._by_product.setdefault(recipe.product_id, {})[recipe.id] = None

    def recipes_of(self, product_id: int) -> list[Recipe]:
        """The recipes of a product, in force or not, in no order."""
        return [self.recipes[recipe_id] for recipe_id in self._by_product.get(product_id, ())]

    def in_force(self, product_id: int, instant: datetime) -> Version | None:
        """The version a sale of the product uses: newest start not after the instant, then highest recipe id (R30)."""
        versions = (
            version
            for recipe in self.recipes_of(product_id)
            for version in recipe.versions
            if version.starts_at <= instant and (version.ends_at is None or instant < version.ends_at)
        )
        return max(versions, key=lambda version: (version.starts_at, version.recipe_id), default=None)

    def boundaries(self, product_id: int) -> list[datetime]:
        """The instants at which the product's explosion may change, ascending: starts and ends of all it can reach."""
        instants: set[datetime] = set()
        for recipe in self.reachable(recipe.id for recipe in self.recipes_of(product_id)):
            for version in recipe.versions:
                instants.add(version.starts_at)
                if version.ends_at is not None:
                    instants.add(version.ends_at)
        return sorted(instants)

    def reachable(self, recipe_ids: Iterable[int]) -> list[Recipe]:
        """These recipes and every sub-recipe of any of their versions, each once."""
        found: dict[int, Recipe] = {}
        waiting = list(recipe_ids)
        while waiting:
            recipe_id = waiting.pop()
            if recipe_id in found or recipe_id not in self.recipes:
                continue
            recipe = found[recipe_id] = self.recipes[recipe_id]
            waiting.extend(sub_recipes(recipe))
        return list(found.values())


def sub_recipes(recipe: Recipe) -> list[int]:
    """The ids of the sub-recipes of any version of the recipe."""
    return [
        ingredient.sub_recipe_id
        for version in recipe.versions
        for ingredient in version.ingredients
        if ingredient.sub_recipe_id is not None
    ]
