"""Which rules a line falls under, and why every other one lost: R50 in its order, R51, R60."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction

from msgspec import Struct

from consumers.tax.rules.model import MAPPED, REPLACE, Level, Mapping, Place, Rule


class Case(Struct, frozen=True):
    """What the choice of rules depends on. `mappings` are those of the line's product, of any date."""

    place: Place
    day: date
    mappings: tuple[Mapping, ...]
    dining_option: str | None
    unit_price: Fraction
    """The line's total ÷ quantity, exact (R50.3)."""


class Charge(Struct, frozen=True):
    """A rule that won for a line; an exempt one writes a row of tax 0 (R51)."""

    rule: Rule
    is_exempt: bool = False
    exemption_reason: str | None = None


class Loss(Struct, frozen=True):
    """Why a rule has no row: a reason code, and the rule it lost to where there is one (R60)."""

    reason: str
    to_rule_id: int | None = None


Losses = dict[int, Loss]


def judge(rules: Iterable[Rule], case: Case) -> tuple[tuple[Charge, ...], Losses]:
    """Apply R50 (1)–(5) in order, then R51. Charges come in (sequence with null first, id) order."""
    standing, lost = list(rules), {}
    for step in STEPS:
        losses = step(standing, case)
        lost.update(losses)
        standing = [rule for rule in standing if rule.id not in losses]
    charges = (_charge(rule, case) for rule in sorted(standing, key=lambda rule: rule.order))
    return tuple(charges), lost


def has_rules(rules: Iterable[Rule], country_code: str, day: date) -> bool:
    """Whether any rule of the country is in force that day, at any level, conditions and mappings aside (R56)."""
    return any(rule.country_code == country_code and rule.in_force(day) for rule in rules)


def outside_scope(standing: Sequence[Rule], case: Case) -> Losses:
    """(1) Other places, other days, inactive rules."""
    losses = {}
    for rule in standing:
        if not rule.covers(case.place):
            losses[rule.id] = Loss("OTHER_JURISDICTION")
        elif not rule.in_force(case.day):
            losses[rule.id] = Loss("NOT_IN_FORCE")
    return losses


def unmapped(standing: Sequence[Rule], case: Case) -> Losses:
    """(2) MAPPED rules count only for mapped products and then drop the ALL rules of their type and level."""
    mapped_ids = {mapping.tax_rule_id for mapping in case.mappings if mapping.in_force(case.day)}
    mapped: dict[tuple[str, Level], int] = {}
    for rule in standing:
        if rule.applies_to == MAPPED and rule.id in mapped_ids:
            mapped.setdefault((rule.tax_type, rule.level), rule.id)
    losses = {}
    for rule in standing:
        if rule.applies_to == MAPPED:
            if rule.id not in mapped_ids:
                losses[rule.id] = Loss("NOT_MAPPED")
        elif (rule.tax_type, rule.level) in mapped:
            losses[rule.id] = Loss("DROPPED_BY_MAPPED", mapped[rule.tax_type, rule.level])
    return losses


def unmet(standing: Sequence[Rule], case: Case) -> Losses:
    """(3) Conditions: the dining option and the price a unit."""
    losses = {}
    for rule in standing:
        if rule.dining_option is not None and rule.dining_option != case.dining_option:
            losses[rule.id] = Loss("OTHER_DINING_OPTION")
        elif rule.unit_price_threshold is not None and case.unit_price < Fraction(rule.unit_price_threshold):
            losses[rule.id] = Loss("BELOW_THRESHOLD")
    return losses


def older(standing: Sequence[Rule], case: Case) -> Losses:
    """(4) Per type and level the newest effective date wins, then the highest id."""
    newest: dict[tuple[str, Level], Rule] = {}
    for rule in sorted(standing, key=lambda rule: (rule.effective_date or date.min, rule.id)):
        newest[rule.tax_type, rule.level] = rule
    winners = {rule.id for rule in newest.values()}
    return {rule.id: Loss("OLDER", newest[rule.tax_type, rule.level].id) for rule in standing if rule.id not in winners}


def replaced(standing: Sequence[Rule], case: Case) -> Losses:
    """(5) REPLACE drops every rule of its type at broader levels."""
    losses = {}
    for rule in standing:
        for other in standing:
            if other.stacking == REPLACE and other.tax_type == rule.tax_type and other.level > rule.level:
                losses[rule.id] = Loss("REPLACED", other.id)
    return losses


STEPS: tuple[Callable[[Sequence[Rule], Case], Losses], ...] = (outside_scope, unmapped, unmet, older, replaced)


def _charge(rule: Rule, case: Case) -> Charge:
    """An exempt mapping of its days turns exactly its rule into an exempt charge; `is_exempt` rules are one (R51)."""
    exempting = [m for m in case.mappings if m.is_exempt and m.tax_rule_id == rule.id and m.in_force(case.day)]
    if exempting:
        newest = max(exempting, key=lambda m: (m.effective_date or date.min, m.id))
        return Charge(rule, is_exempt=True, exemption_reason=newest.exemption_reason)
    if rule.is_exempt:
        return Charge(rule, is_exempt=True, exemption_reason=rule.description)
    return Charge(rule)
