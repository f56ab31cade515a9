"""Well-formed events to bend out of shape, and the shortest way through the decoder."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from schemas.decode import decode
from schemas.event import Event
from schemas.topics import BY_TYPE

EVENT_ID = "0193a1c2-7e11-7c01-9d11-1f3a52a0b001"
BROKER_MS = 1_795_500_000_000  # 2026-11-24T06:00:00Z
_SALE: dict[str, Any] = {
    "transaction_id": 9001,
    "version": 1,
    "outlet_id": 3,
    "register": "R1",
    "cashier_id": 17,
    "customer_ref": None,
    "occurred_at": "2026-11-23T12:30:05.120+05:30",
    "currency": "USD",
    "prices_include_tax": False,
    "dining_option": "DINE_IN",
    "lines": [
        {
            "line_id": 1,
            "product_id": 42,
            "quantity": "2",
            "unit_price": "4.50",
            "discount": "0.50",
            "total": "8.50",
            "prepared_at": None,
            "modifiers": [{"action": "ADD", "material_id": 7, "quantity": "0.01", "unit": "kg"}],
        }
    ],
    "payments": [{"method": "CASH", "amount": "9.18"}],
    "totals": {"net": "8.50", "tax": "0.68", "gross": "9.18"},
}
_LEAST: dict[str, Any] = {
    "transaction_id": 9001,
    "outlet_id": 3,
    "occurred_at": "2026-11-23T07:00:05Z",
    "currency": "USD",
    "lines": [{"line_id": 1, "product_id": 42, "quantity": 2, "unit_price": "4.50"}],
}
ABSENT = object()


def sale(**changes: Any) -> dict[str, Any]:
    """The contract's example sale, with changes by path: `lines__0__quantity="0"`; ABSENT takes a member away."""
    return changed(_SALE, changes)


def least(**changes: Any) -> dict[str, Any]:
    """A sale with the required members only."""
    return changed(_LEAST, changes)


def changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    found = deepcopy(data)
    for path, value in changes.items():
        *way, last = path.split("__")
        inner: Any = found
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        place: Any = int(last) if isinstance(inner, list) else last
        if value is ABSENT:
            del inner[place]
        else:
            inner[place] = value
    return found


def headers(event_type: str = "pos.sale.completed", **extra: bytes | None) -> list[tuple[str, bytes | None]]:
    """Binary-mode headers; `id=None` is a header without value, `id=ABSENT` no header."""
    found: dict[str, Any] = {
        "ce_specversion": b"1.0",
        "ce_id": EVENT_ID.encode(),
        "ce_source": b"/outlets/3/registers/R1",
        "ce_type": event_type.encode(),
        "content-type": b"application/json",
    }
    for name, value in extra.items():
        found[name if name in ("content-type", "traceparent") else f"ce_{name}"] = value
    return [(name, value) for name, value in found.items() if value is not ABSENT]


def read(data: Any, event_type: str = "pos.sale.completed", *, key: str = "3", **how: Any) -> Event:
    """Decode data in binary mode on its type's topic. Bytes are taken as they are."""
    value = data if isinstance(data, bytes) else json.dumps(data).encode()
    return decode(BY_TYPE[event_type].name, key.encode(), value, headers(event_type), BROKER_MS, **how)
