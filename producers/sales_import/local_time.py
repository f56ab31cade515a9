"""Local times of a file as instants, those that daylight saving makes occur twice or never included (R1).

Knows no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from producers.sales_import.mapping import Map

REMEMBERED_TIMES = 4096


class Moment(NamedTuple):
    """An instant, in UTC because within one zone Python compares wall times.

    `adjusted` is "ambiguous" or "nonexistent" where the wall clock did not decide it.
    """

    at: datetime
    adjusted: str = ""


class Unreadable(ValueError):
    """The cells are no time: `field` is the column, the message says why."""

    def __init__(self, field: str, message: str, *, reason: str = "TIME_UNREADABLE") -> None:
        super().__init__(message)
        self.field = field
        self.reason = reason


def reader(found: Map) -> Callable[[str, str], Moment]:
    """A function from the two cells (date, time; or datetime and nothing) to their moment. Remembers recent answers."""
    zone, formats, columns = found.zone, found.formats, found.columns

    @lru_cache(maxsize=REMEMBERED_TIMES)
    def read(first: str, second: str) -> Moment:
        if columns.datetime:
            local = _parse(first, formats.datetime, columns.datetime)
        else:
            day = _parse(first, formats.date, columns.date)
            local = datetime.combine(day.date(), _parse(second, formats.time, columns.time).timetz())
        if local.tzinfo is not None:
            return Moment(local.astimezone(UTC))
        early, late = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() == late.utcoffset():
            return Moment(early.astimezone(UTC))
        field = columns.datetime or columns.time
        if early.utcoffset() > late.utcoffset():  # type: ignore[operator]
            return _twice(early, late, formats.ambiguous, field)
        return _never(early, formats.nonexistent, field)

    return read


def _twice(early: datetime, late: datetime, choice: str, field: str) -> Moment:
    if choice == "refuse":
        raise Unreadable(field, f"{early:%Y-%m-%d %H:%M:%S} occurred twice (clocks went back)", reason="TIME_AMBIGUOUS")
    return Moment((early if choice == "earlier" else late).astimezone(UTC), "ambiguous")


def _never(early: datetime, choice: str, field: str) -> Moment:
    """A clock nobody put forward: its reading counts from before the change, 01:30 in the gap being 02:30."""
    if choice == "refuse":
        said = f"{early:%Y-%m-%d %H:%M:%S} did not exist (clocks went forward)"
        raise Unreadable(field, said, reason="TIME_NONEXISTENT")
    return Moment(early.astimezone(UTC), "nonexistent")


def _parse(text: str, form: str, field: str) -> datetime:
    try:
        return datetime.strptime(text.strip(), form)  # noqa: DTZ007 - local by nature; the zone is added by `reader`
    except ValueError as error:
        raise Unreadable(field, f"{text[:40]!r} is not {form}") from error
