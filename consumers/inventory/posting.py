"""Posts what the rules decide into the stock in memory: lots, SHORTFALL and the movements of a batch (R10 to R12).

Refuses nothing: whoever posts has checked the event before, for from here on memory changes.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from consumers.inventory.levels import moving_average
from consumers.inventory.rules import SHORTFALL, ZERO, Lot, deplete, status_on, value_of
from consumers.inventory.shortfall import OpenShortfall, net
from consumers.inventory.state import MATERIAL, Changes, Item

IN, OUT, TRANSFER, WASTE = "IN", "OUT", "TRANSFER", "WASTE"
NETTED = "shortfall netted"


class Cause(Struct, frozen=True, gc=False):
    """What all movements of one event share."""

    event_id: str
    occurred_at: datetime
    local_date: date
    business_date: date
    minor_unit: Decimal
    created_by: int
    reference_id: int | None
    reference_type: str


class Receipt(Struct, frozen=True, gc=False):
    """Goods that came in: a batch of its own, with the cost it is booked at (R11)."""

    quantity: Decimal
    unit_cost: Decimal
    batch_number: str | None
    expiry: date | None
    supplier_id: int | None


def deplete_item(
    changes: Changes,
    item: Item,
    cause: Cause,
    *,
    quantity: Decimal,
    line_id: int | None,
    movement_type: str = OUT,
    reason: str | None = None,
) -> None:
    """Take a quantity first expiry first; what the lots do not cover becomes SHORTFALL (R11, R12)."""
    depletion = deplete(item.lots, quantity=quantity, local_date=cause.local_date)
    for part in depletion.taken:
        move(
            changes, item, part.lot, cause, movement_type=movement_type, quantity=-part.quantity, line_id=line_id,
            reason=reason,
        )  # fmt: skip
    if depletion.taken and not depletion.taken[0].lot.on_hand:
        item.drop_empty()
    if depletion.shortfall:
        _fall_short(
            changes, item, cause, quantity=depletion.shortfall, line_id=line_id, movement_type=movement_type,
            reason=reason,
        )  # fmt: skip


def move(
    changes: Changes,
    item: Item,
    lot: Lot,
    cause: Cause,
    *,
    movement_type: str,
    quantity: Decimal,
    line_id: int | None,
    reason: str | None = None,
) -> None:
    """Change one lot by a signed quantity, with the movement that says so (R10)."""
    change = changes.of_lot(item, lot)
    item.on_hand += quantity
    lot.on_hand = change.after = lot.on_hand + quantity
    value = value_of(quantity, lot.unit_cost, cause.minor_unit)
    changes.movements.append((lot, None, None, (
        movement_type, quantity, reason, cause.reference_id, cause.reference_type, lot.unit_cost, value, None,
        cause.created_by, cause.event_id, line_id, cause.business_date,
    )))  # fmt: skip


def receive(changes: Changes, item: Item, cause: Cause, receipt: Receipt) -> Lot:
    """Bring a batch in: its IN movement, what it nets, and the item's costs (R11, R12, R34)."""
    lot = Lot(
        0, receipt.batch_number, ZERO, receipt.unit_cost, receipt.expiry, cause.occurred_at,
        status_on(receipt.expiry, cause.local_date),
    )  # fmt: skip
    raised = changes.of_item(item)
    _take_costs(item, receipt, cause.occurred_at)
    raised.settings = item.settings
    changes.created(item, lot, supplier_id=receipt.supplier_id)
    move(changes, item, lot, cause, movement_type=IN, quantity=receipt.quantity, line_id=None)
    settle(changes, item, lot, cause)
    if lot.on_hand:
        item.put(lot)
    return lot


def settle(changes: Changes, item: Item, lot: Lot, cause: Cause) -> None:
    """Net the item's open shortfalls, oldest first, from what came into a lot (R12)."""
    if not item.open:
        return
    shortfall = item.shortfall
    assert shortfall is not None, "an open shortfall has a SHORTFALL item"
    for pair in net(lot, shortfalls=item.open, local_date=cause.local_date, minor_unit=cause.minor_unit):
        opened, part = pair.shortfall, pair.quantity
        for place, signed, cost, value, variance in (
            (lot, -part, lot.unit_cost, pair.lot_value, None),
            (shortfall, part, opened.unit_cost, pair.shortfall_value, pair.cost_variance),
        ):
            change = changes.of_lot(item, place)
            place.on_hand = change.after = place.on_hand + signed
            changes.movements.append((place, None, opened, (
                TRANSFER, signed, NETTED, opened.reference_id, SHORTFALL, cost, value, variance, cause.created_by,
                cause.event_id, None, cause.business_date,
            )))  # fmt: skip
        opened.quantity -= part
    item.open = [opened for opened in item.open if opened.quantity]


def _fall_short(
    changes: Changes,
    item: Item,
    cause: Cause,
    *,
    quantity: Decimal,
    line_id: int | None,
    movement_type: str,
    reason: str | None,
) -> None:
    """Book what no lot covers on the item's SHORTFALL, at the newest receipt's cost, 0 without any (R12)."""
    changes.of_item(item)
    cost = item.settings.last_cost or ZERO
    lot = item.shortfall
    if lot is None:
        lot = item.shortfall = Lot(0, SHORTFALL, ZERO, cost, None, cause.occurred_at)
        changes.created(item, lot)
    change = changes.of_lot(item, lot)
    change.whole = True
    lot.unit_cost = cost
    lot.on_hand = change.after = lot.on_hand - quantity
    item.on_hand -= quantity
    opened = OpenShortfall(0, quantity, cost, cause.reference_id)
    item.open.append(opened)
    changes.movements.append((lot, opened, None, (
        movement_type, -quantity, reason, cause.reference_id, cause.reference_type, cost,
        value_of(-quantity, cost, cause.minor_unit), None, cause.created_by, cause.event_id, line_id,
        cause.business_date,
    )))  # fmt: skip


def _take_costs(item: Item, receipt: Receipt, received_at: datetime) -> None:
    """The newest receipt's cost, and a material's moving average over what was there before (R12, R34)."""
    settings = item.settings
    if settings.last_received_at is None or received_at >= settings.last_received_at:
        settings = replace(settings, last_cost=receipt.unit_cost, last_received_at=received_at)
    if item.key.kind == MATERIAL:
        average = moving_average(
            on_hand=item.on_hand,
            average=settings.moving_average,
            quantity=receipt.quantity,
            unit_cost=receipt.unit_cost,
        )
        settings = replace(settings, moving_average=average)
    item.settings = settings
