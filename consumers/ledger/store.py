"""All SQL of the ledger worker: the till's record in smartoutlet_pos, reference rows and their versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from consumers.ledger.rules import Claims, OutletState, Row
from db.copy import Table
from schemas.errors import Retry

if TYPE_CHECKING:
    from asyncpg import Connection

TRANSACTIONS = Table(
    "smartoutlet_pos.transactions", id="serial", transaction_number="text", outlet_id="int8", outlet_name="label",
    cashier_id="int8", transaction_type="label", payment_method="label", subtotal="numeric", tax_amount="numeric",
    discount_amount="numeric", total_amount="numeric", amount_paid="numeric", change_amount="numeric",
    receipt_number="text", created_at="timestamptz", version="int4", currency="label", business_date="date",
    occurred_at="timestamptz", event_id="text", register="label", customer_ref="text", dining_option="label",
    prices_include_tax="bool", tip_amount="numeric", rounding_amount="numeric",
)  # fmt: skip
ITEMS = Table(
    "smartoutlet_pos.transaction_items", transaction_id="int8 run", product_id="int8", product_name="label",
    quantity="numeric", unit_price="numeric", total_price="numeric", discount_amount="numeric", final_price="numeric",
    line_id="int4", prepared_at="timestamptz", modifiers="jsonb",
)  # fmt: skip
PAYMENTS = Table(
    "smartoutlet_pos.payments", transaction_id="int8 run", payment_number="int4", method="label", amount="numeric"
)
VERSIONS = Table(
    "coralserve_ledger.reference_versions", revision="int8", kind="label", id="int8", data="jsonb", event_id="text"
)
PRODUCTS = Table("smartoutlet_product.products")
OUTLETS = Table("smartoutlet_outlet.outlets")
USERS = Table("smartoutlet_auth.users")
"""Reference rows are collected under these and written by the upserts below, the last row of an id winning."""

REVISION = "SELECT revision FROM coralserve_ledger.revisions WHERE name = 'reference'"
RAISE_REVISION = """
UPDATE coralserve_ledger.revisions SET revision = revision + $2
WHERE name = 'reference' AND revision = $1 RETURNING revision
"""
OUTLET_STATES = """
SELECT o.id, o.currency, EXISTS (SELECT FROM smartoutlet_pos.transactions t WHERE t.outlet_id = o.id) AS has_sales
FROM smartoutlet_outlet.outlets o WHERE o.id = ANY($1::bigint[])
"""
SKUS = """
SELECT sku AS name, id FROM smartoutlet_product.products
WHERE sku IS NOT NULL AND (sku = ANY($1::text[]) OR id = ANY($2::bigint[]))
"""
USERNAMES = """
SELECT username AS name, id FROM smartoutlet_auth.users WHERE username = ANY($1::text[]) OR id = ANY($2::bigint[])
"""

ADD_CATEGORIES = """
INSERT INTO smartoutlet_product.categories (name)
SELECT DISTINCT name FROM unnest($1::text[]) AS named (name) WHERE name IS NOT NULL ORDER BY name
ON CONFLICT (name) DO NOTHING
"""
UPSERT_PRODUCTS = """
INSERT INTO smartoutlet_product.products AS p (id, name, sku, price, is_stocked, is_active, category_id, updated_at)
SELECT n.id, n.name, n.sku, n.price, n.is_stocked, n.is_active, c.id, now()
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[], $5::bool[], $6::bool[], $7::text[])
     AS n (id, name, sku, price, is_stocked, is_active, category)
LEFT JOIN smartoutlet_product.categories c ON c.name = n.category
ORDER BY n.id
ON CONFLICT (id) DO UPDATE SET name = excluded.name, sku = excluded.sku, price = excluded.price,
    is_stocked = excluded.is_stocked, is_active = excluded.is_active, category_id = excluded.category_id,
    updated_at = excluded.updated_at
"""
UPSERT_OUTLETS = """
INSERT INTO smartoutlet_outlet.outlets AS o (id, name, country_code, state_code, county_code, city_code, timezone,
    currency, business_day_cutoff, manager_id, is_active, updated_at)
SELECT n.*, now()
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::time[], $10::bigint[], $11::bool[])
     AS n (id, name, country_code, state_code, county_code, city_code, timezone, currency, cutoff, manager_id, active)
ORDER BY n.id
ON CONFLICT (id) DO UPDATE SET name = excluded.name, country_code = excluded.country_code,
    state_code = excluded.state_code, county_code = excluded.county_code, city_code = excluded.city_code,
    timezone = excluded.timezone, currency = excluded.currency, business_day_cutoff = excluded.business_day_cutoff,
    manager_id = excluded.manager_id, is_active = excluded.is_active, updated_at = excluded.updated_at
"""
UPSERT_USERS = """
INSERT INTO smartoutlet_auth.users AS u (id, username, is_active, updated_at)
SELECT n.id, n.username, n.is_active, now()
FROM unnest($1::bigint[], $2::text[], $3::bool[]) AS n (id, username, is_active)
ORDER BY n.id
ON CONFLICT (id) DO UPDATE SET username = excluded.username, is_active = excluded.is_active,
    updated_at = excluded.updated_at
"""
ADD_ROLES = """
INSERT INTO smartoutlet_auth.roles (name) SELECT DISTINCT name FROM unnest($1::text[]) AS named (name) ORDER BY name
ON CONFLICT (name) DO NOTHING
"""
DROP_USER_ROLES = "DELETE FROM smartoutlet_auth.user_roles WHERE user_id = ANY($1::bigint[])"
ADD_USER_ROLES = """
INSERT INTO smartoutlet_auth.user_roles (user_id, role_id)
SELECT n.user_id, r.id FROM unnest($1::bigint[], $2::text[]) AS n (user_id, role)
JOIN smartoutlet_auth.roles r ON r.name = n.role ORDER BY 1, 2
"""


async def load_revision(db: Connection) -> int:
    """The number of the newest committed reference version."""
    return int(await db.fetchval(REVISION))


async def load_outlets(db: Connection, outlet_ids: Collection[int]) -> dict[int, OutletState]:
    """Currency of these outlets, and whether anything was sold there."""
    rows = await db.fetch(OUTLET_STATES, list(outlet_ids))
    return {row["id"]: OutletState(row["currency"], row["has_sales"]) for row in rows}


async def load_names(db: Connection, query: str, wanted: Collection[tuple[str | None, int]]) -> Claims:
    """Who has the names wanted, and which names those who want them have now; `query` is SKUS or USERNAMES."""
    claims = Claims()
    names = [name for name, _ in wanted if name is not None]
    for row in await db.fetch(query, names, [owner for _, owner in wanted]):
        claims.note(row["name"], row["id"])
    return claims


async def save_versions(tx: Connection, versions: Sequence[Row]) -> None:
    """Append reference versions; the revision's row lock makes their order the order of commits. Raises Retry."""
    expected = versions[0][0] - 1
    if await tx.fetchval(RAISE_REVISION, expected, len(versions)) is None:
        raise Retry("another process recorded reference data")
    await VERSIONS.write(tx, versions)


async def save_products(tx: Connection, rows: Sequence[Row]) -> None:
    """Upsert products; a category named for the first time is made."""
    columns = _columns(rows)
    await tx.execute(ADD_CATEGORIES, columns[-1])
    await tx.execute(UPSERT_PRODUCTS, *columns)


async def save_outlets(tx: Connection, rows: Sequence[Row]) -> None:
    """Upsert outlets."""
    await tx.execute(UPSERT_OUTLETS, *_columns(rows))


async def save_users(tx: Connection, rows: Sequence[Row]) -> None:
    """Upsert users and replace their roles; a role named for the first time is made."""
    user_ids, usernames, active, roles = _columns(rows)
    pairs = [(user_id, role) for user_id, named in zip(user_ids, roles, strict=True) for role in named]
    await tx.execute(UPSERT_USERS, user_ids, usernames, active)
    await tx.execute(DROP_USER_ROLES, user_ids)
    if pairs:
        await tx.execute(ADD_ROLES, [role for _, role in pairs])
        await tx.execute(ADD_USER_ROLES, *(list(column) for column in zip(*pairs, strict=True)))


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    """The newest row of each id, column by column, by id: locks are taken in one order."""
    newest = {row[0]: row for row in rows}
    return [list(column) for column in zip(*(newest[key] for key in sorted(newest)), strict=True)]


async def save_sales(
    tx: Connection, *, transactions: Sequence[Row], items: Sequence[Row], payments: Sequence[Row]
) -> None:
    """Append sales: one COPY a table, transactions first, what refers to them after."""
    await TRANSACTIONS.write(tx, transactions)
    await ITEMS.write(tx, items)
    await PAYMENTS.write(tx, payments)
