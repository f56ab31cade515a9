"""RFC 3339 instants, dates and wall times, and their canonical spelling (R1, R72). Reads no clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from msgspec import ValidationError, convert, json

from schemas.errors import Reject
from schemas.reasons import Reason

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LONGEST = 35
AN_INSTANT = "must be an instant with offset, like 2026-11-23T12:30:05.120+05:30"
_T, _Z = ("T", "t"), ("Z", "z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")


def instant_of(text: str) -> datetime:
    """The instant in UTC. Rejects BAD_INSTANT: no offset, week date, leap second, year out of range …"""
    return _any_instant(text, EARLIEST)


def from_instant_of(text: str) -> datetime:
    """An instant from which something is in force; a bare date stands for its midnight UTC."""
    if len(text) == 10:
        return datetime.combine(date_of(text), time(0), UTC)
    return _any_instant(text, FIRST)


def instant_text(instant: datetime) -> str:
    """UTC with microseconds and Z; takes an instant in UTC. msgspec spells it, five times as fast as isoformat."""
    spelled = json.encode(instant)[1:-1].decode()
    return spelled if instant.microsecond else f"{spelled[:-1]}.000000Z"


def date_of(text: str) -> date:
    """A calendar date, from 1900 on. Rejects BAD_INSTANT."""
    if not _DATE.fullmatch(text):
        raise Reject(Reason.BAD_INSTANT, detail="must be a date like 2026-11-23")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Reject(Reason.BAD_INSTANT, detail="no such date") from None
    if found.year < FIRST.year:
        raise Reject(Reason.BAD_INSTANT, detail=f"must not be before {FIRST.year}")
    return found


def time_of(text: str) -> time:
    """A wall time. Rejects BAD_INSTANT."""
    if not _TIME.fullmatch(text):
        raise Reject(Reason.BAD_INSTANT, detail="must be a time like 04:00")
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Reject(Reason.BAD_INSTANT, detail="no such time") from None


def _any_instant(text: str, earliest: datetime) -> datetime:
    """msgspec reads RFC 3339 in C; here only what it allows beyond that is refused."""
    if text[10:11] not in _T or (text[-3:-2] != ":" and text[-1:] not in _Z) or len(text) > LONGEST:
        raise Reject(Reason.BAD_INSTANT, detail=AN_INSTANT)
    try:
        found = convert(text, datetime)
        if found.tzinfo is not UTC:
            found = _aware(found).astimezone(UTC)
    except (ValidationError, OverflowError):
        raise Reject(Reason.BAD_INSTANT, detail="no such instant") from None
    if found < earliest:
        raise Reject(Reason.BAD_INSTANT, detail=f"must not be before {earliest.year}")
    return found


def _aware(found: datetime) -> datetime:
    if found.tzinfo is None:
        raise Reject(Reason.BAD_INSTANT, detail=AN_INSTANT)
    return found
