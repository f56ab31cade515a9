"""Older versions of an event, brought up to the newest before anything looks at them. Raw data in, raw data out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import json

from schemas import documents
from schemas.errors import Reject
from schemas.reasons import Reason

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
# (type, version it takes) → gives the next version. Every type is still at version 1.
UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}


def upcast(
    raw: bytes, *, event_type: str, version: int, newest: int, upcasters: Mapping[tuple[str, int], Upcaster]
) -> bytes:
    """The data as version `newest` would have it, a version at a time. Rejects a version nobody can bring up."""
    documents.require_sound(raw)
    data = json.decode(raw)
    if not isinstance(data, dict):
        raise Reject(Reason.NOT_AN_OBJECT, detail="data must be an object")
    for step in range(version, newest):
        if (event_type, step) not in upcasters:
            raise Reject(Reason.BAD_HEADER, field="dataschema", detail=f"version {step} is no longer read")
        data = upcasters[event_type, step](data)
    return json.encode(data)
