"""Event ids that follow from what an event says, so that saying it again changes nothing (R2).

Draws nothing at random.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_DNS, UUID, uuid5

NAMESPACE: UUID = uuid5(NAMESPACE_DNS, "events.coralserve")


def event_id(*parts: object) -> str:
    """UUIDv5 of the parts; equal parts give the equal id, whatever file, machine or day they come from."""
    return str(uuid5(NAMESPACE, "|".join(str(part) for part in parts)))


def upsert_id(*parts: object, data: Mapping[str, Any]) -> str:
    """As `event_id`, with the content in it: an upsert that says something new is a new event, not a CONFLICT (R2)."""
    content = json.dumps(data, sort_keys=True, separators=(",", ":"), default=str)
    return event_id(*parts, hashlib.sha256(content.encode()).hexdigest())


def stable_number(*parts: object, span: int) -> int:
    """A number in 0 … span − 1 that follows from the parts alone."""
    digest = hashlib.sha256("|".join(str(part) for part in parts).encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % span
