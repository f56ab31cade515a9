"""What comes in and what is set: receipts (R11, R12, R19, R34), levels and the start of a day (R20)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec.structs import replace

from consumers.inventory.books import Books, cause_of
from consumers.inventory.levels import Level
from consumers.inventory.orders import OrderLine, OrderWrite, line_of, receive_line
from consumers.inventory.posting import Receipt, receive
from consumers.inventory.rules import ZERO, Lot, refuse_reserved, status_on
from consumers.inventory.state import Item, LevelsWrite, item_key
from consumers.inventory.telling import encode, plain, settle_alerts, tell, tell_cost
from schemas.derived import StockAgeing

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.worker import Delivery

_AGES = ("FRESH", "NEAR_EXPIRY", "EXPIRED")
AGEING = {"NEAR_EXPIRY": "stock.expiring", "EXPIRED": "stock.expired"}


def receive_stock(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`inventory.received`: a batch of its own; what it covers of open shortfalls is netted at once (R11, R12)."""
    event = delivery.event
    data = event.data
    refuse_reserved(data.batch_number)
    outlet = books.reference.outlet(data.outlet_id)
    books.known_item(data.product_id)
    author = books.reference.user(data.user_id)
    supplier_id = books.supplier(data.supplier_id)
    write, line = _ordered(books, delivery, author)
    item = books.stock[item_key(data.outlet_id, data.product_id, data.material_id)]
    unit_cost = data.unit_cost
    if unit_cost is None:
        unit_cost = line.unit_cost if line is not None else item.settings.last_cost or ZERO

    cause = cause_of(
        event,
        outlet,
        created_by=author,
        reference_id=data.purchase_order_id,
        reference_type="RECEIPT" if write is None else "ORDER",
    )
    changes = books.changes(batch)
    if write is not None:
        books.orders[write.after.id] = write.after
        changes.orders.append(write)
    before, average = item.level(cause.local_date), item.settings.moving_average
    receipt = Receipt(data.quantity, unit_cost, data.batch_number, data.expiry_date, supplier_id)
    receive(changes, item, cause, receipt)
    tell(changes, batch, delivery, cause, {item: before})
    if item.settings.moving_average != average:
        tell_cost(batch, delivery, cause, item, currency=outlet.currency)


def _ordered(books: Books, delivery: Delivery, author: int) -> tuple[OrderWrite | None, OrderLine | None]:
    """What the receipt does to its order, and the line it is for; neither where it names no order (R19)."""
    data = delivery.event.data
    if data.purchase_order_id is None:
        return None, None
    order = books.order(data.purchase_order_id)
    line = line_of(
        order,
        outlet_id=data.outlet_id,
        line_id=data.purchase_order_line,
        product_id=data.product_id,
        material_id=data.material_id,
    )
    after = receive_line(order, line, data.quantity)
    return OrderWrite(order, after, delivery.event.id, author), line


def set_levels(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`inventory.levels-set`: replace all three levels; the alert is cleared where the stock is above (R20)."""
    event = delivery.event
    data = event.data
    outlet = books.reference.outlet(data.outlet_id)
    books.known_item(data.product_id)
    author = books.reference.user(data.user_id)
    item = books.stock[item_key(data.outlet_id, data.product_id, data.material_id)]
    cause = cause_of(event, outlet, created_by=author, reference_id=None, reference_type="LEVELS")
    changes = books.changes(batch)
    change = changes.of_item(item)
    point = data.reorder_point
    above = point is None or item.level(cause.local_date).available > point
    item.settings = change.settings = replace(
        item.settings,
        reorder_point=point,
        min_level=data.min_stock_level,
        max_level=data.max_stock_level,
        low=item.settings.low and not above,
    )
    changes.levels_set.append(LevelsWrite(item, item.settings, event.id, author))


def start_day(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`outlet.day-started`: mark what is near its expiry or past it, and say so once per batch (R20)."""
    event = delivery.event
    data = event.data
    outlet = books.reference.outlet(data.outlet_id)
    today = data.local_date
    cause = cause_of(event, outlet, created_by=0, reference_id=None, reference_type="DAY")
    cause = replace(cause, local_date=today)
    changes = books.changes(batch)
    for item in books.stock.of_outlet(data.outlet_id):
        ageing = [lot for lot in item.lots if _AGES.index(status_on(lot.expiry, today)) > _AGES.index(lot.status)]
        if not ageing:
            continue
        after = item.level(today)
        gone = sum((lot.on_hand for lot in ageing if status_on(lot.expiry, today) == "EXPIRED"), ZERO)
        before = Level(after.on_hand, after.available + gone, after.shortfall)
        changes.of_item(item)
        for place, lot in enumerate(ageing, start=1):
            change = changes.of_lot(item, lot)
            change.whole = True
            lot.status = change.status = status_on(lot.expiry, today)
            _tell_age(delivery, batch, item, lot, place=place, today=today)
        settle_alerts(changes, batch, delivery, cause, item, before=before, after=after)


def _tell_age(delivery: Delivery, batch: Batch, item: Item, lot: Lot, *, place: int, today: date) -> None:
    key = item.key
    told = StockAgeing(
        key.outlet_id, today, plain[lot.on_hand], item.product_id, item.material_id, lot.batch_number, lot.expiry,
        lot.id or None,
    )  # fmt: skip
    target = f"{key.outlet_id}:{key.label}:{place}"
    batch.emit(delivery, AGEING[lot.status], target, str(key.outlet_id), encode(told))
