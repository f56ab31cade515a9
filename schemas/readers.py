"""A reader a kind: takes the wire value, gives the typed value and its canonical JSON text, or rejects.

A reader also says what an absent member is: its default, or MISSING_FIELD. Readers of values that come again and again
remember what they said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, NamedTuple

from msgspec import UNSET, Raw, json

from schemas import instants, numbers, text
from schemas.countries import country_of
from schemas.currency import MINOR_UNITS, unknown
from schemas.errors import Reject
from schemas.kinds import Kind
from schemas.memo import Memo
from schemas.reasons import Reason
from schemas.wire import REQUIRED
from schemas.zones import zone_of

# Typed value, canonical text with the member's name before it, number of JSON members inside.
Cell = tuple[Any, str, int]
Ask = Callable[[Any], Cell]


class Plain(NamedTuple):
    """The reader of a member: `read` for a value that is there, `absent` for one that is not (None: required).

    `memory`, where there is one, answers for both. `nests`: there may be JSON members inside.
    """

    read: Ask
    absent: Cell | None
    memory: Memo | None = None
    nests: bool = False

    def ask(self, value: Any) -> Cell:
        """The cell of any value, absent or not."""
        if value is not None and value is not UNSET:
            return self.read(value)
        return refuse() if self.absent is None else self.absent


# Where no currency is named, an amount may have as many decimals as any currency has.
ANY_CURRENCY = 4
RESERVED_BATCHES = frozenset({"SHORTFALL", "COUNT"})


def reader_of(kind: Kind, *, money_decimals: int, prefix: str, default: Any) -> Plain:
    """The reader of a kind. `money_decimals` = the decimals of the document's currency; `prefix` opens the text."""
    if kind.reader == "instant":
        return Plain(_instant(prefix), absent_cell(prefix, default))
    if kind.reader == "unique_id":
        return Plain(_whole(kind, prefix), absent_cell(prefix, default))
    if kind.reader in ("id", "whole"):
        read = _whole(kind, prefix)
    elif kind.reader == "money":
        read = _decimal(kind, money_decimals, prefix)
    elif kind.reader == "decimal":
        read = _decimal(kind, kind.decimals, prefix)
    elif kind.reader in _MOMENTS:
        read = _moment(_MOMENTS[kind.reader], prefix)
    else:
        read = _text(_TEXTS[kind.reader], kind.length, prefix)
    return remembered(read, prefix=prefix, default=default)


def listed(values: tuple[str, ...], *, prefix: str, default: Any) -> Plain:
    """The reader of a member whose values are listed."""

    def read(value: str) -> Cell:
        if value not in values:
            raise Reject(Reason.BAD_TEXT, detail=f"must be one of {', '.join(values)}")
        return value, prefix + quoted(value), 0

    return remembered(read, prefix=prefix, default=default)


def flag(*, prefix: str, default: Any) -> Plain:
    """True or false, never 0 or 1."""

    def read(value: bool) -> Cell:
        return value, prefix + ("true" if value else "false"), 0

    return remembered(read, prefix=prefix, default=default)


def untouched(*, prefix: str, default: Any) -> Plain:
    """Any JSON value as it is, members in canonical order."""

    def read(value: Raw) -> Cell:
        found = json.decode(value)
        return found, prefix + json.encode(found, order="sorted").decode(), 0

    return Plain(read, absent_cell(prefix, default))


def remembered(read: Ask, *, prefix: str, default: Any) -> Plain:
    """The reader with a memory, which also knows what an absent member is."""
    absent = absent_cell(prefix, default)
    memory = Memo(_refusing_absence(read)) if absent is None else Memo(read, {None: absent, UNSET: absent})
    return Plain(memory.__getitem__, absent, memory)


def refuse() -> Cell:
    """Rejects a required member that is not there."""
    raise Reject(Reason.MISSING_FIELD, detail="required")


def _refusing_absence(read: Ask) -> Ask:
    return lambda value: refuse() if value is None or value is UNSET else read(value)


def absent_cell(prefix: str, default: Any) -> Cell | None:
    """What an absent member is: its default, written out; nothing at all where that is None (R72)."""
    if default is REQUIRED:
        return None
    if default is None:
        return None, "", 0
    if isinstance(default, bool):
        return default, prefix + ("true" if default else "false"), 0
    if isinstance(default, int):
        return default, f"{prefix}{default}", 0
    if isinstance(default, tuple):
        return default, f"{prefix}[]", 0
    spelled = default.isoformat() if isinstance(default, time) else str(default)
    return default, prefix + quoted(spelled), 0


def quoted(value: str) -> str:
    """A text as canonical JSON: no escaping beyond JSON's need (R72)."""
    return json.encode(value).decode()


def _whole(kind: Kind, prefix: str) -> Ask:
    least, most = int(kind.least or 0), int(kind.most or 0)
    mark = "" if kind.reader == "whole" else '"'
    before = prefix + mark

    def read(value: int) -> Cell:
        if least <= value <= most:
            return value, f"{before}{value}{mark}", 0
        raise Reject(Reason.OUT_OF_RANGE, detail=f"must be from {least} to {most}")

    return read


def _decimal(kind: Kind, decimals: int, prefix: str) -> Ask:
    def read(value: str | int) -> Cell:
        number, spelled = numbers.decimal_of(value, kind, decimals)
        return number, f'{prefix}"{spelled}"', 0

    return read


def _text(spell: Callable[[str, int], str], length: int, prefix: str) -> Ask:
    def read(value: str) -> Cell:
        found = spell(value, length)
        return found, prefix + quoted(found), 0

    return read


def _moment(spell: Callable[[str], tuple[Any, str]], prefix: str) -> Ask:
    def read(value: str) -> Cell:
        found, spelling = spell(value)
        return found, f'{prefix}"{spelling}"', 0

    return read


def _instant(prefix: str) -> Ask:
    instant_of, instant_text = instants.instant_of, instants.instant_text

    def read(value: str) -> Cell:
        found = instant_of(value)
        return found, f'{prefix}"{instant_text(found)}"', 0

    return read


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


_MOMENTS: dict[str, Callable[[str], tuple[Any, str]]] = {
    "from_instant": _from_instant,
    "date": _date,
    "time": _time,
}
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
