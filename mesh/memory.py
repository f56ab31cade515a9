"""What this process has lately seen, so that most repeats are known without asking the database (R2, R5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from db.copy import Table
from mesh.lifecycle import Known

if TYPE_CHECKING:
    from asyncpg import Connection

    from schemas.event import Event

LIMIT = 20_000

SEEN = "SELECT event_id, content_hash FROM {schema}.dedupe WHERE event_id = ANY($1::text[])"
SALES = "SELECT transaction_id, version, content_hash FROM {schema}.sales WHERE transaction_id = ANY($1::bigint[])"


def dedupe_table(schema: str) -> Table:
    return Table(f"{schema}.dedupe", event_id="text", content_hash="bytea")


def sales_table(schema: str) -> Table:
    return Table(
        f"{schema}.sales", transaction_id="serial", kind="label", version="int4", outlet_id="int8", currency="label",
        occurred_at="timestamptz", event_id="text", content_hash="bytea", lines="jsonb",
    )  # fmt: skip


class Memory:
    """Recent event ids and transactions with their content hashes; the unique keys in the database are the truth."""

    def __init__(self) -> None:
        self.events: dict[str, bytes] = {}
        self.sales: dict[int, Known] = {}

    def remember(self, event: Event) -> None:
        if len(self.events) >= LIMIT:
            self.forget()
        self.events[event.id] = event.content_hash

    def remember_sale(self, event: Event) -> None:
        self.sales[event.data.transaction_id] = Known(event.data.version, event.content_hash)

    def forget(self) -> None:
        self.events.clear()
        self.sales.clear()

    async def recall(self, db: Connection, schema: str, events: Sequence[Event]) -> None:
        """Read what the database knows of these events: the slow path after a repeat was met."""
        for row in await db.fetch(SEEN.format(schema=schema), [event.id for event in events]):
            self.events[row["event_id"]] = row["content_hash"]
        ids = [event.data.transaction_id for event in events if event.type.startswith("pos.sale.")]
        for row in await db.fetch(SALES.format(schema=schema), ids):
            self.sales[row["transaction_id"]] = Known(row["version"], row["content_hash"])


def sale_row(event: Event) -> tuple[object, ...]:
    """The sale as every worker keeps it (R5): per line the product, what was sold, and whether it was prepared."""
    sale = event.data
    lines = ",".join(
        f'{{"line_id":{line.line_id},"product_id":{line.product_id},"sold":"{line.quantity:f}"'
        + (',"prepared":true}' if line.prepared_at is not None else "}")
        for line in sale.lines
    )
    return (
        sale.transaction_id, "SALE", sale.version, sale.outlet_id, sale.currency, sale.occurred_at, event.id,
        event.content_hash, f"[{lines}]".encode(),
    )  # fmt: skip
