"""What a demo till prints: line totals and the tax a simple till works out (R52, R53).

The tax worker has the last word.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from producers.demo import chain


class Line(NamedTuple):
    """A priced line of a till; `total` is after the discount."""

    line_id: int
    product_id: int
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal
    total: Decimal


class Totals(NamedTuple):
    """Net, tax and gross of a receipt."""

    net: Decimal
    tax: Decimal
    gross: Decimal


def money(amount: Decimal, outlet: chain.Outlet, *, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Rounded to the outlet's minor units (R0)."""
    return amount.quantize(Decimal(1).scaleb(-outlet.currency_digits), rounding=rounding)


def totals(outlet: chain.Outlet, lines: Iterable[Line], dining_option: str) -> Totals:
    """The receipt's figures, rounded as the outlet's country asks (R54)."""
    lines = tuple(lines)
    amount = sum((line.total for line in lines), Decimal(0))
    exact: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        rules = rules_for(outlet, line.product_id, dining_option, price=line.total / line.quantity)
        rate = sum((Decimal(rule.rate) for rule in rules), Decimal(0))
        base = line.total / (1 + rate) if outlet.prices_include_tax else line.total
        for rule in rules:
            exact[rule.id] += base * Decimal(rule.rate)
    _, _, _, grouping, mode = next(policy for policy in chain.TAX_POLICIES if policy[0] == outlet.country_code)
    groups = exact.values() if grouping == "RULE" else (sum(exact.values(), Decimal(0)),)
    rounding = ROUND_DOWN if mode == "DOWN" else ROUND_HALF_UP
    tax = sum((money(group, outlet, rounding=rounding) for group in groups), Decimal(0))
    if outlet.prices_include_tax:
        return Totals(net=money(amount - tax, outlet), tax=money(tax, outlet), gross=money(amount, outlet))
    return Totals(net=money(amount, outlet), tax=money(tax, outlet), gross=money(amount + tax, outlet))


def rules_for(outlet: chain.Outlet, product_id: int, dining_option: str, *, price: Decimal) -> list[chain.TaxRule]:
    """The demo rules that hold for a line: a rule mapped to the product drops the general ones of its kind (R50)."""
    here = [rule for rule in chain.TAX_RULES if rule.country_code == outlet.country_code]
    mapped_kinds = {_kind(rule) for rule in here if product_id in rule.mapped}
    return [
        rule
        for rule in here
        if (product_id in rule.mapped if _kind(rule) in mapped_kinds else not rule.mapped)
        and rule.dining_option in (None, dining_option)
        and (rule.price_threshold is None or price >= Decimal(rule.price_threshold))
    ]


def _kind(rule: chain.TaxRule) -> tuple[str, str]:
    level = "city" if rule.city_code else "county" if rule.county_code else "state" if rule.state_code else "country"
    return rule.tax_type, level
