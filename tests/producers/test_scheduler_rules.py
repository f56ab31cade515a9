"""When a day starts, in every odd calendar: each local date once, none missed, none twice (R6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from producers.scheduler.rules import MAX_DATES_A_ROUND, Firing, OutletZone, due, exists, first_instant


def at(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text)


def dates(zone: str, last: str | None, now: str) -> list[str]:
    """Local dates due for one outlet."""
    fired = {1: date.fromisoformat(last)} if last else {}
    return [firing.local_date.isoformat() for firing in due([OutletZone(1, ZoneInfo(zone))], fired, now=at(now))]


@pytest.mark.parametrize(
    ("zone", "last", "now", "expected"),
    [
        pytest.param("Europe/Berlin", None, "2026-11-24T10:00Z", ["2026-11-24"], id="first sight: today only"),
        pytest.param("Asia/Tokyo", None, "2026-11-24T16:00Z", ["2026-11-25"], id="first sight: today there"),
        pytest.param("Europe/Berlin", "2026-11-24", "2026-11-24T22:59:59Z", [], id="a second before midnight"),
        pytest.param("Europe/Berlin", "2026-11-24", "2026-11-24T23:00Z", ["2026-11-25"], id="at midnight"),
        pytest.param(
            "Europe/Berlin", "2026-11-21", "2026-11-24T10:00Z", ["2026-11-22", "2026-11-23", "2026-11-24"],
            id="after a stop: every missed date in order",
        ),
        pytest.param("America/New_York", "2026-03-07", "2026-03-08T04:59Z", [], id="clocks go forward: still EST"),
        pytest.param("America/New_York", "2026-03-08", "2026-03-09T04:00Z", ["2026-03-09"], id="and now EDT"),
        pytest.param("America/New_York", "2026-11-01", "2026-11-02T04:30Z", [], id="clocks go back: EST again"),
        pytest.param("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00Z", ["2018-11-04"], id="no midnight that day"),
        pytest.param("America/Sao_Paulo", "2018-02-17", "2018-02-18T02:30Z", [], id="23:30 for the second time"),
        pytest.param("Pacific/Apia", "2011-12-29", "2011-12-30T10:00Z", ["2011-12-31"], id="Samoa had no 30 December"),
        pytest.param("Pacific/Kiritimati", None, "2026-11-24T10:00Z", ["2026-11-25"], id="first to see the day"),
        pytest.param("Etc/GMT+12", None, "2026-11-24T10:00Z", ["2026-11-23"], id="last to see the day"),
        pytest.param("America/Los_Angeles", "2026-11-25", "2026-11-24T12:00Z", [], id="moved west: not again"),
        pytest.param("America/Los_Angeles", "2026-11-25", "2026-11-26T08:00Z", ["2026-11-26"], id="until caught up"),
        pytest.param("Pacific/Auckland", "2026-11-23", "2026-11-24T12:00Z", ["2026-11-24", "2026-11-25"],
            id="moved east"),
    ],
)  # fmt: skip
def test_each_local_date_is_due_once(zone: str, last: str | None, now: str, expected: list[str]) -> None:
    """Expiry and audit heads hang on this event; a date left out or doubled would be seen in both."""
    assert dates(zone, last, now) == expected


@pytest.mark.parametrize("zone", ["America/Sao_Paulo", "Pacific/Apia", "Asia/Beirut", "Africa/Cairo", "America/Havana"])
def test_walking_through_years_hour_by_hour_gives_every_date_once(zone: str) -> None:
    """Zones that change at midnight, and one that jumped the date line; no date is missed or repeated."""
    outlet = OutletZone(1, ZoneInfo(zone))
    now, fired, seen = at("2010-01-01T00:00Z"), {}, []
    while now < at("2013-01-01T00:00Z"):
        for firing in due([outlet], fired, now=now):
            assert firing.started_at <= now < firing.started_at + timedelta(hours=2) or not seen
            fired[1] = firing.local_date
            seen.append(firing.local_date)
        now += timedelta(hours=1)
    walked = [seen[0] + timedelta(days=step) for step in range((seen[-1] - seen[0]).days + 1)]
    assert seen == [day for day in walked if exists(day, outlet.zone)]


def test_dates_of_several_outlets_come_in_the_order_they_began() -> None:
    """After a stop the chain's days replay as they would have happened."""
    outlets = [OutletZone(1, ZoneInfo("America/New_York")), OutletZone(2, ZoneInfo("Asia/Tokyo"))]
    fired = {1: date(2026, 11, 22), 2: date(2026, 11, 22)}
    found = due(outlets, fired, now=at("2026-11-24T12:00Z"))
    assert [(firing.outlet_id, firing.local_date.day) for firing in found] == [(2, 23), (1, 23), (2, 24), (1, 24)]


def test_a_long_stop_is_caught_up_in_rounds() -> None:
    """Bounded work a round; nothing is skipped between rounds."""
    zone = ZoneInfo("Europe/Berlin")
    last, seen = date(2020, 1, 1), 0
    while found := due([OutletZone(1, zone)], {1: last}, now=at("2026-11-24T12:00Z")):
        assert len(found) <= MAX_DATES_A_ROUND
        assert found[0].local_date == last + timedelta(days=1)
        last, seen = found[-1].local_date, seen + len(found)
    assert last == date(2026, 11, 24)
    assert seen == (date(2026, 11, 24) - date(2020, 1, 1)).days


def test_the_event_id_follows_from_outlet_and_date_alone() -> None:
    """Two leaders that both believe to lead must say the same thing, not two things."""
    one = Firing(3, date(2026, 11, 24), datetime(2026, 11, 23, 15, tzinfo=UTC))
    other = Firing(3, date(2026, 11, 24), datetime(2026, 11, 24, 5, tzinfo=UTC))
    assert one.event_id == other.event_id
    assert one.event_id != Firing(4, one.local_date, one.started_at).event_id


def test_a_day_without_midnight_begins_when_the_clocks_jump_over_it() -> None:
    """00:00 did not exist in São Paulo on 2018-11-04; the day began at 01:00."""
    assert first_instant(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo")) == datetime(2018, 11, 4, 3, tzinfo=UTC)
