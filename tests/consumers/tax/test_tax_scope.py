"""Which rules win: every step of R50 in its order, R51, and the reasons R60 gives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from consumers.tax.rules.explain import explain
from consumers.tax.rules.model import DEFAULT_POLICY, Place, Policy, Rule, policy_for
from consumers.tax.rules.scope import Case, has_rules, judge
from tests.consumers.tax.build import DAY, NEW_YORK_CITY, mapping, rule


def case(**changes: Any) -> Case:
    facts: dict[str, Any] = {
        "place": NEW_YORK_CITY,
        "day": DAY,
        "mappings": (),
        "dining_option": "DINE_IN",
        "unit_price": Fraction(10),
    }
    return Case(**{**facts, **changes})


def winners(rules: list[Rule], **changes: Any) -> list[int]:
    return [charge.rule.id for charge in judge(rules, case(**changes))[0]]


STATE: dict[str, Any] = {"state_code": "NY"}
CITY: dict[str, Any] = {"state_code": "NY", "city_code": "NYC"}
MAPPED: dict[str, Any] = {"applies_to": "MAPPED"}


@pytest.mark.parametrize(
    ("rules", "changes", "expected"),
    [
        pytest.param([rule(1, country_code="CA")], {}, [], id="1 another country"),
        pytest.param([rule(1, state_code="CA"), rule(2, **STATE)], {}, [2], id="1 another state"),
        pytest.param([rule(1, county_code="KINGS"), rule(2, city_code="BUF")], {}, [], id="1 another county or city"),
        pytest.param([rule(1, city_code="NYC")], {}, [1], id="1 a city alone"),
        pytest.param(
            [rule(1, **STATE)], {"place": Place("US")}, [], id="1 an outlet without a state is in none"
        ),
        pytest.param([rule(1, effective_date="2025-01-10")], {}, [1], id="1 first day counts"),
        pytest.param([rule(1, effective_date="2025-01-11")], {}, [], id="1 not before its first day"),
        pytest.param([rule(1, expiry_date="2025-01-10")], {}, [1], id="1 last day counts"),
        pytest.param([rule(1, expiry_date="2025-01-09")], {}, [], id="1 not after its last day"),
        pytest.param([rule(1, status="INACTIVE"), rule(2, status="EXPIRED")], {}, [2], id="1 inactive, not expired"),
        pytest.param([rule(1, **MAPPED)], {}, [], id="2 MAPPED needs a mapping"),
        pytest.param(
            [rule(1, tax_type="V", **MAPPED), rule(2, tax_type="V")], {"mappings": (mapping(1, 42, 1),)}, [1],
            id="2 MAPPED drops ALL of its type and level",
        ),
        pytest.param(
            [rule(1, tax_type="V", **MAPPED), rule(2, tax_type="V", **STATE), rule(3, tax_type="W")],
            {"mappings": (mapping(1, 42, 1),)}, [1, 2, 3], id="2 MAPPED leaves other levels and types",
        ),
        pytest.param(
            [rule(1, tax_type="V", dining_option="TAKE_AWAY", **MAPPED), rule(2, tax_type="V")],
            {"mappings": (mapping(1, 42, 1),)}, [], id="2 MAPPED drops ALL even where its own condition fails",
        ),
        pytest.param(
            [rule(1, tax_type="V", **MAPPED), rule(2, tax_type="V")],
            {"mappings": (mapping(1, 42, 1, expiry_date="2025-01-09"),)}, [2], id="2 a mapping that has run out",
        ),
        pytest.param(
            [rule(1, tax_type="V", expiry_date="2025-01-09", **MAPPED), rule(2, tax_type="V")],
            {"mappings": (mapping(1, 42, 1),)}, [2], id="2 a MAPPED rule out of force drops nothing",
        ),
        pytest.param(
            [rule(1, dining_option="DINE_IN"), rule(2, dining_option="TAKE_AWAY"), rule(3)], {}, [1, 3],
            id="3 dining option equal",
        ),
        pytest.param([rule(1, dining_option="DINE_IN")], {"dining_option": None}, [], id="3 no dining option given"),
        pytest.param(
            [rule(1, unit_price_threshold="10"), rule(2, unit_price_threshold="10.01")], {}, [1], id="3 at threshold"
        ),
        pytest.param(
            [rule(1, tax_type="V", effective_date="2025-01-01"), rule(2, tax_type="V", effective_date="2024-01-01")],
            {}, [1], id="4 newest date before highest id",
        ),
        pytest.param([rule(1, tax_type="V"), rule(2, tax_type="V")], {}, [2], id="4 then highest id"),
        pytest.param(
            [rule(1, tax_type="V"), rule(2, tax_type="V", effective_date="2025-01-01", unit_price_threshold="11")],
            {}, [1], id="3 before 4: a newer rule whose condition fails does not win",
        ),
        pytest.param(
            [rule(1, tax_type="V"), rule(2, tax_type="V", **STATE), rule(3, tax_type="V", **CITY)], {}, [1, 2, 3],
            id="5 levels add",
        ),
        pytest.param(
            [rule(1, tax_type="V"), rule(2, tax_type="V", stacking="REPLACE", **STATE), rule(3, tax_type="V", **CITY)],
            {}, [2, 3], id="5 REPLACE drops broader levels only",
        ),
        pytest.param(
            [rule(1, tax_type="V"), rule(2, tax_type="W", stacking="REPLACE", **STATE)], {}, [1, 2],
            id="5 REPLACE leaves other types",
        ),
        pytest.param(
            [rule(1, tax_type="V"), rule(2, tax_type="V", stacking="REPLACE", dining_option="TAKE_AWAY", **STATE)],
            {}, [1], id="3 before 5: REPLACE whose condition fails replaces nothing",
        ),
        pytest.param(
            [
                rule(1, tax_type="V"),
                rule(2, tax_type="V", stacking="REPLACE", **STATE),
                rule(3, tax_type="V", effective_date="2025-01-01", **STATE),
            ],
            {}, [1, 3], id="4 before 5: an older REPLACE replaces nothing",
        ),
    ],
)  # fmt: skip
def test_scope(rules: list[Rule], changes: dict[str, Any], expected: list[int]) -> None:
    """The order of the steps decides who pays: each case fails if two of them are swapped (R50)."""
    assert winners(rules, **changes) == expected
    assert winners(rules[::-1], **changes) == expected


@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        pytest.param([mapping(1, 42, 1, is_exempt=True, exemption_reason="food")], {1: "food"}, id="its rule"),
        pytest.param([mapping(1, 42, 1, is_exempt=True, expiry_date="2025-01-10")], {1: None}, id="last day"),
        pytest.param([mapping(1, 42, 1)], {}, id="a mapping that exempts nothing"),
        pytest.param([mapping(1, 42, 1, is_exempt=True, expiry_date="2025-01-09")], {}, id="run out"),
        pytest.param([mapping(1, 42, 1, is_exempt=True, effective_date="2025-01-11")], {}, id="not yet"),
    ],
)
def test_exempt_mapping(mappings: list[Any], expected: dict[int, str | None]) -> None:
    """An exemption holds for one rule and its dates, and names its reason (R51)."""
    charges, _ = judge([rule(1), rule(2)], case(mappings=tuple(mappings)))
    exempt = {charge.rule.id: charge.exemption_reason for charge in charges if charge.is_exempt}
    assert exempt == expected


def test_an_exempt_rule_competes_like_any_other() -> None:
    """A newer exempt rule replaces the tax of its type and level; an older one does not (R51)."""
    newer = rule(2, "0", "V", is_exempt=True, effective_date="2025-01-01")
    charges, _ = judge([rule(1, tax_type="V"), newer], case())
    assert [(charge.rule.id, charge.is_exempt) for charge in charges] == [(2, True)]
    older = rule(2, "0", "V", is_exempt=True, effective_date="2019-01-01")
    assert winners([rule(1, tax_type="V"), older]) == [1]


def test_gap_means_no_rule_of_the_country_at_any_level() -> None:
    """A state without its own tax is no gap where the country has rules; conditions and mappings play no part (R56)."""
    assert not has_rules([rule(1, country_code="CA")], "US", DAY)
    assert not has_rules([rule(1, status="INACTIVE"), rule(2, expiry_date="2025-01-09")], "US", DAY)
    assert has_rules([rule(1, state_code="CA")], "US", DAY)
    assert has_rules([rule(1, applies_to="MAPPED", dining_option="TAKE_AWAY")], "US", DAY)


def test_policy_is_the_most_specific_then_the_newest_in_effect() -> None:
    """Rounding is the jurisdiction's law on that day, not today's (R54)."""
    country = Policy(country_code="US", mode="UP", effective_date=date(2025, 1, 9))
    state = Policy(country_code="US", state_code="NY", mode="DOWN", effective_date=date(2024, 1, 1))
    newer = Policy(country_code="US", state_code="NY", mode="HALF_EVEN", effective_date=date(2025, 1, 10))
    other = Policy(country_code="US", state_code="CA")
    assert policy_for([country, newer, state, other], NEW_YORK_CITY, DAY) is newer
    assert policy_for([country, newer, state, other], NEW_YORK_CITY, date(2025, 1, 9)) is state
    assert policy_for([country], NEW_YORK_CITY, date(2025, 1, 8)) is DEFAULT_POLICY


def test_explain_names_the_reason_and_the_rule_it_lost_to() -> None:
    """A clerk asks why a line has no city tax: each rule looked at must answer (R60)."""
    rules = [
        rule(1, tax_type="V"),
        rule(2, tax_type="V", stacking="REPLACE", **STATE),
        rule(3, tax_type="V", effective_date="2019-01-01", **STATE),
        rule(4, tax_type="W", **MAPPED),
        rule(5, tax_type="W"),
        rule(6, tax_type="X", unit_price_threshold=str(Decimal("10.01"))),
        rule(7, tax_type="X", dining_option="TAKE_AWAY"),
        rule(8, tax_type="X", state_code="CA"),
        rule(9, tax_type="X", status="INACTIVE"),
        rule(10, tax_type="Y", **MAPPED),
    ]
    facts = case(mappings=(mapping(1, 42, 4, is_exempt=True, exemption_reason="books"),))
    assert [(v.tax_rule_id, v.outcome, v.reason, v.lost_to) for v in explain(rules, facts)] == [
        (1, "LOST", "REPLACED", 2),
        (2, "APPLIES", None, None),
        (3, "LOST", "OLDER", 2),
        (4, "EXEMPT", "books", None),
        (5, "LOST", "DROPPED_BY_MAPPED", 4),
        (6, "LOST", "BELOW_THRESHOLD", None),
        (7, "LOST", "OTHER_DINING_OPTION", None),
        (8, "LOST", "OTHER_JURISDICTION", None),
        (9, "LOST", "NOT_IN_FORCE", None),
        (10, "LOST", "NOT_MAPPED", None),
    ]
