"""What a refund gives back of a posted tax: by cumulative quantity, so that parts sum to the whole (R4, R57).

Amounts are integers in minor units; what is given back is positive here and posted with the opposite sign.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from consumers.tax.rules.compute import half_up


class Figures(Struct, frozen=True, gc=False):
    """The amounts of a row, or of the refunds of it so far."""

    taxable: int = 0
    tax: int = 0
    exempt: int = 0


class Value(Struct, frozen=True, gc=False):
    """What a refund gives back of a line: net + tax = gross."""

    net: int
    tax: int
    gross: int


def settle(amount: int, *, undone: Decimal, quantity: Decimal, refunded: int) -> int:
    """`round(amount × undone ÷ quantity) − refunded`, `undone` being all undone so far, this refund included (R57).

    After an amendment `amount` and `quantity` are the new version's: the refund settles against them.
    """
    share = Fraction(undone) / Fraction(quantity) * amount
    return half_up(share.numerator, share.denominator) - refunded


def refund_row(posted: Figures, refunded: Figures, *, undone: Decimal, quantity: Decimal) -> Figures:
    """What this refund gives back of one posted row, every figure by the same formula (R57)."""
    return Figures(
        settle(posted.taxable, undone=undone, quantity=quantity, refunded=refunded.taxable),
        settle(posted.tax, undone=undone, quantity=quantity, refunded=refunded.tax),
        settle(posted.exempt, undone=undone, quantity=quantity, refunded=refunded.exempt),
    )


def refund_value(
    total: int, *, refunded: int, undone: Decimal, quantity: Decimal, tax: int, prices_include_tax: bool
) -> Value:
    """The line's value given back: exact on the side the prices were in, the other by adding or subtracting the tax."""
    value = settle(total, undone=undone, quantity=quantity, refunded=refunded)
    if prices_include_tax:
        return Value(value - tax, tax, value)
    return Value(value, tax, value + tax)
