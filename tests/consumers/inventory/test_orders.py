"""The life of a purchase order (R19)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consumers.inventory.orders import Order, OrderLine, cancel, line_of, receive_line, send
from schemas.errors import Reject
from schemas.inventory import (
    OrderLine as SentLine,
)
from schemas.inventory import (
    PurchaseOrderCancelled,
    PurchaseOrderCreated,
    PurchaseOrderOrdered,
    SupplierUpserted,
)
from tests.consumers.inventory.build import NOON, OUTLET, PRODUCT, Shop, event, received

ALL = ("DRAFT", "ORDERED", "PARTIALLY_RECEIVED", "RECEIVED", "CANCELLED")


def order(status: str = "ORDERED", *quantities: int) -> Order:
    lines = [OrderLine(n, PRODUCT, None, Decimal(q), Decimal(1)) for n, q in enumerate(quantities or (1, 1, 1), 1)]
    return Order(8, OUTLET, status, tuple(lines))


def line(of: Order, line_id: int | None) -> OrderLine:
    return line_of(of, outlet_id=OUTLET, line_id=line_id, product_id=PRODUCT, material_id=None)


@pytest.mark.parametrize("status", ALL)
def test_who_may_be_sent_cancelled_received(status: str) -> None:
    """The table of R19: each state allows exactly these steps."""
    steps = {
        "send": lambda: send(order(status), outlet_id=OUTLET),
        "cancel": lambda: cancel(order(status), outlet_id=OUTLET),
        "receive": lambda: receive_line(order(status), line(order(status), 1), Decimal(1)),
    }
    allowed = {
        "DRAFT": {"send", "cancel"}, "ORDERED": {"cancel", "receive"}, "PARTIALLY_RECEIVED": {"cancel", "receive"},
    }.get(status, set())  # fmt: skip
    for name, step in steps.items():
        if name in allowed:
            step()
            continue
        with pytest.raises(Reject, match="INVALID_ORDER_STATE"):
            step()


def test_received_only_when_every_line_has_all_it_ordered() -> None:
    """Three received on a line of one is not three lines received (R19), but an over-receipt."""
    with pytest.raises(Reject, match="OVER_RECEIPT"):
        receive_line(order(), line(order(), 1), Decimal(3))
    state = order("ORDERED", 1, 2)
    state = receive_line(state, line(state, 1), Decimal(1))
    assert state.status == "PARTIALLY_RECEIVED"
    state = receive_line(state, line(state, 2), Decimal(1))
    assert state.status == "PARTIALLY_RECEIVED"
    state = receive_line(state, line(state, 2), Decimal(1))
    assert state.status == "RECEIVED"


def test_a_receipt_must_name_its_line_where_there_is_a_choice() -> None:
    """Guessing a line would close the wrong one (R19)."""
    assert line(order("ORDERED", 5), None).line_id == 1
    with pytest.raises(Reject, match="UNKNOWN_LINE"):
        line(order(), None)
    with pytest.raises(Reject, match="UNKNOWN_LINE"):
        line(order(), 4)
    with pytest.raises(Reject, match="WRONG_OUTLET"):
        line_of(order(), outlet_id=9, line_id=1, product_id=PRODUCT, material_id=None)


def test_an_order_from_draft_to_received_in_one_batch() -> None:
    """What a batch decided must count for the events behind it, long before any of it is written."""
    created = PurchaseOrderCreated(
        8, "PO-8", 5, OUTLET, NOON.date(), (SentLine(Decimal(4), Decimal("2.50"), product_id=PRODUCT),)
    )
    shop = Shop().happens(
        event("supplier.upserted", SupplierUpserted(5, "Farm")),
        event("purchase-order.created", created),
        event("purchase-order.ordered", PurchaseOrderOrdered(8, OUTLET)),
        received(3, None, purchase_order_id=8, supplier_id=5, batch="L"),
        received(1, None, purchase_order_id=8, purchase_order_line=1),
    )
    assert shop.desk.books.orders[8].status == "RECEIVED"
    assert shop.moved() == [("L", "IN", "3", "7.50"), (None, "IN", "1", "2.50")]
    assert [cells[3:5] for *_, cells in shop.changes.movements] == [(8, "ORDER"), (8, "ORDER")]
    assert shop.changes.orders[0].line_totals == (Decimal("10.00"),)
    with pytest.raises(Reject, match="CONFLICT"):
        shop.happens(event("purchase-order.created", created))
    with pytest.raises(Reject, match="INVALID_ORDER_STATE"):
        shop.happens(event("purchase-order.cancelled", PurchaseOrderCancelled(8, OUTLET)))
