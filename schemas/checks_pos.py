"""What a till's document must hold together: lines, discounts, totals, payments (CONTRACT §3). Knows no history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from schemas import pos
from schemas.currency import WIDE
from schemas.errors import Reject
from schemas.numbers import text_of
from schemas.reasons import Reason

MOST_LINES = 500


def modifier(model: pos.Modifier, _: int, __: int) -> None:
    """A swap names what it swaps in (R32)."""
    if model.action == "SWAP" and model.with_material_id is None:
        raise Reject(Reason.MISSING_FIELD, field="with_material_id", detail="a SWAP names the material it puts in")


def sale_line(line: pos.SaleLine, _: int, money_decimals: int) -> Mapping[str, Any] | None:
    """0 ≤ discount ≤ quantity × unit_price; the total is within one minor unit of what is due, or becomes it (R0)."""
    exact = WIDE.multiply(line.quantity, line.unit_price)
    if line.discount > exact:
        raise Reject(Reason.DISCOUNT_OUT_OF_RANGE, field="discount", detail="more than quantity × unit_price")
    due = WIDE.subtract(exact, line.discount)
    step = minor_step(money_decimals)
    if line.total is None:
        return {"total": text_of(due.quantize(step, ROUND_HALF_UP, WIDE))}
    if abs(WIDE.subtract(line.total, due)) >= step:
        raise Reject(
            Reason.LINE_TOTAL_MISMATCH, field="total", detail=f"quantity × unit_price − discount is {text_of(due)}"
        )
    return None


def sale(document: pos.SaleCompleted, _: int, __: int) -> None:
    """Lines are there and distinct; totals and payments, where sent, add up."""
    found = pos.ZERO
    line_ids = set()
    for line in document.lines:
        line_ids.add(line.line_id)
        found += line.total  # type: ignore[operator] # a line that was read has its total
    if not line_ids or len(line_ids) != len(document.lines) or len(line_ids) > MOST_LINES:
        require_lines([line.line_id for line in document.lines])
    totals = document.totals
    if totals is None:
        return
    expected = totals.gross if document.prices_include_tax else totals.net
    if expected is not None and found != expected:
        name = "gross" if document.prices_include_tax else "net"
        raise Reject(Reason.TOTAL_MISMATCH, field=f"totals.{name}", detail=f"the lines add up to {text_of(found)}")
    if document.payments is not None and totals.gross is not None:
        _require_payments(document.payments, totals.gross + totals.tip + totals.rounding)


def refund(document: pos.SaleRefunded, _: int, __: int) -> None:
    """Lines are there and distinct."""
    require_lines([line.line_id for line in document.lines])


def require_lines(line_ids: list[int]) -> None:
    """Rejects NO_LINES, TOO_MANY_LINES, DUPLICATE_LINE."""
    if not line_ids:
        raise Reject(Reason.NO_LINES, field="lines", detail="at least one line")
    if len(line_ids) > MOST_LINES:
        raise Reject(Reason.TOO_MANY_LINES, field="lines", detail=f"at most {MOST_LINES} lines")
    seen: set[int] = set()
    for place, line_id in enumerate(line_ids):
        if line_id in seen:
            raise Reject(Reason.DUPLICATE_LINE, field=f"lines[{place}].line_id", detail="used by a line before")
        seen.add(line_id)


@lru_cache(maxsize=16)
def minor_step(money_decimals: int) -> Decimal:
    """The smallest amount: 0.01 for 2 decimals."""
    return Decimal(1).scaleb(-money_decimals)


def _require_payments(payments: Iterable[pos.Payment], due: Decimal) -> None:
    paid = pos.ZERO
    for payment in payments:
        paid += payment.amount
    if paid != due:
        raise Reject(Reason.PAYMENT_MISMATCH, field="payments", detail=f"{text_of(paid)} paid, {text_of(due)} due")
