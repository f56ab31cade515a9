"""Which later events wait behind a parked one: those of the same transaction or entity, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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
    """The keys that have waiting events: by parked row where the database has them, and by batch until then.

    The sale itself is never held up by what waits for it: a completed sale waits behind completed sales only.
    """

    def __init__(self) -> None:
        self._rows: dict[str, set[int]] = {}
        self._pending: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._rows or self._pending)

    def add_row(self, key: str, event_type: str, parked_id: int) -> None:
        """A waiting row of the database."""
        for name in _names(key, event_type):
            self._rows.setdefault(name, set()).add(parked_id)

    def remove_row(self, key: str, event_type: str, parked_id: int) -> None:
        """The row's event went through, or died."""
        for name in _names(key, event_type):
            ids = self._rows.get(name, set())
            ids.discard(parked_id)
            if not ids:
                self._rows.pop(name, None)

    def begin(self, key: str, event_type: str) -> list[str]:
        """An event of a batch under way waits; the names to give back to `end` when the batch is through or not."""
        names = _names(key, event_type)
        self._pending.update(names)
        return names

    def end(self, names: Iterable[str]) -> None:
        """The batch that began these is committed, and its rows were read, or it was rolled back."""
        for name in names:
            self._pending[name] -= 1
            if self._pending[name] <= 0:
                del self._pending[name]

    def holds(self, key: str, event_type: str, parked_id: int | None) -> bool:
        """Whether an earlier event of the key still waits."""
        name = f"first:{key}" if event_type == FIRST else key
        ids = self._rows.get(name)
        if parked_id is None:
            return bool(ids) or name in self._pending
        return bool(ids) and min(ids) < parked_id

    def replace_rows(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """The waiting rows as the database has them now: (key, event type, id)."""
        self._rows.clear()
        for row in rows:
            self.add_row(*row)


def _names(key: str, event_type: str) -> list[str]:
    if not key:
        return []
    return [key, f"first:{key}"] if event_type == FIRST else [key]
