"""What the desk keeps open while it decides: stock, suppliers, orders, and each batch's changes. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet, ref

from consumers.inventory.orders import Order
from consumers.inventory.posting import Cause
from consumers.inventory.state import Changes, Stock
from schemas.clock import business_date, local_date
from schemas.currency import minor_unit
from schemas.errors import Retry, Wait
from schemas.reasons import Reason

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.reference import Outlet, Reference
    from schemas.event import Event

MIDNIGHT = time(0)


class Books:
    """The memory of one process. True only while every compare-and-set holds; after a failure it is cleared."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.stock = Stock()
        self.suppliers: set[int] = set()
        self.orders: dict[int, Order] = {}
        self.order_numbers: dict[str, int] = {}
        self._changes: WeakKeyDictionary[Batch, Changes] = WeakKeyDictionary()
        self._void: WeakSet[Batch] = WeakSet()
        self._latest: Callable[[], Batch | None] = _nobody
        self._latest_changes = Changes()
        self.times_cleared = 0

    def changes(self, batch: Batch) -> Changes:
        """What this batch changes so far. Raises Retry where it was decided on memory that is gone."""
        if self._latest() is batch:
            return self._latest_changes
        changes = self._changes.get(batch)
        if changes is None:
            if batch in self._void:
                raise Retry("the batch was decided on stock that was dropped since")
            changes = self._changes[batch] = Changes()
        self._latest, self._latest_changes = ref(batch), changes
        return changes

    def orders_in_flight(self) -> set[int]:
        """Orders that a batch not yet committed changes: memory is ahead of the database there."""
        return {write.after.id for changes in self._changes.values() for write in changes.orders}

    def supplier(self, supplier_id: int | None) -> int | None:
        """The supplier's id, if it is known or nobody is named. Raises Wait."""
        if supplier_id is not None and supplier_id not in self.suppliers:
            raise Wait(f"supplier:{supplier_id}", reason=Reason.UNKNOWN_SUPPLIER, field="supplier_id")
        return supplier_id

    def order(self, order_id: int) -> Order:
        """The order as it stands. Raises Wait."""
        order = self.orders.get(order_id)
        if order is None:
            raise Wait(f"purchase-order:{order_id}", reason=Reason.UNKNOWN_ORDER, field="purchase_order_id")
        return order

    def known_item(self, product_id: int | None) -> None:
        """Raise Wait where an event names a product that is not known yet; materials are another service's (R34)."""
        if product_id is not None:
            self.reference.product(product_id)

    def clear(self) -> None:
        """Drop everything, and void the batches decided on it."""
        self.times_cleared += 1
        self.stock.clear()
        self.suppliers.clear()
        self.orders.clear()
        self.order_numbers.clear()
        self._void.update(self._changes)
        self._changes = WeakKeyDictionary()
        self._latest = _nobody


def _nobody() -> None:
    return None


def cause_of(event: Event, outlet: Outlet, *, created_by: int, reference_id: int | None, reference_type: str) -> Cause:
    """What an event's movements share; its dates are the outlet's (R1)."""
    at, zone, cutoff = event.occurred_at, outlet.zone, outlet.cutoff
    day = local_date(at, zone)
    return Cause(
        event.id, at, day, day if cutoff == MIDNIGHT else business_date(at, zone, cutoff),
        minor_unit(outlet.currency), created_by, reference_id, reference_type,
    )  # fmt: skip
