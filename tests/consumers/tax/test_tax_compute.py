"""The worked examples of R52–R56: exact cells, one rounding, largest remainder."""

from __future__ import annotations

import pytest

from tests.consumers.tax.build import line, mapping, rule, tax, taxes

AVALARA = [line(1, "40.80"), line(2, "1.98"), line(3, "14.99")]


@pytest.mark.parametrize(
    ("gross", "rates", "net", "by_rule"),
    [
        pytest.param("52.50", {"0.12": False}, 4687, [563], id="12% in 52.50 (R0)"),
        pytest.param("124.40", {"0.08": False}, 11519, [921], id="8% in 124.40 (R53)"),
        pytest.param("115.50", {"0.10": False, "0.05": True}, 10000, [1000, 550], id="compound inside"),
        pytest.param("100.00", {"0": False}, 10000, [0], id="zero rate"),
    ],
)
def test_prices_that_include_tax(gross: str, rates: dict[str, bool], net: int, by_rule: list[int]) -> None:
    """The gross on the price tag is what the guest pays: only the split may be computed (R53)."""
    rules = [rule(n, rate, is_compound=compound) for n, (rate, compound) in enumerate(rates.items(), 1)]
    document = tax([line(1, gross)], rules, inclusive=True)
    assert (document.net, [amount.tax for amount in document.amounts]) == (net, by_rule)
    assert document.gross == document.net + document.tax


def test_compound_tax_is_on_the_base_and_all_taxes_before() -> None:
    """A tax on a tax misplaced by one step is wrong in every receipt of that country (R52)."""
    document = tax([line(1, "100")], [rule(1, "0.05", is_compound=True), rule(2, "0.10")])
    assert taxes(document) == {(1, 2): 1000, (1, 1): 550}
    assert {amount.charge.rule.id: amount.taxable for amount in document.amounts} == {1: 11000, 2: 10000}


def test_compound_taxes_follow_their_sequence_not_their_id() -> None:
    """Two compound taxes differ by which comes first: sequence (null first), then id (R52)."""
    rules = [
        rule(1, "0.10", is_compound=True, sequence=2),
        rule(2, "0.20", is_compound=True, sequence=1),
        rule(3, "0.50", is_compound=True),
    ]
    document = tax([line(1, "100")], rules)
    assert [(a.charge.rule.id, a.taxable, a.tax) for a in document.amounts] == [
        (3, 10000, 5000),
        (2, 15000, 3000),
        (1, 18000, 1800),
    ]


def test_quebec() -> None:
    """A rate of five decimals survives: 9.975% of 100 is 9.98 (R54)."""
    assert taxes(tax([line(1, "100")], [rule(1, "0.05"), rule(2, "0.09975")])) == {(1, 1): 500, (1, 2): 998}


@pytest.mark.parametrize(
    ("scope", "grouping", "expected"),
    [
        pytest.param("LINE", "RULE", 519, id="LINE RULE"),
        pytest.param("LINE", "AGGREGATE", 520, id="LINE AGGREGATE"),
        pytest.param("DOCUMENT", "RULE", 520, id="DOCUMENT RULE"),
        pytest.param("DOCUMENT", "AGGREGATE", 520, id="DOCUMENT AGGREGATE"),
    ],
)
def test_avalara(scope: str, grouping: str, expected: int) -> None:
    """Where the rounding happens is worth a cent, and jurisdictions prescribe it (R54)."""
    document = tax(AVALARA, [rule(1, "0.065"), rule(2, "0.025")], policy=(scope, grouping, "HALF_UP"))
    assert document.tax == expected == sum(amount.tax for amount in document.amounts)


def test_new_york_city_document_aggregate() -> None:
    """The missing cent goes to the largest exact remainder, here the smallest tax (R54)."""
    rules = [rule(1, "0.04"), rule(2, "0.045"), rule(3, "0.00375")]
    document = tax([line(1, "36.90")], rules, policy=("DOCUMENT", "AGGREGATE", "HALF_UP"))
    assert [amount.tax for amount in document.amounts] == [147, 166, 14]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param("HALF_UP", {"0.50": 3, "1.50": 8, "0.41": 2}, id="HALF_UP"),
        pytest.param("HALF_EVEN", {"0.50": 2, "1.50": 8, "0.41": 2}, id="HALF_EVEN"),
        pytest.param("UP", {"0.50": 3, "1.50": 8, "0.41": 3, "1.00": 5}, id="UP"),
        pytest.param("DOWN", {"0.50": 2, "1.50": 7, "0.41": 2, "1.00": 5}, id="DOWN"),
    ],
)
def test_modes(mode: str, expected: dict[str, int]) -> None:
    """Each mode at the half and off it: 5% of 0.50, 1.50, 0.41, 1.00 is 2.5, 7.5, 2.05, 5 cents (R54)."""
    for total, cents in expected.items():
        assert tax([line(1, total)], [rule(1, "0.05")], policy=("LINE", "RULE", mode)).tax == cents, total


def test_ties_go_to_the_lower_line_then_sequence_with_null_first_then_rule_id() -> None:
    """Equal remainders need one order, or two workers differ by a cent (R54)."""
    by_line = tax([line(2, "0.05"), line(1, "0.05")], [rule(1, "0.10")])
    assert taxes(by_line) == {(1, 1): 1, (2, 1): 0}
    rules = [rule(1, "0.10", sequence=1), rule(2, "0.10", sequence=5), rule(3, "0.10"), rule(4, "0.10")]
    by_rule = tax([line(1, "0.05")], rules, policy=("LINE", "AGGREGATE", "HALF_UP"))
    assert taxes(by_rule) == {(1, 3): 1, (1, 4): 1, (1, 1): 0, (1, 2): 0}


def test_lines_under_different_rules_share_one_document_group() -> None:
    """Cells of different denominators are compared exactly: 1/3 and 1/7 of a price have no common decimals (R54)."""
    rules = [
        rule(1, "0.10", "FOOD", applies_to="MAPPED"),
        rule(2, "0.07", "DRINK", applies_to="MAPPED"),
        rule(3, "0.03", "CITY", is_compound=True),
    ]
    mappings = [mapping(1, 10, 1), mapping(2, 20, 2)]
    lines = [line(1, "10.00", product=10), line(2, "10.00", product=20)]
    document = tax(lines, rules, mappings=mappings, inclusive=True, policy=("DOCUMENT", "AGGREGATE", "HALF_UP"))
    # 10 ÷ 1.133 → 0.882613 + 0.291262; 10 ÷ 1.1021 → 0.635151 + 0.291262; sum 2.100288
    assert taxes(document) == {(1, 1): 88, (1, 3): 29, (2, 2): 64, (2, 3): 29}
    assert (document.tax, document.net, document.gross) == (210, 1790, 2000)


@pytest.mark.parametrize(
    ("digits", "total", "rate", "expected"),
    [
        pytest.param(0, "1250", "0.08", 100, id="JPY"),
        pytest.param(0, "99", "0.08", 8, id="JPY rounds to whole yen"),
        pytest.param(3, "1.234", "0.05", 62, id="KWD keeps three decimals"),
    ],
)
def test_minor_units(digits: int, total: str, rate: str, expected: int) -> None:
    """A yen has no cents and a dinar a thousand fils (R0)."""
    assert tax([line(1, total)], [rule(1, rate)], digits=digits).tax == expected


def test_clothing_threshold() -> None:
    """Below 110 a piece no tax and no row; at 110.00 it is due in full (R55)."""
    rules = [rule(1, "0.08875", unit_price_threshold="110")]
    below = tax([line(1, "120", quantity="2")], rules)
    assert (below.tax, below.amounts) == (0, [])
    assert tax([line(1, "110.00")], rules).tax == 976
    assert tax([line(1, "109.99")], rules).amounts == []
    assert tax([line(1, "219.99", quantity="2")], rules).amounts == []


def test_a_line_of_total_zero_writes_rows_of_zero() -> None:
    """A free item was sold: its row says so (R56)."""
    document = tax([line(1, "0.00")], [rule(1, "0.10"), rule(2, "0.05")])
    assert [(a.taxable, a.tax, a.exempt) for a in document.amounts] == [(0, 0, 0), (0, 0, 0)]


def test_exempt_rows_take_no_part_in_a_group() -> None:
    """An exempt cell neither gets nor gives a cent, and adds nothing to what a compound tax is on (R51, R54)."""
    rules = [rule(1, "0.10"), rule(2, "0.05", is_exempt=True, description="charity"), rule(3, "0.10", is_compound=True)]
    document = tax([line(1, "100")], rules, policy=("DOCUMENT", "AGGREGATE", "HALF_UP"))
    assert [(a.charge.rule.id, a.taxable, a.tax, a.exempt) for a in document.amounts] == [
        (1, 10000, 1000, 0),
        (2, 0, 0, 10000),
        (3, 11000, 1100, 0),
    ]
    assert document.amounts[1].charge.exemption_reason == "charity"


def test_an_exempt_rule_is_not_in_an_inclusive_price() -> None:
    """What was not charged cannot be taken out of the price: net* divides by the taxes due only (R51, R53)."""
    exempted = [mapping(1, 42, 1, is_exempt=True, exemption_reason="export")]
    document = tax([line(1, "110")], [rule(1, "0.20"), rule(2, "0.10")], mappings=exempted, inclusive=True)
    assert [(a.charge.rule.id, a.taxable, a.tax, a.exempt) for a in document.amounts] == [
        (1, 0, 0, 10000),
        (2, 10000, 1000, 0),
    ]
    assert (document.net, document.gross) == (10000, 11000)
