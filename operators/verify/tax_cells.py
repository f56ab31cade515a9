"""The checker's own rounding of tax (R52 to R54), in fractions. Takes the rules a document used, seeks no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import NamedTuple

ONE, ZERO = Fraction(1), Fraction(0)


class Cell(NamedTuple):
    """One (line, rule): the line's total in minor units, and the rule as its snapshot says."""

    line: int
    rule: int
    total: int
    rate: Fraction
    compound: bool
    sequence: int | None
    exempt: bool


class Exact(NamedTuple):
    """The exact tax and base of a cell, in minor units."""

    tax: Fraction
    base: Fraction


class Policy(NamedTuple):
    """How a jurisdiction rounds (R54)."""

    scope: str = "DOCUMENT"
    grouping: str = "RULE"
    mode: str = "HALF_UP"


def order(cell: Cell) -> tuple[int, bool, int, int]:
    """Line, sequence with null first, rule."""
    return cell.line, cell.sequence is not None, cell.sequence or 0, cell.rule


def exact_cells(cells: Sequence[Cell], *, inclusive: bool) -> list[Exact]:
    """Tax and base of cells of one line, given in order: simple ones on the net, compound ones on what came before."""
    factors = _factors(tuple((c.rule, c.rate, c.compound, c.exempt) for c in cells), inclusive)
    return [Exact(c.total * tax, c.total * base) for c, (tax, base) in zip(cells, factors, strict=True)]


@lru_cache(maxsize=4_096)
def _factors(rules: tuple[tuple[int, Fraction, bool, bool], ...], inclusive: bool) -> list[tuple[Fraction, Fraction]]:
    """Tax and base of each rule for a line total of 1."""
    taxes: dict[int, Fraction] = {}
    bases: dict[int, Fraction] = {}
    before = ONE
    for compound in (False, True):
        start = before
        for rule, rate, is_compound, is_exempt in rules:
            if is_compound is compound:
                bases[rule] = before if compound else start
                taxes[rule] = ZERO if is_exempt else bases[rule] * rate
                before += taxes[rule]
    divisor = before if inclusive else ONE
    return [(taxes[rule] / divisor, bases[rule] / divisor) for rule, *_ in rules]


def shared(cells: Sequence[Cell], exact: Sequence[Exact], policy: Policy) -> list[int]:
    """Every cell's tax in minor units: groups rounded once, units given to the largest remainders (R54)."""
    groups: dict[tuple[int, int], list[int]] = {}
    for index, cell in enumerate(cells):
        if not cell.exempt:
            line = cell.line if policy.scope == "LINE" else 0
            groups.setdefault((line, cell.rule if policy.grouping == "RULE" else 0), []).append(index)
    taxes = [0] * len(cells)
    for members in groups.values():
        whole = ROUND[policy.mode](sum((exact[i].tax for i in members), ZERO))
        for index in members:
            taxes[index] = floor(exact[index].tax)
        missing = whole - sum(taxes[index] for index in members)
        by_remainder = sorted(members, key=lambda i: floor(exact[i].tax) - exact[i].tax)
        for index in by_remainder[:missing] if missing > 0 else ():
            taxes[index] += 1
        for index in reversed(by_remainder[missing:] if missing < 0 else ()):
            taxes[index] -= 1
    return taxes


def half_up(value: Fraction) -> int:
    """Halves away from zero (R0)."""
    return floor(value + Fraction(1, 2)) if value >= 0 else -floor(-value + Fraction(1, 2))


ROUND: dict[str, Callable[[Fraction], int]] = {
    "HALF_UP": half_up,
    "HALF_EVEN": round,
    "UP": lambda value: ceil(value) if value >= 0 else floor(value),
    "DOWN": lambda value: floor(value) if value >= 0 else ceil(value),
}
