"""What a line's modifiers make of an explosion (R32). They act in the order of the line, net per unit sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec.structs import replace

from consumers.recipe.book import Material, Version
from consumers.recipe.explosion import Use, unit_factor, usable_fraction
from schemas.errors import Reject, Wait
from schemas.pos import Modifier
from schemas.reasons import Reason
from schemas.units import factor

WHOLE = Fraction(1)


def with_options(
    uses: Sequence[Use],
    modifiers: Sequence[Modifier],
    *,
    version: Version,
    materials: Mapping[int, Material],
    field: str,
) -> tuple[Use, ...]:
    """The uses after ADD, REMOVE and SWAP; optional ones only where added (R32).

    `version` is the recipe of the product sold, `field` the path of the line's modifiers. Raises Wait for a material
    nobody has defined yet, Reject MISSING_FIELD or NO_UNIT_PATH, naming the modifier.
    """
    used = [use for use in uses if not use.is_optional]
    for index, modifier in enumerate(modifiers):
        path = f"{field}[{index}]"
        if modifier.action == "ADD":
            used += _added(uses, modifier, version=version, materials=materials, path=path)
        elif modifier.action == "REMOVE":
            used = [use for use in used if use.material_id != modifier.material_id]
        else:
            used = [_swapped(use, modifier, materials=materials, path=path) for use in used]
    return tuple(used)


def _added(
    uses: Sequence[Use], modifier: Modifier, *, version: Version, materials: Mapping[int, Material], path: str
) -> list[Use]:
    """What the ADD brings: its own quantity, else the recipe's, of the optional uses first (R32)."""
    material = known(materials, modifier.material_id, field=f"{path}.material_id")
    there = [use for use in uses if use.material_id == material.id]
    if modifier.quantity is not None:
        usable = there[0].usable if there else WHOLE
        unit = modifier.unit or material.unit
        _require_path(material, unit, field=f"{path}.unit")
        return [Use(material.id, Fraction(modifier.quantity), unit, usable, version)]
    if not there:
        raise Reject(Reason.MISSING_FIELD, field=f"{path}.quantity", detail="the material is not part of the recipe")
    optional = [use for use in there if use.is_optional]
    return [replace(use, is_optional=False) for use in optional or there]


def _swapped(use: Use, modifier: Modifier, *, materials: Mapping[int, Material], path: str) -> Use:
    """The same net quantity of the other material, at its own usable yield in that recipe, else all usable (R32)."""
    if use.material_id != modifier.material_id:
        return use
    if modifier.with_material_id is None:
        raise Reject(Reason.MISSING_FIELD, field=f"{path}.with_material_id")
    material = known(materials, modifier.with_material_id, field=f"{path}.with_material_id")
    own = (usable_fraction(i) for i in use.version.ingredients if i.material_id == material.id)
    net, unit = use.net, use.unit
    try:
        unit_factor(material, unit)
    except Reject:
        net, unit = _through_former(materials[use.material_id], material, net=net, unit=unit, path=path), material.unit
    return Use(material.id, net, unit, next(own, WHOLE), use.version)


def _through_former(former: Material, material: Material, *, net: Fraction, unit: str, path: str) -> Fraction:
    """A quantity written in the former material's pack, or kept by its density, in the new material's unit."""
    try:
        return net * factor(unit, material.unit, density=former.density, packs=former.packs)
    except Reject as error:
        raise Reject(Reason.NO_UNIT_PATH, field=f"{path}.with_material_id", detail=error.detail) from error


def _require_path(material: Material, unit: str, *, field: str) -> None:
    try:
        unit_factor(material, unit)
    except Reject as error:
        raise Reject(Reason.NO_UNIT_PATH, field=field, detail=error.detail) from error


def known(materials: Mapping[int, Material], material_id: int, *, field: str) -> Material:
    """The material. Raises Wait UNKNOWN_MATERIAL until somebody defines it."""
    material = materials.get(material_id)
    if material is None:
        raise Wait(f"material:{material_id}", reason=Reason.UNKNOWN_MATERIAL, field=field)
    return material
