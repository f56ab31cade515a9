"""Raw records read simply: the two modes of CloudEvents, JSON with exact numbers. Validates nothing, trusts nothing.

Nothing of `schemas.decode` is used: a checker that reads with the workers' eyes is blind where they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Any, NamedTuple

WIDE = Context(prec=120)
_OTHER_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_decode = json.JSONDecoder(parse_float=Decimal).decode
DIGITS = {code: digits for digits, codes in _OTHER_DIGITS.items() for code in codes.split()}
"""ISO 4217 currencies that have not two decimals."""


class Place(NamedTuple):
    """Where a record lies; topics by their plain names."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}@{self.offset}"


class Event(NamedTuple):
    """What a record says."""

    place: Place
    id: str
    type: str
    cause: str
    time: str | None
    data: Any
    timestamp_ms: int


def parse(text: bytes | str) -> Any:
    """JSON with exact numbers. Raises ValueError."""
    return _decode(text if isinstance(text, str) else text.decode())


def text_headers(headers: Sequence[tuple[str, bytes | None]]) -> dict[str, str]:
    """Headers as text; one that is not UTF-8 or has no value is left out."""
    found = {}
    for name, value in headers:
        if value is not None:
            found[name] = value.decode("utf-8", "replace")
    return found


def identity(record: Any) -> tuple[str, str]:
    """(type, id) of a record, each empty where it cannot be told."""
    event_type = event_id = ""
    binary = False
    for name, value in record.headers:
        if name == "ce_type":
            event_type = (value or b"").decode("utf-8", "replace")
        elif name == "ce_id":
            event_id = (value or b"").decode("utf-8", "replace")
        binary = binary or name.startswith("ce_")
    if binary and event_type and event_id:
        return event_type, event_id
    if binary and not _is_structured(record):
        return event_type, event_id
    whole = _whole(record.value)
    return event_type or str(whole.get("type") or ""), event_id or str(whole.get("id") or "")


def _is_structured(record: Any) -> bool:
    return any(
        name == "content-type" and (value or b"").startswith(b"application/cloudevents")
        for name, value in record.headers
    )


def _whole(value: bytes | None) -> dict[str, Any]:
    try:
        found = parse(value or b"")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def event_of(record: Any, place: Place) -> Event:
    """The event of a record. Raises ValueError where the value is no JSON object."""
    headers = text_headers(record.headers)
    event_type, event_id = identity(record)
    found = parse(record.value or b"")
    structured = _is_structured(record) or not any(name.startswith("ce_") for name in headers)
    data = found.get("data") if structured and isinstance(found, dict) else found
    time = found.get("time") if structured and isinstance(found, dict) else headers.get("ce_time")
    if not isinstance(data, dict):
        raise ValueError("the data is no object")
    return Event(place, event_id, event_type, headers.get("ce_causationid", ""), time, data, record.timestamp)


def number(value: Any) -> Decimal:
    """A quantity or an amount: integer, decimal string or exact number."""
    return Decimal(value)


def instant(text: str) -> datetime:
    """RFC 3339, in UTC; a bare date is its midnight."""
    if len(text) == 10:
        text += "T00:00:00Z"
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def round_to(value: Decimal | Fraction, places: int) -> Decimal:
    """At so many decimals, halves away from zero (R0)."""
    exact = Fraction(value)
    units, rest = divmod(abs(exact.numerator) * 10**places, exact.denominator)
    units += 2 * rest >= exact.denominator
    return Decimal(-units if exact < 0 else units).scaleb(-places, WIDE)


def digits_of(currency: str) -> int:
    """Decimals of the currency's minor unit (R0)."""
    return DIGITS.get(currency, 2)


def line_total(line: dict[str, Any], currency: str) -> Decimal:
    """What the till says of the line, else quantity × unit price − discount, rounded (CONTRACT 3)."""
    if line.get("total") is not None:
        return number(line["total"])
    exact = WIDE.multiply(number(line["quantity"]), number(line["unit_price"])) - number(line.get("discount") or 0)
    return exact.quantize(Decimal(1).scaleb(-digits_of(currency)), ROUND_HALF_UP, WIDE)
