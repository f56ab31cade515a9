"""What a basket comes to at a place on a day, kept: the same basket is sold again and again. Writes no rows itself."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from consumers.tax import facts
from consumers.tax.rules.book import Page
from consumers.tax.rules.document import Document, money, tax_document
from consumers.tax.rules.model import Rule
from schemas.currency import minor_units

LIMIT = 16_384
"""Baskets kept; beyond it all are dropped and taxed again."""

Basket = tuple[Page, tuple[Any, ...], str | None, bool, str]


class RowCells(NamedTuple):
    """The cells of a row that the basket decides (R56): the sale adds its ids, outlet, version and business date."""

    tax_rule_id: int
    taxable: Decimal
    tax: Decimal
    rate: Decimal
    line_id: int
    product_id: int
    exempt: Decimal
    exemption_reason: str | None
    rule_snapshot: bytes


class Taxed(NamedTuple):
    """A basket's document with its amounts in the currency, its rows, and the rows as they are told."""

    document: Document
    net: Decimal
    tax: Decimal
    gross: Decimal
    rows: tuple[RowCells, ...]
    told_rows: str


class Baskets(dict[Basket, Taxed]):
    """Taxed baskets by (page, lines, dining option, prices include tax, currency); a changed book draws new pages."""

    def __init__(self, snapshot: Callable[[Rule], bytes]) -> None:
        super().__init__()
        self._snapshot = snapshot

    def __missing__(self, basket: Basket) -> Taxed:
        if len(self) >= LIMIT:
            self.clear()
        taxed = self[basket] = self._tax(basket)
        return taxed

    def _tax(self, basket: Basket) -> Taxed:
        page, lines, dining_option, prices_include_tax, currency = basket
        digits = minor_units(currency)
        amount_of = money(digits)
        document = tax_document(
            page, lines, dining_option=dining_option, prices_include_tax=prices_include_tax, digits=digits
        )
        products = {line.line_id: line.product_id for line in lines}
        rows = tuple(
            RowCells(
                a.charge.rule.id, amount_of(a.taxable), amount_of(a.tax), a.charge.rule.rate, a.line_id,
                products[a.line_id], amount_of(a.exempt), a.charge.exemption_reason, self._snapshot(a.charge.rule),
            )
            for a in document.amounts
        )  # fmt: skip
        told = facts.rows(document, digits=digits)
        return Taxed(
            document, amount_of(document.net), amount_of(document.tax), amount_of(document.gross), rows, told
        )
