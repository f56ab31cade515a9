"""Row changes told to audit (R70): plain SQL, by any role, tells exactly what changed, in canonical JSON (R72)."""

from __future__ import annotations

import json
import re

import asyncpg
import pytest

from schemas.decode import decode

TOLD = """
SELECT convert_from(o.payload, 'UTF8') FROM {schema}.outbox o JOIN {schema}.lanes l ON l.id = o.lane_id
WHERE l.topic = 'changes' AND l.partition = 0 ORDER BY o.seq
"""
LATER_MS = 4_000_000_000_000
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
RULE = """
INSERT INTO coralserve_tax.tax_rules
    (id, country_code, tax_type, tax_name, rate, effective_date, created_at, updated_at)
VALUES (1, 'IN', 'GST', 'G"S\\T é', 0.090, '2025-01-01', '2025-01-02 03:04:05.000006+05:30', '2025-01-02 00:00Z')
"""
SUPPLIER = "INSERT INTO coralserve_inventory.suppliers (id, name, credit_limit) VALUES (5, 'Farm', 1000)"


async def told(session, schema):
    """Payloads in outbox order as (canonical text, parsed)."""
    return [row[0] for row in await session.fetch(TOLD.format(schema=schema))]


async def last(session, schema):
    text = (await told(session, schema))[-1]
    payload = json.loads(text)
    assert INSTANT.match(payload.pop("ts"))
    return payload


async def test_create_tells_the_whole_row(admin):
    """Exact bytes: the chain's hash is over them, so another spelling of the same row is a broken chain."""
    await admin.execute("SET LOCAL timezone = 'Asia/Kolkata'")
    await admin.execute(RULE)
    (text,) = await told(admin, "coralserve_tax")
    ts = json.loads(text)["ts"]
    assert text == (
        '{"action":"CREATE","new":{"applies_to":"ALL","city_code":null,"country_code":"IN","county_code":null,'
        '"created_at":"2025-01-01T21:34:05.000006Z","description":null,"dining_option":null,'
        '"effective_date":"2025-01-01","expiry_date":null,"id":"1","is_compound":false,"is_exempt":false,'
        '"rate":"0.09","sequence":null,"stacking":"ADD","state_code":null,"status":"ACTIVE","tax_name":"G\\"S\\\\T é",'
        '"tax_type":"GST","unit_price_threshold":null,"updated_at":"2025-01-02T00:00:00.000000Z"},'
        f'"old":null,"record_id":"1","schema":"coralserve_tax","table":"tax_rules","ts":"{ts}"}}'
    )


UPDATES = [
    pytest.param("rate = 0.095", {"rate": ("0.09", "0.095")}, id="one field"),
    pytest.param("rate = 0.1, updated_at = now()", {"rate": ("0.09", "0.1")}, id="updated_at is not told"),
    pytest.param(
        "unit_price_threshold = 110, expiry_date = '2025-12-31'",
        {"expiry_date": (None, "2025-12-31"), "unit_price_threshold": (None, "110.00")},
        id="from nothing, an amount",
    ),
    pytest.param("rate = 0.0900, sequence = 2", {"sequence": (None, 2)}, id="an equal number is no change"),
]


@pytest.mark.parametrize(("change", "fields"), UPDATES)
async def test_update_tells_exactly_the_changed_fields(admin, change, fields):
    """More than that hides what somebody did; less than that loses it."""
    await admin.execute(RULE)
    await admin.execute(f"UPDATE coralserve_tax.tax_rules SET {change}")
    assert await last(admin, "coralserve_tax") == {
        "action": "UPDATE",
        "changed": sorted(fields),
        "new": {name: new for name, (_, new) in fields.items()},
        "old": {name: old for name, (old, _) in fields.items()},
        "record_id": "1",
        "schema": "coralserve_tax",
        "table": "tax_rules",
    }


@pytest.mark.parametrize("change", ["rate = rate", "updated_at = now()", "rate = 0.09000, status = 'ACTIVE'"])
async def test_update_of_nothing_tells_nothing(admin, change):
    """An audit log full of non-events is not read."""
    await admin.execute(RULE)
    await admin.execute(f"UPDATE coralserve_tax.tax_rules SET {change}")
    assert len(await told(admin, "coralserve_tax")) == 1


async def test_delete_tells_what_was_there(admin):
    """A deleted rule must be restorable from the log (R73)."""
    await admin.execute(RULE)
    created = await last(admin, "coralserve_tax")
    await admin.execute("DELETE FROM coralserve_tax.tax_rules")
    deleted = await last(admin, "coralserve_tax")
    assert deleted == {**created, "action": "DELETE", "old": created["new"], "new": None}


async def test_the_author_comes_from_the_session(admin, places):
    """The gateway and the workers say who asked; the row's outlet says where."""
    await admin.execute("""
        SET LOCAL coralserve.user_id = '17';
        SET LOCAL coralserve.event_id = 'e-1';
        SET LOCAL coralserve.ip_address = '10.0.0.9';
        SET LOCAL coralserve.user_agent = 'console';
    """)
    await admin.execute(SUPPLIER)
    await admin.execute("""
        INSERT INTO coralserve_inventory.purchase_orders (id, po_number, supplier_id, outlet_id, order_date, created_by)
        VALUES (9, 'PO-9', 5, 3, '2025-01-01', 17)
    """)
    payload = await last(admin, "coralserve_inventory")
    named = {name: payload[name] for name in ("user_id", "event_id", "ip_address", "user_agent", "outlet_id")}
    assert named == {
        "user_id": 17,
        "event_id": "e-1",
        "ip_address": "10.0.0.9",
        "user_agent": "console",
        "outlet_id": 3,
    }
    assert payload["new"]["created_by"] == "17"
    assert payload["new"]["supplier_id"] == "5"


async def test_restore_is_told_as_such(admin):
    """Bringing a record back is neither a creation nor an ordinary change (R73)."""
    await admin.execute("SET LOCAL coralserve.action = 'RESTORE'")
    await admin.execute(RULE)
    assert (await last(admin, "coralserve_tax"))["action"] == "RESTORE"


async def test_a_worker_tells_without_rights_on_the_function(act_as):
    """The trigger acts as the owner: what the role may do to the outbox plays no part, and it cannot call it."""
    async with act_as("coralserve_inventory") as session:
        await session.execute(SUPPLIER)
        assert (await last(session, "coralserve_inventory"))["new"]["credit_limit"] == "1000.00"


async def test_places_are_gapless_on_one_lane(admin):
    """The relay follows `seq`: a gap would stop it, a second lane would lose the order."""
    await admin.execute(RULE)
    await admin.execute("UPDATE coralserve_tax.tax_rules SET rate = 0.1")
    await admin.execute("UPDATE coralserve_tax.tax_rules SET rate = 0.1")
    await admin.execute("DELETE FROM coralserve_tax.tax_rules")
    rows = await admin.fetch("SELECT lane_id, seq, type, topic, key, headers FROM coralserve_tax.outbox ORDER BY seq")
    lane = await admin.fetchrow("SELECT id, out_seq FROM coralserve_tax.lanes WHERE topic = 'changes'")
    assert [(row["lane_id"], row["seq"]) for row in rows] == [(lane["id"], 1), (lane["id"], 2), (lane["id"], 3)]
    assert lane["out_seq"] == 3
    assert {tuple(row)[2:] for row in rows} == {("row.changed", "coralserve.changes.v1", b"0", "[]")}


async def test_one_statement_tells_each_row_once(admin):
    """A batch writes many rows in one statement, new ones and old ones together; each has its own record."""
    await admin.execute("INSERT INTO coralserve_staff.task_categories (id, name) VALUES (1, 'a'), (2, 'b')")
    await admin.execute("""
        INSERT INTO coralserve_staff.task_categories AS c (id, name) VALUES (1, 'a'), (2, 'B'), (3, 'c')
        ON CONFLICT (id) DO UPDATE SET name = excluded.name
    """)
    payloads = [json.loads(text) for text in await told(admin, "coralserve_staff")]
    assert [(p["action"], p["record_id"]) for p in payloads[:2]] == [("CREATE", "1"), ("CREATE", "2")]
    assert sorted((p["action"], p["record_id"]) for p in payloads[2:]) == [("CREATE", "3"), ("UPDATE", "2")]


async def test_another_id_is_another_record(admin):
    """A record's history follows its id: giving it another one ends a record and begins one."""
    await admin.execute("INSERT INTO coralserve_staff.task_categories (id, name) VALUES (1, 'a')")
    await admin.execute("UPDATE coralserve_staff.task_categories SET id = 9")
    payloads = [json.loads(text) for text in await told(admin, "coralserve_staff")][1:]
    assert sorted((p["action"], p["record_id"]) for p in payloads) == [("CREATE", "9"), ("DELETE", "1")]


async def test_rows_without_an_id_are_told_too(admin, places):
    """Who may do what is back-office data: a user's role is recorded under the user."""
    await admin.execute("INSERT INTO smartoutlet_auth.roles (id, name) VALUES (1, 'ADMIN')")
    await admin.execute("INSERT INTO smartoutlet_auth.user_roles (user_id, role_id) VALUES (17, 1)")
    payload = await last(admin, "coralserve_ledger")
    assert (payload["table"], payload["record_id"]) == ("user_roles", "17")
    assert payload["new"] == {"role_id": "1", "user_id": "17"}


LEVELS = [
    pytest.param("reorder_point = 5", 1, id="a level"),
    pytest.param("moving_average = 2, low = true, revision = 1", 0, id="what a sale moves"),
    pytest.param("reorder_point = NULL", 0, id="the same level"),
]


@pytest.mark.parametrize(("change", "count"), LEVELS)
async def test_stock_levels_tell_only_levels(admin, places, change, count):
    """Every sale touches the row; only people set levels."""
    await admin.execute("INSERT INTO coralserve_inventory.stock_levels (outlet_id, product_id) VALUES (3, 42)")
    await admin.execute(f"UPDATE coralserve_inventory.stock_levels SET {change}")
    payloads = await told(admin, "coralserve_inventory")
    assert len(payloads) == count
    if count:
        assert json.loads(payloads[0])["changed"] == ["reorder_point"]


CATALOGUE = [
    pytest.param(
        "UPDATE smartoutlet_product.products SET price = 3.75 WHERE id = 42",
        {"changed": ["price"], "new": {"price": "3.75"}, "old": {"price": "4.50"}, "record_id": "42"},
        id="price",
    ),
    pytest.param(
        "UPDATE smartoutlet_outlet.outlets SET business_day_cutoff = '04:00' WHERE id = 3",
        {
            "changed": ["business_day_cutoff"],
            "new": {"business_day_cutoff": "04:00:00"},
            "old": {"business_day_cutoff": "00:00:00"},
            "record_id": "3",
        },
        id="cutoff",
    ),
]


@pytest.mark.parametrize(("change", "expected"), CATALOGUE)
async def test_catalogue_changes_go_through_the_ledger(admin, places, change, expected):
    """The till's tables have no outbox of their own."""
    await admin.execute(change)
    payload = await last(admin, "coralserve_ledger")
    assert {name: payload[name] for name in expected} == expected


async def test_a_password_is_never_told(admin):
    """Not its hash, not that it changed (I20)."""
    await admin.execute("INSERT INTO smartoutlet_auth.users (id, username, password) VALUES (8, 'bob', 'hunter2')")
    await admin.execute("UPDATE smartoutlet_auth.users SET password = 'hunter3' WHERE id = 8")
    payloads = await told(admin, "coralserve_ledger")
    assert len(payloads) == 1
    assert "password" not in payloads[0]
    assert "hunter" not in payloads[0]


async def test_documents_keep_their_own_types(admin):
    """A report's definition must come back as it was: numbers inside it stay numbers, keys are sorted."""
    await admin.execute("""
        INSERT INTO coralserve_analytics.custom_reports (id, name, report_type, query_config, created_by)
        VALUES (1, 'r', 'SALES', '{"zz": [1, 2.50, "x"], "a": {"é": null}}', 0)
    """)
    (text,) = await told(admin, "coralserve_analytics")
    assert '"query_config":{"a":{"é":null},"zz":[1,2.50,"x"]}' in text


UNTOLD = """
SELECT n.nspname || '.' || r.relname FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE r.relkind = 'r' AND n.nspname LIKE ANY (ARRAY['coralserve\\_%', 'smartoutlet\\_%']) AND r.relname <> ALL ($1)
  AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = r.oid AND t.tgname = 'capture_update')
"""
MESH = ["lanes", "dedupe", "sales", "outbox", "parked", "journal", "revisions", "alembic_version"]
NOT_AUDITED_AGAIN = {
    "coralserve_inventory.stock_items",
    "coralserve_inventory.stock_movements",
    "coralserve_recipe.material_consumption",
    "coralserve_recipe.material_costs",
    "coralserve_tax.tax_transactions",
    "coralserve_tax.tax_documents",
    "coralserve_tax.tax_variances",
    "coralserve_analytics.analytics_cache",
    "coralserve_analytics.forecast_models",
    "coralserve_audit.audit_logs",
    "coralserve_audit.chains",
    "coralserve_audit.heads",
    "coralserve_audit.data_backups",
    "coralserve_ledger.reference_versions",
    "coralserve_scheduler.firings",
    "smartoutlet_pos.transactions",
    "smartoutlet_pos.transaction_items",
    "smartoutlet_pos.payments",
    "smartoutlet_pos.customers",
    "smartoutlet_product.stock_movements",
}
"""Ledgers, what is derived from them, and the till's own record, which is audited by its events."""


async def test_every_back_office_table_tells(admin):
    """A table somebody adds and forgets would change unseen: it must be captured, or be named here with a reason."""
    assert {row[0] for row in await admin.fetch(UNTOLD, MESH)} == NOT_AUDITED_AGAIN


async def test_truncate_is_refused(admin):
    """It would be a change nobody is told of."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="audit trail"):
        await admin.execute("TRUNCATE coralserve_tax.product_tax_mapping")


async def test_what_is_told_is_a_valid_event(admin, places):
    """A payload its own schema refuses would end in audit's dead letters."""
    await admin.execute("SET LOCAL coralserve.user_id = '17'; SET LOCAL coralserve.event_id = 'e-1'")
    await admin.execute(
        "INSERT INTO coralserve_inventory.stock_levels (outlet_id, product_id, min_level) VALUES (3, 42, 1)"
    )
    await admin.execute("UPDATE coralserve_inventory.stock_levels SET min_level = 2")
    await admin.execute("DELETE FROM coralserve_inventory.stock_levels")
    for row in await admin.fetch("SELECT id, key, payload FROM coralserve_inventory.outbox ORDER BY seq"):
        headers = {"specversion": "1.0", "id": str(row["id"]), "source": "/coralserve/inventory", "type": "row.changed"}
        encoded = [(f"ce_{name}", value.encode()) for name, value in headers.items()]
        event = decode("coralserve.changes.v1", row["key"], row["payload"], encoded, LATER_MS)
        assert (event.data.outlet_id, event.data.user_id, event.data.event_id) == (3, 17, "e-1")
