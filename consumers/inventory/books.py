"""What the desk keeps open while it decides: stock, suppliers, orders, and each batch's changes. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from consumers.inventory.orders import Order
from consumers.inventory.posting import Cause
from consumers.inventory.state import Changes, Stock
from schemas.clock import business_date, local_date
from schemas.currency import minor_unit
from schemas.errors import Wait
from schemas.reasons import Reason

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.reference import Outlet, Reference
    from schemas.event import Event


class Books:
    """The memory of one process. True only while every compare-and-set holds; after a failure it is cleared."""

    def __init__(self, reference: Reference) -> None:
        self.reference = reference
        self.stock = Stock()
        self.suppliers: set[int] = set()
        self.orders: dict[int, Order] = {}
        self.order_numbers: dict[str, int] = {}
        self._changes: WeakKeyDictionary[Batch, Changes] = WeakKeyDictionary()
        self._last: tuple[Batch | None, Changes] = (None, Changes())

    def changes(self, batch: Batch) -> Changes:
        """What this batch changes so far."""
        if self._last[0] is batch:
            return self._last[1]
        changes = self._changes.get(batch)
        if changes is None:
            changes = self._changes[batch] = Changes()
        self._last = (batch, changes)
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
        self.stock.clear()
        self.suppliers.clear()
        self.orders.clear()
        self.order_numbers.clear()
        self._changes = WeakKeyDictionary()
        self._last = (None, Changes())


def cause_of(event: Event, outlet: Outlet, *, created_by: int, reference_id: int | None, reference_type: str) -> Cause:
    """What an event's movements share; its dates are the outlet's (R1)."""
    at = event.occurred_at
    return Cause(
        event.id, at, local_date(at, outlet.zone), business_date(at, outlet.zone, outlet.cutoff),
        minor_unit(outlet.currency), created_by, reference_id, reference_type,
    )  # fmt: skip
