"""All SQL of the recipe worker: the book read whole, averages by outlet, definitions one by one, consumption by COPY.

A definition is written on its own, because the row changes its triggers tell carry the event and the user (R70).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from consumers.recipe.book import Book, Material, Recipe, Version
from db.copy import Table
from schemas.recipe import Ingredient, MaterialUpserted, Pack, RecipeUpserted

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from mesh.batch import Batch

CONSUMPTION = Table(
    "coralserve_recipe.material_consumption", event_id="text run", transaction_id="int8 run", outlet_id="int8",
    consumption_date="date", business_date="date", line_id="int4", recipe_id="int8", recipe_version="int8",
    material_id="int8", unit="label", quantity_consumed="numeric", quantity_per_unit="numeric", unit_cost="numeric",
    total_cost="numeric",
)  # fmt: skip
AVERAGES = Table("coralserve_recipe.material_costs", outlet_id="int8", material_id="int8", unit_cost="numeric")
DEFINITIONS = Table("coralserve_recipe.definitions")
"""No table of the database: under this name a batch keeps its definitions, in order, until they are written."""

AWAITS = {
    "material": "SELECT id::text FROM coralserve_recipe.raw_materials WHERE id = ANY($1::text[]::bigint[])",
    "recipe": "SELECT id::text FROM coralserve_recipe.recipes WHERE id = ANY($1::text[]::bigint[])",
}

LOAD_MATERIALS = "SELECT id, unit_of_measure, cost_per_unit, density, packs, sku FROM coralserve_recipe.raw_materials"
LOAD_RECIPES = "SELECT id, product_id FROM coralserve_recipe.recipes"
LOAD_VERSIONS = """
SELECT id, recipe_id, effective_from, effective_to, yield_quantity, yield_unit, serving_quantity
FROM coralserve_recipe.recipe_versions ORDER BY recipe_id, effective_from
"""
LOAD_INGREDIENTS = """
SELECT recipe_version_id, material_id, sub_recipe_id, quantity, unit, usable_yield, attrition, is_optional
FROM coralserve_recipe.recipe_ingredients WHERE recipe_version_id IS NOT NULL ORDER BY recipe_version_id, id
"""
LOAD_AVERAGES = """
SELECT outlet_id, material_id, unit_cost FROM coralserve_recipe.material_costs WHERE outlet_id = ANY($1::bigint[])
"""
NEW_VERSION_IDS = """
SELECT nextval(pg_get_serial_sequence('coralserve_recipe.recipe_versions', 'id')) FROM generate_series(1, $1)
"""
PUT_AVERAGES = """
INSERT INTO coralserve_recipe.material_costs AS c (outlet_id, material_id, unit_cost)
SELECT outlet_id, material_id, unit_cost
FROM unnest($1::bigint[], $2::bigint[], $3::numeric[]) AS u(outlet_id, material_id, unit_cost)
ON CONFLICT (outlet_id, material_id) DO UPDATE SET unit_cost = excluded.unit_cost
"""

AUTHOR = "SELECT set_config('coralserve.user_id', $1, true), set_config('coralserve.event_id', $2, true)"
PUT_MATERIAL = """
INSERT INTO coralserve_recipe.raw_materials
    (id, name, sku, description, unit_of_measure, cost_per_unit, supplier_id, min_stock_level, max_stock_level,
     expiry_days, storage_conditions, category, status, density, packs)
VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, 0), $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, sku = excluded.sku, description = excluded.description,
    unit_of_measure = excluded.unit_of_measure, cost_per_unit = excluded.cost_per_unit,
    supplier_id = excluded.supplier_id, min_stock_level = excluded.min_stock_level,
    max_stock_level = excluded.max_stock_level, expiry_days = excluded.expiry_days,
    storage_conditions = excluded.storage_conditions, category = excluded.category, status = excluded.status,
    density = excluded.density, packs = excluded.packs, updated_at = CURRENT_TIMESTAMP
"""
PUT_RECIPE = """
INSERT INTO coralserve_recipe.recipes
    (id, name, product_id, description, yield_quantity, yield_unit, serving_quantity, preparation_time, cooking_time,
     difficulty_level, status, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, product_id = excluded.product_id, description = excluded.description,
    yield_quantity = excluded.yield_quantity, yield_unit = excluded.yield_unit,
    serving_quantity = excluded.serving_quantity, preparation_time = excluded.preparation_time,
    cooking_time = excluded.cooking_time, difficulty_level = excluded.difficulty_level, status = excluded.status,
    updated_at = CURRENT_TIMESTAMP
"""
RETIRE_RECIPE = "UPDATE coralserve_recipe.recipes SET status = 'INACTIVE', updated_at = CURRENT_TIMESTAMP WHERE id = $1"
PUT_VERSION = """
INSERT INTO coralserve_recipe.recipe_versions
    (id, recipe_id, effective_from, effective_to, yield_quantity, yield_unit, serving_quantity, event_id, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET
    effective_to = excluded.effective_to, yield_quantity = excluded.yield_quantity,
    yield_unit = excluded.yield_unit, serving_quantity = excluded.serving_quantity, event_id = excluded.event_id
"""
END_VERSIONS = """
UPDATE coralserve_recipe.recipe_versions AS v SET effective_to = u.effective_to
FROM unnest($1::bigint[], $2::timestamptz[]) AS u(id, effective_to) WHERE v.id = u.id
"""
DROP_INGREDIENTS = "DELETE FROM coralserve_recipe.recipe_ingredients WHERE recipe_version_id = $1"
DROP_INSTRUCTIONS = "DELETE FROM coralserve_recipe.recipe_instructions WHERE recipe_version_id = $1"
PUT_INGREDIENT = """
INSERT INTO coralserve_recipe.recipe_ingredients
    (recipe_id, recipe_version_id, material_id, sub_recipe_id, quantity, unit, usable_yield, attrition, is_optional,
     preparation_notes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
PUT_INSTRUCTION = """
INSERT INTO coralserve_recipe.recipe_instructions
    (recipe_id, recipe_version_id, step_number, instruction, time_required, temperature)
VALUES ($1, $2, $3, $4, $5, $6)
"""


class Author(Struct, frozen=True):
    """Whose definition it is: the event, and the user it names (0: nobody)."""

    event_id: str
    user_id: int


class MaterialDefined(Struct, frozen=True):
    """A material to be written as its event says."""

    author: Author
    data: MaterialUpserted


class RecipeDefined(Struct, frozen=True):
    """A recipe to be written: `version` is the new or replaced one, `ended` are others that now end elsewhere."""

    author: Author
    data: RecipeUpserted
    version: Version
    ended: tuple[Version, ...]


class RecipeEnded(Struct, frozen=True):
    """A recipe retired, its versions ending there."""

    author: Author
    recipe_id: int
    ended: tuple[Version, ...]


async def load_book(db: Connection) -> Book:
    """Every material and recipe, as of one instant."""
    async with db.transaction(isolation="repeatable_read", readonly=True):
        materials = await db.fetch(LOAD_MATERIALS)
        recipes = await db.fetch(LOAD_RECIPES)
        versions = await db.fetch(LOAD_VERSIONS)
        ingredients = await db.fetch(LOAD_INGREDIENTS)
    book = Book()
    for row in materials:
        book.put_material(_material(row))
    parts = {key: tuple(map(_ingredient, rows)) for key, rows in groupby(ingredients, itemgetter("recipe_version_id"))}
    by_recipe = {
        key: tuple(_version(row, parts.get(row["id"], ())) for row in rows)
        for key, rows in groupby(versions, itemgetter("recipe_id"))
    }
    for row in recipes:
        if row["id"] in by_recipe:
            book.put_recipe(Recipe(row["id"], row["product_id"], by_recipe[row["id"]]))
    return book


def _material(row: Record) -> Material:
    packs = msgspec.json.decode(row["packs"] or "[]", type=tuple[Pack, ...])
    return Material(row["id"], row["unit_of_measure"], row["cost_per_unit"], row["density"], packs, row["sku"])


def _version(row: Record, ingredients: tuple[Ingredient, ...]) -> Version:
    return Version(
        row["id"], row["recipe_id"], row["effective_from"], row["effective_to"], row["yield_quantity"],
        row["yield_unit"], row["serving_quantity"], ingredients,
    )  # fmt: skip


def _ingredient(row: Record) -> Ingredient:
    return Ingredient(
        quantity=row["quantity"], unit=row["unit"], material_id=row["material_id"], sub_recipe_id=row["sub_recipe_id"],
        usable_yield=row["usable_yield"], attrition=row["attrition"], is_optional=row["is_optional"] is True,
    )  # fmt: skip


async def load_averages(db: Connection, outlet_ids: Collection[int]) -> dict[int, dict[int, Decimal]]:
    """Moving averages by outlet and material (R34); an outlet without any has an empty mapping."""
    found: dict[int, dict[int, Decimal]] = {outlet_id: {} for outlet_id in outlet_ids}
    for row in await db.fetch(LOAD_AVERAGES, list(outlet_ids)):
        found[row["outlet_id"]][row["material_id"]] = row["unit_cost"]
    return found


async def new_version_ids(db: Connection, count: int) -> list[int]:
    """Ids for versions that are about to be defined, so that sales of the same batch can name them."""
    return [row[0] for row in await db.fetch(NEW_VERSION_IDS, count)]


async def put_averages(tx: Connection, rows: Sequence[tuple[int, int, Decimal]]) -> None:
    """The last average of each (outlet, material), in one order of locks."""
    if not rows:
        return
    last = sorted({(outlet_id, material_id): cost for outlet_id, material_id, cost in rows}.items())
    columns = [key[0] for key, _ in last], [key[1] for key, _ in last], [cost for _, cost in last]
    await tx.execute(PUT_AVERAGES, *columns)


async def save(tx: Connection, batch: Batch) -> None:
    """Definitions in their order, then averages, then what was consumed."""
    for (definition,) in batch.rows(DEFINITIONS):
        await _define(tx, definition)
    await put_averages(tx, batch.rows(AVERAGES))
    await CONSUMPTION.write(tx, batch.rows(CONSUMPTION))


async def _define(tx: Connection, definition: MaterialDefined | RecipeDefined | RecipeEnded) -> None:
    author = definition.author
    await tx.fetchrow(AUTHOR, str(author.user_id), author.event_id)
    if isinstance(definition, MaterialDefined):
        await _put_material(tx, definition.data)
        return
    if isinstance(definition, RecipeDefined):
        await _put_recipe(tx, definition)
    else:
        await tx.execute(RETIRE_RECIPE, definition.recipe_id)
    ids, ends = [v.id for v in definition.ended], [v.ends_at for v in definition.ended]
    await tx.execute(END_VERSIONS, ids, ends)


async def _put_material(tx: Connection, data: MaterialUpserted) -> None:
    await tx.execute(
        PUT_MATERIAL, data.material_id, data.name, data.sku, data.description, data.unit_of_measure,
        data.cost_per_unit, data.supplier_id, data.min_stock_level, data.max_stock_level, data.expiry_days,
        data.storage_conditions, data.category, data.status, data.density, msgspec.json.encode(data.packs).decode(),
    )  # fmt: skip


async def _put_recipe(tx: Connection, definition: RecipeDefined) -> None:
    author, data, version = definition.author, definition.data, definition.version
    await tx.execute(
        PUT_RECIPE, data.recipe_id, data.name, data.product_id, data.description, data.yield_quantity, data.yield_unit,
        data.serving_quantity, data.preparation_time, data.cooking_time, data.difficulty_level, data.status,
        author.user_id,
    )  # fmt: skip
    await tx.execute(
        PUT_VERSION, version.id, version.recipe_id, version.starts_at, version.ends_at, version.yield_quantity,
        version.yield_unit, version.serving_quantity, author.event_id, author.user_id,
    )  # fmt: skip
    owner = (version.recipe_id, version.id)
    await tx.execute(DROP_INGREDIENTS, version.id)
    await tx.executemany(PUT_INGREDIENT, [
        (*owner, i.material_id, i.sub_recipe_id, i.quantity, i.unit, i.usable_yield, i.attrition, i.is_optional,
         i.preparation_notes)
        for i in data.ingredients
    ])  # fmt: skip
    await tx.execute(DROP_INSTRUCTIONS, version.id)
    await tx.executemany(PUT_INSTRUCTION, [
        (*owner, i.step_number, i.instruction, i.time_required, i.temperature) for i in data.instructions
    ])  # fmt: skip
