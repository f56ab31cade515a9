"""From a structured CloudEvent to the Kafka record: validated by decode, binary mode, the right topic and key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import json

from schemas.decode import decode_structured
from schemas.models import Model
from schemas.topics import BY_TYPE

SCHEMA_PREFIX = "urn:coralserve:"
CHANGES_KEY = "0"


class Record(NamedTuple):
    """What a producer sends. The topic is the plain name; any prefix is the sender's business."""

    topic: str
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


def encode_structured(event: Mapping[str, Any]) -> bytes:
    """A CloudEvent as JSON in structured mode; Decimals become strings, instants RFC 3339. Validates nothing."""
    return json.encode(event)


def to_record(event: Mapping[str, Any] | bytes, *, timestamp_ms: int | None = None) -> Record:
    """The record of one structured CloudEvent. `timestamp_ms`: the time to judge "in the future" by, if any.

    Raises Reject (or Wait for a version newer than known) exactly as every worker would.
    """
    raw = event if isinstance(event, bytes) else encode_structured(event)
    opened = decode_structured(raw, timestamp_ms=timestamp_ms)
    envelope, model = opened.envelope, opened.envelope.model
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", envelope.id.encode()),
        ("ce_source", (envelope.source or "/").encode()),
        ("ce_type", model.type.encode()),
        ("ce_dataschema", dataschema(model).encode()),
        ("content-type", b"application/json"),
    ]
    if envelope.time:
        headers.append(("ce_time", envelope.time.encode()))
    if envelope.traceparent:
        headers.append(("traceparent", envelope.traceparent.encode()))
    return Record(BY_TYPE[model.type].name, key_of(model, opened.event.data).encode(), envelope.data, headers)


def dataschema(model: Model) -> str:
    """The `dataschema` of the newest version of a type."""
    return f"{SCHEMA_PREFIX}{model.type}/{model.version}"


def key_of(model: Model, data: Any) -> str:
    """The record's key: the outlet's id, or `product:42`, `supplier:5`; row changes all share one."""
    if model.outlet:
        return str(getattr(data, model.outlet))
    if model.entity:
        return f"{model.entity}:{getattr(data, model.key)}"
    return CHANGES_KEY
