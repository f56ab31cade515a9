"""What the tax engine reasons about: places, rules, mappings, policies and periods. Frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from msgspec import Struct

INACTIVE = "INACTIVE"
MAPPED, ALL = "MAPPED", "ALL"
REPLACE, ADD = "REPLACE", "ADD"
LINE, DOCUMENT = "LINE", "DOCUMENT"
RULE, AGGREGATE = "RULE", "AGGREGATE"
HALF_UP, HALF_EVEN, UP, DOWN = "HALF_UP", "HALF_EVEN", "UP", "DOWN"


class Level(IntEnum):
    """How specific a rule is: the most specific code it names (R50.4)."""

    COUNTRY = 0
    STATE = 1
    COUNTY = 2
    CITY = 3


class Place(NamedTuple):
    """Where an outlet stands: the codes its rules and policies are looked up by."""

    country_code: str
    state_code: str | None = None
    county_code: str | None = None
    city_code: str | None = None


class Reach(Struct, frozen=True, gc=False, kw_only=True):
    """The part rules and policies share: the places they hold in and from which day."""

    country_code: str
    state_code: str | None = None
    county_code: str | None = None
    city_code: str | None = None
    effective_date: date | None = None

    @property
    def codes(self) -> Place:
        """The codes it names; null ones hold everywhere."""
        return Place(self.country_code, self.state_code, self.county_code, self.city_code)

    @property
    def level(self) -> Level:
        """The most specific non-null of city, county, state, country (R50.4)."""
        if self.city_code is not None:
            return Level.CITY
        if self.county_code is not None:
            return Level.COUNTY
        return Level.STATE if self.state_code is not None else Level.COUNTRY

    def covers(self, place: Place) -> bool:
        """Whether the country is the place's and every other code is null or the place's (R50.1)."""
        return (
            self.country_code == place.country_code
            and self.state_code in (None, place.state_code)
            and self.county_code in (None, place.county_code)
            and self.city_code in (None, place.city_code)
        )


class Rule(Reach, frozen=True, gc=False, kw_only=True):
    """A row of `tax_rules`. `rate` is a fraction: 0.09975 is 9.975%."""

    id: int
    tax_type: str
    rate: Decimal
    tax_name: str = ""
    expiry_date: date | None = None
    is_compound: bool = False
    is_exempt: bool = False
    description: str | None = None
    status: str = "ACTIVE"
    sequence: int | None = None
    stacking: str = ADD
    applies_to: str = ALL
    unit_price_threshold: Decimal | None = None
    dining_option: str | None = None

    @property
    def order(self) -> tuple[bool, int, int]:
        """Rules in the order they compound and are listed: sequence with null first, then id (R52, R54)."""
        return (self.sequence is not None, self.sequence or 0, self.id)

    @property
    def key(self) -> int:
        """An upsert with the same id replaces."""
        return self.id

    def in_force(self, day: date) -> bool:
        """Both ends inclusive, null open, not INACTIVE (R50.1)."""
        return self.status != INACTIVE and _within(self.effective_date, self.expiry_date, day)


class Mapping(Struct, frozen=True, gc=False, kw_only=True):
    """A row of `product_tax_mapping`: the product falls under the rule, or is exempt from it."""

    id: int
    product_id: int
    tax_rule_id: int
    is_exempt: bool = False
    exemption_reason: str | None = None
    effective_date: date | None = None
    expiry_date: date | None = None

    @property
    def key(self) -> int:
        """An upsert with the same id replaces."""
        return self.id

    def in_force(self, day: date) -> bool:
        """Both ends inclusive, null open (R51)."""
        return _within(self.effective_date, self.expiry_date, day)


class Policy(Reach, frozen=True, gc=False, kw_only=True):
    """A row of `tax_policies`: how a place rounds from a day on (R54)."""

    scope: str = DOCUMENT
    grouping: str = RULE
    mode: str = HALF_UP

    @property
    def key(self) -> tuple[object, ...]:
        """A policy set again for the same place and day replaces."""
        return (*self.codes, self.effective_date)


class Period(Reach, frozen=True, gc=False, kw_only=True):
    """A row of `tax_periods`: local dates of a place, both inclusive, that take rows or do not (R58)."""

    start_date: date
    end_date: date
    is_closed: bool = True

    @property
    def key(self) -> tuple[object, ...]:
        """Closing and reopening name the same place and days."""
        return (*self.codes, self.start_date, self.end_date)


DEFAULT_POLICY = Policy(country_code="")


def policy_for(policies: Iterable[Policy], place: Place, day: date) -> Policy:
    """The most specific policy of the place; of equal ones the newest in effect by that day (R54)."""
    held = [p for p in policies if p.covers(place) and _within(p.effective_date, None, day)]
    return max(held, key=_precedence, default=DEFAULT_POLICY)


def is_closed(periods: Iterable[Period], place: Place, day: date) -> bool:
    """Whether a closed period of the place holds that day (R58)."""
    return any(p.is_closed and p.covers(place) and p.start_date <= day <= p.end_date for p in periods)


def _precedence(policy: Policy) -> tuple[Level, date, int]:
    return policy.level, policy.effective_date or date.min, sum(code is not None for code in policy.codes)


def _within(first: date | None, last: date | None, day: date) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)
