"""The life of a purchase order (R19). Pure: an order goes in, the order after the event comes out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from schemas.errors import Reject
from schemas.reasons import Reason

DRAFT, ORDERED, PARTIALLY_RECEIVED, RECEIVED, CANCELLED = (
    "DRAFT", "ORDERED", "PARTIALLY_RECEIVED", "RECEIVED", "CANCELLED",
)  # fmt: skip
OVER_RECEIPT_TOLERANCE = Decimal(0)
"""Share of the ordered quantity that may come in beyond it (R19)."""


class OrderLine(Struct, frozen=True, gc=False):
    """One ordered item, and how much of it has come in."""

    line_id: int
    product_id: int | None
    material_id: int | None
    quantity: Decimal
    unit_cost: Decimal
    received: Decimal = Decimal(0)


class Order(Struct, frozen=True):
    """A purchase order as its rows stand."""

    id: int
    outlet_id: int
    status: str
    lines: tuple[OrderLine, ...]


class OrderWrite(Struct, frozen=True):
    """An order before and after one event, and who is behind it; `created` is the event that made it."""

    before: Order | None
    after: Order
    event_id: str
    user_id: int
    created: Any = None
    line_totals: tuple[Decimal, ...] = ()


def send(order: Order, *, outlet_id: int) -> Order:
    """DRAFT to ORDERED (R19)."""
    _guard_outlet(order, outlet_id)
    if order.status != DRAFT:
        raise _wrong_state(order)
    return replace(order, status=ORDERED)


def cancel(order: Order, *, outlet_id: int) -> Order:
    """CANCELLED from DRAFT, ORDERED and PARTIALLY_RECEIVED (R19)."""
    _guard_outlet(order, outlet_id)
    if order.status in (RECEIVED, CANCELLED):
        raise _wrong_state(order)
    return replace(order, status=CANCELLED)


def receive_line(order: Order, line: OrderLine, quantity: Decimal) -> Order:
    """Raise what came in of one line; RECEIVED only once every line has all it ordered (R19)."""
    received = line.received + quantity
    if received > line.quantity * (1 + OVER_RECEIPT_TOLERANCE):
        raise Reject(Reason.OVER_RECEIPT, field="quantity", detail=f"{received} received of {line.quantity} ordered")
    lines = tuple(replace(other, received=received) if other is line else other for other in order.lines)
    complete = all(each.received >= each.quantity for each in lines)
    return replace(order, lines=lines, status=RECEIVED if complete else PARTIALLY_RECEIVED)


def line_of(
    order: Order, *, outlet_id: int, line_id: int | None, product_id: int | None, material_id: int | None
) -> OrderLine:
    """The line a receipt is for: the one named, else the only one of that item (R19)."""
    _guard_outlet(order, outlet_id)
    if order.status not in (ORDERED, PARTIALLY_RECEIVED):
        raise _wrong_state(order)
    item = (product_id, material_id)
    found = [
        line for line in order.lines if (line.product_id, line.material_id) == item and line_id in (None, line.line_id)
    ]
    if len(found) != 1:
        raise Reject(Reason.UNKNOWN_LINE, field="purchase_order_line", detail=f"{len(found)} lines of that item")
    return found[0]


def _guard_outlet(order: Order, outlet_id: int) -> None:
    if order.outlet_id != outlet_id:
        raise Reject(Reason.WRONG_OUTLET, field="outlet_id", detail=f"order {order.id} is of outlet {order.outlet_id}")


def _wrong_state(order: Order) -> Reject:
    detail = f"order {order.id} is {order.status}"
    return Reject(Reason.INVALID_ORDER_STATE, field="purchase_order_id", detail=detail)
