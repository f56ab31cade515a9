"""One partition as this process sees it: its position, its fence and what was fetched but not yet handled."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(slots=True)
class Lane:
    """A row of `lanes` held by this process: every write to it must match `epoch` and `next_offset` (I7)."""

    lane_id: int
    topic: str
    partition: int
    epoch: int
    next_offset: int
    out_seq: int
    types: frozenset[str]
    fetched_to: int = 0
    queue: deque[Item] = field(default_factory=deque)
    busy: bool = False
    closed: bool = False
    halted: str = ""

    def accept(self, record: Any) -> bool:
        """Queue a fetched record, unless its place in the log was already queued or handled."""
        if self.closed or self.halted or record.offset < self.fetched_to:
            return False
        self.fetched_to = record.offset + 1
        self.queue.append(
            Item(self, record.offset, record.key, record.value, record.headers, record.timestamp, None, "")
        )
        return True


class Item(Struct, gc=False):
    """A raw record on its way through the core; `parked_id` is set where it comes back from `parked`.

    `verdict` is a reason given from outside the rules: the event was found guilty by bisection.
    """

    lane: Lane
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int
    parked_id: int | None
    verdict: str
    event: Any = None
    detail: str = ""
    buried: bool = False
    """Died before and was told to the dead-letter topic: a second death is not told again."""
    dropped: bool = False
    """Came from `parked`, in a batch that was rolled back: the sweep reads the row again as it stands then."""
