"""What people do to stock: receive, adjust, count, waste, transfer, order. Exactly one of product and material each."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Struct

from schemas.kinds import (
    Also,
    AnyBatch,
    Batch,
    Change,
    Code,
    Id,
    Instant,
    Level,
    Line,
    LineId,
    ListPrice,
    LocalDate,
    Name,
    Phone,
    Prose,
    Quantity,
    UnitCost,
    UserId,
)

SupplierStatus = Literal["ACTIVE", "INACTIVE", "SUSPENDED"]
ZERO = Decimal(0)


class SupplierUpserted(Struct, frozen=True, gc=False):
    """A supplier, with every column of `suppliers`."""

    supplier_id: Id
    name: Name
    contact_person: Name | None = None
    email: Name | None = None
    phone: Phone | None = None
    address: Prose | None = None
    city: Name | None = None
    state: Name | None = None
    zip_code: Code | None = None
    country: Name | None = None
    payment_terms: Name | None = None
    credit_limit: ListPrice | None = None
    status: SupplierStatus = "ACTIVE"
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class StockReceived(Struct, frozen=True, gc=False):
    """A receipt, a batch of its own (R11). `unit_cost` None = unknown. Against an order: its id and line number."""

    outlet_id: Id
    quantity: Quantity
    product_id: Id | None = None
    material_id: Id | None = None
    batch_number: Batch | None = None
    unit_cost: UnitCost | None = None
    expiry_date: LocalDate | None = None
    supplier_id: Id | None = None
    purchase_order_id: Id | None = None
    purchase_order_line: Annotated[LineId, Also(("line_id", "line"))] | None = None
    occurred_at: Annotated[Instant, Also(("received_at",))] | None = None
    user_id: UserId | None = None


class StockAdjusted(Struct, frozen=True, gc=False):
    """A signed change of one item, FEFO unless a batch is named."""

    outlet_id: Id
    quantity: Change
    product_id: Id | None = None
    material_id: Id | None = None
    batch_number: AnyBatch | None = None
    reason: Line | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class StockCounted(Struct, frozen=True, gc=False):
    """A physical count of an item, or of one batch, at an instant (R17)."""

    outlet_id: Id
    quantity: Annotated[Level, Also(("counted_quantity",))]
    product_id: Id | None = None
    material_id: Id | None = None
    batch_number: AnyBatch | None = None
    reason: Line | None = None
    occurred_at: Annotated[Instant, Also(("counted_at",))] | None = None
    user_id: UserId | None = None


class StockWasted(Struct, frozen=True, gc=False):
    """Stock thrown away, FEFO unless a batch is named (R18)."""

    outlet_id: Id
    quantity: Quantity
    product_id: Id | None = None
    material_id: Id | None = None
    batch_number: AnyBatch | None = None
    reason: Line | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class StockTransferred(Struct, frozen=True, gc=False):
    """Stock moved between two outlets; the key is the source outlet (R18)."""

    from_outlet_id: Id
    to_outlet_id: Id
    quantity: Quantity
    product_id: Id | None = None
    material_id: Id | None = None
    batch_number: AnyBatch | None = None
    reason: Line | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class LevelsSet(Struct, frozen=True, gc=False):
    """Reorder point, minimum and maximum of an item at an outlet (R20). None = no such level."""

    outlet_id: Id
    product_id: Id | None = None
    material_id: Id | None = None
    reorder_point: Level | None = None
    min_stock_level: Annotated[Level, Also(("min",))] | None = None
    max_stock_level: Annotated[Level, Also(("max",))] | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class OrderLine(Struct, frozen=True, gc=False):
    """One ordered item. `line_id` defaults to its place in the order, from 1."""

    quantity: Quantity
    unit_cost: UnitCost
    product_id: Id | None = None
    material_id: Id | None = None
    line_id: LineId | None = None


class PurchaseOrderCreated(Struct, frozen=True, gc=False):
    """A draft order (R19)."""

    purchase_order_id: Id
    po_number: Code
    supplier_id: Id
    outlet_id: Id
    order_date: LocalDate
    lines: tuple[OrderLine, ...]
    expected_delivery_date: LocalDate | None = None
    notes: Prose | None = None
    occurred_at: Instant | None = None
    user_id: Annotated[UserId, Also(("created_by",))] | None = None


class PurchaseOrderOrdered(Struct, frozen=True, gc=False):
    """The order was sent to the supplier (R19)."""

    purchase_order_id: Id
    outlet_id: Id
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class PurchaseOrderCancelled(Struct, frozen=True, gc=False):
    """The order was called off (R19)."""

    purchase_order_id: Id
    outlet_id: Id
    reason: Line | None = None
    occurred_at: Instant | None = None
    user_id: UserId | None = None


class DayStarted(Struct, frozen=True, gc=False):
    """A timer: this local date has begun at this outlet (R6, R20)."""

    outlet_id: Id
    local_date: Annotated[LocalDate, Also(("date",))]
    occurred_at: Instant | None = None
    user_id: UserId | None = None
