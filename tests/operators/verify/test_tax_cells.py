"""The checker's own tax rounding, against the figures the rules are written with."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from operators.verify.tax_cells import Cell, Policy, exact_cells, shared

LINE = Policy("LINE", "RULE")
DOCUMENT = Policy()
AGGREGATE = Policy("DOCUMENT", "AGGREGATE")


def cells(totals: list[int], *rates: str, compound: int = 0) -> list[Cell]:
    """A cell for every line total (in cents) and rate; rule `compound` is compound."""
    return [
        Cell(line, rule, total, Fraction(rate), rule == compound, rule, False)
        for line, total in enumerate(totals, start=1)
        for rule, rate in enumerate(rates, start=1)
    ]


def taxes(given: list[Cell], policy: Policy, *, inclusive: bool = False) -> list[int]:
    exact = []
    for line in dict.fromkeys(cell.line for cell in given):
        exact += exact_cells([cell for cell in given if cell.line == line], inclusive=inclusive)
    return shared(given, exact, policy)


@pytest.mark.parametrize(
    ("given", "policy", "inclusive", "expected"),
    [
        pytest.param(cells([10_000], "0.10", "0.05", compound=2), DOCUMENT, False, [1000, 550], id="R52-compound"),
        pytest.param(cells([12_440], "0.08"), DOCUMENT, True, [921], id="R53-inclusive"),
        pytest.param(cells([10_000], "0.05", "0.09975"), DOCUMENT, False, [500, 998], id="R54-quebec"),
        pytest.param(cells([3690], "0.04", "0.045", "0.00375"), AGGREGATE, False, [147, 166, 14], id="R54-new-york"),
    ],
)
def test_worked_examples(given: list[Cell], policy: Policy, inclusive: bool, expected: list[int]) -> None:
    """A checker that rounds otherwise than the rules would accuse the innocent."""
    assert taxes(given, policy, inclusive=inclusive) == expected


@pytest.mark.parametrize(
    ("policy", "total"), [(LINE, "5.19"), (DOCUMENT, "5.20"), (AGGREGATE, "5.20"), (Policy("LINE", "AGGREGATE"), "5.20")]
)
def test_avalaras_example(policy: Policy, total: str) -> None:
    """R54: only rounding each (line, rule) by itself gives another sum."""
    given = cells([4080, 198, 1499], "0.065", "0.025")
    assert Decimal(sum(taxes(given, policy))) / 100 == Decimal(total)
