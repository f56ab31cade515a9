"""The book's memory: what it remembers is never more than what it may forget, and never changes a figure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from consumers.tax.rules import book as books
from consumers.tax.rules.book import Book
from consumers.tax.rules.document import tax_document
from consumers.tax.rules.model import Period, Place
from tests.consumers.tax.build import DAY, NEW_YORK_CITY, Line, mapping, rule

ENTRIES: list[Any] = [
    rule(1, "0.08", "V"),
    rule(2, "0.05", "V", applies_to="MAPPED"),
    rule(3, "0.03", "V", state_code="NY", dining_option="DINE_IN"),
    rule(4, "0.02", "V", state_code="NY", unit_price_threshold="50"),
    rule(5, "0.01", "W", unit_price_threshold="100.10"),
    rule(6, "0.04", "V", city_code="NYC", stacking="REPLACE", dining_option="TAKE_AWAY"),
    mapping(1, 20, 2),
    mapping(2, 30, 1, is_exempt=True),
]


@dataclass(frozen=True)
class Sale:
    line: Line
    dining_option: str | None
    inclusive: bool


def sales(count: int) -> list[Sale]:
    draw = random.Random(7)
    found = []
    for number in range(count):
        quantity = Decimal(draw.choice(["1", "2", "3", "0.5"]))
        total = quantity * Decimal(draw.choice(["10", "49.99", "50", "100.10", "200"]))
        line = Line(number + 1, draw.choice([10, 20, 30]), quantity, total.quantize(Decimal("0.01")))
        found.append(Sale(line, draw.choice([None, "DINE_IN", "TAKE_AWAY", "CAR"]), draw.random() < 0.5))
    return found


def figures(book: Book, sale: Sale) -> list[tuple[int, int, int, int]]:
    document = tax_document(
        book.page(NEW_YORK_CITY, DAY),
        [sale.line],
        dining_option=sale.dining_option,
        prices_include_tax=sale.inclusive,
        digits=2,
    )
    return [(a.charge.rule.id, a.taxable, a.tax, a.exempt) for a in document.amounts]


@pytest.mark.parametrize("limit", [pytest.param(65_536, id="ample"), pytest.param(2, id="forgets all the time")])
def test_a_book_that_remembers_says_what_a_fresh_one_says(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """A plan shared between lines that some condition does tell apart would tax one by the other's rules."""
    monkeypatch.setattr(books, "PLANS_LIMIT", limit)
    kept = Book(ENTRIES)
    for sale in sales(300):
        assert figures(kept, sale) == figures(Book(ENTRIES), sale)


def test_pages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A year of days at every place would else stay in memory for ever (I19)."""
    monkeypatch.setattr(books, "PAGES_LIMIT", 3)
    book = Book(ENTRIES)
    for day in range(1, 20):
        book.page(NEW_YORK_CITY, date(2025, 1, day))
        assert len(book._pages) <= 3


def test_an_entry_replaces_the_one_of_the_same_key_at_once() -> None:
    """The next sale is taxed by what was defined last."""
    book = Book([rule(1, "0.1")])
    sale = Sale(Line(1, 10, Decimal(1), Decimal(100)), None, False)
    assert figures(book, sale) == [(1, 10000, 1000, 0)]
    book.put(rule(1, "0.2"))
    assert figures(book, sale) == [(1, 10000, 2000, 0)]
    book.put(mapping(1, 10, 1, is_exempt=True))
    assert figures(book, sale) == [(1, 0, 0, 10000)]


@pytest.mark.parametrize(
    ("place", "day", "closed"),
    [
        pytest.param(NEW_YORK_CITY, date(2025, 1, 1), True, id="first day"),
        pytest.param(NEW_YORK_CITY, date(2025, 1, 31), True, id="last day"),
        pytest.param(NEW_YORK_CITY, date(2025, 2, 1), False, id="after"),
        pytest.param(Place("US", "NJ"), date(2025, 1, 1), False, id="another state"),
        pytest.param(Place("US"), date(2025, 1, 1), False, id="a place without state"),
    ],
)
def test_closed_periods(place: Place, day: date, closed: bool) -> None:
    """A period holds for its jurisdiction and its days, both inclusive, until it is opened again (R58)."""
    january = {"country_code": "US", "state_code": "NY", "start_date": date(2025, 1, 1), "end_date": date(2025, 1, 31)}
    book = Book([Period(**january)])
    assert book.page(place, day).is_closed is closed
    book.put(Period(**january, is_closed=False))
    assert book.page(place, day).is_closed is False
