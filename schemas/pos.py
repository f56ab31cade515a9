"""What tills report: sales, amendments, refunds, voids. Facts only; nothing here is computed but a line's total."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from schemas.kinds import (
    Code,
    Currency,
    Discount,
    Id,
    Instant,
    Line,
    LineId,
    Money,
    Price,
    Quantity,
    Reference,
    SignedMoney,
    UniqueId,
    Unit,
    UserId,
    Version,
)

ZERO = Decimal(0)
Action = Literal["ADD", "REMOVE", "SWAP"]
Disposition = Literal["RESTOCK", "WASTE", "NONE"]


class Modifier(Struct, frozen=True, gc=False):
    """An option of a line (R32). `quantity` is net per unit sold, in `unit` (none: the material's own unit)."""

    action: Action
    material_id: Id
    with_material_id: Id | None = None
    quantity: Quantity | None = None
    unit: Unit | None = None


class SaleLine(Struct, frozen=True, gc=False):
    """One priced line. `total` is always set: as sent, or quantity × unit_price − discount, rounded (R0)."""

    line_id: LineId
    product_id: Id
    quantity: Quantity
    unit_price: Price
    discount: Discount = ZERO
    total: Money | None = None
    prepared_at: Instant | None = None
    modifiers: tuple[Modifier, ...] = ()


class Payment(Struct, frozen=True, gc=False):
    """One tender, in the sale's currency."""

    method: Code
    amount: SignedMoney
    reference: Reference | None = None


class Totals(Struct, frozen=True, gc=False):
    """The till's own figures; a figure the till does not send is None, never 0."""

    net: Money | None = None
    tax: Money | None = None
    gross: Money | None = None
    tip: Money = ZERO
    rounding: SignedMoney = ZERO


class SaleCompleted(Struct, frozen=True, gc=False):
    """A sale, `version` of it (R2). Amounts are in `currency`; `occurred_at` is the business instant (R1)."""

    transaction_id: UniqueId
    outlet_id: Id
    occurred_at: Instant
    currency: Currency
    lines: tuple[SaleLine, ...]
    version: Version = 1
    register: Code | None = None
    cashier_id: UserId | None = None
    customer_ref: Reference | None = None
    prices_include_tax: bool = False
    dining_option: Code | None = None
    payments: tuple[Payment, ...] | None = None
    totals: Totals | None = None
    receipt_number: Code | None = None
    historic: bool = False


class SaleAmended(SaleCompleted, frozen=True, gc=False):
    """The whole sale again, under a higher version (R16)."""


class RefundLine(Struct, frozen=True, gc=False):
    """So much of one line of the original sale comes back (R14)."""

    line_id: LineId
    original_line_id: LineId
    quantity: Quantity
    disposition: Disposition = "RESTOCK"
    reason: Line | None = None


class SaleRefunded(Struct, frozen=True, gc=False):
    """A refund: a transaction of its own that names the sale it refunds (R14)."""

    transaction_id: UniqueId
    original_transaction_id: UniqueId
    outlet_id: Id
    occurred_at: Instant
    currency: Currency
    lines: tuple[RefundLine, ...]
    register: Code | None = None
    cashier_id: UserId | None = None
    reason: Line | None = None
    receipt_number: Code | None = None
    historic: bool = False


class SaleVoided(Struct, frozen=True, gc=False):
    """What is left of a sale is undone (R15). `transaction_id` is the sale's."""

    transaction_id: UniqueId
    outlet_id: Id
    occurred_at: Instant
    reason: Line | None = None
    register: Code | None = None
    cashier_id: UserId | None = None
    historic: bool = False
