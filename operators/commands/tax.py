"""`tax compute`: the tax of one sale from a file, without broker or database. The rules are in consumers/tax."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from operators.errors import OperatorError

COLUMNS = {
    "line_id": "line",
    "tax_rule_id": "rule",
    "taxable_amount": "taxable",
    "tax_rate": "rate",
    "tax_amount": "tax",
    "exempt_amount": "exempt",
}
HINT = "correct it and run this again; `./coralserve tax compute --help` shows the form"

app = typer.Typer(help="The tax engine.", add_completion=False, no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def group() -> None:
    """The tax engine."""


@app.command()
def compute(
    file: Annotated[
        Path, typer.Argument(help="JSON file, or - for stdin.", exists=True, dir_okay=False, allow_dash=True)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Compute the tax of a sale from a file. Needs neither broker nor database.

    \b
    The file holds one JSON object:

    \b
      outlet    country_code, state_code, county_code, city_code, timezone, currency
      policy    scope LINE|DOCUMENT, grouping RULE|AGGREGATE, mode HALF_UP|HALF_EVEN|UP|DOWN; or null
      rules     tax_rule_id and the columns of tax_rules; rate is a fraction: "0.08875"
      mappings  product_id, tax_rule_id, is_exempt, exemption_reason, effective_date, expiry_date
      sale      the data of a pos.sale.completed

    \b
    Examples:

    \b
      ./coralserve tax compute sale.json
      ./coralserve tax compute --json - < sale.json
    """
    found = _computed(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes())
    if as_json:
        print(json.dumps(found, indent=2))
        return
    print("\n".join(_table(found)))


def _computed(raw: bytes) -> dict[str, Any]:
    from consumers.tax import enquiry
    from schemas.errors import Reject

    try:
        return enquiry.answer(enquiry.read(raw))
    except Reject as refusal:
        where = f"{refusal.field}: " if refusal.field else ""
        detail = f", {refusal.detail}" if refusal.detail else ""
        raise OperatorError(f"{where}{refusal.reason}{detail}\n  {HINT}") from None


def _table(found: Mapping[str, Any]) -> Sequence[str]:
    """The rows in columns, then the document; and what is missing, if no rule was in force."""
    cells = [list(COLUMNS.values())] + [[str(row[name]) for name in COLUMNS] for row in found["rows"]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    lines += ["", f"net {found['net']}  tax {found['tax']}  gross {found['gross']}"]
    lines += [f"no tax rule of {country} was in force that day" for country in found["gaps"]]
    return lines
