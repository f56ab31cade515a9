"""Suppliers and purchase orders as the back office sets them (R19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consumers.inventory.books import Books
from consumers.inventory.orders import DRAFT, Order, OrderLine, OrderWrite, cancel, send
from consumers.inventory.rules import value_of
from schemas.currency import minor_unit
from schemas.errors import Reject
from schemas.reasons import Reason

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.worker import Delivery


def upsert_supplier(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`supplier.upserted`: the row is replaced as a whole."""
    books.reference.user(delivery.event.data.user_id)
    books.suppliers.add(delivery.event.data.supplier_id)
    books.changes(batch).suppliers.append(delivery.event)


def create_order(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`purchase-order.created`: a draft; its id and its number are each used once (R19)."""
    event = delivery.event
    data = event.data
    outlet = books.reference.outlet(data.outlet_id)
    for line in data.lines:
        books.known_item(line.product_id)
    author = books.reference.user(data.user_id)
    books.supplier(data.supplier_id)
    if data.purchase_order_id in books.orders:
        raise Reject(Reason.CONFLICT, field="purchase_order_id", detail="this order exists")
    if data.po_number in books.order_numbers:
        raise Reject(Reason.CONFLICT, field="po_number", detail="another order has this number")
    lines = tuple(
        OrderLine(line.line_id or place, line.product_id, line.material_id, line.quantity, line.unit_cost)
        for place, line in enumerate(data.lines, start=1)
    )
    if len({line.line_id for line in lines}) < len(lines):
        raise Reject(Reason.DUPLICATE_LINE, field="line_id")

    order = Order(data.purchase_order_id, data.outlet_id, DRAFT, lines)
    cents = minor_unit(outlet.currency)
    totals = tuple(value_of(line.quantity, line.unit_cost, cents) for line in lines)
    books.order_numbers[data.po_number] = order.id
    _keep(books, batch, OrderWrite(None, order, event.id, author, created=data, line_totals=totals))


def send_order(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`purchase-order.ordered` (R19)."""
    data = delivery.event.data
    author = books.reference.user(data.user_id)
    order = books.order(data.purchase_order_id)
    _keep(books, batch, OrderWrite(order, send(order, outlet_id=data.outlet_id), delivery.event.id, author))


def cancel_order(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`purchase-order.cancelled` (R19)."""
    data = delivery.event.data
    author = books.reference.user(data.user_id)
    order = books.order(data.purchase_order_id)
    _keep(books, batch, OrderWrite(order, cancel(order, outlet_id=data.outlet_id), delivery.event.id, author))


def _keep(books: Books, batch: Batch, write: OrderWrite) -> None:
    books.orders[write.after.id] = write.after
    books.changes(batch).orders.append(write)
