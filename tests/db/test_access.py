"""Rights (I15): a worker's role reaches its own schema and read-only reference data, and nothing else."""

from __future__ import annotations

import itertools

import asyncpg
import pytest

from db.roles import scram
from db.services import service_names
from db.upgrade import service_url, upgrade

NAMES = service_names()
PAIRS = list(itertools.permutations(NAMES, 2))
DENIED = asyncpg.InsufficientPrivilegeError
LEDGERS = [
    ("inventory", "coralserve_inventory.stock_movements", "quantity"),
    ("inventory", "coralserve_inventory.journal", "consumed"),
    ("recipe", "coralserve_recipe.material_consumption", "quantity_consumed"),
    ("tax", "coralserve_tax.tax_transactions", "tax_amount"),
    ("audit", "coralserve_audit.audit_logs", "user_id"),
    ("ledger", "coralserve_ledger.reference_versions", "data"),
]
LEAST_TABLES = 90
PUBLIC_RIGHTS = """
SELECT r.oid::regclass::text FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace
CROSS JOIN LATERAL aclexplode(r.relacl) a WHERE a.grantee = 0 AND n.nspname LIKE ANY ($1)
UNION ALL SELECT n.nspname FROM pg_namespace n CROSS JOIN LATERAL aclexplode(n.nspacl) a
WHERE a.grantee = 0 AND n.nspname LIKE ANY ($1)
UNION ALL SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE a.grantee = 0 AND n.nspname LIKE ANY ($1)
"""
OURS = ["coralserve\\_%", "smartoutlet\\_%"]


async def tables_of(admin, schema):
    return [row[0] for row in await admin.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", schema)]


async def refused(act_as, role, statements):
    """Each statement is refused to the role for want of rights."""
    for statement in statements:
        async with act_as(role) as session:
            with pytest.raises(DENIED):
                await session.execute(statement)


@pytest.mark.parametrize(("role", "other"), PAIRS, ids=[f"{role} into {other}" for role, other in PAIRS])
async def test_no_worker_reaches_anothers_schema(admin, act_as, role, other):
    """One worker taken over must not be all workers taken over. Every table, to read, add, change and delete."""
    shared = {"reference_versions", "revisions"} if other == "ledger" else set()
    for table in await tables_of(admin, f"coralserve_{other}"):
        name = f"coralserve_{other}.{table}"
        reads = [] if table in shared else [f"SELECT 1 FROM {name}"]
        writes = [f"INSERT INTO {name} DEFAULT VALUES", f"DELETE FROM {name}", f"TRUNCATE {name}"]
        await refused(act_as, f"coralserve_{role}", [*reads, *writes])


@pytest.mark.parametrize("role", [name for name in NAMES if name != "ledger"])
async def test_reference_data_is_read_only(act_as, role):
    """Workers decide by outlets, products and users; only the ledger writes them, and no one reads a password."""
    for table in ("smartoutlet_outlet.outlets", "smartoutlet_product.products", "coralserve_ledger.revisions"):
        async with act_as(f"coralserve_{role}") as session:
            await session.execute(f"SELECT * FROM {table}")
        writes = [f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES", f"LOCK TABLE {table}"]
        await refused(act_as, f"coralserve_{role}", writes)
    async with act_as(f"coralserve_{role}") as session:
        assert await session.fetchval("SELECT username FROM smartoutlet_auth.users WHERE id = 0") == "system"
    hidden = ["SELECT password FROM smartoutlet_auth.users", "SELECT 1 FROM smartoutlet_pos.transactions"]
    await refused(act_as, f"coralserve_{role}", hidden)


@pytest.mark.parametrize(("role", "table", "column"), LEDGERS, ids=lambda value: value)
async def test_ledgers_are_only_added_to(act_as, role, table, column):
    """A correction is a new row (R10, R58, R71): the right to change the old one is not given."""
    async with act_as(f"coralserve_{role}") as session:
        await session.execute(f"SELECT 1 FROM {table}")
    changes = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"]
    await refused(act_as, f"coralserve_{role}", changes)


@pytest.mark.parametrize("role", NAMES)
async def test_a_worker_cannot_make_or_change_objects(act_as, role):
    """No table, no function, no dropped trigger: the schema belongs to an owner nobody logs in as."""
    attempts = [
        f"CREATE TABLE coralserve_{role}.mine (id INT)",
        f"ALTER TABLE coralserve_{role}.lanes DISABLE TRIGGER ALL",
        f"SET ROLE coralserve_{role}_owner",
        "CREATE TABLE public.mine (id INT)",
        "CREATE SCHEMA mine",
    ]
    await refused(act_as, f"coralserve_{role}", attempts)


async def test_nothing_for_public(admin):
    """Whoever else has an account on the server sees nothing."""
    assert [row[0] for row in await admin.fetch(PUBLIC_RIGHTS, OURS)] == []


async def test_reader_reads_every_table_and_writes_none(admin, act_as):
    """The console and `verify` look at everything; neither may change a thing."""
    tables = await admin.fetch(
        "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname LIKE ANY ($1)", OURS
    )
    assert len(tables) > LEAST_TABLES
    for (table,) in tables:
        async with act_as("coralserve_reader") as session:
            await session.execute(f"SELECT 1 FROM {table} LIMIT 1")
        await refused(act_as, "coralserve_reader", [f"DELETE FROM {table}"])


async def test_sessions_have_a_fixed_path_and_bounded_patience(database):
    """A forgotten transaction or a planted schema must not hold or mislead a worker: roles carry their settings."""
    upgrade(database, passwords={"tax": "p@ss wörd", "reader": "r"})
    session = await asyncpg.connect(service_url(database, "tax", "p@ss wörd"))
    found = {name: await session.fetchval(f"SHOW {name}") for name in ("search_path", "statement_timeout")}
    assert found == {"search_path": "coralserve_tax, pg_catalog", "statement_timeout": "1min"}
    assert await session.fetchval("SHOW lock_timeout") == "10s"
    assert await session.fetchval("SHOW idle_in_transaction_session_timeout") == "1min"
    await session.close()
    reader = await asyncpg.connect(service_url(database, "reader", "r"))
    assert await reader.fetchval("SHOW search_path") == "pg_catalog"
    await reader.close()


async def test_a_wrong_password_is_refused(database):
    """A verifier that lets anything in would pass every other test here."""
    upgrade(database, passwords={"staff": "right"})
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(service_url(database, "staff", "wrong"))


def test_scram_verifier_hides_the_password():
    """The password itself must never reach the server, whose log may show the statement."""
    verifier = scram("pencil")
    assert verifier.startswith("SCRAM-SHA-256$4096:")
    assert "pencil" not in verifier
    assert scram("pencil") != verifier
