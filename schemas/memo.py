"""A bounded memory of what a pure function said. Each distinct value is computed, and checked, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LIMIT = 16_384
LONGEST_KEY = 64


class Memo(dict[Any, Any]):
    """`memo[value]` is `compute(value)`, or what `known` gives. Emptied when full; what raises is not kept."""

    __slots__ = ("compute", "known")

    def __init__(self, compute: Callable[[Any], Any], known: dict[Any, Any] | None = None) -> None:
        super().__init__(known or {})
        self.compute = compute
        self.known = known or {}

    def __missing__(self, value: Any) -> Any:
        found = self.compute(value)
        if isinstance(value, str | bytes) and len(value) > LONGEST_KEY:
            return found
        if len(self) >= LIMIT:
            self.clear()
            self.update(self.known)
        self[value] = found
        return found
