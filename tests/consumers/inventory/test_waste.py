"""Waste (R18): which batches it takes, and what becomes of waste beyond what is there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.event import Event
from schemas.inventory import StockWasted
from tests.consumers.inventory.build import OUTLET, PRODUCT, Shop, event, r11_stock, told


def wasted(quantity: int, batch: str | None = None) -> Event:
    data = StockWasted(OUTLET, Decimal(quantity), PRODUCT, batch_number=batch, reason="broken")
    return event("inventory.wasted", data)


@pytest.mark.parametrize(
    ("waste", "expected"),
    [
        pytest.param(wasted(4), [("A", "-3"), ("B", "-1")], id="first expiry first, expired batches left alone"),
        pytest.param(wasted(4, "E"), [("E", "-4")], id="an expired batch by name"),
        pytest.param(wasted(6, "B"), [("B", "-4"), ("A", "-2")], id="beyond the named batch: the others"),
        pytest.param(wasted(13), [("A", "-3"), ("B", "-4"), ("C", "-5"), ("SHORTFALL", "-1")], id="beyond all"),
        pytest.param(wasted(1, "no such batch"), [("A", "-1")], id="a batch that holds nothing"),
    ],
)
def test_waste_takes(waste: Event, expected: list[tuple[str, str]]) -> None:
    """Waste is a fact like a sale (R18): each row is WASTE, with its reason, and nothing is refused."""
    shop = Shop().happens(*r11_stock(), waste)
    rows = shop.moved(since=4)
    assert [(batch, quantity) for batch, _, quantity, _ in rows] == expected
    assert {(kind, cells[2]) for (_, kind, *_), (*_, cells) in zip(rows, shop.changes.movements[4:], strict=True)} == {
        ("WASTE", "broken")
    }
    assert len(told(shop.batch, "inventory.stock-changed")) == 5
