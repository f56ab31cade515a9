"""What the database holds after the worked examples, and after processes race for one item. Real PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from datetime import date, timedelta
from decimal import Decimal

import asyncpg
import pytest
from msgspec.structs import replace

from schemas.errors import Reject, Retry, Wait
from schemas.event import Event
from schemas.inventory import (
    DayStarted,
    OrderLine,
    PurchaseOrderCreated,
    PurchaseOrderOrdered,
    SupplierUpserted,
)
from tests.consumers.inventory.build import (
    MATERIAL,
    NOON,
    OUTLET,
    PRODUCT,
    consumed,
    delivery,
    event,
    levels,
    open_batch,
    outlet,
    r11_stock,
    received,
    reference,
    sale,
    told,
)
from tests.consumers.inventory.counter import Counter, counter, furnish


@pytest.fixture
async def shop(database: str) -> str:
    await furnish(database)
    return database


async def test_r11_and_r12_in_the_database(shop: str) -> None:
    """The worked examples, each event a batch of its own by a process that remembers nothing (R11, R12)."""
    for one in [*r11_stock(), sale(15), received(10, "1.50", batch="D", at=NOON)]:
        async with counter(shop) as process:
            await process.happens(one)
    async with counter(shop) as process:
        assert await process.movements() == [
            ("E", "IN", 10, Decimal(5), None), ("A", "IN", 3, Decimal(3), None), ("B", "IN", 4, Decimal("4.8"), None),
            ("C", "IN", 5, Decimal("4.5"), None),
            ("A", "OUT", -3, Decimal(-3), None), ("B", "OUT", -4, Decimal("-4.8"), None),
            ("C", "OUT", -5, Decimal("-4.5"), None),
            ("SHORTFALL", "OUT", -3, Decimal("-2.7"), None),
            ("D", "IN", 10, Decimal(15), None), ("D", "TRANSFER", -3, Decimal("-4.5"), None),
            ("SHORTFALL", "TRANSFER", 3, Decimal("2.7"), Decimal("1.8")),
        ]  # fmt: skip
        assert await process.held() == {"E": 10, "A": 0, "B": 0, "C": 0, "SHORTFALL": 0, "D": 7}
        await process.balanced()


async def test_one_batch_or_many_lead_to_the_same_rows(shop: str) -> None:
    """How many events share a transaction is chance; what they lead to is not (I12)."""
    events = [*r11_stock(), sale(8, 7), received(1, "2", batch="X"), sale(3), received(10, "1.50", batch="D"), sale(2)]
    async with counter(shop) as process:
        await process.happens(*events)
        in_one = (await process.movements(), await process.held())
        await process.balanced()
    async with counter(shop, reference([outlet()], [44])) as process:
        other = [_of_other_product(each) for each in events]
        for each in other:
            await process.happens(each)
            process.desk.forget()
        await process.balanced()
        rows = await process.movements()
        assert rows[len(in_one[0]) :] == in_one[0]


def _of_other_product(of: Event) -> Event:
    data = of.data
    if of.type == "pos.sale.completed":
        lines = tuple(replace(line, product_id=44) for line in data.lines)
        data = replace(data, lines=lines)
    else:
        data = replace(data, product_id=44)
    return event(of.type, data)


async def test_open_shortfalls_are_found_again_after_a_restart(shop: str) -> None:
    """What is owed lives in the ledger: a new process nets it, oldest first, and no more than is open (R12)."""
    async with counter(shop) as process:
        await process.happens(received(1, "1.00"), sale(3), sale(2), received(1, "5.00", batch="X"))
    async with counter(shop) as process:
        await process.happens(received(2, "7.00", batch="Y"))
    async with counter(shop) as process:
        await process.happens(received(4, "9.00", batch="Z"))
        pairs = [row for row in await process.movements() if row[1] == "TRANSFER" and row[0] != "SHORTFALL"]
        assert [(batch, quantity) for batch, _, quantity, *_ in pairs] == [("X", -1), ("Y", -1), ("Y", -1), ("Z", -1)]
        assert (await process.held())["SHORTFALL"] == 0
        assert (await process.held())["Z"] == 3
        await process.balanced()


async def test_the_database_refuses_a_second_application(shop: str) -> None:
    """The last line of defence of exactly-once: the same event's rows cannot be written twice (I6)."""
    one = sale(1)
    async with counter(shop) as process:
        await process.happens(received(5, "1"), one)
        with pytest.raises(asyncpg.UniqueViolationError):
            await process.happens(one)


async def test_two_processes_racing_for_an_item(shop: str) -> None:
    """Both decided on the same three pieces: the second must see what the first left and decide again (R21)."""
    async with counter(shop) as one, counter(shop) as other:
        await one.happens(received(3, "1", batch="A"))
        first, second = await one.plan(sale(2)), await other.plan(sale(2))
        await one.save(first)
        with pytest.raises(Retry):
            await other.save(second)
        await other.happens(sale(2))
        assert await one.held() == {"A": 0, "SHORTFALL": -1}
        await one.balanced()


async def test_two_processes_seeing_an_item_for_the_first_time(shop: str) -> None:
    """`stock_levels` rows are made on first sight (R20): the unique key decides who was first, nothing is doubled."""
    async with counter(shop) as one, counter(shop) as other:
        first, second = await one.plan(sale(1)), await other.plan(sale(2))
        waiting = None
        async with one.db.transaction():
            await one.desk.save(one.db, first)
            waiting = asyncio.create_task(other.save(second))
            await asyncio.sleep(0.1)
        with pytest.raises(Retry):
            await waiting
        await other.happens(sale(2))
        assert await one.held() == {"SHORTFALL": -3}
        assert await one.db.fetchval("SELECT count(*) FROM coralserve_inventory.stock_levels") == 1


async def test_memory_goes_on_across_batches(shop: str) -> None:
    """Ids given by one save are used by the next without reading: lots, shortfalls and levels (hot path)."""
    async with counter(shop) as process:
        await process.happens(sale(2))
        await process.happens(received(5, "1", batch="A"))
        await process.happens(sale(1))
        assert process.retries == 0
        assert await process.held() == {"SHORTFALL": 0, "A": 2}
        await process.balanced()


async def test_the_next_batch_may_be_decided_before_the_last_is_saved(shop: str) -> None:
    """The core decides ahead while a batch commits: each save must write its own figures, not the newest."""
    async with counter(shop) as process:
        batches = [await process.plan(received(5, "1", batch="A"), sale(1)), await process.plan(sale(2), sale(4))]
        batches.append(await process.plan(received(3, "2", batch="B"), levels("9")))
        for batch, left in zip(batches, (4, 0, 0), strict=True):
            await process.save(batch)
            assert (await process.held())["A"] == left
            await process.balanced()
        assert await process.held() == {"A": 0, "SHORTFALL": 0, "B": 1}


async def test_levels_are_copied_to_every_batch(shop: str) -> None:
    """The seed's level columns are copies of `stock_levels` (SCHEMA): old batches and new ones carry them."""
    async with counter(shop) as process:
        await process.happens(received(1, "1", batch="A"))
        three = levels("5", min_stock_level=Decimal(2), max_stock_level=Decimal(9))
        await process.happens(three, received(1, "1", batch="B"))
        rows = await process.db.fetch(
            "SELECT reorder_point, min_stock_level, max_stock_level FROM coralserve_inventory.stock_items"
        )
        assert [tuple(row) for row in rows] == [(5, 2, 9), (5, 2, 9)]


async def test_alert_state_survives_a_restart(shop: str) -> None:
    """One alert per crossing, whichever process sees the next sale (R20)."""
    async with counter(shop) as process:
        await process.happens(received(10, "1"), levels("5"))
        assert len(told(await process.happens(sale(6)), "stock.low")) == 1
    async with counter(shop) as process:
        assert told(await process.happens(sale(1)), "stock.low") == []


async def test_an_order_is_received_line_by_line(shop: str) -> None:
    """Supplier, order and receipts reach their rows, and audit hears who changed what (R19, R70)."""
    lines = (
        OrderLine(Decimal(4), Decimal("2.50"), product_id=PRODUCT),
        OrderLine(Decimal(2), Decimal(8), material_id=MATERIAL),
    )
    created = PurchaseOrderCreated(8, "PO-8", 5, OUTLET, NOON.date(), lines, user_id=17)
    async with counter(shop) as process:
        with pytest.raises(Wait, match="supplier:5"):
            await process.happens(event("purchase-order.created", created))
        await process.happens(event("supplier.upserted", SupplierUpserted(5, "Farm", credit_limit=Decimal(100))))
        await process.happens(event("purchase-order.created", created))
        await process.happens(event("purchase-order.ordered", PurchaseOrderOrdered(8, OUTLET)))
        await process.happens(received(4, None, purchase_order_id=8))
        await process.happens(event("supplier.upserted", SupplierUpserted(5, "Farmers", status="INACTIVE")))
    async with counter(shop) as process:
        assert await _order(process) == ("PARTIALLY_RECEIVED", 26, [4, 0])
        with pytest.raises(Reject, match="OVER_RECEIPT"):
            await process.happens(received(3, None, purchase_order_id=8, purchase_order_line=2, material_id=MATERIAL))
        await process.happens(received(2, None, purchase_order_id=8, purchase_order_line=2, material_id=MATERIAL))
        assert await _order(process) == ("RECEIVED", 26, [4, 2])
        with pytest.raises(Reject, match="CONFLICT"):
            await process.happens(event("purchase-order.created", created))
        authors = await process.db.fetch(
            "SELECT convert_from(payload, 'UTF8')::jsonb ->> 'user_id' AS author FROM coralserve_inventory.outbox"
            " WHERE convert_from(payload, 'UTF8')::jsonb ->> 'table' = 'purchase_orders' ORDER BY seq"
        )
        assert [row["author"] for row in authors] == ["17", "0", "0", "0"]


async def _order(process: Counter) -> tuple[str, Decimal, list[Decimal]]:
    row = await process.db.fetchrow(
        "SELECT status, total_amount FROM coralserve_inventory.purchase_orders WHERE id = 8"
    )
    lines = await process.db.fetch(
        "SELECT received_quantity FROM coralserve_inventory.purchase_order_items ORDER BY purchase_order_id, line_id"
    )
    return row["status"], row["total_amount"], [line["received_quantity"] for line in lines]


async def test_two_processes_receiving_the_same_order_line(shop: str) -> None:
    """Together they would exceed the order: the slower one decides again, and is refused (R19)."""
    created = PurchaseOrderCreated(
        8, "PO-8", 5, OUTLET, NOON.date(), (OrderLine(Decimal(4), Decimal(1), product_id=PRODUCT),)
    )
    async with counter(shop) as one, counter(shop) as other:
        await one.happens(
            event("supplier.upserted", SupplierUpserted(5, "Farm")),
            event("purchase-order.created", created),
            event("purchase-order.ordered", PurchaseOrderOrdered(8, OUTLET)),
        )
        first = await one.plan(received(3, None, purchase_order_id=8))
        second = await other.plan(received(3, None, purchase_order_id=8))
        await one.save(first)
        with pytest.raises(Retry):
            await other.save(second)
        with pytest.raises(Reject, match="OVER_RECEIPT"):
            await other.happens(received(3, None, purchase_order_id=8))


async def test_a_day_started_finds_its_lots_in_the_database(shop: str) -> None:
    """Lots no sale has touched for weeks are the ones that expire (R20)."""
    async with counter(shop) as process:
        await process.happens(received(4, "1", batch="M", expiry=NOON.date() + timedelta(days=5)))
        await process.happens(received(4, "1", batch="forever"), received(4, "1", material_id=MATERIAL, batch="salt"))
    async with counter(shop) as process:
        batch = await process.happens(event("outlet.day-started", DayStarted(OUTLET, date(2025, 1, 15))))
        (expired,) = told(batch, "stock.expired")
        assert expired[1]["batch_number"] == "M"
        rows = await process.db.fetch("SELECT batch_number, status FROM coralserve_inventory.stock_items")
        assert {row[0]: row[1] for row in rows} == {"M": "EXPIRED", "forever": "FRESH", "salt": "FRESH"}


async def test_a_material_average_is_kept(shop: str) -> None:
    """The average outlives the process that computed it (R34)."""
    beef = {"material_id": MATERIAL}
    async with counter(shop) as process:
        await process.happens(received(10, "8", **beef), consumed(5))
    async with counter(shop) as process:
        batch = await process.happens(received(5, "10", **beef))
        assert [data["unit_cost"] for _, data in told(batch, "material.cost-changed")] == ["9"]


async def test_many_writers_end_in_one_truth(database: str) -> None:
    """Eight processes sell and receive the same items in crossing orders: no deadlock, every sum right (R21, I1)."""
    products, outlets = (42, 44, 45, 46), (3, 4)
    await furnish(database, outlets=outlets, products=products)
    known = reference([outlet(3), outlet(4)], products)
    sold: dict[int, Decimal] = dict.fromkeys(products, Decimal(0))
    arrived: dict[int, Decimal] = dict.fromkeys(products, Decimal(0))

    async def work(seed: int) -> None:
        choose = random.Random(seed)
        async with counter(database, known) as process:
            for _ in range(6):
                events = []
                for product in choose.sample(products, 3):
                    quantity, where = Decimal(choose.randint(1, 9)), choose.choice(outlets)
                    if choose.random() < 0.4:
                        events.append(received(quantity, "1.25", product_id=product, outlet_id=where))
                        arrived[product] += quantity
                    else:
                        events.append(sale(quantity, product_id=product, outlet_id=where))
                        sold[product] += quantity
                await process.happens(*events)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(seed) for seed in range(8)))
    async with counter(database, known) as process:
        await process.balanced()
        rows = await process.db.fetch(
            "SELECT product_id, sum(quantity) AS held FROM coralserve_inventory.stock_items GROUP BY product_id"
        )
        assert {row["product_id"]: row["held"] for row in rows} == {p: arrived[p] - sold[p] for p in products}
        both = await process.db.fetch(
            "SELECT a.id FROM coralserve_inventory.stock_items a JOIN coralserve_inventory.stock_items b"
            " ON (a.outlet_id, a.product_id) = (b.outlet_id, b.product_id)"
            " WHERE a.batch_number = 'SHORTFALL' AND a.quantity < 0 AND b.quantity > 0"
        )
        assert both == [], "a shortfall beside stock that could have been sold"


async def test_a_batch_decided_on_dropped_memory_is_not_saved_empty(shop: str) -> None:
    """After `forget` a batch decided before must be decided again: saving nothing for it would lose its events (R3)."""
    async with counter(shop) as process:
        batch = await process.plan(received(5, "1", batch="A"))
        process.desk.forget()
        with pytest.raises(Retry):
            await process.save(batch)
        await process.save(await process.plan())
        assert await process.held() == {}


async def test_a_batch_beside_a_failed_one_is_decided_again(shop: str) -> None:
    """Tracks share one memory: when one fails and drops it, an event of the other must not be condemned for that."""
    async with counter(shop) as process:
        await process.happens(received(5, "1", batch="A"))
        batch = await process.plan(sale(1))
        process.desk.forget()
        with pytest.raises(Retry):
            process.desk.decide(delivery(sale(1)), batch)
        with pytest.raises(Retry):
            process.desk.decide(delivery(sale(1)), open_batch())
        await process.happens(sale(1))
        assert await process.held() == {"A": 4}


async def test_first_sight_in_crossing_orders_does_not_deadlock(database: str) -> None:
    """Rows that do not exist yet cannot be locked in order; they must be inserted in order instead (R20, R21)."""
    products, writers, each = tuple(range(100, 500)), 6, 200
    await furnish(database, products=products)
    start = asyncio.Barrier(writers)

    async def work(seed: int) -> None:
        async with counter(database, reference(products=products)) as process:
            events = [sale(1, product_id=product) for product in random.Random(seed).sample(products, each)]
            batch = await process.plan(*events)
            await start.wait()
            try:
                await process.save(batch)
            except Retry:
                await process.happens(*events)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(seed) for seed in range(writers)))
    async with counter(database) as process:
        await process.balanced()
        held = await process.db.fetchval("SELECT sum(quantity) FROM coralserve_inventory.stock_items")
        assert held == -writers * each
