"""What the tables themselves refuse: a second application of an event, and what can never be true."""

from __future__ import annotations

import asyncpg
import pytest

UNIQUE, CHECK, KEY = asyncpg.UniqueViolationError, asyncpg.CheckViolationError, asyncpg.ForeignKeyViolationError


@pytest.fixture
async def stocked(admin, places):
    """A lot, a shortfall, a recipe with its material, and a tax rule."""
    await admin.execute("""
        INSERT INTO coralserve_inventory.stock_items (id, product_id, outlet_id, batch_number, quantity)
        VALUES (1, 42, 3, 'A', 10), (2, 42, 3, 'SHORTFALL', -3);
        INSERT INTO coralserve_recipe.raw_materials (id, name, unit_of_measure) VALUES (7, 'milk', 'ml');
        INSERT INTO coralserve_recipe.recipes (id, name, product_id, yield_quantity, yield_unit, created_by)
        VALUES (5, 'latte', 42, 1, 'cup', 0);
        INSERT INTO coralserve_tax.tax_rules (id, country_code, tax_type, tax_name, rate, effective_date)
        VALUES (1, 'US', 'SALES', 'Sales', 0.08, '2025-01-01');
    """)
    return admin


def movement(kind="OUT", *, item=1, event="'e1'", line="1", adjusts="NULL"):
    return f"""
        INSERT INTO coralserve_inventory.stock_movements
            (stock_item_id, movement_type, quantity, created_by, event_id, line_id, adjusts_id)
        VALUES ({item}, '{kind}', 1, 0, {event}, {line}, {adjusts})
    """


TWO_ALLOCATIONS = """
INSERT INTO coralserve_inventory.stock_movements (id, stock_item_id, movement_type, quantity, created_by)
VALUES (101, 1, 'OUT', -1, 0), (102, 1, 'OUT', -1, 0)
"""
MOVEMENTS = [
    pytest.param([movement(), movement()], UNIQUE, id="a sale twice"),
    pytest.param([movement(line="NULL"), movement(line="NULL")], UNIQUE, id="a receipt twice: no line"),
    pytest.param([movement("IN"), movement("WASTE")], None, id="IN and WASTE of one refund"),
    pytest.param([movement(), movement(item=2)], None, id="a lot and the shortfall"),
    pytest.param([movement(), movement(line="2")], None, id="two lines of one sale"),
    pytest.param(
        [movement(event="NULL"), movement(event="NULL")], None, id="rows of no event, as the seed writes them"
    ),
    pytest.param(
        [
            TWO_ALLOCATIONS,
            movement("IN", adjusts=101),
            movement("IN", adjusts=102),
        ],
        None,
        id="two allocations of one lot undone",
    ),
    pytest.param([movement("IN", adjusts=999)], KEY, id="undoing what is not there"),
]


@pytest.mark.parametrize(("statements", "refused"), MOVEMENTS)
async def test_a_movement_is_applied_once(stocked, statements, refused):
    """Whatever the worker believes, the ledger takes an event's effect once (I6)."""
    if refused is None:
        for statement in statements:
            await stocked.execute(statement)
        return
    for statement in statements[:-1]:
        await stocked.execute(statement)
    with pytest.raises(refused):
        await stocked.execute(statements[-1])


CONSUMPTION = """
INSERT INTO coralserve_recipe.material_consumption
    (recipe_id, transaction_id, outlet_id, consumption_date, quantity_consumed, event_id, line_id, material_id)
VALUES (5, 9001, 3, '2025-01-01', 1, 'e1', 1, 7)
"""
TAX = """
INSERT INTO coralserve_tax.tax_transactions
    (transaction_id, tax_rule_id, taxable_amount, tax_amount, tax_rate, event_id, line_id, kind)
VALUES (9001, 1, 10, 0.8, 0.08, 'e1', 1, 'SALE')
"""


@pytest.mark.parametrize("row", [CONSUMPTION, TAX], ids=["consumption", "tax"])
async def test_other_ledgers_apply_once(stocked, row):
    """The sale itself is another worker's row and may not be there yet: no key waits for it."""
    await stocked.execute(row)
    with pytest.raises(UNIQUE):
        await stocked.execute(row)


ITEM = (
    "INSERT INTO coralserve_inventory.stock_items (outlet_id, product_id, material_id, batch_number, quantity) VALUES "
)
REFUSALS = [
    pytest.param(
        "UPDATE coralserve_inventory.stock_items SET quantity = 0.000001 WHERE id = 2", CHECK, id="shortfall up"
    ),
    pytest.param(ITEM + "(3, 42, NULL, 'SHORTFALL', 0)", UNIQUE, id="a second shortfall"),
    pytest.param(ITEM + "(3, 42, 7, 'B', 1)", CHECK, id="a lot of two things"),
    pytest.param(ITEM + "(3, NULL, NULL, 'B', 1)", CHECK, id="a lot of nothing"),
    pytest.param(ITEM + "(99, 42, NULL, 'B', 1)", KEY, id="an unknown outlet"),
    pytest.param(ITEM + "(3, 99, NULL, 'B', 1)", KEY, id="an unknown product"),
    pytest.param("UPDATE coralserve_tax.tax_rules SET rate = 10", CHECK, id="a rate of 1000%"),
    pytest.param("UPDATE coralserve_tax.tax_rules SET rate = -0.01", CHECK, id="a negative rate"),
    pytest.param("UPDATE coralserve_tax.tax_rules SET stacking = 'OR'", CHECK, id="stacking"),
    pytest.param(
        "UPDATE smartoutlet_outlet.outlets SET business_day_cutoff = '12:01'", CHECK, id="a cutoff after noon"
    ),
    pytest.param(
        "INSERT INTO coralserve_recipe.recipe_ingredients (recipe_id, material_id, sub_recipe_id, quantity, unit)"
        " VALUES (5, 7, 5, 1, 'ml')",
        CHECK,
        id="an ingredient that is two things",
    ),
    pytest.param(
        "INSERT INTO coralserve_recipe.recipe_ingredients (recipe_id, material_id, attrition, quantity, unit)"
        " VALUES (5, 7, 1, 1, 'ml')",
        CHECK,
        id="attrition of everything",
    ),
    pytest.param(
        "INSERT INTO coralserve_tax.tax_documents"
        " (transaction_id, version, outlet_id, currency, net, tax, gross, status, local_date)"
        " VALUES (1, 1, 3, 'USD', 1, 1, 3, 'COMPUTED', '2025-01-01')",
        CHECK,
        id="a document that does not add up",
    ),
]


@pytest.mark.parametrize(("statement", "refused"), REFUSALS)
async def test_what_can_never_be_true_is_refused(stocked, statement, refused):
    """Invariants are asserted in the rules and again here, where a defect in the rules cannot reach."""
    with pytest.raises(refused):
        await stocked.execute(statement)


async def test_shortfall_per_item_and_outlet(stocked):
    """One each: for another outlet, and for a material beside a product."""
    await stocked.execute(ITEM + "(4, 42, NULL, 'SHORTFALL', -1), (3, NULL, 7, 'SHORTFALL', -1)")
    with pytest.raises(UNIQUE):
        await stocked.execute(ITEM + "(3, NULL, 7, 'SHORTFALL', -1)")


EXACT = [
    pytest.param("coralserve_tax.tax_rules", "rate", "0.099750", id="QST"),
    pytest.param("coralserve_tax.tax_rules", "rate", "0.088750", id="NYC"),
    pytest.param("coralserve_recipe.raw_materials", "cost_per_unit", "0.000050", id="a gram of salt"),
    pytest.param("smartoutlet_product.products", "price", "1.2340", id="KWD"),
    pytest.param("coralserve_inventory.stock_items", "unit_cost", "0.049000", id="40 x 0.049"),
]


@pytest.mark.parametrize(("table", "column", "value"), EXACT)
async def test_numbers_are_kept_exactly(stocked, table, column, value):
    """PostgreSQL rounds silently to a column's scale: each of these was lost in the seed's types (R0)."""
    found = await stocked.fetchval(f"UPDATE {table} SET {column} = {value} RETURNING {column}")
    assert str(found) == value


async def test_sequences_stay_free_for_given_ids(stocked):
    """The sender gives ids where an event has one; where it gives none, the seed's sequence does."""
    given = await stocked.fetchval("INSERT INTO coralserve_staff.task_categories (name) VALUES ('x') RETURNING id")
    assert given == 1


async def test_the_system_user_cannot_log_in(admin):
    """Rows whose event names nobody carry user 0; its password matches no hash."""
    row = await admin.fetchrow("SELECT username, password FROM smartoutlet_auth.users WHERE id = 0")
    assert tuple(row) == ("system", "!")
