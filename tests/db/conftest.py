"""What the tests of the schema share: reading a database's catalogue, and sessions as any of its roles."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

OURS = "n.nspname LIKE 'coralserve\\_%' OR n.nspname LIKE 'smartoutlet\\_%'"
COLUMNS = f"""
SELECT n.nspname || '.' || r.relname || '.' || a.attname AS name,
       format_type(a.atttypid, a.atttypmod) || '|' || CASE WHEN a.attnotnull THEN 'NOT NULL' ELSE '' END || '|'
           || a.attidentity::text || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS text
FROM pg_attribute a JOIN pg_class r ON r.oid = a.attrelid JOIN pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND ({OURS})
"""
CONSTRAINTS = f"""
SELECT n.nspname || '.' || r.relname || '.' || c.conname AS name,
       concat_ws(' ', pg_get_constraintdef(c.oid), c.convalidated) AS text
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE c.contype <> 'n' AND ({OURS})
"""
INDEXES = f"""
SELECT n.nspname || '.' || r.relname AS name, pg_get_indexdef(r.oid) AS text
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.relkind = 'i' AND ({OURS})
"""
TRIGGERS = f"""
SELECT n.nspname || '.' || r.relname || '.' || t.tgname AS name,
       pg_get_triggerdef(t.oid) || ' ' || t.tgenabled::text AS text
FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE NOT t.tgisinternal AND ({OURS})
"""
FUNCTIONS = f"""
SELECT p.oid::regprocedure::text AS name, concat_ws(' ', pg_get_functiondef(p.oid), p.proacl::text) AS text
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OURS}
"""
RIGHTS = f"""
SELECT n.nspname || '.' || r.relname AS name,
       concat_ws(' ', pg_get_userbyid(r.relowner), (SELECT string_agg(e::text, ' ' ORDER BY e::text)
           FROM unnest(r.relacl) e), (SELECT string_agg(a.attname || ':' || e, ' ' ORDER BY a.attname, e::text)
           FROM pg_attribute a CROSS JOIN unnest(a.attacl) e WHERE a.attrelid = r.oid AND a.attacl IS NOT NULL)) AS text
FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.relkind IN ('r', 'S') AND ({OURS})
UNION ALL
SELECT n.nspname, concat_ws(' ', pg_get_userbyid(n.nspowner), (SELECT string_agg(e::text, ' ' ORDER BY e::text)
    FROM unnest(n.nspacl) e)) FROM pg_namespace n WHERE {OURS}
"""
PARTS = {
    "column": COLUMNS,
    "constraint": CONSTRAINTS,
    "index": INDEXES,
    "trigger": TRIGGERS,
    "function": FUNCTIONS,
    "rights": RIGHTS,
}

Catalogue = dict[str, dict[str, str]]
ActAs = Callable[[str], AbstractAsyncContextManager[asyncpg.Connection]]


async def read_catalogue(url: str) -> Catalogue:
    connection = await asyncpg.connect(url)
    try:
        return {part: {row["name"]: row["text"] for row in await connection.fetch(sql)} for part, sql in PARTS.items()}
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def catalogue() -> Callable[[str], Awaitable[Catalogue]]:
    """Everything a database's schemas are made of, by kind and name, so that two can be compared."""
    return read_catalogue


@pytest.fixture(scope="session")
def shared_database(postgres_url: str, template_database: str) -> str:
    """A migrated database that no test may leave changed: one for all, because a clone costs more than the test."""
    return urlsplit(postgres_url)._replace(path=f"/{template_database}").geturl()


@pytest.fixture(scope="session")
def fresh(shared_database: str) -> Catalogue:
    """The catalogue of a freshly migrated database."""
    return asyncio.run(read_catalogue(shared_database))


@pytest.fixture
async def empty_databases(postgres_url: str) -> AsyncIterator[list[str]]:
    """Three databases without any schema, dropped after the test."""
    root = await asyncpg.connect(postgres_url)
    names = [f"empty_{uuid.uuid4().hex[:12]}" for _ in range(3)]
    for name in names:
        await root.execute(f'CREATE DATABASE "{name}"')
    yield [urlsplit(postgres_url)._replace(path=f"/{name}").geturl() for name in names]
    for name in names:
        await root.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await root.close()


@pytest.fixture
async def admin(shared_database: str) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's session inside a transaction that is rolled back."""
    connection = await asyncpg.connect(shared_database)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


@pytest.fixture
def act_as(admin: asyncpg.Connection) -> ActAs:
    """`async with act_as(role)`: the same session with that role's rights, as if it had logged in; then undone."""

    @asynccontextmanager
    async def acting(role: str) -> AsyncIterator[asyncpg.Connection]:
        savepoint = admin.transaction()
        await savepoint.start()
        await admin.execute(f"SET LOCAL SESSION AUTHORIZATION {role}")
        try:
            yield admin
        finally:
            await savepoint.rollback()

    return acting


@pytest.fixture
async def places(admin: asyncpg.Connection) -> None:
    """Two outlets, two products and a user, as the catalogue's events would have left them."""
    await admin.execute("""
        INSERT INTO smartoutlet_outlet.outlets (id, name, country_code, timezone, currency)
        VALUES (3, 'Harbour', 'US', 'America/New_York', 'USD'), (4, 'Hill', 'JP', 'Asia/Tokyo', 'JPY');
        INSERT INTO smartoutlet_product.products (id, name, price) VALUES (42, 'latte', 4.5), (43, 'mocha', 5);
        INSERT INTO smartoutlet_auth.users (id, username) VALUES (17, 'ann');
    """)
