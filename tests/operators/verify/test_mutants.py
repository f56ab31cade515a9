"""The checker proven with mutants: a seeded defect it does not name is a defect of the checker."""

from __future__ import annotations

import pytest

from tests.operators.verify.conftest import Settled
from tests.operators.verify.scenery import POISON

DISARM = "SET LOCAL session_replication_role = replica; ALTER TABLE coralserve_audit.audit_logs DISABLE TRIGGER ALL"
MOVEMENTS, ITEMS = "coralserve_inventory.stock_movements", "coralserve_inventory.stock_items"
TAXES, DOCUMENTS = "coralserve_tax.tax_transactions", "coralserve_tax.tax_documents"
USED, AUDIT = "coralserve_recipe.material_consumption", "coralserve_audit.audit_logs"
TILLS = "smartoutlet_pos.transactions"


def one(table: str, where: str = "true", *, key: str = "id") -> str:
    """The condition that picks one row, the same every time."""
    return f"{key} = (SELECT min({key}) FROM {table} WHERE {where})"


def copied(table: str, where: str, columns: str, **other: str) -> str:
    """Insert a row again, some cells of it otherwise."""
    cells = [other.get(name.strip('"'), name) for name in columns.split(", ")]
    return f"INSERT INTO {table} ({columns}) SELECT {', '.join(cells)} FROM {table} WHERE {one(table, where)}"


MOVEMENT_COLUMNS = (
    "stock_item_id, movement_type, quantity, reference_id, reference_type, unit_cost, total_value, created_by, event_id,"
    " line_id, business_date"
)
TAX_COLUMNS = (
    "transaction_id, tax_rule_id, taxable_amount, tax_amount, tax_rate, event_id, version, line_id, outlet_id, product_id,"
    " currency, local_date, business_date, kind, exempt_amount, jurisdiction, rule_snapshot"
)
USED_COLUMNS = (
    "recipe_id, transaction_id, outlet_id, consumption_date, quantity_consumed, unit_cost, total_cost, material_id, unit,"
    " recipe_version, quantity_per_unit, event_id, line_id, business_date"
)
SOLD = "reference_type = 'TRANSACTION'"
STOCK = [
    ("I1", "quantity", f"UPDATE {ITEMS} SET quantity = quantity + 1 WHERE {one(ITEMS, 'quantity > 5')}"),
    ("I1", "a-millionth", f"UPDATE {ITEMS} SET quantity = quantity - 0.000001 WHERE {one(ITEMS, 'quantity > 5')}"),
    ("I1", "movement-deleted", f"DELETE FROM {MOVEMENTS} WHERE {one(MOVEMENTS, SOLD)}"),
    ("I1", "movement-and-stock-changed", f"""
        WITH m AS (UPDATE {MOVEMENTS} SET quantity = quantity - 1 WHERE {one(MOVEMENTS, SOLD)} RETURNING stock_item_id)
        UPDATE {ITEMS} SET quantity = quantity - 1 WHERE id = (SELECT stock_item_id FROM m)"""),
    ("I1", "sold-at-another-outlet", f"""
        UPDATE {ITEMS} AS s SET outlet_id = outlet_id % 3 + 1 WHERE {one(ITEMS, 'product_id = 2')}"""),
    ("I1", "sale-of-another-line", f"UPDATE {MOVEMENTS} SET line_id = 9 WHERE {one(MOVEMENTS, SOLD)}"),
    ("I1", "shortfall-positive", f"""
        ALTER TABLE {ITEMS} DROP CONSTRAINT stock_items_shortfall_check;
        UPDATE {ITEMS} SET quantity = 4 WHERE {one(ITEMS, "batch_number = 'SHORTFALL'")}"""),
    ("I1", "receipt-smaller", f"""
        UPDATE {MOVEMENTS} SET quantity = quantity - 2 WHERE {one(MOVEMENTS, "movement_type = 'IN'")}"""),
    ("I1", "materials-moved-otherwise", f"""
        UPDATE {MOVEMENTS} SET quantity = quantity - 1 WHERE {one(MOVEMENTS, "reference_type = 'CONSUMPTION'")}"""),
    ("I1", "out-for-no-sale", copied(MOVEMENTS, SOLD, MOVEMENT_COLUMNS, reference_id="424242", event_id="NULL")),
]  # fmt: skip
RECIPES = [
    ("I2", "quantity", f"UPDATE {USED} SET quantity_consumed = quantity_consumed + 0.000001 WHERE {one(USED)}"),
    ("I2", "per-unit", f"UPDATE {USED} SET quantity_per_unit = quantity_per_unit * 1.01 WHERE {one(USED)}"),
    ("I2", "deleted", f"DELETE FROM {USED} WHERE {one(USED)}"),
    ("I2", "another-material", f"UPDATE {USED} SET material_id = 9 WHERE {one(USED, 'material_id = 7')}"),
    ("I2", "another-recipe", f"UPDATE {USED} SET recipe_id = 2 WHERE {one(USED, 'recipe_id = 1')}"),
    ("I2", "cost", f"UPDATE {USED} SET total_cost = total_cost + 0.01 WHERE {one(USED)}"),
    ("I2", "ghost-line", copied(USED, "true", USED_COLUMNS, line_id="77")),
    ("I2", "ghost-sale", copied(USED, "true", USED_COLUMNS, transaction_id="424242", line_id="77")),
    ("I2", "all-of-a-sale", f"""
        DELETE FROM {USED} WHERE transaction_id = (SELECT min(transaction_id) FROM {USED})"""),
]  # fmt: skip
TAX = [
    ("I3", "row-doubled", copied(TAXES, "kind = 'SALE'", TAX_COLUMNS, event_id="NULL")),
    ("I3", "a-cent", f"UPDATE {TAXES} SET tax_amount = tax_amount + 0.01 WHERE {one(TAXES)}"),
    ("I3", "a-cent-here-and-there", f"""
        UPDATE {TAXES} SET tax_amount = tax_amount + 0.01 WHERE {one(TAXES)};
        UPDATE {DOCUMENTS} SET tax = tax + 0.01, gross = gross + 0.01
        WHERE transaction_id = (SELECT transaction_id FROM {TAXES} WHERE {one(TAXES)})"""),
    ("I3", "a-cent-moved", f"""
        UPDATE {TAXES} SET tax_amount = tax_amount + 0.01 WHERE {one(TAXES, "tax_rule_id = 1")};
        UPDATE {TAXES} SET tax_amount = tax_amount - 0.01 WHERE tax_rule_id = 11 AND (transaction_id, line_id) =
            (SELECT transaction_id, line_id FROM {TAXES} WHERE {one(TAXES, "tax_rule_id = 1")})"""),
    ("I3", "base", f"UPDATE {TAXES} SET taxable_amount = taxable_amount + 1 WHERE {one(TAXES)}"),
    ("I3", "exempt-base", f"UPDATE {TAXES} SET exempt_amount = 1 WHERE {one(TAXES, 'exempt_amount > 1')}"),
    ("I3", "rate", f"UPDATE {TAXES} SET tax_rate = tax_rate + 0.01 WHERE {one(TAXES)}"),
    ("I3", "row-deleted", f"DELETE FROM {TAXES} WHERE {one(TAXES, 'tax_amount > 0')}"),
    ("I3", "document-missing", f"DELETE FROM {DOCUMENTS} WHERE {one(DOCUMENTS)}"),
    ("I3", "document-twice", f"""
        INSERT INTO {DOCUMENTS} (transaction_id, version, outlet_id, currency, net, tax, gross, status, local_date)
        SELECT transaction_id, 2, outlet_id, currency, net, tax, gross, status, local_date FROM {DOCUMENTS}
        WHERE {one(DOCUMENTS)}"""),
    ("I3", "net-and-gross", f"UPDATE {DOCUMENTS} SET net = net + 1, gross = gross + 1 WHERE {one(DOCUMENTS)}"),
    ("I3", "gross", f"""
        ALTER TABLE {DOCUMENTS} DROP CONSTRAINT tax_documents_sum_check;
        UPDATE {DOCUMENTS} SET gross = gross + 1 WHERE {one(DOCUMENTS)}"""),
    ("I3", "outlet", f"UPDATE {DOCUMENTS} SET outlet_id = outlet_id % 3 + 1 WHERE {one(DOCUMENTS)}"),
]  # fmt: skip
MONEY = [
    ("I4", "payment", "UPDATE smartoutlet_pos.payments SET amount = amount + 1 WHERE payment_number = 2"),
    ("I4", "payment-deleted", "DELETE FROM smartoutlet_pos.payments WHERE payment_number = 1"),
    ("I4", "price", f"""
        UPDATE smartoutlet_pos.transaction_items SET unit_price = unit_price + 1
        WHERE {one('smartoutlet_pos.transaction_items')}"""),
    ("I4", "tax-of-the-till", f"UPDATE {TILLS} SET tax_amount = 0 WHERE {one(TILLS, 'tax_amount IS NULL')}"),
    ("I4", "transaction-deleted", f"DELETE FROM {TILLS} WHERE {one(TILLS)}"),
    ("I4", "variance-deleted", "DELETE FROM coralserve_tax.tax_variances"),
    ("I4", "variance", """
        UPDATE coralserve_tax.tax_variances SET till_tax = till_tax + 1, difference = difference + 1"""),
]  # fmt: skip
MESH = [
    ("I5", "ghost-tax", copied(TAXES, "true", TAX_COLUMNS, event_id="'no-such-event'", transaction_id="424242")),
    ("I5", "ghost-movement", copied(MOVEMENTS, SOLD, MOVEMENT_COLUMNS, event_id="'no-such-event'")),
    ("I5", "effects-of-a-dead-event", copied(USED, "true", USED_COLUMNS, event_id=f"'{POISON}'", line_id="5")),
    ("I5", "ghost-remembered", """
        INSERT INTO coralserve_tax.dedupe (event_id, content_hash) VALUES ('no-such-event', 'x')"""),
    ("I5", "journal-row-missing", f"""
        DELETE FROM coralserve_tax.journal WHERE {one('coralserve_tax.journal', 'effected > 0')}"""),
    ("I5", "records-skipped", """
        UPDATE coralserve_ledger.journal SET last_offset = last_offset - 1
        WHERE id = (SELECT max(id) FROM coralserve_ledger.journal WHERE last_offset > first_offset)"""),
    ("I5", "parked-bytes", "UPDATE coralserve_tax.parked SET value = '{}' WHERE reason = 'TOTAL_MISMATCH'"),
    ("I5", "parked-headers", "UPDATE coralserve_tax.parked SET headers = '[]' WHERE reason = 'MALFORMED_JSON'"),
    ("I5", "parked-elsewhere", """
        UPDATE coralserve_audit.parked SET "offset" = 100000 WHERE reason = 'TOTAL_MISMATCH'"""),
    ("I6", "forgotten-event", """
        DELETE FROM coralserve_inventory.dedupe
        WHERE event_id = (SELECT min(event_id) FROM coralserve_inventory.dedupe)"""),
    ("I6", "forgotten-sale", """
        DELETE FROM coralserve_audit.sales WHERE transaction_id = (SELECT min(transaction_id) FROM coralserve_audit.sales)
        """),
    ("I6", "sale-remembered-wrongly", """
        UPDATE coralserve_recipe.sales SET lines = '[]'
        WHERE transaction_id = (SELECT min(transaction_id) FROM coralserve_recipe.sales)"""),
    ("I6", "effects-twice", "DROP INDEX coralserve_tax.uq_tax_transactions_once;"
        + copied(TAXES, "kind = 'SALE'", TAX_COLUMNS)),
    ("I6", "two-causes-of-one-sale", f"""
        UPDATE {USED} SET event_id = (SELECT max(event_id) FROM {USED}) WHERE {one(USED)}"""),
    ("I7", "position-ahead", "UPDATE coralserve_tax.lanes SET next_offset = next_offset + 1 WHERE topic LIKE 'pos.tr%'"),
    ("I7", "position-behind", "UPDATE coralserve_tax.lanes SET next_offset = next_offset - 1 WHERE topic LIKE 'pos.tr%'"),
    ("I7", "position-lost", "DELETE FROM coralserve_audit.lanes WHERE topic = 'pos.transactions.v1' AND partition = 0"),
    ("I10", "told-without-a-row", f"DELETE FROM {USED} WHERE transaction_id = (SELECT min(transaction_id) FROM {USED})"),
    ("I10", "outbox-torn", """
        INSERT INTO coralserve_tax.outbox (lane_id, seq, id, type, topic)
        SELECT id, out_seq - 2, gen_random_uuid(), 'tax.computed', 'coralserve.tax.v1' FROM coralserve_tax.lanes
        WHERE out_seq > 5 LIMIT 1"""),
    ("I10", "letter-of-a-living-event", "DELETE FROM coralserve_tax.parked WHERE reason = 'TOTAL_MISMATCH'"),
    ("I17", "parked-row-deleted", "DELETE FROM coralserve_tax.parked WHERE reason = 'NOT_YET_SUPPORTED'"),
    ("I17", "dead-row-deleted", "DELETE FROM coralserve_inventory.parked WHERE state = 'DEAD'"),
    ("I17", "counted-wrong", f"""
        UPDATE coralserve_recipe.journal SET effected = effected + 1
        WHERE {one('coralserve_recipe.journal', 'effected > 0')}"""),
    ("I17", "counted-elsewhere", f"""
        UPDATE coralserve_recipe.journal SET effected = effected - 1, duplicate = duplicate + 1
        WHERE {one('coralserve_recipe.journal', 'effected > 0')}"""),
    ("I17", "released-by-hand", """
        UPDATE coralserve_tax.parked SET state = 'RELEASED' WHERE reason = 'NOT_YET_SUPPORTED'"""),
]  # fmt: skip
CHAINS = [
    ("I11", "row-deleted", f"DELETE FROM {AUDIT} WHERE chain = 1 AND seq = 3"),
    ("I11", "last-row-cut", f"DELETE FROM {AUDIT} WHERE chain = 2 AND seq = (SELECT max(seq) FROM {AUDIT} WHERE chain = 2)"),
    ("I11", "value", f"UPDATE {AUDIT} SET user_id = 18 WHERE chain = 1 AND seq = 2"),
    ("I11", "new-values", f"UPDATE {AUDIT} SET new_values = jsonb_set(new_values, '{{currency}}', '\"XXX\"') WHERE seq = 2"),
    ("I11", "swapped", f"""
        ALTER TABLE {AUDIT} DROP CONSTRAINT audit_logs_chain_key;
        UPDATE {AUDIT} SET seq = 5 - seq WHERE chain = 1 AND seq IN (2, 3)"""),
    ("I11", "inserted", f"""
        INSERT INTO {AUDIT} (table_name, record_id, action_type, chain, seq, prev_hash, hash, ts)
        SELECT table_name, 1, action_type, chain, seq + 1, hash, hash, ts FROM {AUDIT}
        WHERE chain = 3 ORDER BY seq DESC LIMIT 1"""),
    ("I11", "chain-gone", f"DELETE FROM {AUDIT} WHERE chain = 3; DELETE FROM coralserve_audit.chains WHERE chain = 3"),
    ("I11", "head", "UPDATE coralserve_audit.chains SET seq = seq + 1 WHERE chain = 1"),
]  # fmt: skip
KEYS = [
    ("FK", "transaction-gone", f"DELETE FROM {TILLS} WHERE {one(TILLS)}"),
    (
        "FK",
        "material-unknown",
        f"UPDATE {ITEMS} SET material_id = 424242 WHERE {one(ITEMS, 'material_id IS NOT NULL')}",
    ),
    ("FK", "supplier-unknown", "DELETE FROM coralserve_inventory.suppliers WHERE id = 5"),
]
MUTANTS = [*STOCK, *RECIPES, *TAX, *MONEY, *MESH, *CHAINS, *KEYS]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("name", "damage"), [m[::2] for m in MUTANTS], ids=[f"{m[0]}-{m[1]}" for m in MUTANTS])
async def test_a_defect_in_the_database_is_named(settled: Settled, name: str, damage: str) -> None:
    """Each seeded defect breaks the invariant it is a defect of, with the key where it is."""
    verdict = await settled.verdict(DISARM, damage, full=False)
    assert name in verdict.broken
    [found] = [found for found in verdict.findings if found.name == name]
    assert all(difference.key and difference.said for difference in found.differences)
