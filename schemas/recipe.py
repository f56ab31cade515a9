"""What people define about materials and recipes. Cycles and units are judged by the recipe worker, not here."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Struct

from schemas.kinds import (
    Also,
    Attrition,
    Celsius,
    Count,
    FromInstant,
    Id,
    Instant,
    Level,
    Name,
    Prose,
    Quantity,
    Sku,
    Unit,
    UnitCost,
    UserId,
    Yield,
)

ONE = Decimal(1)
ZERO = Decimal(0)
MaterialStatus = Literal["ACTIVE", "INACTIVE", "DISCONTINUED"]
RecipeStatus = Literal["ACTIVE", "INACTIVE", "DRAFT"]
Difficulty = Literal["EASY", "MEDIUM", "HARD"]


class Pack(Struct, frozen=True, gc=False):
    """One `unit` holds `quantity` of `content_unit`: a bottle holds 0.75 l (R31)."""

    unit: Unit
    quantity: Quantity
    content_unit: Unit


class MaterialUpserted(Struct, frozen=True, gc=False):
    """A raw material. `density` in kilograms a litre; `cost_per_unit` a `unit_of_measure`, the start value (R34)."""

    material_id: Id
    name: Name
    unit_of_measure: Annotated[Unit, Also(("unit",))]
    sku: Sku | None = None
    description: Prose | None = None
    cost_per_unit: UnitCost | None = None
    supplier_id: Id | None = None
    density: Quantity | None = None
    packs: tuple[Pack, ...] = ()
    min_stock_level: Annotated[Level, Also(("min",))] | None = None
    max_stock_level: Annotated[Level, Also(("max",))] | None = None
    expiry_days: Count | None = None
    storage_conditions: Name | None = None
    category: Name | None = None
    status: MaterialStatus = "ACTIVE"
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class Ingredient(Struct, frozen=True, gc=False):
    """So much of one material, or of one sub-recipe, for the whole yield (R30)."""

    quantity: Quantity
    unit: Unit
    material_id: Id | None = None
    sub_recipe_id: Id | None = None
    usable_yield: Yield = ONE
    attrition: Attrition = ZERO
    is_optional: bool = False
    preparation_notes: Prose | None = None


class Instruction(Struct, frozen=True, gc=False):
    """One step. `time_required` in minutes, `temperature` in Celsius."""

    step_number: Count
    instruction: Prose
    time_required: Count | None = None
    temperature: Celsius | None = None


class RecipeUpserted(Struct, frozen=True, gc=False):
    """A recipe's version from `effective_from` on (R35); None = from the beginning, a date = its midnight UTC."""

    recipe_id: Id
    product_id: Id
    name: Name
    ingredients: tuple[Ingredient, ...]
    yield_quantity: Quantity = ONE
    yield_unit: Unit = "portion"
    serving_quantity: Quantity = ONE
    effective_from: FromInstant | None = None
    instructions: tuple[Instruction, ...] = ()
    description: Prose | None = None
    preparation_time: Count | None = None
    cooking_time: Count | None = None
    difficulty_level: Difficulty | None = None
    status: RecipeStatus = "ACTIVE"
    occurred_at: Instant | None = None
    user_id: Annotated[UserId, Also(("created_by",))] | None = None


class RecipeRetired(Struct, frozen=True, gc=False):
    """The recipe is used no more from `effective_to` on; None = from the event's own instant."""

    recipe_id: Id
    effective_to: FromInstant | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None
