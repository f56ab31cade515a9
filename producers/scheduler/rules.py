"""Which timers are due (R6). Takes outlets, what was fired, and the instant; touches nothing.

A local date is due from its first instant in the outlet's zone, daylight saving and skipped dates included. An outlet
seen for the first time starts with its current date; after a stop every missed date follows, in order. An outlet that
moves to a zone further west waits until the calendar there has caught up: no date comes twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from producers.ids import NAMESPACE

DAY_STARTED = "outlet.day-started"
MAX_DATES_A_ROUND = 400
ONE_DAY = timedelta(days=1)


class OutletZone(NamedTuple):
    """An outlet and the zone its calendar runs in."""

    outlet_id: int
    zone: ZoneInfo


class Firing(NamedTuple):
    """One timer event to publish: `started_at` is the first instant of `local_date` at the outlet, in UTC."""

    outlet_id: int
    local_date: date
    started_at: datetime

    @property
    def event_id(self) -> UUID:
        """The same for the same outlet and date, whoever publishes it: never twice (R6)."""
        return uuid5(NAMESPACE, f"{DAY_STARTED}|{self.outlet_id}|{self.local_date.isoformat()}")


def due(outlets: Iterable[OutletZone], fired: Mapping[int, date], *, now: datetime) -> list[Firing]:
    """All day starts due at `now`, oldest first. `fired` is the last date published per outlet.

    At most MAX_DATES_A_ROUND dates an outlet; the rest is due again in the next round.
    """
    firings = [
        Firing(outlet.outlet_id, day, first_instant(day, outlet.zone))
        for outlet in outlets
        for day in _missing(fired.get(outlet.outlet_id), outlet.zone, now)
    ]
    return sorted(firings, key=lambda firing: (firing.started_at, firing.outlet_id))


def first_instant(day: date, zone: ZoneInfo) -> datetime:
    """When `day` begins in `zone`, in UTC: where midnight is skipped, the instant the clocks jump over it."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def exists(day: date, zone: ZoneInfo) -> bool:
    """False for a date the zone skipped, as Samoa did 2011-12-30 when it crossed the date line."""
    return first_instant(day, zone) < first_instant(day + ONE_DAY, zone)


def _missing(last: date | None, zone: ZoneInfo, now: datetime) -> list[date]:
    today = now.astimezone(zone).date()
    if last is None:
        return [today]
    span = min((today - last).days, MAX_DATES_A_ROUND)
    return [day for day in (last + ONE_DAY * step for step in range(1, span + 1)) if exists(day, zone)]
