"""What a worker's tables say, without surrogate ids, times of writing and places in the log: equal effects, equal print."""

from __future__ import annotations

import asyncpg

MESH = {"lanes", "dedupe", "outbox", "parked", "journal", "revisions", "alembic_version", "reference_versions"}
LEFT_OUT = {
    "id", "created_at", "updated_at", "recorded_at", "stock_item_id", "adjusts_id", "recipe_version_id", "offset",
    "partition", "seq", "prev_hash", "hash", "revision", "event_id", "recipe_version", "received_at",
}  # fmt: skip
COLUMNS = """
SELECT table_schema, table_name, array_agg(column_name ORDER BY column_name) AS columns
FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = ANY($1) AND table_type = 'BASE TABLE' GROUP BY 1, 2 ORDER BY 1, 2
"""
SCHEMAS = {"ledger": ["coralserve_ledger", "smartoutlet_pos", "smartoutlet_product", "smartoutlet_outlet"]}


async def fingerprint(url: str, worker: str) -> dict[str, tuple[int, str]]:
    """Per table: the number of rows and a digest of their business columns."""
    db = await asyncpg.connect(url)
    try:
        prints = {}
        for row in await db.fetch(COLUMNS, SCHEMAS.get(worker, [f"coralserve_{worker}"])):
            if row["table_name"] in MESH:
                continue
            columns = ", ".join(f'"{name}"' for name in row["columns"] if name not in LEFT_OUT)
            table = f'{row["table_schema"]}."{row["table_name"]}"'
            found = await db.fetchrow(
                f"SELECT count(*) AS rows, md5(coalesce(string_agg(t, '|' ORDER BY t), '')) AS digest "
                f"FROM (SELECT ROW({columns})::text AS t FROM {table}) AS rows"
            )
            prints[table] = (found["rows"], found["digest"])
        return prints
    finally:
        await db.close()


async def fetch(url: str, query: str, *args: object) -> list[asyncpg.Record]:
    db = await asyncpg.connect(url)
    try:
        return await db.fetch(query, *args)
    finally:
        await db.close()


async def dispositions(url: str, worker: str) -> dict[str, int]:
    """The journal's sums (I17), and how many parked events stand in which state."""
    names = ("consumed", "effected", "duplicate", "stale", "ignored", "parked", "dead")
    sums = ", ".join(f"coalesce(sum({name}), 0)::bigint AS {name}" for name in names)
    [row] = await fetch(url, f"SELECT {sums} FROM coralserve_{worker}.journal")
    states = await fetch(url, f"SELECT state, count(*) AS n FROM coralserve_{worker}.parked GROUP BY 1")
    return dict(row) | {state["state"]: state["n"] for state in states}
