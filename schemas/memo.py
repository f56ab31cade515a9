"""A bounded memory of what a pure function said. Each distinct value is computed, and checked, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LIMIT = 32_768
LONGEST_KEY = 64


class Memo(dict[Any, Any]):
    """`memo[value]` is `compute(value)`. Emptied when full; long texts are not kept. What raises is not kept."""

    __slots__ = ("compute",)

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        super().__init__()
        self.compute = compute

    def __missing__(self, value: Any) -> Any:
        found = self.compute(value)
        if isinstance(value, str) and len(value) > LONGEST_KEY:
            return found
        if len(self) >= LIMIT:
            self.clear()
        self[value] = found
        return found
