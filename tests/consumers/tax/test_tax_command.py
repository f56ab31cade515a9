"""`tax compute`: figures, dates, refusals that name the member, exit codes; without broker or database."""

from __future__ import annotations

import copy
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from operators.cli import main

ENQUIRY: dict[str, Any] = {
    "outlet": {
        "country_code": "USA", "state_code": "NY", "county_code": None, "city_code": "NYC",
        "timezone": "America/New_York", "currency": "USD",
    },
    "policy": None,
    "rules": [
        {"tax_rule_id": 7, "country_code": "US", "tax_type": "SALES", "tax_name": "Sales tax", "rate": "0.08875",
         "effective_date": "2020-01-01"},
    ],
    "mappings": [],
    "sale": {
        "transaction_id": 9001, "outlet_id": 3, "occurred_at": "2025-01-10T12:30:05.120-05:00", "currency": "USD",
        "lines": [{"line_id": 1, "product_id": 42, "quantity": "1", "unit_price": "110.00"}],
    },
}  # fmt: skip


def changed(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The enquiry with members set by path, such as `rules.0.rate`; ... removes one."""
    found: Any = copy.deepcopy(ENQUIRY)
    for path, value in changes:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        inner = found
        for step in way:
            inner = inner[step]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return found


def compute(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: dict[str, Any] | str, *options: str
) -> tuple[int, str, str]:
    file = tmp_path / "enquiry.json"
    file.write_text(given if isinstance(given, str) else json.dumps(given))
    code = main(["tax", "compute", str(file), *options])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def answer(capsys: pytest.CaptureFixture[str], tmp_path: Path, given: dict[str, Any] | str) -> dict[str, Any]:
    code, out, err = compute(capsys, tmp_path, given, "--json")
    assert (code, err) == (0, "")
    return dict(json.loads(out))


def test_the_answer_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Others parse exactly these members, amounts as text with the currency's decimals."""
    assert answer(capsys, tmp_path, ENQUIRY) == {
        "net": "110.00",
        "tax": "9.76",
        "gross": "119.76",
        "rows": [
            {
                "line_id": 1, "tax_rule_id": 7, "taxable_amount": "110.00", "tax_rate": "0.08875",
                "tax_amount": "9.76", "exempt_amount": "0.00",
            }
        ],
        "gaps": [],
    }  # fmt: skip


def test_the_answer_as_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A person reads the same figures in columns."""
    _, out, _ = compute(capsys, tmp_path, ENQUIRY)
    assert out.splitlines() == [
        "line  rule  taxable     rate   tax  exempt",
        "   1     7   110.00  0.08875  9.76    0.00",
        "",
        "net 110.00  tax 9.76  gross 119.76",
    ]


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` makes it a filter for other programs."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(ENQUIRY).encode())))
    assert main(["tax", "compute", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["tax"] == "9.76"


@pytest.mark.parametrize(
    ("changes", "tax", "gaps"),
    [
        pytest.param([("rules.0.rate", 0.08875)], "9.76", [], id="rate as a JSON number"),
        pytest.param([("rules.0.rate", 5e-05)], "0.01", [], id="rate as a small JSON number"),
        pytest.param([("rules.0.rate", 1)], "110.00", [], id="rate of 100%"),
        pytest.param([("rules.0.rate", "0.0887500")], "9.76", [], id="trailing zeros"),
        pytest.param([("rules.0.country_code", "USA"), ("outlet.country_code", "US")], "9.76", [], id="alpha-3 rule"),
        pytest.param([("rules.0.id", 7), ("rules.0.tax_rule_id", ...)], "9.76", [], id="id for tax_rule_id"),
        pytest.param([("mappings", ...), ("policy", ...)], "9.76", [], id="neither mappings nor policy"),
        pytest.param([("rules.0.effective_date", None)], "9.76", [], id="open at both ends"),
        pytest.param([("rules", [])], "0.00", ["US"], id="a gap"),
        pytest.param([("rules.0.country_code", "CA")], "0.00", ["US"], id="another country's rule"),
        pytest.param([("rules.0.state_code", "NJ")], "0.00", [], id="another state's rule is no gap"),
        pytest.param([("rules.0.applies_to", "MAPPED")], "0.00", [], id="no mapping is no gap"),
        pytest.param([("policy", {"scope": "LINE", "grouping": "RULE", "mode": "UP"})], "9.77", [], id="policy"),
        pytest.param([("policy", {"mode": "DOWN"})], "9.76", [], id="policy in part"),
        pytest.param(
            [("mappings", [{"product_id": 42, "tax_rule_id": 7, "is_exempt": True, "effective_date": "2025-01-01"}])],
            "0.00", [], id="exempt",
        ),
        pytest.param([("sale.prices_include_tax", True)], "8.97", [], id="inclusive"),
        pytest.param(
            [("outlet.currency", "JPY"), ("sale.currency", "JPY"), ("sale.lines.0.unit_price", "110")], "10", [],
            id="JPY",
        ),
        pytest.param([("outlet.currency", "KWD"), ("sale.currency", "KWD")], "9.763", [], id="KWD"),
    ],
)  # fmt: skip
def test_what_may_be_given(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, changes: list[Any], tax: str, gaps: list[str]
) -> None:
    """Every form the contract allows, with the tax it must come to."""
    found = answer(capsys, tmp_path, changed(*changes))
    assert (found["tax"], found["gaps"]) == (tax, gaps)


@pytest.mark.parametrize(
    ("occurred_at", "zone", "tax"),
    [
        pytest.param("2025-01-01T04:59:59Z", "America/New_York", "0.00", id="still last year in New York"),
        pytest.param("2025-01-01T05:00:00Z", "America/New_York", "9.76", id="midnight in New York"),
        pytest.param("2024-12-31T15:00:00Z", "Asia/Tokyo", "9.76", id="already this year in Tokyo"),
        pytest.param("2025-12-31T23:59:59-05:00", "America/New_York", "9.76", id="the last day is inside"),
        pytest.param("2026-01-01T00:00:00-05:00", "America/New_York", "0.00", id="the day after is not"),
    ],
)
def test_the_date_is_the_outlets(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, occurred_at: str, zone: str, tax: str
) -> None:
    """A rate that changes at midnight changes at the shop's midnight (R1, R50)."""
    given = changed(
        ("sale.occurred_at", occurred_at),
        ("outlet.timezone", zone),
        ("rules.0.effective_date", "2025-01-01"),
        ("rules.0.expiry_date", "2025-12-31"),
    )
    assert answer(capsys, tmp_path, given)["tax"] == tax


def test_rows_come_by_line_sequence_and_rule(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Null sequence first, whatever the order in the file."""
    base = ENQUIRY["rules"][0]
    line = ENQUIRY["sale"]["lines"][0]
    rules = [
        {**base, "tax_rule_id": rule_id, "tax_type": f"T{rule_id}", "sequence": sequence}
        for rule_id, sequence in ((4, 2), (3, 1), (2, None), (1, 1))
    ]
    given = changed(("rules", rules), ("sale.lines", [{**line, "line_id": 2}, {**line, "line_id": 1}]))
    found = [(row["line_id"], row["tax_rule_id"]) for row in answer(capsys, tmp_path, given)["rows"]]
    assert found == [(1, 2), (1, 1), (1, 3), (1, 4), (2, 2), (2, 1), (2, 3), (2, 4)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param("{", "MALFORMED_JSON", id="not JSON"),
        pytest.param("[]", "NOT_AN_OBJECT", id="not an object"),
        pytest.param(changed(("outlet", ...)), "outlet: MISSING_FIELD", id="no outlet"),
        pytest.param(changed(("sale", ...)), "sale: MISSING_FIELD", id="no sale"),
        pytest.param(changed(("outlet.timezone", "Mars/Base")), "outlet.timezone: UNKNOWN_ZONE", id="zone"),
        pytest.param(changed(("outlet.country_code", "ZZ")), "outlet.country_code: UNKNOWN_COUNTRY", id="country"),
        pytest.param(changed(("outlet.currency", "DOLLAR")), "outlet.currency: ", id="currency"),
        pytest.param(changed(("sale.currency", "EUR")), "sale.currency: CURRENCY_MISMATCH", id="another currency"),
        pytest.param(changed(("rules", {})), "rules: WRONG_TYPE", id="rules no array"),
        pytest.param(changed(("rules.0.rate", ...)), "rules[0].rate: MISSING_FIELD", id="no rate"),
        pytest.param(changed(("rules.0.rate", "10")), "rules[0].rate: OUT_OF_RANGE", id="rate of 10"),
        pytest.param(changed(("rules.0.rate", -0.01)), "rules[0].rate: OUT_OF_RANGE", id="negative rate"),
        pytest.param(changed(("rules.0.rate", "8%")), "rules[0].rate: BAD_NUMBER", id="rate in percent"),
        pytest.param(changed(("rules.0.rate", 0.0333333333)), "rules[0].rate: TOO_MANY_DECIMALS", id="long rate"),
        pytest.param(changed(("rules.0.rate", True)), "rules[0].rate: WRONG_TYPE", id="rate as boolean"),
        pytest.param(changed(("rules.0.stacking", "MORE")), "rules[0].stacking: BAD_TEXT", id="stacking"),
        pytest.param(
            changed(("rules.0.effective_date", "01/01/25")), "rules[0].effective_date: BAD_INSTANT", id="date"
        ),
        pytest.param(
            changed(("rules", ENQUIRY["rules"] * 2)), "rules[1].tax_rule_id: DUPLICATE_KEY", id="rule id twice"
        ),
        pytest.param(changed(("mappings", [{"product_id": 42}])), "mappings[0].tax_rule_id: MISSING_FIELD", id="map"),
        pytest.param(changed(("policy", {"mode": "CEIL"})), "policy.mode: BAD_TEXT", id="policy"),
        pytest.param(changed(("sale.lines", [])), "sale.lines: NO_LINES", id="no lines"),
        pytest.param(changed(("sale.lines.0.unit_price", 110.5)), "sale.lines[0].unit_price: WRONG_TYPE", id="float"),
        pytest.param(
            changed(("sale.lines.0.quantity", "0")), "sale.lines[0].quantity: QUANTITY_NOT_POSITIVE", id="quantity 0"
        ),
        pytest.param(
            changed(("sale.occurred_at", "2025-01-10T12:00")), "sale.occurred_at: BAD_INSTANT", id="no offset"
        ),
    ],
)
def test_refusals_name_the_member(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, given: dict[str, Any] | str, said: str
) -> None:
    """Exit 1, nothing on stdout, and the member to correct: a wrong figure in silence would be believed."""
    code, out, err = compute(capsys, tmp_path, given, "--json")
    assert (code, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments", [pytest.param([], id="no file"), pytest.param(["nowhere.json"], id="missing file")]
)
def test_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Exit 2 says the command was called wrongly, not that the sale is wrong."""
    assert main(["tax", "compute", *arguments]) == 2
    assert capsys.readouterr().out == ""


def test_help_shows_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    """The example lines stay lines."""
    assert main(["tax", "compute", "--help"]) == 0
    assert "\n    ./coralserve tax compute sale.json\n" in capsys.readouterr().out
