"""The rules in memory, and what they come to at a place on a day. Remembers plans; decides by `scope.py`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from consumers.tax.rules.compute import Plan, draw_plan
from consumers.tax.rules.model import Mapping, Period, Place, Policy, Rule, is_closed, policy_for
from consumers.tax.rules.scope import Case, has_rules, judge
from schemas.currency import WIDE

PAGES_LIMIT = 4_096
"""Places × days kept; beyond it all are dropped and drawn again."""
PLANS_LIMIT = 65_536
"""Plans kept on all pages together, likewise."""


Entry = Rule | Mapping | Policy | Period


class Book:
    """Every rule, mapping, policy and period by key. An entry with the same key replaces the former one."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.rules: dict[int, Rule] = {}
        self.mappings: dict[int, Mapping] = {}
        self.policies: dict[tuple[object, ...], Policy] = {}
        self.periods: dict[tuple[object, ...], Period] = {}
        self._pages: dict[tuple[Place, date], Page] = {}
        self._plans = 0
        for entry in entries:
            self.put(entry)

    def put(self, entry: Entry) -> None:
        """Enter it, replacing the one with the same key."""
        shelves: dict[type, dict[Any, Any]] = {
            Rule: self.rules,
            Mapping: self.mappings,
            Policy: self.policies,
            Period: self.periods,
        }
        shelves[type(entry)][entry.key] = entry
        self._drop_pages()

    def page(self, place: Place, day: date) -> Page:
        """What the rules come to at a place on a local date."""
        page = self._pages.get((place, day))
        if page is None:
            if len(self._pages) >= PAGES_LIMIT:
                self._drop_pages()
            page = self._pages[place, day] = Page(self, place, day)
        return page

    def count_plan(self) -> None:
        """A page drew another plan: beyond the limit the pages are dropped with all of theirs."""
        self._plans += 1
        if self._plans >= PLANS_LIMIT:
            self._drop_pages()

    def _drop_pages(self) -> None:
        self._pages.clear()
        self._plans = 0


class Page:
    """One place on one day: whether it has rules and takes rows, how it rounds, and the plans drawn so far."""

    def __init__(self, book: Book, place: Place, day: date) -> None:
        self._count_plan = book.count_plan
        self.place = place
        self.day = day
        self.has_rules = has_rules(book.rules.values(), place.country_code, day)
        self.is_closed = is_closed(book.periods.values(), place, day)
        self.policy = policy_for(book.policies.values(), place, day)
        self._rules = tuple(rule for rule in book.rules.values() if rule.covers(place) and rule.in_force(day))
        self._mappings = _by_product(book.mappings.values(), {rule.id for rule in self._rules}, day)
        self._thresholds = sorted({r.unit_price_threshold for r in self._rules if r.unit_price_threshold is not None})
        self._dining_options = {rule.dining_option for rule in self._rules}
        self._plans: dict[tuple[int, str | None, int, bool], Plan] = {}

    def plan(
        self, product_id: int, *, total: Decimal, quantity: Decimal, dining_option: str | None, prices_include_tax: bool
    ) -> Plan:
        """The plan of a line; lines that no condition tells apart share one (R50–R53)."""
        cleared = (
            sum(total >= WIDE.multiply(threshold, quantity) for threshold in self._thresholds)
            if self._thresholds
            else 0
        )
        key = (
            product_id if product_id in self._mappings else 0,
            dining_option if dining_option in self._dining_options else None,
            cleared,
            prices_include_tax,
        )
        plan = self._plans.get(key)
        if plan is None:
            self._count_plan()
            unit_price = Fraction(total) / Fraction(quantity)
            case = Case(self.place, self.day, self._mappings.get(product_id, ()), dining_option, unit_price)
            charges, _ = judge(self._rules, case)
            plan = self._plans[key] = draw_plan(charges, prices_include_tax=prices_include_tax)
        return plan


def _by_product(mappings: Iterable[Mapping], rule_ids: set[int], day: date) -> dict[int, tuple[Mapping, ...]]:
    found: dict[int, list[Mapping]] = {}
    for mapping in mappings:
        if mapping.tax_rule_id in rule_ids and mapping.in_force(day):
            found.setdefault(mapping.product_id, []).append(mapping)
    return {product_id: tuple(entries) for product_id, entries in found.items()}
