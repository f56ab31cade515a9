"""When a level speaks up (R20) and what a material costs on average (R34). Pure: figures in, answers out."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from msgspec import Struct

from consumers.inventory.rules import ZERO

COST_STEP = Decimal("0.000001")
LOW, DEPLETED, OVERSOLD = "stock.low", "stock.depleted", "stock.oversold"
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


class Level(Struct, frozen=True, gc=False):
    """An item at one moment: all it holds, its unexpired part with SHORTFALL included, and SHORTFALL alone (R20)."""

    on_hand: Decimal
    available: Decimal
    shortfall: Decimal


def alerts(before: Level, after: Level) -> tuple[str, ...]:
    """What one event crossed: above 0 to 0 or less, and no SHORTFALL to one (R20)."""
    crossed: tuple[str, ...] = ()
    if before.available > ZERO >= after.available:
        crossed = (DEPLETED,)
    if before.shortfall == ZERO > after.shortfall:
        crossed += (OVERSOLD,)
    return crossed


def is_low(*, before: Decimal, after: Decimal, reorder_point: Decimal | None, was_low: bool) -> bool:
    """The alert state after an event: set by a fall to or below the reorder point, cleared above it (R20).

    A level that is set, or rises, below the point does not alert by itself: the next fall does, once.
    """
    if reorder_point is None or after > reorder_point:
        return False
    return was_low or after < before


def moving_average(*, on_hand: Decimal, average: Decimal | None, quantity: Decimal, unit_cost: Decimal) -> Decimal:
    """`(max(on hand, 0) x average + q x cost) / (max(on hand, 0) + q)`, 6 decimals (R34); `quantity` is positive."""
    kept = max(on_hand, ZERO)
    if average is None or kept == ZERO:
        return _EXACT.quantize(unit_cost, COST_STEP)
    total = _EXACT.fma(kept, average, _EXACT.multiply(quantity, unit_cost))
    return _EXACT.quantize(_EXACT.divide(total, _EXACT.add(kept, quantity)), COST_STEP)
