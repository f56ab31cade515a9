"""What is thrown away (R18): first expiry first, or a named batch; never refused, the rest goes to SHORTFALL."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from consumers.inventory.books import Books, cause_of
from consumers.inventory.posting import WASTE, Cause, deplete_item, move
from consumers.inventory.state import Changes, Item, item_key
from consumers.inventory.telling import tell

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.worker import Delivery


def waste_stock(books: Books, delivery: Delivery, batch: Batch) -> None:
    """`inventory.wasted`: what a named batch does not hold comes from the others, then from SHORTFALL (R18, R21)."""
    event = delivery.event
    data = event.data
    outlet = books.reference.outlet(data.outlet_id)
    books.known_item(data.product_id)
    author = books.reference.user(data.user_id)
    item = books.stock[item_key(data.outlet_id, data.product_id, data.material_id)]
    cause = cause_of(event, outlet, created_by=author, reference_id=None, reference_type=WASTE)
    changes = books.changes(batch)
    changes.of_item(item)
    before = item.level(cause.local_date)
    left = data.quantity - _waste_batch(
        changes, item, cause, data.batch_number, quantity=data.quantity, why=data.reason
    )
    if left:
        deplete_item(changes, item, cause, quantity=left, line_id=None, movement_type=WASTE, reason=data.reason)
    tell(changes, batch, delivery, cause, {item: before})


def _waste_batch(
    changes: Changes, item: Item, cause: Cause, batch_number: str | None, *, quantity: Decimal, why: str | None
) -> Decimal:
    """Take from the lots of this number, expired ones too; how much they gave."""
    left = quantity
    for lot in [lot for lot in item.lots if batch_number is not None and lot.batch_number == batch_number]:
        part = min(lot.on_hand, left)
        if part:
            move(changes, item, lot, cause, movement_type=WASTE, quantity=-part, line_id=None, reason=why)
            left -= part
    item.drop_empty()
    return quantity - left
