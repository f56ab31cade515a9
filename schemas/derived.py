"""What the workers tell the world, past tense. Read back by other workers; nobody else sends these."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from schemas.kinds import (
    BigCount,
    Change,
    Code,
    Country,
    Currency,
    Exact,
    Id,
    Instant,
    Level,
    LocalDate,
    OnHand,
    Quantity,
    Reference,
    SignedMoney,
    UniqueId,
    Unit,
    UnitCost,
    UserId,
    Version,
)

TaxStatus = Literal["COMPUTED", "NO_RULE"]
ReferenceKind = Literal["outlet", "product", "user"]
RowAction = Literal["CREATE", "UPDATE", "DELETE", "RESTORE"]


class ItemChange(Struct, frozen=True, gc=False):
    """Net change of one item by one cause; `on_hand` is what is there after it."""

    change: OnHand
    on_hand: OnHand
    product_id: Id | None = None
    material_id: Id | None = None


class StockChanged(Struct, frozen=True, gc=False):
    """`inventory.stock-changed`: one cause moved these items of one outlet. `cause_id` is the causing event's id."""

    outlet_id: Id
    cause_id: Reference
    cause_type: Code
    items: tuple[ItemChange, ...]
    transaction_id: UniqueId | None = None
    occurred_at: Instant | None = None


class StockLevelCrossed(Struct, frozen=True, gc=False):
    """`stock.low`, `stock.depleted`, `stock.oversold` (R20)."""

    outlet_id: Id
    on_hand: OnHand
    product_id: Id | None = None
    material_id: Id | None = None
    reorder_point: Level | None = None
    occurred_at: Instant | None = None


class StockAgeing(Struct, frozen=True, gc=False):
    """`stock.expiring`, `stock.expired`: one batch, on a local date (R20)."""

    outlet_id: Id
    local_date: LocalDate
    quantity: Quantity
    product_id: Id | None = None
    material_id: Id | None = None
    batch_number: Code | None = None
    expiry_date: LocalDate | None = None
    stock_item_id: Id | None = None


class MaterialCostChanged(Struct, frozen=True, gc=False):
    """`material.cost-changed`: the moving average of a material at an outlet, in the outlet's currency (R34)."""

    outlet_id: Id
    material_id: Id
    unit_cost: UnitCost
    currency: Currency
    occurred_at: Instant | None = None


class ConsumedLine(Struct, frozen=True, gc=False):
    """So much of one material, in its own unit, for one line and the recipe of the product sold (R33)."""

    line_id: Id
    recipe_id: Id
    material_id: Id
    quantity: Change
    unit: Unit
    product_id: Id | None = None


class MaterialsConsumed(Struct, frozen=True, gc=False):
    """`recipe.materials-consumed` (R34)."""

    transaction_id: UniqueId
    outlet_id: Id
    occurred_at: Instant
    business_date: LocalDate
    lines: tuple[ConsumedLine, ...]
    version: Version = 1


class MaterialsReturned(MaterialsConsumed, frozen=True, gc=False):
    """`recipe.materials-returned`: an undo of consumption, quantities positive (R33, R34)."""


class TaxRow(Struct, frozen=True, gc=False):
    """One row of `tax_transactions` (R56)."""

    line_id: Id
    tax_rule_id: Id
    taxable_amount: SignedMoney
    tax_rate: Exact
    tax_amount: SignedMoney
    exempt_amount: SignedMoney | None = None


class TaxComputed(Struct, frozen=True, gc=False):
    """`tax.computed`: the tax document of a (transaction, version), in its currency (R56)."""

    transaction_id: UniqueId
    outlet_id: Id
    currency: Currency
    net: SignedMoney
    tax: SignedMoney
    gross: SignedMoney
    status: TaxStatus
    rows: tuple[TaxRow, ...] = ()
    version: Version = 1
    occurred_at: Instant | None = None
    local_date: LocalDate | None = None
    business_date: LocalDate | None = None


class TaxGap(Struct, frozen=True, gc=False):
    """`tax.gap`: no rule of the country was in force that day (R56)."""

    transaction_id: UniqueId
    outlet_id: Id
    country_code: Country
    local_date: LocalDate


class HeadPublished(Struct, frozen=True, gc=False):
    """`audit.head-published`: the last hash of a chain, so that a rewritten chain is found from outside (R72)."""

    chain: BigCount
    seq: BigCount
    hash: Code
    date: LocalDate
    published_at: Instant | None = None
    signature: Reference | None = None


class TransactionRecorded(Struct, frozen=True, gc=False):
    """`ledger.transaction-recorded`: the ledger holds this version of the transaction."""

    transaction_id: UniqueId
    outlet_id: Id
    occurred_at: Instant
    version: Version = 1
    kind: Code | None = None


class ReferenceRecorded(Struct, frozen=True, gc=False):
    """`ledger.reference-recorded`: a hint that waiting events may go on; the truth is the table."""

    kind: ReferenceKind
    id: UserId
    revision: BigCount


class RowChanged(Struct, frozen=True, gc=False):
    """`row.changed`: one row of back-office data as it was and as it is, whoever changed it (R70). Values untouched."""

    table: Code
    schema: Code
    record_id: Reference
    action: RowAction
    ts: Instant
    old: Any = None
    new: Any = None
    changed: tuple[Code, ...] | None = None
    user_id: UserId | None = None
    outlet_id: UserId | None = None
    ip_address: Reference | None = None
    user_agent: Reference | None = None
    event_id: Reference | None = None
