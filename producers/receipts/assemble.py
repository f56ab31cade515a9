"""Puts the events one sale led to together into a receipt, in any order of arrival.

Keeps no clock and no connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec import Struct

MAX_PENDING = 5000
SETTLE_MS = 150
GIVE_UP_MS = 2000
SHOWN_ITEMS = 2
SHOWN_DECIMALS = 3

SALE, CONSUMED = "pos.sale.completed", "recipe.materials-consumed"
STOCK, TAX = "inventory.stock-changed", "tax.computed"
NAMING = {"catalog.product.upserted": "product", "material.upserted": "material"}


class StockLine(Struct, frozen=True):
    """One item's stock before and after, in `unit` (empty: pieces)."""

    name: str
    before: str
    after: str
    unit: str


class Receipt(Struct, frozen=True):
    """What one sale led to. `took_ms` is from the broker taking the sale to its taking the last event that followed."""

    transaction_id: int
    outlet_id: int
    event_id: str
    items: tuple[str, ...]
    stock: tuple[StockLine, ...]
    tax: str | None
    currency: str
    took_ms: int
    audit: int | None = None

    def text(self) -> str:
        """`sale 9001 latte×2 → milk 4000→3600 ml · tax 0.72 · audit #1 · 41 ms`"""
        shown = [f"{line.name} {line.before}→{line.after} {line.unit}".rstrip() for line in self.stock[:SHOWN_ITEMS]]
        if len(self.stock) > SHOWN_ITEMS:
            shown.append(f"{len(self.stock) - SHOWN_ITEMS} more")
        parts = [", ".join(shown) or "no stock moved"]
        if self.tax is not None:
            parts.append(f"tax {self.tax}")
        if self.audit is not None:
            parts.append(f"audit #{self.audit}")
        return f"sale {self.transaction_id} {' '.join(self.items)} → {' · '.join([*parts, f'{self.took_ms} ms'])}"


@dataclass(slots=True)
class _Pending:
    sale: Mapping[str, Any] | None = None
    event_id: str = ""
    sold_ms: int = 0
    last_ms: int = 0
    arrived_ms: int = 0
    moved_ms: int = 0
    tax: str | None = None
    stock: dict[str, StockLine] = field(default_factory=dict)


class Assembler:
    """Feed it events, ask it for receipts.

    Times are milliseconds; `now_ms` is the caller's clock, only for giving up.
    """

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, str]] = {}
        self._pending: dict[int, _Pending] = {}

    def feed(self, type_: str, data: Mapping[str, Any], *, event_id: str, broker_ms: int, now_ms: int) -> None:
        """Take in one event; types that do not matter are passed over."""
        if type_ in NAMING:
            kind = NAMING[type_]
            self._names[f"{kind}:{data[f'{kind}_id']}"] = (data["name"], data.get("unit_of_measure", ""))
            return
        if type_ not in (SALE, STOCK, TAX, CONSUMED) or data.get("transaction_id") is None:
            return
        pending = self._find(int(data["transaction_id"]), now_ms)
        pending.last_ms = max(pending.last_ms, broker_ms)
        if type_ == SALE:
            pending.sale, pending.event_id, pending.sold_ms = data, event_id, broker_ms
        elif type_ == TAX:
            pending.tax, pending.moved_ms = str(data["tax"]), now_ms
        elif type_ == STOCK:
            pending.moved_ms = now_ms
            for item in data["items"]:
                self._move(pending, item)

    def ready(self, now_ms: int) -> list[Receipt]:
        """Receipts nothing was added to for a while, and those not waited for any longer; each is given once."""
        done = [number for number, pending in self._pending.items() if _settled(pending, now_ms)]
        found = [(number, self._pending.pop(number)) for number in done]
        return [self._receipt(number, pending) for number, pending in found if pending.sale is not None]

    def _find(self, number: int, now_ms: int) -> _Pending:
        pending = self._pending.get(number)
        if pending is None:
            if len(self._pending) >= MAX_PENDING:
                self._pending.pop(next(iter(self._pending)))
            pending = self._pending[number] = _Pending(arrived_ms=now_ms)
        return pending

    def _move(self, pending: _Pending, item: Mapping[str, Any]) -> None:
        kind = "product" if item.get("product_id") else "material"
        key = f"{kind}:{item[f'{kind}_id']}"
        name, unit = self._names.get(key, (key, ""))
        after = Decimal(str(item["on_hand"]))
        before = after - Decimal(str(item["change"]))
        former = pending.stock.get(key)
        pending.stock[key] = StockLine(name, former.before if former else plain(before), plain(after), unit)

    def _receipt(self, number: int, pending: _Pending) -> Receipt:
        sale = pending.sale or {}
        return Receipt(
            transaction_id=number,
            outlet_id=int(sale["outlet_id"]),
            event_id=pending.event_id,
            items=tuple(self._item(line) for line in sale["lines"]),
            stock=tuple(pending.stock.values()),
            tax=pending.tax,
            currency=sale["currency"],
            took_ms=max(0, pending.last_ms - pending.sold_ms),
        )

    def _item(self, line: Mapping[str, Any]) -> str:
        key = f"product:{line['product_id']}"
        return f"{self._names.get(key, (key, ''))[0]}×{plain(Decimal(str(line['quantity'])))}"


def plain(number: Decimal) -> str:
    """`3600`, not `3600.000000` and not `3.6E+3`; at most three decimals, for reading only."""
    text = format(round(number, SHOWN_DECIMALS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _settled(pending: _Pending, now_ms: int) -> bool:
    if now_ms - pending.arrived_ms >= GIVE_UP_MS:
        return True
    whole = pending.sale is not None and pending.tax is not None and bool(pending.stock)
    return whole and now_ms - pending.moved_ms >= SETTLE_MS
