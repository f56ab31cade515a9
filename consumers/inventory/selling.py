"""What leaves by sales, never refused (R12): stocked products (R11, R13) and the materials recipes used (R34)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from consumers.inventory.books import Books, cause_of
from consumers.inventory.levels import Level
from consumers.inventory.posting import Cause, deplete_item
from consumers.inventory.rules import ZERO
from consumers.inventory.state import MATERIAL, PRODUCT, Item, Key
from consumers.inventory.telling import tell
from schemas.errors import Reject
from schemas.reasons import Reason

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.worker import Delivery

TRANSACTION, CONSUMPTION = "TRANSACTION", "CONSUMPTION"


def sell(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`pos.sale.completed`: take every stocked line; nothing for historic sales and unstocked products (R13)."""
    event = delivery.event
    sale = event.data
    product = books.reference.product
    lines = () if sale.historic else [line for line in sale.lines if product(line.product_id).is_stocked]
    if not lines:
        batch.ignored(delivery)
        return
    outlet_id = sale.outlet_id
    cause = cause_of(
        event,
        books.reference.outlet(outlet_id),
        created_by=books.reference.user(sale.cashier_id, field="cashier_id"),
        reference_id=sale.transaction_id,
        reference_type=TRANSACTION,
    )
    takes = [((outlet_id, PRODUCT, line.product_id), line.line_id, line.quantity) for line in lines]
    _take(books, delivery, batch, cause, takes)


def consume(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`recipe.materials-consumed`: take the materials of every line, a material met twice in a line summed (R34)."""
    event = delivery.event
    used = event.data
    sums: dict[tuple[int, int], Decimal] = {}
    for line in used.lines:
        if line.quantity <= 0:
            raise Reject(Reason.QUANTITY_NOT_POSITIVE, field="quantity")
        of_line = (line.line_id, line.material_id)
        sums[of_line] = sums.get(of_line, ZERO) + line.quantity
    if not sums:
        batch.ignored(delivery)
        return
    cause = cause_of(
        event,
        books.reference.outlet(used.outlet_id),
        created_by=0,
        reference_id=used.transaction_id,
        reference_type=CONSUMPTION,
    )
    takes = [((used.outlet_id, MATERIAL, material), line, quantity) for (line, material), quantity in sums.items()]
    _take(books, delivery, batch, cause, takes)


def _take(
    books: Books, delivery: Delivery, batch: Batch, cause: Cause, takes: Iterable[tuple[Key, int, Decimal]]
) -> None:
    changes = books.changes(batch)
    items, day = books.stock.items, cause.local_date
    seen: dict[Item, Level] = {}
    for key, line_id, quantity in takes:
        item = items[key]
        if item not in seen:
            seen[item] = item.level(day)
            changes.touch(item)
        deplete_item(changes, item, cause, quantity=quantity, line_id=line_id)
    tell(changes, batch, delivery, cause, seen)
