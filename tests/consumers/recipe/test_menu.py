"""What is remembered must be what would be computed again (R30, R33), and must not grow for ever (I19)."""

from __future__ import annotations

from decimal import Decimal

from consumers.recipe import menu as menus
from consumers.recipe.menu import Menu
from tests.consumers.recipe.kitchen import NOON, book, day, line, material, of, version

BEEF = 1


def menu():
    return Menu(book(material(BEEF, cost="1.115"), version(9, of(BEEF, "1"), starts=day(2))))


def totals(made, sold, *, at=NOON, outlet=3, currency="USD"):
    return [row[-1] for row in made.take(sold, index=0, at=at, outlet_id=outlet, currency=currency).rows]


def test_each_outlet_instant_quantity_and_currency_is_its_own():
    """Two sales that differ in any of these must not share a row."""
    made = menu()
    made.put_averages(5, {BEEF: Decimal(7)})
    for _ in range(2):
        assert totals(made, line(9)) == [Decimal("1.12")]
        assert totals(made, line(9), outlet=5) == [Decimal("7.00")]
        assert totals(made, line(9), at=day(1)) == []
        assert totals(made, line(9, "2")) == [Decimal("2.23")]
        assert totals(made, line(9), currency="KWD") == [Decimal("1.115")]
        assert totals(made, line(8)) == []


def test_the_lines_remembered_are_bounded(monkeypatch):
    """A till that sells by weight never repeats a quantity."""
    monkeypatch.setattr(menus, "MEMO_LIMIT", 10)
    made = menu()
    for grams in range(1, 50):
        totals(made, line(9, str(grams)), outlet=grams % 3)
        made.put_average(grams % 3, BEEF, Decimal(grams))
        assert sum(map(len, made._taken.values())) == made._held <= 10
        assert len(made._explosions) <= 10
