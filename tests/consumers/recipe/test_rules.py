"""Rows are what inventory takes stock by and what margins are made of (R33, R4)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.recipe.explosion import half_up
from consumers.recipe.rules import consume, cost, taken, unit_cost
from schemas.errors import Reject
from tests.consumers.recipe.kitchen import NOON, book, material, of, version

BEEF = 1
STEW = book(material(BEEF, cost="8.00"), version(9, of(BEEF, "1.2", usable_yield="0.7"), yields="8"))


def stew(sold):
    (row,) = consume(STEW, STEW.in_force(9, NOON), at=NOON, quantity=Decimal(sold), modifiers=(), field="")
    return row


def test_three_portions_of_stew_are_the_example():
    """R30 to the cent: 0.642857 kg at 8.00 is 5.14."""
    row = stew("3")
    assert (row.quantity, row.unit) == (Decimal("0.642857"), "kg")
    assert cost(row.quantity, Decimal("8.00"), currency="USD") == Decimal("5.14")


@pytest.mark.parametrize(("sold", "stored"), [("1", "0.214286"), ("2", "0.428571")])
def test_a_sale_stores_its_own_rounding(sold, stored):
    """R4's figures: 2 portions are not twice the rounded 1, and undoing one of them leaves what a sale of 1 stores."""
    assert stew(sold).quantity == Decimal(stored)


def test_the_quantity_per_unit_is_kept_at_18_decimals():
    """An undo computes with it, whatever the recipe says by then (R4)."""
    assert stew("2").quantity_per_unit == Decimal("0.214285714285714286")


@pytest.mark.parametrize(
    ("quantity", "each", "currency", "total"),
    [
        ("0.642857", "8.00", "JPY", "5"),
        ("0.642857", "8.00", "KWD", "5.143"),
        ("0.5", "0.01", "USD", "0.01"),
        ("40", "0.049", "USD", "1.96"),
        ("3", "0", "USD", "0"),
    ],
)
def test_cost_is_rounded_once_to_the_currency(quantity, each, currency, total):
    """Stored quantity times unit cost, to the minor units of the outlet's currency (R33, R0)."""
    assert cost(Decimal(quantity), Decimal(each), currency=currency) == Decimal(total)


@pytest.mark.parametrize(
    ("average", "start", "each"), [("2.5", "8", "2.5"), (None, "8", "8"), ("0", "8", "0"), (None, None, "0")]
)
def test_the_moving_average_goes_before_the_start_value(average, start, each):
    """R34; a material nobody gave a cost costs nothing rather than stopping the sale."""
    given_average = None if average is None else Decimal(average)
    assert unit_cost(material(BEEF, cost=start), given_average) == Decimal(each)


@pytest.mark.parametrize("sold", ["1000000000000", "9999999999999999"])
def test_a_quantity_beyond_the_column_is_rejected(sold):
    """It would fail the whole batch in the database."""
    with pytest.raises(Reject):
        taken(Decimal("1.1"), Decimal(sold))


@given(
    per_unit=st.fractions(min_value=0, max_value=1000, max_denominator=10**9),
    parts=st.lists(st.decimals(min_value="0.001", max_value="100", places=3), min_size=1, max_size=5),
)
def test_undoing_piece_by_piece_ends_at_zero(per_unit, parts):
    """f(m) − f(before), summed over any way down to nothing, is the whole (R4)."""
    kept = half_up(per_unit, 18)
    left, undone = sum(parts), Decimal(0)
    for piece in parts:
        undone += taken(kept, left) - taken(kept, left - piece)
        left -= piece
    assert undone == taken(kept, sum(parts))
