"""What demo tills print must be what the tax rules say, to the cent, or every demo sale would show a variance."""

from __future__ import annotations

from decimal import Decimal

import pytest

from producers.demo import chain
from producers.demo.prices import Line, Totals, totals

NEW_YORK, BERLIN, TOKYO = chain.OUTLETS


def line(number: int, product_id: int, quantity: str, price: str, total: str) -> Line:
    """A line without discount."""
    return Line(number, product_id, Decimal(quantity), Decimal(price), Decimal(0), Decimal(total))


@pytest.mark.parametrize(
    ("outlet", "dining", "lines", "figures"),
    [
        pytest.param(NEW_YORK, "DINE_IN", [line(1, chain.LATTE, "2", "18.45", "36.90")], "36.90 + 3.27 = 40.17",
            id="New York: 8.875% in one rounding (R54)"),
        pytest.param(NEW_YORK, "DINE_IN", [line(1, chain.SHIRT, "2", "60.00", "120.00")], "120.00 + 0.00 = 120.00",
            id="New York: clothing below 110 a piece (R55)"),
        pytest.param(NEW_YORK, "DINE_IN", [line(1, chain.SHIRT, "1", "110.00", "110.00")], "110.00 + 9.76 = 119.76",
            id="New York: one at 110 (R55)"),
        pytest.param(BERLIN, "DINE_IN", [line(1, chain.LATTE, "1", "4.20", "4.20"), line(2, chain.CROISSANT, "1",
            "2.90", "2.90")], "6.24 + 0.86 = 7.10",
            id="Berlin: 19% and 7%"),
        pytest.param(TOKYO, "TAKE_AWAY", [line(1, chain.LATTE, "1", "520", "520")], "482 + 38 = 520",
            id="Tokyo: 8% taken home, rounded down"),
        pytest.param(TOKYO, "DINE_IN", [line(1, chain.LATTE, "1", "520", "520")], "473 + 47 = 520",
            id="Tokyo: 10% eaten here, rounded down"),
        pytest.param(TOKYO, "TAKE_AWAY", [line(1, chain.MUG, "1", "1800", "1800")], "1637 + 163 = 1800",
            id="Tokyo: a mug is no food"),
    ],
)  # fmt: skip
def test_totals(outlet: chain.Outlet, dining: str, lines: list[Line], figures: str) -> None:
    """Figures worked out by hand."""
    net, tax, gross = figures.replace("=", "+").split(" + ")
    assert totals(outlet, lines, dining) == Totals(Decimal(net), Decimal(tax), Decimal(gross))
