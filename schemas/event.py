"""One validated event, as every worker sees it. Holds no transport and no behaviour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct


class Event(Struct, frozen=True, gc=False):
    """A CloudEvent whose `data` passed every check of its type.

    `canonical` is the canonical JSON of `data` (R72: keys by code point, compact, UTF-8, nulls left out, ids and
    decimals as strings, instants in UTC with microseconds and Z); `content_hash` is its SHA-256, 32 bytes (R2).
    """

    id: str
    type: str
    data: Any
    canonical: bytes
    content_hash: bytes
    occurred_at: datetime
    source: str = ""
    traceparent: str = ""
