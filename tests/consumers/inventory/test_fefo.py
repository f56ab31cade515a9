"""First-expiry depletion and shortfalls, by the worked examples of R11 to R13 and the edges around them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from schemas.errors import Reject, Wait
from schemas.pos import SaleLine
from tests.consumers.inventory.build import (
    CASHIER,
    NEW_YORK,
    NOON,
    PRODUCT,
    UNSTOCKED,
    Shop,
    outlet,
    r11_stock,
    received,
    reference,
    sale,
    told,
)


def cost(shop: Shop, *, since: int) -> Decimal:
    return -sum((cells[6] for *_, cells in shop.changes.movements[since:]), Decimal(0))


def test_r11_takes_first_expiry_first_and_never_expired() -> None:
    """R11's example to the cent: the books of every shop rest on this order."""
    shop = Shop().happens(*r11_stock(), sale(10))
    assert shop.moved(since=4) == [
        ("A", "OUT", "-3", "-3.00"), ("B", "OUT", "-4", "-4.80"), ("C", "OUT", "-3", "-2.70"),
    ]  # fmt: skip
    assert cost(shop, since=4) == Decimal("10.50")
    assert shop.held() == {"E": 10, "C": 2}


def test_r12_books_what_is_missing_at_the_newest_cost_and_nets_it_later() -> None:
    """R12's example: a sale is never refused, and the later receipt settles it with the difference shown."""
    shop = Shop().happens(*r11_stock(), sale(15))
    assert shop.moved(since=4) == [
        ("A", "OUT", "-3", "-3.00"), ("B", "OUT", "-4", "-4.80"), ("C", "OUT", "-5", "-4.50"),
        ("SHORTFALL", "OUT", "-3", "-2.70"),
    ]  # fmt: skip
    assert cost(shop, since=4) == Decimal("15.00")

    shop.happens(received(10, "1.50", batch="D", at=NOON + timedelta(hours=1)))
    assert shop.moved(since=8) == [
        ("D", "IN", "10", "15.00"), ("D", "TRANSFER", "-3", "-4.50"), ("SHORTFALL", "TRANSFER", "3", "2.70"),
    ]  # fmt: skip
    assert sum(cells[7] or 0 for *_, cells in shop.changes.movements) == Decimal("1.80")
    assert shop.held() == {"E": 10, "D": 7, "SHORTFALL": 0}
    assert shop.held()["D"] * Decimal("1.50") == Decimal("10.50")


def test_a_shortfall_costs_nothing_where_nothing_was_ever_received() -> None:
    """Without any receipt there is no cost to guess (R12); the receipt's own cost becomes the variance."""
    shop = Shop().happens(sale(2), received(5, "1.00", batch="A"))
    assert shop.moved() == [
        ("SHORTFALL", "OUT", "-2", "0.00"), ("A", "IN", "5", "5.00"), ("A", "TRANSFER", "-2", "-2.00"),
        ("SHORTFALL", "TRANSFER", "2", "0.00"),
    ]  # fmt: skip
    assert [cells[7] for *_, cells in shop.changes.movements][-1] == Decimal("2.00")


def test_the_newest_receipt_is_the_one_received_last_not_the_one_told_last() -> None:
    """A receipt told late must not change the price of a shortfall (R12: greatest `received_at`)."""
    shop = Shop().happens(
        received(1, "2.00", at=NOON), received(1, "9.00", at=NOON - timedelta(days=1)), sale(3, at=NOON)
    )
    assert shop.moved(since=2)[-1] == ("SHORTFALL", "OUT", "-1", "-2.00")


def test_shortfalls_are_netted_oldest_first_each_at_its_own_cost() -> None:
    """Two shortfalls at different costs: settling them out of order would move money between days (R12)."""
    shop = Shop().happens(
        received(1, "1.00", at=NOON - timedelta(days=3)), sale(3), received(1, "1.50", batch="X"), sale(2),
        received(2, "2.00", batch="Y"),
    )  # fmt: skip
    pairs = [move for move in shop.moved() if move[1] == "TRANSFER"]
    assert pairs == [
        ("X", "TRANSFER", "-1", "-1.50"), ("SHORTFALL", "TRANSFER", "1", "1.00"),
        ("Y", "TRANSFER", "-1", "-2.00"), ("SHORTFALL", "TRANSFER", "1", "1.00"),
        ("Y", "TRANSFER", "-1", "-2.00"), ("SHORTFALL", "TRANSFER", "1", "1.50"),
    ]  # fmt: skip
    assert shop.held()["SHORTFALL"] == -1
    assert [(each.quantity, each.unit_cost) for each in shop.item().open] == [(1, Decimal("1.50"))]


def test_a_receipt_already_expired_covers_no_shortfall() -> None:
    """Expired batches are never picked (R11), not even for what is owed."""
    shop = Shop().happens(sale(2), received(5, "1.00", batch="old", expiry=date(2025, 1, 8)))
    assert shop.held() == {"old": 5, "SHORTFALL": -2}


@pytest.mark.parametrize(
    ("receipts", "order"),
    [
        pytest.param(
            [received(1, "1", batch="later", at=NOON), received(1, "1", batch="sooner", at=NOON - timedelta(hours=1))],
            ["sooner", "later"], id="equal expiry: received_at decides",
        ),
        pytest.param(
            [received(1, "1", batch="first"), received(1, "1", batch="second"), received(1, "1", batch="third")],
            ["first", "second", "third"], id="equal received_at: id decides",
        ),
        pytest.param(
            [received(1, "1", batch="none"), received(1, "1", batch="far", expiry=date(2030, 1, 1))],
            ["far", "none"], id="no expiry comes last",
        ),
        pytest.param(
            [
                received(1, "1", batch="last day", expiry=NOON.date()),
                received(1, "1", batch="past", expiry=date(2025, 1, 8)),
            ],
            ["last day", "SHORTFALL"], id="sold on the expiry date itself, not after it",
        ),
        pytest.param(
            [received(1, "1", batch="received after the sale", at=NOON + timedelta(days=2))],
            ["received after the sale"], id="received_at orders but never excludes",
        ),
    ],
)  # fmt: skip
def test_lots_go_in_order(receipts: list, order: list[str]) -> None:
    """Every edge of the order R11 gives, one unit at a time."""
    shop = Shop().happens(*receipts, sale(len(order)))
    assert [batch for batch, *_ in shop.moved(since=len(receipts))] == order


def test_expiry_is_judged_on_the_outlets_own_date() -> None:
    """At 03:00 UTC it is still the evening before in New York: the lot of that date may be sold (R1, R11)."""
    shop = Shop(reference([outlet(zone=NEW_YORK, timezone="America/New_York")]))
    lot = received(1, "1.00", batch="L", expiry=date(2025, 1, 8), at=datetime(2025, 1, 1, tzinfo=UTC))
    shop.happens(lot, sale(1, at=datetime(2025, 1, 9, 3, tzinfo=UTC)))
    assert shop.moved(since=1) == [("L", "OUT", "-1", "-1.00")]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(datetime(2025, 3, 9, 8, 30, tzinfo=UTC), date(2025, 3, 9), id="04:30 EDT, after the cutoff"),
        pytest.param(datetime(2025, 3, 9, 7, 30, tzinfo=UTC), date(2025, 3, 8), id="03:30 EDT, before it"),
    ],
)
def test_movements_carry_the_business_date(at: datetime, expected: date) -> None:
    """R1's example on the day the clocks change: reports by business date read this column."""
    shop = Shop(reference([outlet(zone=NEW_YORK, timezone="America/New_York", cutoff=time(4))]))
    shop.happens(sale(1, at=at))
    assert shop.changes.movements[0][3][-1] == expected


def test_unstocked_products_move_no_stock() -> None:
    """A haircut has no batch (R13); the stocked line beside it still moves."""
    lines = tuple(SaleLine(n, p, Decimal(1), Decimal(1)) for n, p in ((1, UNSTOCKED), (2, PRODUCT)))
    shop = Shop().happens(sale(lines=lines))
    assert [
        (batch, cells[10]) for (batch, *_), (*_, cells) in zip(shop.moved(), shop.changes.movements, strict=True)
    ] == [("SHORTFALL", 2)]


@pytest.mark.parametrize(
    "ignored",
    [pytest.param(sale(1, product_id=UNSTOCKED), id="unstocked"), pytest.param(sale(1, historic=True), id="historic")],
)
def test_sales_without_effect_are_counted_as_ignored(ignored) -> None:
    """Old sales and pure services are dispositions, not errors (R13; CONTRACT 3, historic)."""
    shop = Shop().happens(ignored)
    assert (shop.changes.movements, told(shop.batch)) == ([], [])
    assert shop.batch.tallies[1].ignored == 1


@pytest.mark.parametrize(
    ("refused", "error", "name"),
    [
        pytest.param(sale(1, product_id=99), Wait, "product:99", id="unknown product"),
        pytest.param(sale(1, cashier_id=99), Wait, "user:99", id="unknown cashier"),
        pytest.param(sale(1, outlet_id=9), Wait, "outlet:9", id="unknown outlet"),
        pytest.param(received(1, "1", supplier_id=5), Wait, "supplier:5", id="unknown supplier"),
        pytest.param(received(1, "1", purchase_order_id=8), Wait, "purchase-order:8", id="unknown order"),
        pytest.param(received(1, "1", batch="SHORTFALL"), Reject, "RESERVED_BATCH", id="batch SHORTFALL"),
        pytest.param(received(1, "1", batch="COUNT"), Reject, "RESERVED_BATCH", id="batch COUNT"),
    ],
)
def test_refusals_leave_memory_as_it_was(refused, error: type[Exception], name: str) -> None:
    """The core parks such an event and goes on with the batch: a half-applied one would corrupt the next (R3)."""
    shop = Shop()
    with pytest.raises(error) as caught:
        shop.happens(refused)
    assert getattr(caught.value, "key", None) == name or getattr(caught.value, "reason", None) == name
    assert shop.changes.movements == []
    assert told(shop.batch) == []
    assert {**shop.changes.items, **shop.changes.lots} == {}


def test_the_cashier_signs_the_movements() -> None:
    """`created_by` is the sale's cashier, and user 0 where the sale names nobody."""
    shop = Shop().happens(sale(1, cashier_id=CASHIER), sale(1))
    assert [cells[8] for *_, cells in shop.changes.movements] == [CASHIER, 0]


def test_value_is_rounded_once_half_away_from_zero() -> None:
    """40 at 0.049 is 1.96, not 2.00: unit costs keep six decimals and the product is rounded once (R0)."""
    shop = Shop().happens(received(40, "0.049"), sale(40), received("0.5", "0.01"), sale("0.5"))
    assert [move[3] for move in shop.moved()] == ["1.96", "-1.96", "0.01", "-0.01"]


def test_fractions_of_a_unit_are_exact() -> None:
    """Rice is sold by weight: a third taken three times leaves what it should (R0)."""
    shop = Shop().happens(received(1, "3.00"), sale("0.333333", "0.333333", "0.333333"))
    assert shop.held() == {None: Decimal("0.000001")}
