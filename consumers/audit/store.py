"""All SQL of the audit worker. Appends and advances heads; nothing here can change or remove a row (R71)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from consumers.audit.rules import Entry, Head
from db.copy import Table
from schemas.errors import Retry

if TYPE_CHECKING:
    from asyncpg import Connection, Record

POS_ROWS = Table(
    "coralserve_audit.audit_logs", chain="int8", seq="serial", prev_hash="bytea", hash="bytea", table_name="label",
    record_id="serial", action_type="label", new_values="jsonb", user_id="int8", outlet_id="int8", event_id="text",
    topic="label", partition="int4", offset="serial", ts="timestamptz",
)  # fmt: skip
CHANGE_ROWS = Table("coralserve_audit.audit_logs")
PUBLISHED = Table("coralserve_audit.heads")
"""Row changes and published heads are collected under these; they are few, and written by the statements below."""

INSERT_CHANGE = """
INSERT INTO coralserve_audit.audit_logs
    (chain, seq, prev_hash, hash, table_name, record_id, action_type, new_values, user_id, outlet_id, event_id,
     topic, partition, "offset", ts, old_values, changed_fields, ip_address, user_agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::text::inet, $19)
"""
HEADS = "SELECT chain, seq, hash FROM coralserve_audit.chains WHERE chain = ANY($1::bigint[])"
PUBLISHED_DAYS = """
SELECT h.chain, h.date FROM coralserve_audit.heads h
JOIN unnest($1::bigint[], $2::date[]) AS wanted (chain, date) ON (wanted.chain, wanted.date) = (h.chain, h.date)
"""
ADVANCE = """
WITH touched (chain, expected, previous, seq, hash) AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::bytea[])
), moved AS (
    UPDATE coralserve_audit.chains c SET seq = t.seq, hash = t.hash
    FROM touched t WHERE c.chain = t.chain AND c.seq = t.expected AND c.hash = t.previous
    RETURNING c.chain
), begun AS (
    INSERT INTO coralserve_audit.chains (chain, seq, hash)
    SELECT chain, seq, hash FROM touched WHERE expected = 0 ORDER BY chain
    ON CONFLICT (chain) DO NOTHING
    RETURNING chain
)
SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM begun)
"""
PUBLISH = """
INSERT INTO coralserve_audit.heads (chain, date, seq, hash)
SELECT * FROM unnest($1::bigint[], $2::date[], $3::bigint[], $4::bytea[])
ON CONFLICT (chain, date) DO NOTHING RETURNING chain
"""
ALL_HEADS = "SELECT chain, seq, hash FROM coralserve_audit.chains"
ALL_PUBLISHED = "SELECT chain, seq, hash FROM coralserve_audit.heads"
ALL_ROWS = """
SELECT id, chain, seq, prev_hash, hash, table_name, record_id, action_type, new_values::text AS new_values, user_id,
       outlet_id, event_id, topic, partition, "offset", ts, old_values::text AS old_values, changed_fields,
       host(ip_address) AS ip_address, user_agent
FROM coralserve_audit.audit_logs ORDER BY chain, seq, id
"""
ROWS_OF_RECORD = """
SELECT id, chain, seq, hash, table_name, record_id, action_type, old_values::text AS old_values,
       new_values::text AS new_values, changed_fields, user_id, outlet_id, event_id, ts
FROM coralserve_audit.audit_logs
WHERE ($1::text IS NULL OR table_name = $1) AND ($2::bigint IS NULL OR record_id = $2)
ORDER BY id DESC LIMIT $3
"""
ROWS_PER_FETCH = 1_000


async def load_heads(db: Connection, chains: Collection[int]) -> dict[int, Head]:
    """The committed heads of these chains; a chain without rows is left out."""
    return {row["chain"]: Head(row["seq"], row["hash"]) for row in await db.fetch(HEADS, sorted(chains))}


async def load_published(db: Connection, days: Collection[tuple[int, date]]) -> set[tuple[int, date]]:
    """Which of these (chain, day) were published already."""
    chains, dates = [chain for chain, _ in days], [day for _, day in days]
    return {(row["chain"], row["date"]) for row in await db.fetch(PUBLISHED_DAYS, chains, dates)}


async def append_pos(tx: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append PosRows and move their chains' heads. Raises Retry where a head is not the one expected."""
    await advance(tx, rows)
    await POS_ROWS.write(tx, rows)


async def append_changes(tx: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Append Entries of row changes and move chain 0's head. Raises Retry where it is not the one expected."""
    await advance(tx, rows)
    await tx.executemany(INSERT_CHANGE, [_parameters(Entry(*row)) for row in rows])


async def advance(tx: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Compare and set the heads these rows follow, in chain order. Raises Retry where one does not match."""
    first: dict[int, tuple[int, bytes]] = {}
    last: dict[int, tuple[int, bytes]] = {}
    for row in rows:
        chain = row[0]
        if chain not in first:
            first[chain] = row[1] - 1, row[2]
        last[chain] = row[1], row[3]
    chains = sorted(first)
    before, after = [first[chain] for chain in chains], [last[chain] for chain in chains]
    columns = [*zip(*before, strict=True)], [*zip(*after, strict=True)]
    if await tx.fetchval(ADVANCE, chains, *columns[0], *columns[1]) != len(chains):
        raise Retry("an audit chain moved under another owner")


async def publish(tx: Connection, rows: Sequence[tuple[int, date, int, bytes]]) -> None:
    """Keep what was published. Raises Retry where another process published one of them meanwhile."""
    if len(await tx.fetch(PUBLISH, *zip(*rows, strict=True))) != len(rows):
        raise Retry("an audit head was published by another process")


def _parameters(entry: Entry) -> tuple[Any, ...]:
    cells = entry._asdict()
    for column in ("old_values", "new_values"):
        cells[column] = None if cells[column] is None else cells[column].decode()
    return tuple(cells.values())


async def heads_known(db: Connection) -> tuple[dict[int, Head], dict[int, dict[int, bytes]]]:
    """Every chain's own head, and every published one: chain to (seq to hash)."""
    current = {row["chain"]: Head(row["seq"], row["hash"]) for row in await db.fetch(ALL_HEADS)}
    published: dict[int, dict[int, bytes]] = {}
    for row in await db.fetch(ALL_PUBLISHED):
        published.setdefault(row["chain"], {})[row["seq"]] = row["hash"]
    return current, published


async def entries(db: Connection) -> AsyncIterator[tuple[int, Entry]]:
    """Every row with its id in (chain, seq) order, a thousand at a time. Must run inside a transaction."""
    async for row in db.cursor(ALL_ROWS, prefetch=ROWS_PER_FETCH):
        yield row["id"], _entry(row)


def _entry(row: Mapping[str, Any]) -> Entry:
    cells = {name: row[name] for name in Entry._fields}
    for column in ("old_values", "new_values"):
        cells[column] = None if cells[column] is None else cells[column].encode()
    if cells["changed_fields"] is not None:
        cells["changed_fields"] = tuple(cells["changed_fields"])
    return Entry(**cells)


async def history(db: Connection, *, table: str | None, record_id: int | None, limit: int) -> list[Record]:
    """The newest audit rows, of one table or one record where named."""
    return list(await db.fetch(ROWS_OF_RECORD, table, record_id, limit))
