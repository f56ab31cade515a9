"""A whole sale: its rows, and net + tax = gross (R53, R56). Amounts in minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Protocol

from msgspec import Struct

from consumers.tax.rules.book import Page
from consumers.tax.rules.compute import Amount, Item, assess
from schemas.memo import Memo

MONEY_MEMO = 65_536


class PricedLine(Protocol):
    """What the engine reads of a sale line; `total` is a Decimal, filled when the line was read."""

    @property
    def line_id(self) -> int: ...
    @property
    def product_id(self) -> int: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def total(self) -> Any: ...


class Document(Struct, frozen=True, gc=False):
    """The tax of a (transaction, version), in minor units (R56)."""

    net: int
    tax: int
    gross: int
    amounts: list[Amount]


def tax_document(
    page: Page, lines: Iterable[PricedLine], *, dining_option: str | None, prices_include_tax: bool, digits: int
) -> Document:
    """Tax the lines of a sale by the rules of its page (R50–R54). Exclusive totals are the net, inclusive the gross."""
    items = []
    for line in lines:
        plan = page.plan(
            line.product_id,
            total=line.total,
            quantity=line.quantity,
            dining_option=dining_option,
            prices_include_tax=prices_include_tax,
        )
        items.append(Item(line.line_id, minor(line.total, digits), plan))
    amounts = assess(items, page.policy)
    tax = 0
    for amount in amounts:
        tax += amount.tax
    total = sum([item.total for item in items])
    if prices_include_tax:
        return Document(total - tax, tax, total, amounts)
    return Document(total, tax, total + tax, amounts)


@lru_cache(MONEY_MEMO)
def minor(amount: Decimal, digits: int) -> int:
    """An amount in minor units; amounts are admitted with at most the currency's decimals."""
    units = amount.scaleb(digits)
    whole = int(units)
    assert whole == units, f"{amount} has more than {digits} decimals"
    return whole


@cache
def money(digits: int) -> Callable[[int], Decimal]:
    """How minor units read as an amount with exactly the currency's decimals."""
    return Memo(lambda units: Decimal(units).scaleb(-digits)).__getitem__
