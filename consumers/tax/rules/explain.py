"""Why a line is taxed as it is: every rule looked at, and why it won or lost (R60)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from consumers.tax.rules.model import Rule
from consumers.tax.rules.scope import Case, Charge, Loss, judge

APPLIES, EXEMPT, LOST = "APPLIES", "EXEMPT", "LOST"


class Verdict(Struct, frozen=True):
    """What became of one rule for one line. `reason` is a code of `scope.py` where it lost, else the exemption's."""

    tax_rule_id: int
    tax_type: str
    tax_name: str
    level: str
    outcome: str
    reason: str | None = None
    lost_to: int | None = None


def explain(rules: Iterable[Rule], case: Case) -> tuple[Verdict, ...]:
    """A verdict on every rule of the case's country, in rule id order; the same steps as the tax itself (R50, R51)."""
    rules = tuple(rule for rule in rules if rule.country_code == case.place.country_code)
    charges, lost = judge(rules, case)
    won = {charge.rule.id: charge for charge in charges}
    return tuple(
        _lost(rule, lost[rule.id]) if rule.id in lost else _won(won[rule.id])
        for rule in sorted(rules, key=lambda rule: rule.id)
    )


def _lost(rule: Rule, loss: Loss) -> Verdict:
    return Verdict(rule.id, rule.tax_type, rule.tax_name, rule.level.name, LOST, loss.reason, loss.to_rule_id)


def _won(charge: Charge) -> Verdict:
    rule, outcome = charge.rule, EXEMPT if charge.is_exempt else APPLIES
    return Verdict(rule.id, rule.tax_type, rule.tax_name, rule.level.name, outcome, charge.exemption_reason)
