"""What the tests of the schema share: reading a database's catalogue, and sessions as any of its roles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

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
SessionAs = Callable[[str], Awaitable[asyncpg.Connection]]


async def read_catalogue(url: str) -> Catalogue:
    connection = await asyncpg.connect(url)
    try:
        return {part: {row["name"]: row["text"] for row in await connection.fetch(sql)} for part, sql in PARTS.items()}
    finally:
        await connection.close()


@pytest.fixture
def catalogue() -> Callable[[str], Awaitable[Catalogue]]:
    """Everything a database's schemas are made of, by kind and name, so that two can be compared."""
    return read_catalogue


@pytest.fixture
async def admin(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's session in a fresh, migrated database."""
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


@pytest.fixture
async def session_as(database: str) -> AsyncIterator[SessionAs]:
    """Opens sessions that act as a role, with that role's rights and nothing more."""
    opened: list[asyncpg.Connection] = []

    async def open_as(role: str) -> asyncpg.Connection:
        connection = await asyncpg.connect(database)
        opened.append(connection)
        await connection.execute(f"SET SESSION AUTHORIZATION {role}")
        return connection

    yield open_as
    for connection in opened:
        await connection.close()


@pytest.fixture
async def places(admin: asyncpg.Connection) -> None:
    """Two outlets, two products and a user, as the catalogue's events would have left them."""
    await admin.execute("""
        INSERT INTO smartoutlet_outlet.outlets (id, name, country_code, timezone, currency)
        VALUES (3, 'Harbour', 'US', 'America/New_York', 'USD'), (4, 'Hill', 'JP', 'Asia/Tokyo', 'JPY');
        INSERT INTO smartoutlet_product.products (id, name, price) VALUES (42, 'latte', 4.5), (43, 'mocha', 5);
        INSERT INTO smartoutlet_auth.users (id, username) VALUES (17, 'ann');
    """)
