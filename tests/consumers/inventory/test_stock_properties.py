"""What must hold whatever happens: the ledger adds up, arrival order moves no totals, no needless shortfall."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.inventory.rules import first_sellable
from schemas.event import Event
from tests.consumers.inventory.build import NOON, PRODUCT, Shop, received, sale

PRODUCTS = (PRODUCT, 44)
quantities = st.decimals(min_value="0.001", max_value="20", places=3)
expiries = st.none() | st.integers(-3, 6).map(lambda days: date(2025, 1, 9) + timedelta(days=days))
instants = st.integers(0, 96).map(lambda hours: NOON + timedelta(hours=hours - 48))
receipts = st.builds(
    lambda quantity, cost, expiry, at, product: received(
        quantity, str(cost), expiry=expiry, at=at, batch="L", product_id=product
    ),
    quantities, st.decimals(min_value="0", max_value="9", places=4), expiries, instants, st.sampled_from(PRODUCTS),
)  # fmt: skip
sales = st.builds(
    lambda quantity, at, product: sale(*quantity, at=at, product_id=product),
    st.lists(quantities, min_size=1, max_size=3), instants, st.sampled_from(PRODUCTS),
)  # fmt: skip


def shop_of(events: list[Event]) -> Shop:
    shop = Shop()
    shop.desk.books.reference.products[44] = shop.desk.books.reference.products[PRODUCT]
    return shop.happens(*events)


@settings(max_examples=150, deadline=None)
@given(st.lists(receipts | sales, min_size=1, max_size=14))
def test_the_ledger_adds_up(events: list[Event]) -> None:
    """Per batch the sum of movements is what it holds, and what is open is what SHORTFALL owes (I1, R10, R12)."""
    shop = shop_of(events)
    for change in shop.changes.lots.values():
        moved = [cells[1] for lot, _, _, cells in shop.changes.movements if lot is change.lot]
        assert sum(moved) == change.lot.on_hand == change.after
    for change in shop.changes.items.values():
        item = change.item
        owed = item.shortfall.on_hand if item.shortfall else Decimal(0)
        assert item.on_hand == sum((lot.on_hand for lot in item.lots), owed)
        assert owed == -sum((each.quantity for each in item.open), Decimal(0))
        assert owed <= 0
        assert all(lot.on_hand > 0 for lot in item.lots)


@settings(max_examples=150, deadline=None)
@given(st.lists(receipts | sales, min_size=1, max_size=14))
def test_no_shortfall_while_a_lot_could_have_been_sold(events: list[Event]) -> None:
    """A shortfall beside sellable stock would be a lie to whoever orders goods (R12, R21)."""
    shop = Shop()
    shop.desk.books.reference.products[44] = shop.desk.books.reference.products[PRODUCT]
    for each in events:
        before = len(shop.changes.movements)
        shop.happens(each)
        for lot, opens, _, _ in shop.changes.movements[before:]:
            if opens is not None:
                item = next(change.item for change in shop.changes.items.values() if change.item.shortfall is lot)
                assert item.lots[first_sellable(item.lots, each.occurred_at.date()) :] == []


@settings(max_examples=100, deadline=None)
@given(st.lists(receipts, max_size=5), st.permutations(range(5)), st.lists(sales, min_size=5, max_size=5))
def test_the_order_of_sales_moves_no_totals(arrived: list[Event], order: list[int], sold: list[Event]) -> None:
    """Between receipts, sales of one day may arrive in any order: on hand and owed come out the same (R11, R12)."""
    same_day = [sale(*(line.quantity for line in each.data.lines), product_id=PRODUCT) for each in sold]
    one, other = shop_of([*arrived, *same_day]), shop_of([*arrived, *(same_day[place] for place in order)])
    for a, b in zip(one.changes.items.values(), other.changes.items.values(), strict=True):
        assert a.item.level(NOON.date()) == b.item.level(NOON.date())
        assert [lot.on_hand for lot in a.item.lots] == [lot.on_hand for lot in b.item.lots]


@settings(max_examples=100, deadline=None)
@given(st.lists(receipts | sales, min_size=1, max_size=12))
def test_value_follows_quantity(events: list[Event]) -> None:
    """Every variance is the difference of its pair, so goods' value is never created by netting (R12)."""
    shop = shop_of(events)
    pairs = [cells for *_, cells in shop.changes.movements if cells[0] == "TRANSFER"]
    for taken, given_back in zip(pairs[::2], pairs[1::2], strict=True):
        assert taken[1] == -given_back[1]
        assert given_back[7] == -(taken[6] + given_back[6])
