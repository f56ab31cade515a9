"""The seed's schema is contained in ours: the seed is created beside it and the two catalogues are compared."""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg
import pytest

SEED = (Path(__file__).parent / "seed.sql").read_text(encoding="utf-8")
TABLES = """
coralserve_inventory: stock_items stock_movements suppliers purchase_orders purchase_order_items
coralserve_recipe: raw_materials recipes recipe_ingredients recipe_instructions material_consumption
coralserve_staff: staff_members shifts attendance tasks task_categories
coralserve_tax: tax_rules product_tax_mapping tax_transactions
coralserve_analytics: analytics_cache forecast_models custom_reports
coralserve_audit: audit_logs data_backups
"""
SEED_TABLES = {
    f"{line.split(':')[0]}.{table}" for line in TABLES.strip().splitlines() for table in line.split(":")[1].split()
}
TYPE = re.compile(r"^([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( with(?:out)? time zone)?$")
LOOSENED = {
    "coralserve_inventory.stock_items.product_id",
    "coralserve_inventory.purchase_order_items.product_id",
    "coralserve_recipe.recipe_ingredients.material_id",
}
"""Columns that may be empty now, because a material or a sub-recipe may stand in their place."""
NOT_ENFORCED = {
    "coralserve_recipe.raw_materials.fk_material_supplier",
    "coralserve_recipe.material_consumption.fk_consumption_transaction",
    "coralserve_tax.tax_transactions.fk_tax_transaction_transaction",
}
WIDER_STATUS = "coralserve_inventory.purchase_orders.purchase_orders_status_check"


@pytest.fixture
async def seed(empty_database, catalogue):
    """The seed's own catalogue, without the till's schemas it only points at."""
    connection = await asyncpg.connect(empty_database)
    await connection.execute(SEED)
    await connection.close()
    found = await catalogue(empty_database)
    return {
        part: {name: text for name, text in entries.items() if not name.startswith("smartoutlet")}
        for part, entries in found.items()
    }


def holds(seed: str, ours: str) -> bool:
    """Whether every value of the seed's type is a value of ours."""
    if seed == ours or (seed == "timestamp without time zone" and ours == "timestamp with time zone"):
        return True
    wide = TYPE.match(ours)
    if wide is None or wide[1] != "numeric":
        return False
    whole, decimals = int(wide[2]) - int(wide[3]), int(wide[3])
    if seed == "integer":
        return whole >= 10
    narrow = TYPE.match(seed)
    return (
        narrow is not None
        and narrow[1] == "numeric"
        and int(narrow[2]) - int(narrow[3]) <= whole
        and int(narrow[3]) <= decimals
    )


def test_every_seed_table_is_there(seed, fresh):
    """A missing table means a service that cannot be told what the seed's users already store."""
    tables = {name.rsplit(".", 1)[0] for name in seed["column"]}
    assert tables == SEED_TABLES
    assert tables <= {name.rsplit(".", 1)[0] for name in fresh["column"]}
    assert len(tables) == 23


def test_every_seed_column_is_there_and_no_type_narrower(seed, fresh):
    """Whatever the seed accepts must be accepted: a narrower type rounds or refuses somebody's data."""
    for name, text in seed["column"].items():
        kind, required, default = text.split("|", 2)
        our_kind, our_required, our_default = fresh["column"][name].split("|", 2)
        assert holds(kind, our_kind), f"{name}: {kind} does not fit {our_kind}"
        assert required == our_required or name in LOOSENED, name
        assert default == our_default, name


def test_every_seed_index_is_there(seed, fresh):
    """Queries written for the seed keep their plans."""
    assert {name: text for name, text in seed["index"].items() if fresh["index"].get(name) != text} == {}


def test_every_seed_constraint_is_there(seed, fresh):
    """Keys and checks by name and content: only relations to rows of another worker are not enforced."""
    for name, text in seed["constraint"].items():
        found = fresh["constraint"][name]
        if name in NOT_ENFORCED:
            assert found == text.removesuffix(" t") + " NOT ENFORCED f"
        elif name == WIDER_STATUS:
            assert set(re.findall(r"'(\w+)'", found)) == set(re.findall(r"'(\w+)'", text)) | {"PARTIALLY_RECEIVED"}
        else:
            assert found == text, name
