"""A reader a kind: takes the wire value, gives the typed value and its canonical JSON text, or rejects.

A reader is called only for values that are there and of the kind's wire type; absent ones are the plan's business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from msgspec import Raw, json

from schemas import instants, numbers, text
from schemas.countries import country_of
from schemas.currency import MINOR_UNITS, unknown
from schemas.errors import Reject
from schemas.kinds import Kind
from schemas.memo import Memo
from schemas.reasons import Reason
from schemas.zones import zone_of

Reader = Callable[[Any], tuple[Any, str]]

# Where no currency is named, an amount may have as many decimals as any currency has.
ANY_CURRENCY = 4
RESERVED_BATCHES = frozenset({"SHORTFALL", "COUNT"})
_WIRE: dict[str, Any] = {"id": int, "whole": int, "decimal": int | str, "money": str}


def wire_type(kind: Kind) -> Any:
    """The JSON type of a kind, as msgspec decodes it: money is text only, quantities also whole numbers."""
    return _WIRE.get(kind.reader, str)


def reader_of(kind: Kind, *, money_decimals: int, prefix: str = "") -> Reader:
    """The reader of a kind. `money_decimals` = the decimals of the document's currency; `prefix` opens its text."""
    if kind.reader in ("id", "whole"):
        return _whole(kind, prefix)
    if kind.reader == "money":
        return _decimal(kind, money_decimals, prefix)
    if kind.reader == "decimal":
        return _decimal(kind, kind.decimals, prefix)
    moment = _MOMENTS.get(kind.reader)
    return _moment(moment, prefix) if moment else _text(_TEXTS[kind.reader], kind.length, prefix)


def listed(values: tuple[str, ...], prefix: str = "") -> Reader:
    """The reader of a member whose values are listed."""
    known = {value: (value, prefix + quoted(value)) for value in values}

    def read(value: str) -> tuple[str, str]:
        found = known.get(value)
        if found is None:
            raise Reject(Reason.BAD_TEXT, detail=f"must be one of {', '.join(values)}")
        return found

    return read


def flag(prefix: str) -> Reader:
    """True or false, never 0 or 1."""
    return {True: (True, f"{prefix}true"), False: (False, f"{prefix}false")}.__getitem__


def untouched(prefix: str) -> Reader:
    """Any JSON value as it is, members in canonical order."""

    def read(value: Raw) -> tuple[Any, str]:
        found = json.decode(value)
        return found, prefix + json.encode(found, order="sorted").decode()

    return read


def quoted(value: str) -> str:
    """A text as canonical JSON: no escaping beyond JSON's need (R72)."""
    return json.encode(value).decode()


def _whole(kind: Kind, prefix: str) -> Reader:
    least, most = int(kind.least or 0), int(kind.most or 0)
    mark = '"' if kind.reader == "id" else ""
    before = prefix + mark

    def read(value: int) -> tuple[int, str]:
        if least <= value <= most:
            return value, f"{before}{value}{mark}"
        raise Reject(Reason.OUT_OF_RANGE, detail=f"must be from {least} to {most}")

    return read


def _decimal(kind: Kind, decimals: int, prefix: str) -> Reader:
    def read(value: str | int) -> tuple[Any, str]:
        return numbers.decimal_of(value, kind, decimals), f'{prefix}"{numbers.plain(value)}"'

    return Memo(read).__getitem__


def _text(spell: Callable[[str, int], str], length: int, prefix: str) -> Reader:
    def read(value: str) -> tuple[str, str]:
        found = spell(value, length)
        return found, prefix + quoted(found)

    return Memo(read).__getitem__


def _moment(spell: Callable[[str], tuple[Any, str]], prefix: str) -> Reader:
    def read(value: str) -> tuple[Any, str]:
        found, spelling = spell(value)
        return found, f'{prefix}"{spelling}"'

    return Memo(read).__getitem__


def _instant(value: str) -> tuple[datetime, str]:
    found = instants.instant_of(value)
    return found, instants.instant_text(found)


def _from_instant(value: str) -> tuple[datetime, str]:
    found = instants.from_instant_of(value)
    return found, instants.instant_text(found)


def _date(value: str) -> tuple[date, str]:
    return instants.date_of(value), value


def _time(value: str) -> tuple[time, str]:
    found = instants.time_of(value)
    return found, found.isoformat()


def _batch(value: str, length: int) -> str:
    if value.upper() in RESERVED_BATCHES:
        raise Reject(Reason.RESERVED_BATCH, detail="SHORTFALL and COUNT are the system's own batch numbers")
    return text.identifier_of(value, length)


def _currency(value: str, _: int) -> str:
    if value not in MINOR_UNITS:
        raise Reject(Reason.UNKNOWN_CURRENCY, detail=unknown(value).detail)
    return value


def _country(value: str, _: int) -> str:
    return country_of(value)


def _zone(value: str, _: int) -> str:
    return zone_of(value).key


_MOMENTS: dict[str, Callable[[str], tuple[Any, str]]] = {"instant": _instant, "from_instant": _from_instant, "date": _date, "time": _time}
_TEXTS: dict[str, Callable[[str, int], str]] = {
    "identifier": text.identifier_of,
    "sku": text.sku_of,
    "batch": _batch,
    "unit": text.name_of,
    "text": text.name_of,
    "optional_text": text.line_of,
    "prose": text.prose_of,
    "phone": text.phone_of,
    "currency": _currency,
    "country": _country,
    "zone": _zone,
}
