"""Levels, alerts and expiry (R20), and what a material costs on average (R34)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from consumers.inventory.levels import moving_average
from consumers.inventory.rules import status_on
from schemas.event import Event
from schemas.inventory import DayStarted
from tests.consumers.inventory.build import (
    MATERIAL,
    NOON,
    OUTLET,
    Shop,
    consumed,
    event,
    levels,
    received,
    sale,
    told,
)

ALERTS = {"stock.low", "stock.depleted", "stock.oversold"}


def alerts(*events: Event) -> list[tuple[str, str]]:
    """Alerts these events lead to, with the level they name."""
    shop = Shop().happens(*events)
    return [(kind, data["on_hand"]) for kind, data in told(shop.batch) if kind in ALERTS]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([received(10, "1"), levels("5"), sale(4), sale(1)], [("stock.low", "5")], id="falls to the point"),
        pytest.param(
            [received(10, "1"), levels("5"), sale(6), sale(1), sale(1)], [("stock.low", "4")], id="once while below"
        ),
        pytest.param(
            [received(10, "1"), levels("5"), sale(5), received(1, "1"), sale(1)],
            [("stock.low", "5"), ("stock.low", "5")],
            id="again after going above",
        ),
        pytest.param(
            [received(10, "1"), levels("5"), sale(6), received(1, "1"), sale(1)],
            [("stock.low", "4")],
            id="not again after rising to the point only",
        ),
        pytest.param([received(10, "1"), sale(9)], [], id="no point, no alert"),
        pytest.param(
            [received(2, "1"), sale(2), received(1, "1"), sale(1)],
            [("stock.depleted", "0"), ("stock.depleted", "0")],
            id="depleted at 0, each time from above",
        ),
        pytest.param(
            [received(2, "1"), sale(3), sale(1)],
            [("stock.depleted", "-1"), ("stock.oversold", "-1")],
            id="oversold once, not at every further sale",
        ),
        pytest.param([sale(1)], [("stock.oversold", "-1")], id="from 0 it cannot be depleted"),
        pytest.param(
            [sale(1), received(1, "1"), sale(1)],
            [("stock.oversold", "-1"), ("stock.oversold", "-1")],
            id="a new shortfall after the first was netted",
        ),
        pytest.param(
            [received(2, "1"), levels("5"), sale("0.5")], [("stock.low", "1.5")], id="set above the stock: next fall"
        ),
        pytest.param(
            [received(9, "1", expiry=date(2025, 1, 8)), received(2, "1"), sale(1, 1)],
            [("stock.depleted", "0")],
            id="expired stock does not count, two lines are one event",
        ),
        pytest.param(
            [received(10, "1"), levels("5"), sale(6), levels("2"), sale(2)],
            [("stock.low", "4"), ("stock.low", "2")],
            id="a lower point clears the alert",
        ),
    ],
)  # fmt: skip
def test_one_alert_per_crossing(events: list[Event], expected: list[tuple[str, str]]) -> None:
    """An alert that repeats is switched off by people, one that is missing is found by customers (R20)."""
    assert alerts(*events) == expected


def test_levels_set_tells_nothing_and_is_kept() -> None:
    """Setting a level is no stock event (R20), but the next save must carry all three figures."""
    shop = Shop().happens(levels("5", min_stock_level=Decimal(2), max_stock_level=Decimal(50)))
    assert told(shop.batch) == []
    write = shop.changes.levels_set[0].settings
    assert (write.reorder_point, write.min_level, write.max_level) == (5, 2, 50)


def test_stock_changed_is_told_once_per_event_with_net_changes() -> None:
    """Subscribers rebuild stock from these: two lines of one product are one change, in plain figures (R20)."""
    shop = Shop().happens(received("10.500", "1"), sale("1.5", 2, transaction_id=9001))
    kinds = [data for _, data in told(shop.batch, "inventory.stock-changed")]
    assert [data["items"] for data in kinds] == [
        [{"change": "10.5", "on_hand": "10.5", "product_id": 42, "material_id": None}],
        [{"change": "-3.5", "on_hand": "7", "product_id": 42, "material_id": None}],
    ]
    assert [data["transaction_id"] for data in kinds] == [None, 9001]


def test_consumption_takes_materials_by_the_same_rules() -> None:
    """R34: first expiry first, SHORTFALL where there is none, reference CONSUMPTION."""
    shop = Shop().happens(received("0.5", "8.00", material_id=MATERIAL, batch="beef"), consumed("0.642857"))
    assert shop.moved(since=1) == [("beef", "OUT", "-0.5", "-4.00"), ("SHORTFALL", "OUT", "-0.142857", "-1.14")]
    assert {cells[4] for *_, cells in shop.changes.movements[1:]} == {"CONSUMPTION"}


@pytest.mark.parametrize(
    ("before", "receipt", "expected"),
    [
        pytest.param((0, None), (10, 8), "8", id="the first receipt"),
        pytest.param((10, 8), (10, 10), "9", id="half and half"),
        pytest.param((-5, 8), (10, 10), "10", id="below zero counts as nothing"),
        pytest.param((1, 1), (2, 2), "1.666667", id="six decimals, halves up"),
    ],
)
def test_moving_average(before: tuple[Any, Any], receipt: tuple[Any, Any], expected: str) -> None:
    """R34's formula: recipes are costed with it."""
    on_hand, average = Decimal(before[0]), None if before[1] is None else Decimal(before[1])
    found = moving_average(
        on_hand=on_hand, average=average, quantity=Decimal(receipt[0]), unit_cost=Decimal(receipt[1])
    )
    assert found == Decimal(expected)


def test_cost_changes_are_told_for_materials_only_when_they_change() -> None:
    """The recipe worker costs with these (R34); a product or an equal cost is no news."""
    beef = {"material_id": MATERIAL}
    shop = Shop().happens(
        received(10, "8", **beef), received(10, "10", **beef), received(5, "9", **beef), received(1, "3")
    )
    costs = [data["unit_cost"] for _, data in told(shop.batch, "material.cost-changed")]
    assert costs == ["8", "9"]


@pytest.mark.parametrize(
    ("expiry", "expected"),
    [
        (None, "FRESH"), (date(2025, 1, 13), "FRESH"), (date(2025, 1, 12), "NEAR_EXPIRY"),
        (date(2025, 1, 9), "NEAR_EXPIRY"), (date(2025, 1, 8), "EXPIRED"),
    ],
)  # fmt: skip
def test_status_by_date(expiry: date | None, expected: str) -> None:
    """Three days ahead is near, the expiry date itself is not yet expired (R20)."""
    assert status_on(expiry, NOON.date()) == expected


def test_a_day_started_marks_lots_and_says_so_once() -> None:
    """Expiry is noticed by the timer's event, not by a clock (R6, R20); running it twice tells nothing new."""
    lot = received(4, "1", batch="M", expiry=NOON.date() + timedelta(days=5))
    shop = Shop().happens(lot, levels("1"))
    for days in (1, 2, 3, 6, 6, 2):
        shop.happens(event("outlet.day-started", DayStarted(OUTLET, NOON.date() + timedelta(days=days))))
    news = [kind for kind, _ in told(shop.batch) if kind != "inventory.stock-changed"]
    assert news == ["stock.expiring", "stock.expired", "stock.low", "stock.depleted"]
    assert shop.item().lots[0].status == "EXPIRED"
    assert shop.held() == {"M": 4}
