"""Netting of open shortfalls by what comes in later (R12). A lot and shortfalls in, pairs out; touches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from consumers.inventory.rules import ZERO, Lot, value_of


class OpenShortfall(Struct, gc=False):
    """What one movement on the SHORTFALL item still waits for; `movement_id` is 0 until that row is written."""

    movement_id: int
    quantity: Decimal
    unit_cost: Decimal
    reference_id: int | None


class Netting(Struct, frozen=True, gc=False):
    """A TRANSFER pair: -quantity in the lot at its cost, +quantity in SHORTFALL at the shortfall's own (R12)."""

    shortfall: OpenShortfall
    quantity: Decimal
    lot_value: Decimal
    shortfall_value: Decimal

    @property
    def cost_variance(self) -> Decimal:
        """What the goods cost more than the sale was booked with; negative where they were cheaper."""
        return -(self.lot_value + self.shortfall_value)


def net(lot: Lot, *, shortfalls: Sequence[OpenShortfall], local_date: date, minor_unit: Decimal) -> tuple[Netting, ...]:
    """Cover open shortfalls, oldest first, from a lot that came in; a lot already expired covers none (R11, R12)."""
    if lot.expiry is not None and lot.expiry < local_date:
        return ()
    pairs, left = [], lot.on_hand
    for shortfall in shortfalls:
        if left <= ZERO:
            break
        part = min(left, shortfall.quantity)
        lot_value = value_of(-part, lot.unit_cost, minor_unit)
        pairs.append(Netting(shortfall, part, lot_value, value_of(part, shortfall.unit_cost, minor_unit)))
        left -= part
    return tuple(pairs)
