"""What holds for every document, and agreement with a second, slower engine written from the rules' text alone."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.tax.rules.model import Rule
from tests.consumers.tax.build import Line, mapping, rule, tax

RATES = st.integers(0, 250_000).map(lambda n: str(Decimal(n).scaleb(-6)))
POLICIES = st.tuples(
    st.sampled_from(["LINE", "DOCUMENT"]),
    st.sampled_from(["RULE", "AGGREGATE"]),
    st.sampled_from(["HALF_UP", "HALF_EVEN", "UP", "DOWN"]),
)


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """Up to six lines of two products under up to five rules, one product exempt from some of them."""
    digits = draw(st.sampled_from([0, 2, 3]))
    count = draw(st.integers(0, 5))
    rules = [
        rule(
            n,
            draw(RATES),
            is_compound=draw(st.booleans()),
            sequence=draw(st.sampled_from([None, 1, 2])),
            is_exempt=draw(st.integers(0, 5)) == 0,
        )
        for n in range(1, count + 1)
    ]
    exempt = draw(st.sets(st.integers(1, 5)))
    lines = [
        Line(n, draw(st.sampled_from([10, 20])), Decimal(1), Decimal(draw(st.integers(0, 99_999))).scaleb(-digits))
        for n in draw(st.sets(st.integers(1, 30), min_size=1, max_size=6))
    ]
    return {
        "lines": lines,
        "rules": rules,
        "mappings": [mapping(n, 20, n, is_exempt=True) for n in exempt if n <= count],
        "policy": draw(POLICIES),
        "inclusive": draw(st.booleans()),
        "digits": digits,
    }


@given(documents())
@settings(max_examples=150, deadline=None)
def test_rows_sum_to_the_document_and_base_and_tax_to_the_gross(document: dict[str, Any]) -> None:
    """The invariant I3, for any rates, policy and currency; nothing is ever negative."""
    result = tax(**document)
    priced = sum(int(line.total.scaleb(document["digits"])) for line in document["lines"])
    assert sum(amount.tax for amount in result.amounts) == result.tax
    assert result.net + result.tax == result.gross
    assert (result.gross if document["inclusive"] else result.net) == priced
    assert all(min(amount.tax, amount.taxable, amount.exempt) >= 0 for amount in result.amounts)
    assert result.net >= 0


@given(documents(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_lines_and_rules_is_irrelevant(document: dict[str, Any], shuffler: random.Random) -> None:
    """A till may list lines as it likes, a database rows: the cents may not move."""
    shuffled = {**document, "lines": list(document["lines"]), "rules": list(document["rules"])}
    shuffler.shuffle(shuffled["lines"])
    shuffler.shuffle(shuffled["rules"])
    assert _rows(tax(**shuffled)) == _rows(tax(**document))


@given(documents())
@settings(max_examples=250, deadline=None)
def test_agrees_with_a_second_engine(document: dict[str, Any]) -> None:
    """Two engines of different make (Fractions and text-book loops against integer factors) agree to the unit."""
    assert _rows(tax(**document)) == _second_engine(**document)


def _rows(result: Any) -> list[tuple[int, int, int, int, int]]:
    return [(a.line_id, a.charge.rule.id, a.taxable, a.tax, a.exempt) for a in result.amounts]


def _order(rule: Rule) -> tuple[int, int]:
    return (-1 if rule.sequence is None else rule.sequence, rule.id)


def _second_engine(
    *,
    lines: list[Line],
    rules: list[Rule],
    mappings: list[Any],
    policy: tuple[str, str, str],
    inclusive: bool,
    digits: int,
) -> list[tuple[int, int, int, int, int]]:
    cells: dict[tuple[int, tuple[int, int]], tuple[Fraction, Fraction, bool]] = {}
    for line in lines:
        exempt = {r.id for r in rules if r.is_exempt}
        exempt |= {m.tax_rule_id for m in mappings if m.product_id == line.product_id}
        due = [r for r in rules if r.id not in exempt]
        base = Fraction(line.total) * 10**digits
        if inclusive:
            base /= 1 + sum(Fraction(r.rate) for r in due if not r.is_compound)
            for r in due:
                base /= (1 + Fraction(r.rate)) if r.is_compound else 1
        running = base
        for r in sorted(rules, key=lambda r: (r.is_compound, _order(r))):
            own = running if r.is_compound else base
            cell = own * Fraction(r.rate) if r in due else Fraction(0)
            cells[line.line_id, _order(r)] = (own, cell, r not in due)
            running += cell
    scope, grouping, mode = policy
    taxes = dict.fromkeys(cells, 0)
    groups: dict[Any, list[Any]] = {}
    for key in sorted(cells):
        if not cells[key][2]:
            name = (key[0] if scope == "LINE" else None, key[1] if grouping == "RULE" else None)
            groups.setdefault(name, []).append(key)
    for keys in groups.values():
        total = sum(cells[key][1] for key in keys)
        left = _round(total, mode) - sum(cells[key][1] // 1 for key in keys)
        for key in keys:
            taxes[key] = cells[key][1] // 1
        for key in sorted(keys, key=lambda key: (-(cells[key][1] % 1), key))[:left]:
            taxes[key] += 1
    rows = []
    for key in sorted(cells):
        base, _, is_exempt = cells[key]
        rounded = _round(base, "HALF_UP")
        rows.append((key[0], key[1][1], 0 if is_exempt else rounded, taxes[key], rounded if is_exempt else 0))
    return rows


def _round(value: Fraction, mode: str) -> int:
    floor, rest = value // 1, value % 1
    up = {"UP": rest > 0, "DOWN": False, "HALF_UP": rest >= Fraction(1, 2)}.get(mode)
    if up is None:
        up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1)
    return floor + up
