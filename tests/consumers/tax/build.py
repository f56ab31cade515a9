"""Short ways to say a rule, a mapping, a line and a document in the tax tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from consumers.tax.rules.book import Book
from consumers.tax.rules.document import Document, tax_document
from consumers.tax.rules.model import Mapping, Place, Policy, Rule

DAY = date(2025, 1, 10)
NEW_YORK_CITY = Place("US", "NY", "NEW_YORK", "NYC")


class Line(Struct, frozen=True):
    line_id: int
    product_id: int
    quantity: Decimal
    total: Decimal


def rule(rule_id: int, rate: str = "0.10", tax_type: str = "", **columns: Any) -> Rule:
    """A country rule of its own type unless told otherwise; dates and decimals as text."""
    for name in ("effective_date", "expiry_date"):
        if isinstance(columns.get(name), str):
            columns[name] = date.fromisoformat(columns[name])
    if columns.get("unit_price_threshold") is not None:
        columns["unit_price_threshold"] = Decimal(columns["unit_price_threshold"])
    columns.setdefault("country_code", "US")
    columns.setdefault("effective_date", date(2020, 1, 1))
    return Rule(id=rule_id, rate=Decimal(rate), tax_type=tax_type or f"T{rule_id}", **columns)


def mapping(mapping_id: int, product_id: int, tax_rule_id: int, **columns: Any) -> Mapping:
    for name in ("effective_date", "expiry_date"):
        if isinstance(columns.get(name), str):
            columns[name] = date.fromisoformat(columns[name])
    return Mapping(id=mapping_id, product_id=product_id, tax_rule_id=tax_rule_id, **columns)


def line(line_id: int, total: str, *, product: int = 42, quantity: str = "1") -> Line:
    return Line(line_id, product, Decimal(quantity), Decimal(total))


def tax(
    lines: Sequence[Line],
    rules: Sequence[Rule],
    *,
    mappings: Sequence[Mapping] = (),
    policy: tuple[str, str, str] | None = None,
    inclusive: bool = False,
    digits: int = 2,
    place: Place = NEW_YORK_CITY,
    day: date = DAY,
    dining: str | None = None,
) -> Document:
    """The document of these lines under these rules."""
    policies = []
    if policy:
        scope, grouping, mode = policy
        policies = [Policy(country_code=place.country_code, scope=scope, grouping=grouping, mode=mode)]
    page = Book([*rules, *mappings, *policies]).page(place, day)
    return tax_document(page, lines, dining_option=dining, prices_include_tax=inclusive, digits=digits)


def taxes(document: Document) -> dict[tuple[int, int], int]:
    """The tax in minor units by (line, rule)."""
    return {(amount.line_id, amount.charge.rule.id): amount.tax for amount in document.amounts}
