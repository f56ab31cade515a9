"""The CloudEvents 1.0 envelope, in binary mode (`ce_*` headers) or structured (all in the value). Reads no data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, structs

from schemas import documents
from schemas.errors import Reject, Wait
from schemas.memo import Memo
from schemas.models import BY_TYPE, Model
from schemas.reasons import Reason
from schemas.text import event_id_of
from schemas.topics import BY_TYPE as TOPIC_OF
from schemas.wire_errors import rejection_of

Headers = Sequence[tuple[str, bytes | None]]
LONGEST_SOURCE = 512
CLOUDEVENTS = b"application/cloudevents"
PLAIN_JSON = b"application/json"
STRUCTURED = b"application/cloudevents+json"
_JSON = re.compile(rb"(?:application/(?:[a-z0-9.+-]+\+)?json|text/json)\s*(?:;.*)?", re.IGNORECASE)
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NIL = b"00000000-0000-0000-0000-000000000000"
_SCHEMA = re.compile(r"(?:.*[/:])?([a-z][a-z.-]*)/([0-9]{1,4})")
_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_OURS = frozenset({"ce_id", "ce_type", "ce_source", "ce_specversion", "ce_time", "ce_dataschema", "content-type"})


class UnknownType(Reject):
    """A type this system has no model for: workers ignore it, doors refuse it."""


class Envelope(Struct, frozen=True, gc=False):
    """What surrounds the data. `members` is how many JSON members the envelope itself has in the value."""

    id: str
    model: Model
    version: int
    source: str
    time: str | None
    traceparent: str
    data: bytes
    members: int


class Structured(Struct, gc=False):
    """A CloudEvent in structured mode; extensions other than traceparent are left aside."""

    id: str | UnsetType | None = UNSET
    type: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    specversion: str | UnsetType | None = UNSET
    time: str | UnsetType | None = UNSET
    dataschema: str | UnsetType | None = UNSET
    datacontenttype: str | UnsetType | None = UNSET
    traceparent: str | UnsetType | None = UNSET
    data: Raw | UnsetType = UNSET


class _TypeOnly(Struct, gc=False):
    type: str = ""


_STRUCTURED = msgspec.json.Decoder(Structured)
_TYPE_ONLY = msgspec.json.Decoder(_TypeOnly)


def peek_type(headers: Headers, value: bytes | None) -> str | None:
    """The type, without judging anything else; None where it cannot be told and `decode` must say why."""
    for name, content in headers:
        if name == "ce_type":
            return None if content is None else content.decode("utf-8", "replace") or None
    if value is None or any(name.startswith("ce_") for name, _ in headers):
        return None
    try:
        return _TYPE_ONLY.decode(value).type or None
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def open_envelope(headers: Headers, value: bytes) -> Envelope:
    """Rejects what is missing or malformed; waits for an upgrade where the version is newer than known."""
    found = _headers(headers)
    if "ce_type" in found and found.get("content-type") == PLAIN_JSON:
        return _binary(found, value)
    content_type = found.get("content-type") or b""
    if content_type.startswith(CLOUDEVENTS):
        return _structured(found, value, content_type)
    if not any(name.startswith("ce_") for name in found):
        return _structured(found, value, STRUCTURED)
    if content_type and not _JSON.fullmatch(content_type):
        raise Reject(Reason.BAD_HEADER, field="content-type", detail="must be JSON")
    return _binary(found, value)


def structured_envelope(value: bytes) -> Envelope:
    """The envelope of a structured event that came without headers."""
    return _structured({}, value, STRUCTURED)


def _headers(headers: Headers) -> dict[str, bytes | None]:
    found = dict(headers)
    if len(found) != len(headers):
        names = [name for name, _ in headers if name in _OURS]
        if len(names) != len(set(names)):
            raise Reject(Reason.BAD_HEADER, field=next(n for n in names if names.count(n) > 1), detail="sent twice")
    return found


def _binary(found: dict[str, bytes | None], value: bytes) -> Envelope:
    model, version, source = _HEADS[
        found.get("ce_type"),
        found.get("ce_dataschema"),
        found.get("ce_source", b""),
        found.get("ce_specversion", b"1.0"),
    ]
    raw_id, time, trace = found.get("ce_id"), found.get("ce_time"), found.get("traceparent")
    if not raw_id:
        raise Reject(Reason.MISSING_ID, field="id", detail="no ce_id header")
    if None in found.values():
        _require_values(found)
    return Envelope(
        _id(raw_id),
        model,
        version,
        source,
        None if time is None else _text(time, "time"),
        _trace(trace) if trace else "",
        value,
        0,
    )


def _head(found: tuple[bytes | None, bytes | None, bytes | None, bytes | None]) -> tuple[Model, int, str]:
    """What hardly differs from one event of a register to the next: type, schema, source and specversion."""
    raw_type, schema, source, specversion = found
    if not raw_type:
        raise Reject(Reason.MISSING_TYPE, field="type", detail="no ce_type header")
    if specversion != b"1.0":
        raise Reject(Reason.BAD_HEADER, field="specversion", detail="must be 1.0")
    if source is None:
        raise Reject(Reason.BAD_HEADER, field="ce_source", detail="a header without value")
    return *_TYPES[raw_type, schema], _SOURCES[source]


def _require_values(found: dict[str, bytes | None]) -> None:
    for name, content in found.items():
        if content is None and name in _OURS:
            raise Reject(Reason.BAD_HEADER, field=name, detail="a header without value")


def _structured(found: dict[str, bytes | None], value: bytes, content_type: bytes) -> Envelope:
    if not content_type.startswith(STRUCTURED):
        raise Reject(Reason.BAD_HEADER, field="content-type", detail="only application/cloudevents+json")
    try:
        event = _STRUCTURED.decode(value)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        documents.require_sound(value)
        raise _envelope_rejection(error) from None
    if not event.type:
        raise Reject(Reason.MISSING_TYPE, field="type", detail="required")
    if found.get("ce_type") not in (None, event.type.encode()):
        raise Reject(Reason.CONTRADICTORY_TYPE, field="type", detail="header and body differ")
    if not event.id:
        raise Reject(Reason.MISSING_ID, field="id", detail="required")
    if (event.specversion or "1.0") != "1.0":
        raise Reject(Reason.BAD_HEADER, field="specversion", detail="must be 1.0")
    if event.datacontenttype and not _JSON.fullmatch(event.datacontenttype.encode()):
        raise Reject(Reason.BAD_HEADER, field="datacontenttype", detail="must be JSON")
    if event.data is UNSET:
        raise Reject(Reason.MISSING_FIELD, field="data", detail="required")
    schema = event.dataschema.encode() if event.dataschema else None
    model, version = _TYPES[event.type.encode(), schema]
    sent = structs.astuple(event)
    trace = found.get("traceparent") or (event.traceparent or "").encode("ascii", "replace")
    return Envelope(
        _id(event.id.encode()),
        model,
        version,
        _SOURCES[(event.source or "").encode()],
        event.time or None,
        _trace(trace),
        bytes(event.data),
        len(sent) - sent.count(UNSET),
    )


def _envelope_rejection(error: Exception) -> Reject:
    found = rejection_of(error)
    reason = {"id": Reason.MALFORMED_ID, "type": Reason.MISSING_TYPE}.get(found.field)
    return Reject(reason, field=found.field, detail=found.detail) if reason else found


def _resolve(named: tuple[bytes, bytes | None]) -> tuple[Model, int]:
    """The model and version of a type and its dataschema (absent: version 1)."""
    event_type, schema = _text(named[0], "type"), named[1]
    model = BY_TYPE.get(event_type)
    if model is None:
        detail = f"{event_type} is not read yet" if event_type in TOPIC_OF else "not a type of this system"
        raise UnknownType(Reason.UNKNOWN_TYPE, field="type", detail=detail)
    if not schema:
        return model, 1
    match = _SCHEMA.fullmatch(_text(schema, "dataschema"))
    if match is None or not int(match[2]):
        raise Reject(Reason.BAD_HEADER, field="dataschema", detail=f"must end in {event_type}/<version>")
    if match[1] != event_type:
        raise Reject(Reason.CONTRADICTORY_TYPE, field="dataschema", detail=f"names another type than {event_type}")
    version = int(match[2])
    if version > model.version:
        raise Wait(f"version:{event_type}/{version}", reason=Reason.UNSUPPORTED_VERSION, field="dataschema")
    return model, version


def _id(raw: bytes) -> str:
    if _UUID.fullmatch(raw) and raw != NIL:
        return raw.decode()
    try:
        return event_id_of(raw.decode("ascii"))
    except UnicodeDecodeError:
        return event_id_of("")


def _source(raw: bytes | None) -> str:
    found = _text(raw or b"", "source")
    if len(found) > LONGEST_SOURCE or not found.isprintable() or not found.isascii():
        raise Reject(Reason.BAD_HEADER, field="source", detail="must be a URI reference in ASCII")
    return found


def _trace(raw: bytes) -> str:
    """The W3C trace context; what is not one is left aside, as that standard asks."""
    return raw.decode() if _TRACE.fullmatch(raw) else ""


def _text(raw: bytes, field: str) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Reject(Reason.BAD_HEADER, field=field, detail="not UTF-8") from None


_TYPES: Any = Memo(_resolve)
_SOURCES: Any = Memo(_source)
_HEADS: Any = Memo(_head)
