"""The desk on a real PostgreSQL: definitions are entered and seen at once, sales become rows, events and variances."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
import pytest

from consumers.tax import store
from consumers.tax.desk import TaxDesk
from mesh.batch import Batch
from mesh.reference import Outlet, Product, Reference
from mesh.worker import Delivery
from schemas.derived import TaxComputed, TaxGap
from schemas.errors import Wait
from schemas.event import Event
from schemas.plan import plan_of
from schemas.pos import SaleCompleted, SaleLine, Totals
from schemas.tax import ProductTaxMapped, TaxPeriodClosed, TaxPeriodReopened, TaxPolicySet, TaxRuleUpserted
from schemas.wire import wire_of

OUTLET, PRODUCT, UNKNOWN = 3, 42, 99
NOON = datetime(2025, 1, 10, 17, tzinfo=UTC)
OUTLET_ROW = "INSERT INTO smartoutlet_outlet.outlets (id, name) VALUES (3, 'Fifth Avenue')"
PRODUCT_ROW = "INSERT INTO smartoutlet_product.products (id, name) VALUES (42, 'Coat')"


def reference() -> Reference:
    known = Reference()
    known.outlets[OUTLET] = Outlet(
        OUTLET, "Fifth Avenue", "US", "NY", None, "NYC", "America/New_York", ZoneInfo("America/New_York"), "USD",
        time(4), None, True,
    )  # fmt: skip
    known.products[PRODUCT] = Product(PRODUCT, "Coat", True, True, None, None)
    return known


@pytest.fixture
async def db(database: str) -> Any:
    connection = await asyncpg.connect(database)
    await connection.execute(OUTLET_ROW)
    await connection.execute(PRODUCT_ROW)
    yield connection
    await connection.close()


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(1, 1_000))


class Counter:
    """Runs batches of events through a desk as the core does."""

    def __init__(self, db: asyncpg.Connection) -> None:
        self.db = db
        self.desk = TaxDesk(reference())
        self.offset = 0

    async def handle(self, *events: tuple[str, Any]) -> Batch:
        batch = Batch("tax")
        deliveries = [self._delivery(event_type, data) for event_type, data in events]
        await self.desk.load(self.db, deliveries)
        for delivery in deliveries:
            self.desk.decide(delivery, batch)
        async with self.db.transaction():
            await self.desk.save(self.db, batch)
        return batch

    def _delivery(self, event_type: str, data: Any) -> Delivery:
        self.offset += 1
        event = Event(f"event-{self.offset}", event_type, data, b"{}", bytes(32), data.occurred_at or NOON)
        return Delivery(event, "any", 0, self.offset, 1)


def vat(tax_rule_id: int = 9, rate: str = "0.08875", **columns: Any) -> tuple[str, TaxRuleUpserted]:
    columns.setdefault("effective_date", date(2020, 1, 1))
    rule = TaxRuleUpserted(tax_rule_id=tax_rule_id, country_code="US", tax_type="SALES", rate=Decimal(rate), **columns)
    return "tax-rule.upserted", rule


def sale(transaction_id: int = 9001, **changes: Any) -> tuple[str, SaleCompleted]:
    price = Decimal("110.00")
    facts: dict[str, Any] = {
        "transaction_id": transaction_id,
        "outlet_id": OUTLET,
        "occurred_at": NOON,
        "currency": "USD",
        "lines": (SaleLine(1, PRODUCT, Decimal(1), price, total=price),),
    }
    return "pos.sale.completed", SaleCompleted(**{**facts, **changes})


async def rows(db: asyncpg.Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await db.fetch(query)]


async def test_a_rule_and_a_sale_in_one_batch(db: asyncpg.Connection) -> None:
    """An upsert shows to later sales of its own batch, and the row keeps rate, place, date and rule (R56)."""
    batch = await Counter(db).handle(vat(state_code="NY"), sale())
    assert batch.own_changed
    assert await rows(
        db,
        "SELECT transaction_id, version, line_id, tax_rule_id, product_id, outlet_id, taxable_amount, tax_rate, "
        "tax_amount, exempt_amount, currency, kind, jurisdiction, local_date, business_date, "
        "rule_snapshot ->> 'rate' FROM coralserve_tax.tax_transactions",
    ) == [
        (
            9001, 1, 1, 9, PRODUCT, OUTLET, Decimal(110), Decimal("0.08875"), Decimal("9.76"), Decimal(0), "USD",
            "SALE", "US/NY//NYC", date(2025, 1, 10), date(2025, 1, 10), "0.08875",
        )
    ]  # fmt: skip
    assert await rows(
        db, "SELECT transaction_id, version, net, tax, gross, status FROM coralserve_tax.tax_documents"
    ) == [(9001, 1, Decimal(110), Decimal("9.76"), Decimal("119.76"), "COMPUTED")]


async def test_what_is_told(db: asyncpg.Connection) -> None:
    """Downstream sees each document once, with its rows, keyed by outlet (I10)."""
    batch = await Counter(db).handle(vat(), sale())
    ((_, event_type, topic, key, _, data),) = batch.outbox[1]
    assert (event_type, topic, key) == ("tax.computed", "coralserve.tax.v1", b"3")
    told = json.loads(data)
    assert (told["net"], told["tax"], told["gross"], told["status"]) == ("110.00", "9.76", "119.76", "COMPUTED")
    assert told["rows"] == [
        {
            "line_id": 1, "tax_rule_id": 9, "taxable_amount": "110.00", "tax_rate": "0.08875",
            "tax_amount": "9.76", "exempt_amount": "0.00",
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "types"), [([vat()], [TaxComputed]), ([], [TaxComputed, TaxGap])], ids=["rows", "gap"]
)
async def test_what_is_told_reads_as_the_contract_says(
    db: asyncpg.Connection, rules: list[Any], types: list[Any]
) -> None:
    """The text is put together by hand for speed: the one definition of the event must read it back."""
    batch = await Counter(db).handle(*rules, sale())
    for row, model in zip(batch.outbox[1], types, strict=True):
        read, _, _ = plan_of(model, 2).read(msgspec.json.decode(row[5], type=wire_of(model)))
        assert (read.transaction_id, read.local_date) == (9001, date(2025, 1, 10))


async def test_a_gap_is_an_event_not_an_error(db: asyncpg.Connection) -> None:
    """Without any rule of the country the sale stands with tax 0 and someone is told (R56)."""
    batch = await Counter(db).handle(sale())
    assert [row[1] for row in batch.outbox[1]] == ["tax.computed", "tax.gap"]
    assert json.loads(batch.outbox[1][1][5]) == {
        "transaction_id": 9001, "outlet_id": 3, "country_code": "US", "local_date": "2025-01-10",
    }  # fmt: skip
    assert await rows(db, "SELECT tax, gross, status FROM coralserve_tax.tax_documents") == [
        (Decimal(0), Decimal(110), "NO_RULE")
    ]


@pytest.mark.parametrize(
    ("till", "expected"),
    [
        pytest.param("9.75", [(Decimal("9.75"), Decimal("9.76"), Decimal("-0.01"))], id="differs"),
        pytest.param("9.76", [], id="agrees"),
        pytest.param(None, [], id="till sent no tax"),
    ],
)
async def test_variance(db: asyncpg.Connection, till: str | None, expected: list[Any]) -> None:
    """The receipt is never rewritten; what the till took too little or too much is kept beside it (R59)."""
    totals = Totals(tax=Decimal(till) if till else None)
    await Counter(db).handle(vat(), sale(totals=totals))
    assert await rows(db, "SELECT till_tax, computed_tax, difference FROM coralserve_tax.tax_variances") == expected


async def test_historic_sales_are_written_and_not_told(db: asyncpg.Connection) -> None:
    """Migrated sales belong in the books, but nobody downstream may act on them again."""
    batch = await Counter(db).handle(vat(), sale(historic=True))
    assert batch.outbox == {}
    assert await rows(db, "SELECT tax FROM coralserve_tax.tax_documents") == [(Decimal("9.76"),)]


async def test_an_unknown_product_is_taxed_on_its_price(db: asyncpg.Connection) -> None:
    """Tax needs the priced line, not the product: it does not wait for the catalogue."""
    price = Decimal("10.00")
    await Counter(db).handle(vat(rate="0.1"), sale(lines=(SaleLine(1, UNKNOWN, Decimal(1), price, total=price),)))
    assert await rows(db, "SELECT product_id, tax_amount FROM coralserve_tax.tax_transactions") == [(99, Decimal(1))]


async def test_the_day_is_the_outlets(db: asyncpg.Connection) -> None:
    """02:30 UTC is still the evening before in New York: that day's rate, and the business day of the cutoff (R1)."""
    counter = Counter(db)
    await counter.handle(vat(expiry_date=date(2025, 1, 9)), vat(10, "0.2", effective_date=date(2025, 1, 10)))
    await counter.handle(sale(1, occurred_at=datetime(2025, 1, 10, 2, 30, tzinfo=UTC)))
    await counter.handle(sale(2, occurred_at=datetime(2025, 1, 10, 7, 30, tzinfo=UTC)))
    assert await rows(
        db, "SELECT tax_rule_id, local_date, business_date FROM coralserve_tax.tax_transactions ORDER BY transaction_id"
    ) == [(9, date(2025, 1, 9), date(2025, 1, 9)), (10, date(2025, 1, 10), date(2025, 1, 9))]


async def test_a_rule_upserted_again_replaces_for_later_sales_only(db: asyncpg.Connection) -> None:
    """Posted rows keep the rate they were computed with (R56, R58), also after the book was read again."""
    counter = Counter(db)
    await counter.handle(vat(rate="0.1"), sale(1))
    counter.desk.forget()
    await counter.handle(vat(rate="0.2", user_id=7), sale(2))
    counter.desk.forget()
    await counter.handle(sale(3))
    assert await rows(
        db, "SELECT tax_amount, rule_snapshot ->> 'rate' FROM coralserve_tax.tax_transactions ORDER BY transaction_id"
    ) == [(Decimal(11), "0.1"), (Decimal(22), "0.2"), (Decimal(22), "0.2")]
    assert await rows(db, "SELECT id, rate FROM coralserve_tax.tax_rules") == [(9, Decimal("0.2"))]


async def test_everything_entered_is_read_back(db: asyncpg.Connection) -> None:
    """A process that starts later computes with the same book as the one that took the events."""
    counter = Counter(db)
    mapped = ProductTaxMapped(
        mapping_id=1, product_id=PRODUCT, tax_rule_id=10, is_exempt=True, exemption_reason="clothing"
    )
    policy = TaxPolicySet(country_code="US", city_code="NYC", scope="LINE", grouping="AGGREGATE", mode="HALF_EVEN")
    closed = TaxPeriodClosed(country_code="US", start_date=date(2024, 1, 1), end_date=date(2024, 3, 31))
    await counter.handle(
        vat(unit_price_threshold=Decimal(110), is_compound=True, sequence=2, dining_option="DINE_IN"),
        vat(10, applies_to="MAPPED", stacking="REPLACE", county_code="NEW_YORK", description="coats", tax_name="Sales"),
        ("product-tax.mapped", mapped),
        ("tax-policy.set", policy),
        ("tax-period.closed", closed),
    )
    kept, read = counter.desk.book, await store.load_book(db)
    assert (read.rules, read.mappings) == (kept.rules, kept.mappings)
    assert (read.policies, read.periods) == (kept.policies, kept.periods)


async def test_a_mapping_waits_for_its_rule_and_its_product(db: asyncpg.Connection) -> None:
    """Topics have no common order: a mapping may overtake what it names, and must change nothing until then."""
    counter = Counter(db)
    unknown_rule = ProductTaxMapped(mapping_id=1, product_id=PRODUCT, tax_rule_id=9)
    with pytest.raises(Wait) as rule:
        await counter.handle(("product-tax.mapped", unknown_rule))
    assert (rule.value.key, rule.value.reason) == ("tax-rule:9", "UNKNOWN_RULE")
    assert await db.fetch(store.KNOWN_RULES, ["9"]) == []
    await counter.handle(vat())
    assert await rows(db, store.KNOWN_RULES.replace("$1", "'{9,10}'")) == [("9",)]
    with pytest.raises(Wait) as product:
        await counter.handle(("product-tax.mapped", ProductTaxMapped(mapping_id=1, product_id=UNKNOWN, tax_rule_id=9)))
    assert product.value.key == "product:99"
    assert counter.desk.book.mappings == {}


async def test_a_closed_period_takes_no_sale_until_it_is_reopened(db: asyncpg.Connection) -> None:
    """Returns that were filed may not change: a late sale waits for a person (R58)."""
    counter = Counter(db)
    days = {"start_date": date(2025, 1, 1), "end_date": date(2025, 1, 10)}
    period = {"country_code": "US", "state_code": "NY", **days}
    await counter.handle(vat(), ("tax-period.closed", TaxPeriodClosed(**period, user_id=7)))
    with pytest.raises(Wait) as closed:
        await counter.handle(sale())
    assert (closed.value.key, closed.value.reason) == ("tax-period-open:US/NY//NYC:2025-01-10", "CLOSED_PERIOD")
    ids = ["US/NY//NYC:2025-01-10", "US/NY//NYC:2025-01-11", "US/NJ:2025-01-10", "US:2025-01-10"]
    open_ids = {row[0] for row in await db.fetch(store.OPEN_PERIODS, ids)}
    assert open_ids == set(ids[1:])
    await counter.handle(("tax-period.reopened", TaxPeriodReopened(**period, user_id=8)))
    assert {row[0] for row in await db.fetch(store.OPEN_PERIODS, ids)} == set(ids)
    await counter.handle(sale())
    assert await rows(db, "SELECT status, closed_by, reopened_by FROM coralserve_tax.tax_periods") == [("OPEN", 7, 8)]


async def test_the_audit_is_told_who_changed_a_rule(db: asyncpg.Connection) -> None:
    """Each change carries its own event and author, also when several share a transaction (R70)."""
    await Counter(db).handle(vat(user_id=7), vat(10), vat(9, "0.1", user_id=8))
    changes = [
        json.loads(row[0])
        for row in await db.fetch(
            "SELECT convert_from(payload, 'UTF8') FROM coralserve_tax.outbox WHERE type = 'row.changed' ORDER BY seq"
        )
    ]
    assert [(c["record_id"], c["action"], c["user_id"], c["event_id"], c.get("changed")) for c in changes] == [
        ("9", "CREATE", 7, "event-1", None),
        ("10", "CREATE", 0, "event-2", None),
        ("9", "UPDATE", 8, "event-3", ["rate"]),
    ]


async def test_a_second_application_of_an_event_is_refused_by_the_database(db: asyncpg.Connection) -> None:
    """Whatever goes wrong above, the unique keys keep one tax set per sale (I3, I6)."""
    counter = Counter(db)
    await counter.handle(vat(), sale())
    with pytest.raises(asyncpg.UniqueViolationError):
        await counter.handle(sale())
