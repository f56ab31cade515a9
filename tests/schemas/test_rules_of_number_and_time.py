"""Currency, dates and units by their worked examples (R0, R1, R31)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from schemas.clock import business_date, local_date
from schemas.currency import MINOR_UNITS, minor_unit, minor_units, quantise
from schemas.errors import Reject
from schemas.recipe import Pack
from schemas.units import factor, unit_name

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        pytest.param("5.625", "USD", "5.63", id="half up"),
        pytest.param("-5.625", "USD", "-5.63", id="half away from zero"),
        pytest.param("46.875", "USD", "46.88", id="not half even"),
        pytest.param("0.5", "JPY", "1", id="JPY"),
        pytest.param("1.2345", "KWD", "1.235", id="KWD"),
        pytest.param("123456789012345678901234567890.125", "USD", "123456789012345678901234567890.13", id="wide"),
    ],
)
def test_money_rounds_half_away_from_zero(amount: str, currency: str, rounded: str) -> None:
    """R0, as PostgreSQL rounds; Python's own round() does not."""
    assert quantise(Decimal(amount), currency) == Decimal(rounded)
    assert quantise(Decimal(amount).copy_negate(), currency) == Decimal(rounded).copy_negate()


def test_another_mode_can_be_asked_for() -> None:
    """Tax policies round in their own mode (R54)."""
    assert quantise(Decimal("5.625"), "USD", ROUND_HALF_EVEN) == Decimal("5.62")


def test_minor_units_are_iso_4217s() -> None:
    """R0 names three; the table must know the rest, and no others."""
    assert [minor_units(code) for code in ("JPY", "USD", "KWD", "CLF")] == [0, 2, 3, 4]
    assert minor_unit("EUR") == Decimal("0.01")
    assert len(MINOR_UNITS) > 150
    for code in ("XXX", "usd", "", "BTC"):
        with pytest.raises(Reject, match="UNKNOWN_CURRENCY"):
            minor_units(code)


@pytest.mark.parametrize(
    ("instant", "zone", "cutoff", "business", "local"),
    [
        pytest.param(
            "2025-03-09T08:30:00", NEW_YORK, time(4), "2025-03-09", "2025-03-09", id="04:30 EDT, after the jump"
        ),
        pytest.param("2025-03-09T07:30:00", NEW_YORK, time(4), "2025-03-08", "2025-03-09", id="03:30 EDT"),
        pytest.param("2025-03-09T08:00:00", NEW_YORK, time(4), "2025-03-09", "2025-03-09", id="at the cutoff"),
        pytest.param("2025-11-02T05:30:00", NEW_YORK, time(2), "2025-11-01", "2025-11-02", id="01:30 EDT, first time"),
        pytest.param("2025-11-02T06:30:00", NEW_YORK, time(2), "2025-11-01", "2025-11-02", id="01:30 EST, second time"),
        pytest.param("2025-01-01T00:00:00", UTC, time(0), "2025-01-01", "2025-01-01", id="no cutoff"),
        pytest.param("2025-01-01T18:29:00", ZoneInfo("Asia/Kolkata"), time(0), "2025-01-01", "2025-01-01", id="India"),
        pytest.param(
            "2025-01-01T18:30:00", ZoneInfo("Asia/Kolkata"), time(0), "2025-01-02", "2025-01-02", id="India, midnight"
        ),
    ],
)
def test_business_dates_compare_wall_time(
    instant: str, zone: ZoneInfo, cutoff: time, business: str, local: str
) -> None:
    """R1: subtracting the cutoff in UTC is an hour off on two nights a year."""
    moment = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert business_date(moment, zone, cutoff) == date.fromisoformat(business)
    assert local_date(moment, zone) == date.fromisoformat(local)


BOTTLE = Pack("bottle", Decimal("0.75"), "l")
CASE = Pack("case", Decimal(6), "bottle")


@pytest.mark.parametrize(
    ("one", "other", "expected", "packs", "density"),
    [
        pytest.param("kg", "g", Fraction(1000), (), None, id="mass"),
        pytest.param("G", "Kilograms", Fraction(1, 1000), (), None, id="any spelling"),
        pytest.param("ml", "l", Fraction(1, 1000), (), None, id="volume"),
        pytest.param("dozen", "pcs", Fraction(12), (), None, id="count"),
        pytest.param("lb", "g", Fraction("453.59237"), (), None, id="pound"),
        pytest.param("ml", "bottle", Fraction(1, 750), (BOTTLE,), None, id="into a pack"),
        pytest.param("case", "ml", Fraction(4500), (BOTTLE, CASE), None, id="pack of packs"),
        pytest.param("l", "kg", Fraction("1.03"), (), Decimal("1.03"), id="density"),
        pytest.param("g", "bottle", 1 / Fraction("772.5"), (BOTTLE,), Decimal("1.03"), id="density and pack"),
        pytest.param("tray", "tray", Fraction(1), (), None, id="an unknown unit is itself"),
        pytest.param("piece", "g", Fraction(60), (Pack("piece", Decimal(60), "g"),), None, id="a piece weighs"),
    ],
)
def test_units_convert_exactly(
    one: str, other: str, expected: Fraction, packs: tuple[Pack, ...], density: Decimal
) -> None:
    """R31: nothing is rounded on the way, and back again is 1."""
    assert factor(one, other, density, packs) == expected
    assert factor(other, one, density, packs) == 1 / expected


def test_the_rules_bottle() -> None:
    """R31: 125 ml of a 0.75 l bottle is 0.166667 bottle."""
    found = 125 * factor("ml", "bottle", packs=[BOTTLE])
    assert round(found.numerator / Decimal(found.denominator), 6) == Decimal("0.166667")


@pytest.mark.parametrize(
    ("one", "other", "packs"),
    [
        pytest.param("kg", "l", (), id="mass to volume without density"),
        pytest.param("bottle", "ml", (CASE,), id="a pack without its size"),
        pytest.param("piece", "portion", (), id="a piece is no portion"),
    ],
)
def test_no_way_between_units_is_an_error(one: str, other: str, packs: tuple[Pack, ...]) -> None:
    """R31: guessing a factor would falsify stock for good."""
    with pytest.raises(Reject, match="NO_UNIT_PATH"):
        factor(one, other, packs=packs)


def test_unit_names_have_one_spelling() -> None:
    """Stock units are compared by name."""
    assert [unit_name(text) for text in ("Litre", " KG ", "Bottle")] == ["l", "kg", "bottle"]
