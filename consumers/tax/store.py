"""All SQL of the tax worker: the book it loads, the entries it upserts, the ledger rows it appends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from consumers.tax.rules.book import Book, Entry
from consumers.tax.rules.model import Mapping, Period, Policy, Rule
from db.copy import Table

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.batch import Batch

TRANSACTIONS = Table(
    "coralserve_tax.tax_transactions", transaction_id="int8 run", tax_rule_id="int8", taxable_amount="numeric",
    tax_amount="numeric", tax_rate="numeric", event_id="text run", version="int4", line_id="int4", outlet_id="int8",
    product_id="int8", currency="label", local_date="date", business_date="date", kind="label",
    exempt_amount="numeric", exemption_reason="label", jurisdiction="label", rule_snapshot="jsonb run",
)  # fmt: skip
DOCUMENTS = Table(
    "coralserve_tax.tax_documents", transaction_id="serial", version="int4", outlet_id="int8", currency="label",
    net="numeric", tax="numeric", gross="numeric", status="label", local_date="date", event_id="text",
)  # fmt: skip
VARIANCES = Table(
    "coralserve_tax.tax_variances", transaction_id="int8", version="int4", till_tax="numeric", computed_tax="numeric",
    difference="numeric", event_id="text",
)  # fmt: skip

RULES = Table(
    "coralserve_tax.tax_rules", event_id="text", user_id="text", id="int8", country_code="text", state_code="text",
    county_code="text", city_code="text", tax_type="text", tax_name="text", rate="numeric", effective_date="date",
    expiry_date="date", is_compound="bool", is_exempt="bool", description="text", status="text", sequence="int4",
    stacking="text", applies_to="text", unit_price_threshold="numeric", dining_option="text",
)  # fmt: skip
MAPPINGS = Table(
    "coralserve_tax.product_tax_mapping", event_id="text", user_id="text", id="int8", product_id="int8",
    tax_rule_id="int8", is_exempt="bool", exemption_reason="text", effective_date="date", expiry_date="date",
)  # fmt: skip
POLICIES = Table(
    "coralserve_tax.tax_policies", event_id="text", user_id="text", country_code="text", state_code="text",
    county_code="text", city_code="text", scope="text", grouping="text", mode="text", effective_date="date",
)  # fmt: skip
PERIODS = Table(
    "coralserve_tax.tax_periods", event_id="text", user_id="text", country_code="text", state_code="text",
    county_code="text", city_code="text", start_date="date", end_date="date", status="text",
    occurred_at="timestamptz", reason="text",
)  # fmt: skip
"""Entries of the book are upserted, not copied; their first two cells name the author for the audit (R70)."""

LOAD_RULES = """
SELECT id, country_code, state_code, county_code, city_code, tax_type, tax_name, rate, effective_date, expiry_date,
       coalesce(is_compound, false) AS is_compound, coalesce(is_exempt, false) AS is_exempt, description,
       coalesce(status, 'ACTIVE') AS status, sequence, stacking, applies_to, unit_price_threshold, dining_option
FROM coralserve_tax.tax_rules
"""
LOAD_MAPPINGS = """
SELECT id, product_id, tax_rule_id, coalesce(is_exempt, false) AS is_exempt, exemption_reason, effective_date,
       expiry_date
FROM coralserve_tax.product_tax_mapping
"""
LOAD_POLICIES = """
SELECT country_code, state_code, county_code, city_code, scope, "grouping", mode, effective_date
FROM coralserve_tax.tax_policies
"""
LOAD_PERIODS = """
SELECT country_code, state_code, county_code, city_code, start_date, end_date, status = 'CLOSED' AS is_closed
FROM coralserve_tax.tax_periods
"""

AUTHOR = """
WITH author AS MATERIALIZED (
    SELECT set_config('coralserve.event_id', $1, true), set_config('coralserve.user_id', $2, true)
)"""
UPSERT_RULE = f"""{AUTHOR}
INSERT INTO coralserve_tax.tax_rules AS r (
    id, country_code, state_code, county_code, city_code, tax_type, tax_name, rate, effective_date, expiry_date,
    is_compound, is_exempt, description, status, sequence, stacking, applies_to, unit_price_threshold, dining_option)
SELECT $3::bigint, $4, $5, $6, $7, $8, $9, $10::numeric, $11::date, $12::date, $13::boolean, $14::boolean, $15, $16,
       $17::integer, $18, $19, $20::numeric, $21
FROM author
ON CONFLICT (id) DO UPDATE SET
    country_code = excluded.country_code, state_code = excluded.state_code, county_code = excluded.county_code,
    city_code = excluded.city_code, tax_type = excluded.tax_type, tax_name = excluded.tax_name, rate = excluded.rate,
    effective_date = excluded.effective_date, expiry_date = excluded.expiry_date, is_compound = excluded.is_compound,
    is_exempt = excluded.is_exempt, description = excluded.description, status = excluded.status,
    sequence = excluded.sequence, stacking = excluded.stacking, applies_to = excluded.applies_to,
    unit_price_threshold = excluded.unit_price_threshold, dining_option = excluded.dining_option,
    updated_at = CURRENT_TIMESTAMP
"""
UPSERT_MAPPING = f"""{AUTHOR}
INSERT INTO coralserve_tax.product_tax_mapping (
    id, product_id, tax_rule_id, is_exempt, exemption_reason, effective_date, expiry_date)
SELECT $3::bigint, $4::bigint, $5::bigint, $6::boolean, $7, $8::date, $9::date
FROM author
ON CONFLICT (id) DO UPDATE SET
    product_id = excluded.product_id, tax_rule_id = excluded.tax_rule_id, is_exempt = excluded.is_exempt,
    exemption_reason = excluded.exemption_reason, effective_date = excluded.effective_date,
    expiry_date = excluded.expiry_date
"""
UPSERT_POLICY = f"""{AUTHOR}
INSERT INTO coralserve_tax.tax_policies (
    event_id, country_code, state_code, county_code, city_code, scope, "grouping", mode, effective_date)
SELECT $1, $3, $4, $5, $6, $7, $8, $9, $10::date
FROM author
ON CONFLICT ON CONSTRAINT tax_policies_jurisdiction_key DO UPDATE SET
    event_id = excluded.event_id, scope = excluded.scope, "grouping" = excluded."grouping", mode = excluded.mode,
    updated_at = CURRENT_TIMESTAMP
"""
UPSERT_PERIOD = f"""{AUTHOR}
INSERT INTO coralserve_tax.tax_periods AS p (
    event_id, country_code, state_code, county_code, city_code, start_date, end_date, status,
    closed_at, closed_by, reopened_at, reopened_by, reason)
SELECT $1, $3, $4, $5, $6, $7::date, $8::date, $9::text,
       CASE $9::text WHEN 'CLOSED' THEN $10::timestamptz END, CASE $9::text WHEN 'CLOSED' THEN $2::text::bigint END,
       CASE $9::text WHEN 'OPEN' THEN $10::timestamptz END, CASE $9::text WHEN 'OPEN' THEN $2::text::bigint END, $11
FROM author
ON CONFLICT ON CONSTRAINT tax_periods_jurisdiction_key DO UPDATE SET
    event_id = excluded.event_id, status = excluded.status,
    closed_at = coalesce(excluded.closed_at, p.closed_at), closed_by = coalesce(excluded.closed_by, p.closed_by),
    reopened_at = coalesce(excluded.reopened_at, p.reopened_at),
    reopened_by = coalesce(excluded.reopened_by, p.reopened_by), reason = excluded.reason,
    updated_at = CURRENT_TIMESTAMP
"""
UPSERTS = ((RULES, UPSERT_RULE), (MAPPINGS, UPSERT_MAPPING), (POLICIES, UPSERT_POLICY), (PERIODS, UPSERT_PERIOD))

KNOWN_RULES = "SELECT id::text FROM coralserve_tax.tax_rules WHERE id::text = ANY($1::text[])"
OPEN_PERIODS = """
SELECT k.key
FROM unnest($1::text[]) AS k(key),
     LATERAL (SELECT string_to_array(split_part(k.key, ':', 1), '/', '') AS codes,
                     split_part(k.key, ':', 2)::date AS day) AS d
WHERE NOT EXISTS (
    SELECT FROM coralserve_tax.tax_periods AS p
    WHERE p.status = 'CLOSED' AND d.day BETWEEN p.start_date AND p.end_date AND p.country_code = d.codes[1]
      AND (p.state_code IS NULL OR p.state_code = d.codes[2])
      AND (p.county_code IS NULL OR p.county_code = d.codes[3])
      AND (p.city_code IS NULL OR p.city_code = d.codes[4]))
"""


async def load_book(db: Connection) -> Book:
    """Everything the service knows of rules, mappings, policies and periods."""
    entries: list[Entry] = []
    kinds: Iterable[tuple[str, type[Entry]]] = (
        (LOAD_RULES, Rule),
        (LOAD_MAPPINGS, Mapping),
        (LOAD_POLICIES, Policy),
        (LOAD_PERIODS, Period),
    )
    for query, kind in kinds:
        entries += [kind(**_open(dict(row))) for row in await db.fetch(query)]
    return Book(entries)


async def save(tx: Connection, batch: Batch) -> None:
    """Upsert the batch's entries, then append its ledger rows, which may refer to them."""
    for table, statement in UPSERTS:
        if rows := batch.rows(table):
            await tx.executemany(statement, rows)
    await TRANSACTIONS.write(tx, batch.rows(TRANSACTIONS))
    await DOCUMENTS.write(tx, batch.rows(DOCUMENTS))
    await VARIANCES.write(tx, batch.rows(VARIANCES))


def _open(row: dict[str, Any]) -> dict[str, Any]:
    """Dates the columns cannot leave null are stored as the first day there is."""
    if row.get("effective_date") == date.min:
        row["effective_date"] = None
    return row
