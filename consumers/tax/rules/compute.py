"""How much: exact cells (R52, R53), rounded once per group and shared out by largest remainder (R54).

Amounts are integers in minor units and cells integer numerators over a plan's denominator: exact, and fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from operator import itemgetter
from typing import NamedTuple

from msgspec import Struct

from consumers.tax.rules.model import DOWN, HALF_EVEN, HALF_UP, LINE, RULE, UP, Policy
from consumers.tax.rules.scope import Charge

COMMON_DENOMINATOR = 10**6
"""Rates have 6 decimals: plans without compounding share this one, so that their cells add without scaling."""


line_id_of = itemgetter(0)


class Factor(NamedTuple):
    """One charge of a plan: tax and base are these numerators ÷ the plan's denominator of the line's total."""

    charge: Charge
    tax: int
    base: int


class Plan(Struct, frozen=True, eq=False):
    """The charges of a line as exact factors of its total, in (sequence, id) order (R52, R53)."""

    factors: tuple[Factor, ...]
    denominator: int


class Item(NamedTuple):
    """A line to assess: its total in minor units, as priced."""

    line_id: int
    total: int
    plan: Plan


class Amount(Struct, frozen=True, gc=False):
    """A row's figures in minor units (R51, R54, R56)."""

    line_id: int
    charge: Charge
    taxable: int
    tax: int
    exempt: int


def draw_plan(charges: Sequence[Charge], *, prices_include_tax: bool) -> Plan:
    """Simple taxes on the base, then compound ones in order on the base plus all taxes before (R52).

    With inclusive prices every factor is divided by what base and taxes add up to: net* (R53).
    """
    one = Fraction(1)
    taxes, bases = {}, {}
    before = one
    for charge in charges:
        if not charge.rule.is_compound:
            bases[charge.rule.id] = one
            taxes[charge.rule.id] = Fraction(0) if charge.is_exempt else Fraction(charge.rule.rate)
            before += taxes[charge.rule.id]
    for charge in charges:
        if charge.rule.is_compound:
            bases[charge.rule.id] = before
            taxes[charge.rule.id] = Fraction(0) if charge.is_exempt else before * Fraction(charge.rule.rate)
            before += taxes[charge.rule.id]
    divisor = before if prices_include_tax else one
    exact = [(charge, taxes[charge.rule.id] / divisor, bases[charge.rule.id] / divisor) for charge in charges]
    denominator = lcm(*(part.denominator for _, tax, base in exact for part in (tax, base)))
    if COMMON_DENOMINATOR % denominator == 0:
        denominator = COMMON_DENOMINATOR
    factors = (Factor(charge, int(tax * denominator), int(base * denominator)) for charge, tax, base in exact)
    return Plan(tuple(factors), denominator)


def assess(items: Sequence[Item], policy: Policy) -> list[Amount]:
    """The rows of a document in (line_id, sequence with null first, rule id) order, rounded by the policy (R54)."""
    items = sorted(items, key=line_id_of)
    taxes = iter(_round_cells(items, policy))
    amounts = []
    for line_id, total, plan in items:
        denominator = plan.denominator
        for charge, _, base in plan.factors:
            rounded = total if base == denominator else half_up(total * base, denominator)
            if charge.is_exempt:
                amounts.append(Amount(line_id, charge, 0, 0, rounded))
            else:
                amounts.append(Amount(line_id, charge, rounded, next(taxes), 0))
    return amounts


def _round_cells(items: Sequence[Item], policy: Policy) -> list[int]:
    """Round each group's exact sum once and share it among its cells; exempt ones are in no group (R54).

    Cells come and go in row order, which is also the order that breaks ties.
    """
    scales = {item.plan.denominator for item in items}
    scale = scales.pop() if len(scales) == 1 else lcm(*scales)
    by_line, by_rule = policy.scope == LINE, policy.grouping == RULE
    groups: dict[tuple[int, int], list[int]] = {}
    exact: list[int] = []
    for line_id, total, plan in items:
        scaled = total * (scale // plan.denominator)
        for charge, tax, _ in plan.factors:
            if not charge.is_exempt:
                group = (line_id if by_line else 0, charge.rule.id if by_rule else 0)
                groups.setdefault(group, []).append(len(exact))
                exact.append(scaled * tax)
    taxes = [0] * len(exact)
    for members in groups.values():
        units = apportion([exact[index] for index in members], scale, policy.mode)
        for index, unit in zip(members, units, strict=True):
            taxes[index] = unit
    return taxes


def apportion(exact: Sequence[int], scale: int, mode: str) -> list[int]:
    """Floor every part and give the units missing to the rounded sum to the largest remainders, first ones first."""
    if len(exact) == 1:
        return [ROUND[mode](exact[0], scale)]
    units = [part // scale for part in exact]
    missing = ROUND[mode](sum(exact), scale) - sum(units)
    if missing:
        left = [unit * scale - part for unit, part in zip(units, exact, strict=True)]
        for index in sorted(range(len(exact)), key=left.__getitem__)[:missing]:
            units[index] += 1
    return units


def half_up(exact: int, scale: int) -> int:
    """Halves away from zero (R0)."""
    return (2 * exact + scale) // (2 * scale) if exact >= 0 else -((scale - 2 * exact) // (2 * scale))


def half_even(exact: int, scale: int) -> int:
    """Halves to the even neighbour."""
    return round(Fraction(exact, scale))


def away(exact: int, scale: int) -> int:
    """Away from zero."""
    return -(-exact // scale) if exact >= 0 else exact // scale


def toward(exact: int, scale: int) -> int:
    """Towards zero."""
    return exact // scale if exact >= 0 else -(-exact // scale)


ROUND: dict[str, Callable[[int, int], int]] = {HALF_UP: half_up, HALF_EVEN: half_even, UP: away, DOWN: toward}
