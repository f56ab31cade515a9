"""The checker's own recipe book, folded from raw definitions: versions (R35), what a unit sold takes (R30, R32)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, NamedTuple

from operators.verify.events import Event, instant
from operators.verify.units import NoPath, ratio

BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)
MOST_DEEP = 64


class Version(NamedTuple):
    """A recipe from `start` until `end` (exclusive; None: open). `data` is the event's."""

    recipe_id: int
    start: datetime
    end: datetime | None
    data: Any


class Use(NamedTuple):
    """A material somewhere in a dish: net per unit sold, and what of the gross is usable."""

    material: int
    net: Fraction
    unit: str
    usable: Fraction
    ingredients: Any
    optional: bool


class Cookbook:
    """Materials and recipes as a run of definitions leaves them."""

    def __init__(self, definitions: Iterable[Event] = ()) -> None:
        self.materials: dict[int, Any] = {}
        self.recipes: dict[int, list[Version]] = {}
        self._product: dict[int, int] = {}
        for event in definitions:
            self.define(event)

    def define(self, event: Event) -> None:
        """Take in one definition."""
        data = event.data
        if event.type == "material.upserted":
            self.materials[data["material_id"]] = data
        elif event.type == "recipe.retired":
            end = instant(data["effective_to"]) if data.get("effective_to") else said_at(event)
            self.recipes[data["recipe_id"]] = [
                _cut(version, max(end, version.start)) for version in self.recipes.get(data["recipe_id"], [])
            ]
        else:
            self._define_recipe(event)

    def _define_recipe(self, event: Event) -> None:
        data, number = event.data, event.data["recipe_id"]
        former = self.recipes.get(number, [])
        start = self._start(event, former)
        others = [version for version in former if version.start != start]
        following = [version.start for version in others if version.start > start]
        end = min(following, default=None) if data.get("status", "ACTIVE") in ("ACTIVE", None) else start
        kept = [_cut(version, start) if version.start < start else version for version in others]
        self.recipes[number] = sorted([*kept, Version(number, start, end, data)], key=lambda version: version.start)
        self._product[number] = data["product_id"]

    def _start(self, event: Event, former: list[Version]) -> datetime:
        if event.data.get("effective_from"):
            return instant(event.data["effective_from"])
        return self.version_at(event.data["recipe_id"], said_at(event)).start if former else BEGINNING

    def version_at(self, recipe: int, at: datetime) -> Version:
        """The version a parent uses: the newest started, the first before any, ended or not."""
        versions = self.recipes[recipe]
        started = [version for version in versions if version.start <= at]
        return started[-1] if started else versions[0]

    def in_force(self, product: int, at: datetime) -> Version | None:
        """Newest start, then highest id, of what serves at that instant (R30)."""
        serving = [
            version
            for recipe, versions in self.recipes.items()
            if self._product[recipe] == product
            for version in versions
            if version.start <= at and (version.end is None or at < version.end)
        ]
        return max(serving, key=lambda version: (version.start, version.recipe_id), default=None)

    def takes(self, version: Version, at: datetime, modifiers: Iterable[Any]) -> dict[int, Fraction]:
        """Gross per unit sold by material, in the material's unit, options applied (R30, R32)."""
        batches = Fraction(_given(version.data, "serving_quantity", 1)) / Fraction(
            _given(version.data, "yield_quantity", 1)
        )
        whole = self._uses(version, at, batches, 0)
        uses = [use for use in whole if not use.optional]
        for modifier in modifiers:
            uses = self._option(uses, whole, modifier, version)
        gross: dict[int, Fraction] = {}
        for use in uses:
            each = use.net * self._unit(use.material, use.unit) / use.usable
            gross[use.material] = gross.get(use.material, Fraction()) + each
        return gross

    def _uses(self, version: Version, at: datetime, batches: Fraction, depth: int) -> list[Use]:
        if depth > MOST_DEEP:
            raise ValueError(f"recipe {version.recipe_id} contains itself")
        uses = []
        for part in version.data["ingredients"]:
            net, usable = batches * Fraction(part["quantity"]), _usable(part)
            optional = bool(part.get("is_optional"))
            if part.get("material_id") is not None:
                ingredients = version.data["ingredients"]
                uses.append(Use(part["material_id"], net, part["unit"], usable, ingredients, optional))
            elif not optional:
                sub = self.version_at(part["sub_recipe_id"], at)
                amount = net / usable * ratio(part["unit"], _given(sub.data, "yield_unit", "portion"))
                uses += self._uses(sub, at, amount / Fraction(_given(sub.data, "yield_quantity", 1)), depth + 1)
        return uses

    def _option(self, uses: list[Use], whole: list[Use], modifier: Any, version: Version) -> list[Use]:
        material = modifier["material_id"]
        if modifier["action"] == "REMOVE":
            return [use for use in uses if use.material != material]
        if modifier["action"] == "SWAP":
            return [self._swapped(use, modifier) if use.material == material else use for use in uses]
        there = [use for use in whole if use.material == material]
        if modifier.get("quantity") is None:
            chosen = [use for use in there if use.optional] or there
            return uses + [use._replace(optional=False) for use in chosen]
        unit = modifier.get("unit") or self._unit_of(material)
        usable = there[0].usable if there else Fraction(1)
        return [*uses, Use(material, Fraction(modifier["quantity"]), unit, usable, version.data["ingredients"], False)]

    def _swapped(self, use: Use, modifier: Any) -> Use:
        other = modifier["with_material_id"]
        own = next((_usable(part) for part in use.ingredients if part.get("material_id") == other), Fraction(1))
        net, unit = use.net, use.unit
        try:
            self._unit(other, unit)
        except NoPath:
            former = self.materials[use.material]
            goal = self._unit_of(other)
            net = net * ratio(unit, goal, density=former.get("density"), packs=former.get("packs") or ())
            unit = goal
        return Use(other, net, unit, own, use.ingredients, False)

    def _unit_of(self, material: int) -> str:
        data = self.materials[material]
        found: str = data["unit_of_measure"] if data.get("unit_of_measure") is not None else data["unit"]
        return found

    def _unit(self, material: int, unit: str) -> Fraction:
        data = self.materials[material]
        goal = self._unit_of(material)
        return ratio(unit, goal, density=data.get("density"), packs=data.get("packs") or ())


def said_at(event: Event) -> datetime:
    """The instant of a definition: its own, else the envelope's, else the broker's (R6)."""
    stated = event.data.get("occurred_at") or event.time
    return instant(stated) if stated else datetime.fromtimestamp(event.timestamp_ms / 1000, UTC)


def _given(data: Any, name: str, default: Any) -> Any:
    value = data.get(name)
    return default if value is None else value


def _usable(part: Any) -> Fraction:
    return Fraction(_given(part, "usable_yield", 1)) * (1 - Fraction(_given(part, "attrition", 0)))


def _cut(version: Version, end: datetime) -> Version:
    return version if version.end is not None and version.end <= end else version._replace(end=end)
