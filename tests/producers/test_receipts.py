"""Receipts: the line people watch must say what happened, whatever the order its events arrive in."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from producers.receipts.assemble import GIVE_UP_MS, SETTLE_MS, Assembler
from producers.receipts.follow import AUDIT_WAIT_MS, _Numbering

SALE = ("pos.sale.completed", {"transaction_id": 9001, "outlet_id": 1, "currency": "USD",
    "lines": [{"line_id": 1, "product_id": 42, "quantity": "2", "unit_price": "4.50"}]}, 1000)  # fmt: skip
STOCK = ("inventory.stock-changed", {"outlet_id": 1, "transaction_id": 9001, "cause_id": "x",
    "items": [{"material_id": 1, "change": "-400", "on_hand": "3600.000000"}]}, 1041)  # fmt: skip
TAX = ("tax.computed", {"transaction_id": 9001, "outlet_id": 1, "tax": "0.72", "net": "8.50"}, 1020)


def assembler() -> Assembler:
    """One that knows the names."""
    found = Assembler()
    found.feed("catalog.product.upserted", {"product_id": 42, "name": "latte"}, event_id="p", broker_ms=1, now_ms=0)
    milk = {"material_id": 1, "name": "milk", "unit_of_measure": "ml"}
    found.feed("material.upserted", milk, event_id="m", broker_ms=1, now_ms=0)
    return found


def feed(found: Assembler, *events: tuple[str, dict[str, Any], int]) -> None:
    """Let events arrive at caller's time 0."""
    for kind, data, broker_ms in events:
        found.feed(kind, data, event_id="e1", broker_ms=broker_ms, now_ms=0)


@pytest.mark.parametrize("order", list(itertools.permutations((SALE, STOCK, TAX))), ids=lambda order: order[0][0])
def test_a_receipt_reads_the_same_in_any_order_of_arrival(order: tuple[Any, ...]) -> None:
    """Three topics race; the line must not depend on which wins."""
    found = assembler()
    feed(found, *order)
    assert found.ready(SETTLE_MS - 1) == []
    (receipt,) = found.ready(SETTLE_MS)
    assert receipt.text() == "sale 9001 latte×2 → milk 4000→3600 ml · tax 0.72 · 41 ms"
    assert found.ready(10**9) == []


def test_what_never_comes_is_not_waited_for_for_ever() -> None:
    """A worker that is down must not silence the receipts."""
    found = assembler()
    feed(found, SALE)
    assert found.ready(GIVE_UP_MS - 1) == []
    assert [receipt.text() for receipt in found.ready(GIVE_UP_MS)] == ["sale 9001 latte×2 → no stock moved · 0 ms"]


def test_events_of_a_sale_nobody_saw_are_forgotten() -> None:
    """Watching starts in the middle; a receipt without its sale would be nonsense."""
    found = assembler()
    feed(found, STOCK, TAX)
    assert found.ready(GIVE_UP_MS) == []


def test_many_items_are_counted_not_listed() -> None:
    """One line on a terminal."""
    found = assembler()
    items = [{"material_id": number, "change": "-1", "on_hand": "9"} for number in range(1, 6)]
    feed(found, SALE, TAX, (STOCK[0], {**STOCK[1], "items": items}, 1050))
    assert "milk 10→9 ml, material:2 10→9, 3 more · tax" in found.ready(SETTLE_MS)[0].text()


def test_two_changes_of_one_item_are_one_arrow() -> None:
    """4000→3800 and 3800→3600 is 4000→3600."""
    found = assembler()
    again = {**STOCK[1], "items": [{"material_id": 1, "change": "-100", "on_hand": "3500"}]}
    feed(found, SALE, TAX, STOCK, (STOCK[0], again, 1060))
    assert "milk 4000→3500 ml" in found.ready(SETTLE_MS)[0].text()


async def test_a_receipt_waits_a_moment_for_its_audit_number() -> None:
    """The audit commits when it does; a receipt goes without its number rather than not at all, and in order."""
    written: dict[str, int] = {}

    async def ask(receipts: Any) -> dict[str, int]:
        return {receipt.event_id: written[receipt.event_id] for receipt in receipts if receipt.event_id in written}

    found = assembler()
    feed(found, SALE, STOCK, TAX)
    (receipt,) = found.ready(SETTLE_MS)
    numbering = _Numbering(ask)
    assert await numbering.numbered([receipt], now_ms=0) == []
    written["e1"] = 7
    (shown,) = await numbering.numbered([], now_ms=50)
    assert "tax 0.72 · audit #7 · 41 ms" in shown.text()
    written.clear()
    assert await numbering.numbered([receipt], now_ms=100) == []
    (shown,) = await numbering.numbered([], now_ms=100 + AUDIT_WAIT_MS)
    assert shown.audit is None
