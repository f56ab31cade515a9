"""Claims about the ledger on a real database, under its own role: rows and versions (I6, I15)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from consumers.ledger.worker import WORKER
from mesh.batch import Batch
from schemas.catalog import ProductUpserted, UserUpserted
from schemas.errors import Reject, Retry
from schemas.pos import Modifier
from tests.consumers.ledger.samples import deliver, line, outlet_upserted, paid, reference, sale


@pytest_asyncio.fixture
async def ledger(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may do what the ledger's login role may, and no more."""
    connection = await asyncpg.connect(database)
    await connection.execute("SET ROLE coralserve_ledger")
    yield connection
    await connection.close()


async def work(db: asyncpg.Connection, *data: Any, desk: Any = None, first: int = 0) -> Batch:
    """Load, decide and save these events as one batch."""
    desk = desk or WORKER.open_desk(reference())
    batch, deliveries = Batch("ledger"), [deliver(item, offset=first + at) for at, item in enumerate(data)]
    await desk.load(db, deliveries)
    for delivery in deliveries:
        desk.decide(delivery, batch)
    async with db.transaction():
        await desk.save(db, batch)
    return batch


def told(batch: Batch) -> Sequence[tuple[str, str, bytes]]:
    """(type, key, data) of what the batch tells the world."""
    return [(row[1], row[3].decode(), row[5]) for rows in batch.outbox.values() for row in rows]


async def test_a_sale_becomes_the_tills_record(ledger: asyncpg.Connection) -> None:
    """One receipt, its lines and its payments, to the cent, on its business date (I4, R1)."""
    option = Modifier("ADD", 7, quantity=Decimal("0.01"), unit="kg")
    lines = (line(discount="0.50", modifiers=(option,)), line(2, product_id=777, quantity="0.333", price="3.000003"))
    await work(ledger, sale(lines=lines, payments=paid("4.18", "5.00"), totals=None))
    row = await ledger.fetchrow("SELECT * FROM smartoutlet_pos.transactions")
    assert row is not None
    assert (row["id"], row["outlet_name"], row["tax_amount"], row["total_amount"]) == (9001, "Harbour", None, None)
    assert (row["business_date"], row["version"], row["status"]) == (date(2026, 11, 22), 1, "COMPLETED")
    assert (row["amount_paid"], row["created_at"]) == (Decimal("9.18"), row["occurred_at"])
    items = await ledger.fetch("SELECT * FROM smartoutlet_pos.transaction_items ORDER BY line_id")
    assert [(item["product_id"], item["product_name"]) for item in items] == [(42, "Latte"), (777, None)]
    assert (items[0]["total_price"], items[0]["final_price"]) == (Decimal("9.00"), Decimal("8.50"))
    assert items[0]["modifiers"] == '[{"unit": "kg", "action": "ADD", "quantity": "0.01", "material_id": 7}]'
    assert items[1]["quantity"] == Decimal("0.333")
    payments = await ledger.fetch("SELECT payment_number, amount FROM smartoutlet_pos.payments ORDER BY 1")
    assert [tuple(payment) for payment in payments] == [(1, Decimal("4.18")), (2, Decimal("5.00"))]


async def test_a_sale_is_told_once_and_a_historic_one_never(ledger: asyncpg.Connection) -> None:
    """Migrated sales are written without a word: nobody must act on them again."""
    batch = await work(ledger, sale(), sale(transaction_id=9002, historic=True))
    assert told(batch) == [
        (
            "ledger.transaction-recorded",
            "3",
            b'{"kind":"SALE","occurred_at":"2026-11-23T07:00:05.120000Z","outlet_id":3,"transaction_id":9001,"version":1}',
        )
    ]
    assert await ledger.fetchval("SELECT count(*) FROM smartoutlet_pos.transactions") == 2


async def test_a_second_record_of_a_sale_is_impossible(ledger: asyncpg.Connection) -> None:
    """Even with the deduplication gone, the natural key refuses a second application (I6)."""
    await work(ledger, sale())
    with pytest.raises(asyncpg.UniqueViolationError):
        await work(ledger, sale(), first=1)


async def test_an_upsert_replaces_and_keeps_its_versions(ledger: asyncpg.Connection) -> None:
    """The reference row is the newest; every version stays, numbered in the order of commits."""
    desk = WORKER.open_desk(reference())
    first = ProductUpserted(50, "Tea", sku="T-1", price=Decimal("2.50"), category="Drinks")
    batch = await work(ledger, first, outlet_upserted(), UserUpserted(7, "ann", roles=("CASHIER", "COOK")), desk=desk)
    assert [row[:2] for row in told(batch)] == [
        ("ledger.reference-recorded", "product:50"),
        ("ledger.reference-recorded", "3"),
        ("ledger.reference-recorded", "user:7"),
    ]
    renamed = ProductUpserted(50, "Green tea", is_stocked=False)
    await work(ledger, ProductUpserted(50, "Tee"), renamed, UserUpserted(7, "ann", roles=("COOK",)), desk=desk, first=3)
    product = await ledger.fetchrow(
        "SELECT name, sku, price, is_stocked, category_id FROM smartoutlet_product.products"
    )
    assert tuple(product) == ("Green tea", None, None, False, None)
    assert await ledger.fetchval("SELECT timezone FROM smartoutlet_outlet.outlets") == "America/New_York"
    roles = """
        SELECT r.name FROM smartoutlet_auth.user_roles JOIN smartoutlet_auth.roles r ON r.id = role_id WHERE user_id = 7
    """
    assert [row["name"] for row in await ledger.fetch(roles)] == ["COOK"]
    versions = await ledger.fetch("SELECT revision, kind, id FROM coralserve_ledger.reference_versions ORDER BY 1")
    assert [tuple(row) for row in versions] == [
        (1, "product", 50),
        (2, "outlet", 3),
        (3, "user", 7),
        (4, "product", 50),
        (5, "product", 50),
        (6, "user", 7),
    ]
    assert await ledger.fetchval("SELECT revision FROM coralserve_ledger.revisions WHERE name = 'reference'") == 6


async def test_a_desk_that_ran_ahead_is_told_to_try_again(ledger: asyncpg.Connection) -> None:
    """Two processes record reference data: one revision, one order; the loser decides again (I6)."""
    behind = WORKER.open_desk(reference())
    await work(ledger, UserUpserted(7, "ann"), desk=behind)
    await work(ledger, UserUpserted(8, "bob"), first=1)
    with pytest.raises(Retry):
        await work(ledger, UserUpserted(9, "cem"), desk=behind, first=2)
    behind.forget()
    await work(ledger, UserUpserted(9, "cem"), desk=behind, first=2)
    ids = "SELECT array_agg(id ORDER BY revision) FROM coralserve_ledger.reference_versions"
    assert await ledger.fetchval(ids) == [7, 8, 9]


async def test_the_currency_of_an_outlet_with_sales_stays(ledger: asyncpg.Connection) -> None:
    """Amounts already recorded would change their meaning."""
    await work(ledger, outlet_upserted(currency="EUR"))
    await work(ledger, outlet_upserted(), first=1)
    await work(ledger, sale(), first=2)
    with pytest.raises(Reject) as refused:
        await work(ledger, outlet_upserted(currency="EUR"), first=3)
    assert (refused.value.reason, refused.value.field) == ("CURRENCY_MISMATCH", "currency")


@pytest.mark.parametrize(
    ("second", "field"),
    [
        pytest.param(ProductUpserted(51, "Tea too", sku="T-1"), "sku", id="sku"),
        pytest.param(UserUpserted(8, "ann"), "username", id="username"),
    ],
)
async def test_a_taken_name_is_refused_in_the_batch_and_after(
    ledger: asyncpg.Connection, second: Any, field: str
) -> None:
    """The same answer whether the owner came in this batch or long ago."""
    owners = ProductUpserted(50, "Tea", sku="T-1"), UserUpserted(7, "ann")
    for attempt in range(2):
        with pytest.raises(Reject) as refused:
            await work(ledger, *owners, second, first=3 * attempt)
        assert refused.value.field == field
        await work(ledger, *owners, first=10 + 3 * attempt)


async def test_a_sku_given_up_can_be_taken(ledger: asyncpg.Connection) -> None:
    """Renumbering a product range is an ordinary day's work."""
    await work(ledger, ProductUpserted(50, "Tea", sku="T-1"))
    await work(ledger, ProductUpserted(50, "Tea", sku="T-2"), ProductUpserted(51, "Chai", sku="T-1"), first=1)
    rows = await ledger.fetch("SELECT id, sku FROM smartoutlet_product.products ORDER BY id")
    assert [tuple(row) for row in rows] == [(50, "T-2"), (51, "T-1")]
