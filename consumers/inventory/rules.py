"""First-expiry depletion (R11, R12). Takes lots and a quantity, returns allocations; touches nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from msgspec import Struct

from schemas.errors import Reject
from schemas.reasons import Reason

SHORTFALL = "SHORTFALL"
"""Batch number of the one stock item per (outlet, item) that holds what was sold without being there (R12)."""
COUNT = "COUNT"
"""Batch number of what a count found without any receipt (R17)."""
RESERVED = frozenset((SHORTFALL, COUNT))

NEAR_EXPIRY_DAYS = 3
MEMO_LIMIT = 20_000

ZERO = Decimal(0)
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
_multiply, _quantize = _EXACT.multiply, _EXACT.quantize


class Lot(Struct, gc=False):
    """One batch of one item in one outlet: a row of `stock_items`. `id` is 0 until the row is written."""

    id: int
    batch_number: str | None
    on_hand: Decimal
    unit_cost: Decimal
    expiry: date | None
    received_at: datetime
    status: str = "FRESH"


class Allocation(Struct, frozen=True, gc=False):
    """`quantity` taken from one lot, at that lot's cost."""

    lot: Lot
    quantity: Decimal


class Depletion(Struct, frozen=True, gc=False):
    """What the lots give, in the order taken, and what they do not cover."""

    taken: tuple[Allocation, ...]
    shortfall: Decimal


def expiry_of(lot: Lot) -> date:
    """The last local date a lot may be sold on; a lot without one comes last."""
    return lot.expiry or date.max


def first_expiry(lot: Lot) -> tuple[date, datetime]:
    """Order of depletion: `expiry_date ASC NULLS LAST, received_at`, then id, which is the order of arrival (R11)."""
    return lot.expiry or date.max, lot.received_at


def first_sellable(lots: Sequence[Lot], local_date: date) -> int:
    """Index of the first lot not expired on that date, of lots in `first_expiry` order (R11)."""
    if not lots or lots[0].expiry is None or lots[0].expiry >= local_date:
        return 0
    return bisect_left(lots, local_date, key=expiry_of)


def deplete(lots: Sequence[Lot], *, quantity: Decimal, local_date: date) -> Depletion:
    """Allocate a positive `quantity` over the lots that may be sold on that date, first expiry first (R11).

    `lots` hold something each and are in `first_expiry` order. What they do not cover is the shortfall (R12).
    """
    start = first_sellable(lots, local_date)
    if start < len(lots) and lots[start].on_hand >= quantity:
        return Depletion((Allocation(lots[start], quantity),), ZERO)
    taken, missing = [], quantity
    for index in range(start, len(lots)):
        if missing <= 0:
            break
        part = min(lots[index].on_hand, missing)
        taken.append(Allocation(lots[index], part))
        missing -= part
    return Depletion(tuple(taken), missing)


def expired_quantity(lots: Sequence[Lot], local_date: date) -> Decimal:
    """What lies in lots that may no longer be sold on that date."""
    end = first_sellable(lots, local_date)
    return sum((lot.on_hand for lot in lots[:end]), ZERO) if end else ZERO


def status_on(expiry: date | None, local_date: date) -> str:
    """FRESH, NEAR_EXPIRY or EXPIRED on a local date; the expiry date itself can still be sold on (R11, R20)."""
    if expiry is None or expiry > local_date + timedelta(days=NEAR_EXPIRY_DAYS):
        return "FRESH"
    return "NEAR_EXPIRY" if expiry >= local_date else "EXPIRED"


def value_of(quantity: Decimal, unit_cost: Decimal, minor_unit: Decimal) -> Decimal:
    """`round(quantity x unit_cost)`, once, from the exact product, half away from zero (R0)."""
    return _values[quantity, unit_cost, minor_unit]


class _Values(dict[tuple[Decimal, Decimal, Decimal], Decimal]):
    """Values by figures: a shop sells the same few quantities at the same costs all day."""

    def __missing__(self, figures: tuple[Decimal, Decimal, Decimal]) -> Decimal:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        quantity, unit_cost, minor_unit = figures
        exact = _quantize(_multiply(quantity, unit_cost), minor_unit)
        value = self[figures] = exact or exact.copy_abs()
        return value


_values = _Values()


def refuse_reserved(batch_number: str | None) -> None:
    """Raise Reject where a sender uses a batch number the ledger keeps for itself (R12, R17)."""
    if batch_number is not None and batch_number.strip().upper() in RESERVED:
        raise Reject(Reason.RESERVED_BATCH, field="batch_number", detail="a number the ledger keeps for itself")
