"""Plain decimal text to Decimal, and back to its one canonical spelling (R0, R72). Floats and exponents are refused."""

from __future__ import annotations

import re
from decimal import Decimal

from schemas.errors import Reject
from schemas.kinds import Kind
from schemas.reasons import Reason

LONGEST = 60
MOST_BITS = 128
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_EXPONENT = re.compile(r"[+-]?[0-9]*\.?[0-9]+[eE][+-]?[0-9]+")


def decimal_of(value: str | int, kind: Kind, places: int) -> tuple[Decimal, str]:
    """The number and its spelling, normalised: no exponent, no trailing zeros, −0 is 0. `places` = decimals allowed.

    Rejects BAD_NUMBER, TOO_MANY_DECIMALS, OUT_OF_RANGE and the kind's own reason for too low a value.
    """
    spelled = plain(value)
    number = Decimal(spelled)
    if _too_low(number, kind):
        raise Reject(kind.too_low, detail=_least(kind))
    if kind.nonzero and not number:
        raise Reject(Reason.OUT_OF_RANGE, detail="must not be 0")
    if _too_high(number, kind):
        raise Reject(Reason.OUT_OF_RANGE, detail=f"must be below {kind.most or kind.below}")
    if len(spelled.partition(".")[2]) > places:
        raise Reject(Reason.TOO_MANY_DECIMALS, detail=f"at most {places} decimals")
    return number, spelled


def plain(value: str | int) -> str:
    """The canonical spelling of a number sent as text or JSON integer."""
    if not isinstance(value, str):
        if value.bit_length() > MOST_BITS:
            raise Reject(Reason.OUT_OF_RANGE, detail="too large a number")
        return str(value)
    if len(value) > LONGEST:
        raise Reject(Reason.OUT_OF_RANGE, detail=f"longer than {LONGEST} characters")
    if not _PLAIN.fullmatch(value):
        hint = "without an exponent" if _EXPONENT.fullmatch(value) else "digits 0-9, one point, at most one minus"
        raise Reject(Reason.BAD_NUMBER, detail=f"must be a plain decimal number, {hint}")
    text = value.rstrip("0").rstrip(".") if "." in value else value
    return "0" if text == "-0" else text


def text_of(number: Decimal) -> str:
    """A computed number in canonical spelling."""
    return plain(format(number, "f"))


def _too_low(number: Decimal, kind: Kind) -> bool:
    if kind.above is not None:
        return number <= kind.above
    return kind.least is not None and number < kind.least


def _too_high(number: Decimal, kind: Kind) -> bool:
    if kind.below is not None:
        return number >= kind.below
    return kind.most is not None and number > kind.most


def _least(kind: Kind) -> str:
    if kind.above is not None:
        return f"must be above {kind.above}"
    return f"must not be below {kind.least}"
