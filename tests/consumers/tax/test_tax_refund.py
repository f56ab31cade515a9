"""Refunds settle by cumulative quantity: any parts of a line sum to the whole of it (R4, R57)."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.tax.rules.refund import Figures, Value, refund_row, refund_value, settle


@pytest.mark.parametrize(
    ("tax", "quantity", "parts", "expected"),
    [
        pytest.param(100, "3", ["1", "1", "1"], [33, 34, 33], id="a euro in three"),
        pytest.param(1, "4", ["1", "1", "1", "1"], [0, 1, 0, 0], id="one cent in four: the half rounds up"),
        pytest.param(563, "2", ["2"], [563], id="whole"),
        pytest.param(563, "0.750", ["0.250", "0.500"], [188, 375], id="by weight"),
        pytest.param(0, "2", ["1", "1"], [0, 0], id="nothing"),
    ],
)
def test_parts(tax: int, quantity: str, parts: list[str], expected: list[int]) -> None:
    """Each refund gives what is due in all, less what was given: cents neither vanish nor appear."""
    undone, refunded, given_back = Decimal(0), 0, []
    for part in parts:
        undone += Decimal(part)
        given_back.append(settle(tax, undone=undone, quantity=Decimal(quantity), refunded=refunded))
        refunded += given_back[-1]
    assert given_back == expected


@given(st.integers(0, 10**6), st.integers(1, 50), st.randoms(use_true_random=False))
def test_refunding_everything_nets_to_zero(tax: int, quantity: int, random: Random) -> None:
    """I3: a full refund nets to 0, whatever the parts, and no part is negative."""
    undone = refunded = 0
    while undone < quantity:
        undone += random.randint(1, quantity - undone)
        part = settle(tax, undone=Decimal(undone), quantity=Decimal(quantity), refunded=refunded)
        assert part >= 0
        refunded += part
    assert refunded == tax


def test_an_amendment_is_settled_by_the_next_refund() -> None:
    """One of four was refunded at a tax of 1.00; the amended sale has 0.80: the second refund gives 0.40 − 0.25."""
    assert settle(80, undone=Decimal(2), quantity=Decimal(4), refunded=25) == 15


def test_every_figure_of_a_row_follows_the_formula() -> None:
    """Taxable and exempt amounts shrink with the tax, or reports by base would not agree with reports by tax."""
    part = refund_row(Figures(1000, 83, 500), Figures(333, 28, 167), undone=Decimal(2), quantity=Decimal(3))
    assert part == Figures(334, 27, 166)


@pytest.mark.parametrize(
    ("inclusive", "expected"),
    [
        pytest.param(False, Value(net=500, tax=42, gross=542), id="prices are net"),
        pytest.param(True, Value(net=458, tax=42, gross=500), id="prices are gross"),
    ],
)
def test_line_value(inclusive: bool, expected: Value) -> None:
    """The side the prices were in is exact, the other follows by the tax."""
    found = refund_value(1000, refunded=0, undone=Decimal(1), quantity=Decimal(2), tax=42, prices_include_tax=inclusive)
    assert found == expected
