"""From a raw record to a validated event, or to the reason why not. The one door into every worker; keeps no state.

`peek_type` tells a type without validating, so that types nobody subscribed to can be counted and left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct, structs

from schemas import documents
from schemas.currency import MINOR_UNITS
from schemas.envelope import Envelope, Headers, UnknownType, open_envelope, peek_type, structured_envelope
from schemas.errors import Reject
from schemas.event import Event
from schemas.instants import instant_of
from schemas.memo import Memo
from schemas.models import Model
from schemas.plan import plan_of
from schemas.readers import ANY_CURRENCY
from schemas.reasons import Reason
from schemas.topics import ANY, BY_NAME, ENTITY
from schemas.upcast import UPCASTERS, Upcaster, upcast
from schemas.wire import members_of, wire_of
from schemas.wire_errors import rejection_of

__all__ = ["UnknownType", "decode", "decode_structured", "peek_type"]

FUTURE_MS = 5 * 60 * 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DECODE_ERRORS = (msgspec.MsgspecError, UnicodeError, RecursionError)
Upcasters = Mapping[tuple[str, int], Upcaster]


class Opened(NamedTuple):
    """A validated event with its envelope, its `data` as sent (upcast where older)."""

    event: Event
    envelope: Envelope


def decode(
    topic: str,
    key: bytes | None,
    value: bytes | None,
    headers: Headers,
    timestamp_ms: int,
    *,
    upcasters: Upcasters = UPCASTERS,
) -> Event:
    """Validate one record. `timestamp_ms` is the broker's; "in the future" is judged against it (R6).

    `event.occurred_at` is the data's, else the CloudEvent's `time`, else the broker's time.
    Raises Reject with a Reason and the member at fault, Wait for a newer version, UnknownType.
    """
    if value is None:
        raise Reject(Reason.TOMBSTONE, detail="a record without value")
    documents.require_size(value)
    envelope = open_envelope(headers, value)
    model = envelope.model
    place = BY_NAME.get(topic)
    if place is not None and model.type not in place.types:
        raise Reject(Reason.WRONG_TOPIC, field="type", detail=f"{topic} does not carry {model.type}")
    event, _ = _read(envelope, value, timestamp_ms, upcasters)
    if not key:
        raise Reject(Reason.MISSING_KEY, field="key", detail="the record has no key")
    if place is None or place.key != ANY:
        _require_key(key, event.data, model, entity=place is not None and place.key == ENTITY)
    return event


def decode_structured(value: bytes, *, timestamp_ms: int | None = None, upcasters: Upcasters = UPCASTERS) -> Opened:
    """Validate a CloudEvent in structured mode (HTTP, JSONL). Without `timestamp_ms` no future is judged."""
    documents.require_size(value)
    envelope = structured_envelope(value)
    event, data = _read(envelope, value, timestamp_ms, upcasters)
    return Opened(event, structs.replace(envelope, data=data))


class _Door(NamedTuple):
    """What reads one model: msgspec's decoder, and a plan a currency."""

    decode: Any
    plans: Memo
    has_currency: bool


@cache
def _door(model: type[Struct]) -> _Door:
    names = {member.name for member in members_of(model)}
    plans = Memo(lambda currency: plan_of(model, MINOR_UNITS.get(currency, ANY_CURRENCY)))
    return _Door(msgspec.json.Decoder(wire_of(model)).decode, plans, "currency" in names)


def _read(envelope: Envelope, value: bytes, timestamp_ms: int | None, upcasters: Upcasters) -> tuple[Event, bytes]:
    raw, members = envelope.data, envelope.members
    if envelope.version < envelope.model.version:
        raw = upcast(
            raw,
            event_type=envelope.model.type,
            version=envelope.version,
            newest=envelope.model.version,
            upcasters=upcasters,
        )
    door = _door(envelope.model.model)
    try:
        form = door.decode(raw)
        data, text, inner = door.plans[form.currency if door.has_currency else None].read(form)
    except Reject:
        documents.require_sound(value)
        raise
    except _DECODE_ERRORS as error:
        documents.require_sound(value)
        raise rejection_of(error) from None
    if not documents.is_plainly_sound(value, members + inner):
        documents.require_sound(value)
    occurred_at = getattr(data, "occurred_at", None)
    repeated = envelope.time is None or (occurred_at is not None and envelope.time == form.occurred_at)
    if not repeated or occurred_at is None or timestamp_ms is None or occurred_at > _LATEST[timestamp_ms]:
        occurred_at = _occurred_at(data, None if repeated else envelope.time, timestamp_ms)
    canonical = text.encode()
    event = Event(
        envelope.id,
        envelope.model.type,
        data,
        canonical,
        sha256(canonical).digest(),
        occurred_at,
        envelope.source,
        envelope.traceparent,
    )
    return event, raw


def _occurred_at(data: Any, sent_time: str | None, timestamp_ms: int | None) -> datetime:
    stated: datetime | None = None
    if sent_time is not None:
        try:
            stated = instant_of(sent_time)
        except Reject as error:
            raise Reject(error.reason, field="time", detail=error.detail) from None
    own: datetime | None = getattr(data, "occurred_at", None) or getattr(data, "ts", None)
    found = own or stated
    if found is None:
        return _instant(timestamp_ms or 0)
    if timestamp_ms is not None and found > _LATEST[timestamp_ms]:
        field = "occurred_at" if own else "time"
        raise Reject(Reason.IN_THE_FUTURE, field=field, detail="more than 5 minutes after the broker received it")
    return found


def _instant(timestamp_ms: int) -> datetime:
    return _EPOCH + timestamp_ms * _MILLISECOND


_OUTLET_KEYS: Any = Memo(lambda outlet_id: str(outlet_id).encode())
_LATEST: Any = Memo(lambda timestamp_ms: _instant(timestamp_ms + FUTURE_MS))


def _require_key(key: bytes, data: Any, model: Model, *, entity: bool) -> None:
    if model.outlet:
        expected = _OUTLET_KEYS[getattr(data, model.outlet)]
    elif entity:
        expected = f"{model.entity}:{getattr(data, model.key)}".encode()
    else:
        return
    if key != expected:
        raise Reject(Reason.KEY_MISMATCH, field="key", detail=f"must be {expected.decode()}")
