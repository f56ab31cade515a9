"""Which later events wait behind a parked one: those of the same transaction or entity, and no others."""

from __future__ import annotations

from typing import Any

from schemas.event import Event

_ENTITIES = (
    ("supplier", "supplier_id", ("supplier.upserted",)),
    ("purchase-order", "purchase_order_id", ("purchase-order.",)),
    ("material", "material_id", ("material.upserted",)),
    ("recipe", "recipe_id", ("recipe.upserted", "recipe.retired")),
    ("tax-rule", "tax_rule_id", ("tax-rule.",)),
    ("mapping", "mapping_id", ("product-tax.",)),
    ("product", "product_id", ("catalog.product.",)),
    ("outlet", "outlet_id", ("catalog.outlet.",)),
    ("user", "user_id", ("catalog.user.",)),
)
FIRST = "pos.sale.completed"


def blocking_key(event: Event) -> str:
    """The transaction (`tx:9001`, for a refund the original one) or entity an event belongs to; empty where none."""
    data: Any = event.data
    if event.type.startswith("pos."):
        original = getattr(data, "original_transaction_id", None)
        return f"tx:{original if original is not None else data.transaction_id}"
    for name, attribute, prefixes in _ENTITIES:
        if event.type.startswith(prefixes):
            return f"{name}:{getattr(data, attribute)}"
    return ""


class Blocked:
    """The keys that have waiting events, by the ids of their parked rows; a row parked just now has no id yet.

    The sale itself is never held up by what waits for it: a completed sale waits behind completed sales only.
    """

    JUST_NOW = 2**63

    def __init__(self) -> None:
        self._waiting: dict[str, list[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, key: str, event_type: str, parked_id: int = JUST_NOW) -> None:
        if not key:
            return
        self._waiting.setdefault(key, []).append(parked_id)
        if event_type == FIRST:
            self._waiting.setdefault(f"first:{key}", []).append(parked_id)

    def remove(self, key: str, event_type: str, parked_id: int) -> None:
        for name in (key, f"first:{key}") if event_type == FIRST else (key,):
            ids = self._waiting.get(name, [])
            if parked_id in ids:
                ids.remove(parked_id)
            if not ids:
                self._waiting.pop(name, None)

    def holds(self, key: str, event_type: str, parked_id: int | None) -> bool:
        """Whether an earlier event of the key still waits."""
        ids = self._waiting.get(f"first:{key}" if event_type == FIRST else key)
        if not ids:
            return False
        return parked_id is None or min(ids) < parked_id

    def clear(self) -> None:
        self._waiting.clear()
