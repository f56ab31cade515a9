"""I3 Tax: one tax set per accepted sale, its rows sum to its document, and every cent of it can be computed again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from operators.verify.events import digits_of, line_total
from operators.verify.findings import Findings, Invariant
from operators.verify.subscriptions import TAX
from operators.verify.tax_cells import Cell, Policy, exact_cells, half_up, order, shared

if TYPE_CHECKING:
    from operators.verify.world import World

DOCUMENTS = """
SELECT transaction_id, version, outlet_id, currency, net, tax, gross, status FROM coralserve_tax.tax_documents
WHERE transaction_id = ANY($1::bigint[])
"""
ROWS = """
SELECT transaction_id, version, line_id, tax_rule_id, taxable_amount, tax_amount, tax_rate, exempt_amount, outlet_id,
       product_id, currency, kind, adjusts_id, rule_snapshot::text AS snapshot, exemption_reason
FROM coralserve_tax.tax_transactions WHERE transaction_id = ANY($1::bigint[]) AND kind = 'SALE'
"""
COUNTS = """
SELECT (SELECT count(*) FROM coralserve_tax.tax_documents WHERE event_id IS NOT NULL) AS documents,
       (SELECT count(*) FROM coralserve_tax.tax_transactions WHERE event_id IS NOT NULL AND kind = 'SALE') AS rows
"""
POLICIES = "SELECT DISTINCT scope, grouping, mode FROM coralserve_tax.tax_policies"


class Taxes(Invariant):
    """Proves: exactly one document per accepted (transaction, version); net + tax = gross; the line totals of the raw
    sale are its net, or its gross where prices include tax; the rows are of its lines, each (line, rule) once, and sum
    to its tax; bases and taxes are those computed anew from each row's stored rule and the raw line, rounded by the
    default policy or one that was set; no document or row belongs to a sale that is in no topic."""

    name = "I3"
    title = "one tax document per sale; its rows sum to it and compute to the cent"

    async def check(self, world: World, found: Findings) -> None:
        policies = await _policies(world)
        documents_seen = rows_seen = 0
        async for chunk in world.sales("tax"):
            numbers = [event.data["transaction_id"] for event in chunk]
            documents, rows = defaultdict(list), defaultdict(list)
            for row in await world.db.fetch(DOCUMENTS, numbers):
                documents[row["transaction_id"]].append(row)
            for row in await world.db.fetch(ROWS, numbers):
                rows[row["transaction_id"]].append(row)
            documents_seen += sum(map(len, documents.values()))
            rows_seen += sum(map(len, rows.values()))
            for event in chunk:
                number = event.data["transaction_id"]
                self._sale(found, event.data, documents[number], rows[number], policies)
        counts = await world.db.fetchrow(COUNTS)
        found.expect("tax_documents", "rows of accepted sales", expected=documents_seen, found=counts["documents"])
        found.expect("tax_transactions", "rows of accepted sales", expected=rows_seen, found=counts["rows"])

    def _sale(
        self, found: Findings, sale: Any, documents: list[Any], rows: list[Any], policies: Sequence[Policy]
    ) -> None:
        version = sale.get("version") or 1
        key = f"sale {sale['transaction_id']} version {version}"
        if not found.expect(key, "documents", expected=[version], found=[row["version"] for row in documents]):
            return
        [document] = documents
        currency, inclusive = sale["currency"], bool(sale.get("prices_include_tax"))
        total = sum(line_total(line, currency) for line in sale["lines"])
        place = (document["outlet_id"], document["currency"])
        found.expect(key, "outlet and currency", expected=(sale["outlet_id"], currency), found=place)
        found.expect(key, "gross", expected=document["net"] + document["tax"], found=document["gross"])
        side = "gross" if inclusive else "net"
        found.expect(key, f"{side} of its lines", expected=total, found=document[side])
        found.expect(key, "sum of its rows", expected=document["tax"], found=sum(row["tax_amount"] for row in rows))
        if document["status"] == "NO_RULE":
            found.expect(key, "rows where no rule is in force", expected=0, found=len(rows))
        self._rows(found, key, sale, rows, policies)

    def _rows(self, found: Findings, key: str, sale: Any, rows: list[Any], policies: Sequence[Policy]) -> None:
        lines = {line["line_id"]: line for line in sale["lines"]}
        named = [(row["line_id"], row["tax_rule_id"]) for row in rows]
        strange = [pair for pair in named if pair[0] not in lines]
        if strange or len(set(named)) != len(named):
            found.breaks(key, f"rows of lines it does not have, or twice: {strange or sorted(named)}")
            return
        digits = digits_of(sale["currency"])
        by_cell = {}
        for row in rows:
            line = lines[row["line_id"]]
            mine = (line["product_id"], sale["outlet_id"], sale["currency"])
            said = (row["product_id"], row["outlet_id"], row["currency"])
            found.expect(f"{key} line {row['line_id']}", "product, outlet, currency", expected=mine, found=said)
            by_cell[_cell(row, int(line_total(line, sale["currency"]).scaleb(digits)))] = row
        self._cents(found, key, by_cell, policies, digits=digits, inclusive=bool(sale.get("prices_include_tax")))

    def _cents(
        self, found: Findings, key: str, by_cell: dict[Cell, Any], policies: Sequence[Policy], *, digits: int,
        inclusive: bool,
    ) -> None:  # fmt: skip
        cells = sorted(by_cell, key=order)
        exact = []
        for line in dict.fromkeys(cell.line for cell in cells):
            exact += exact_cells(tuple(cell for cell in cells if cell.line == line), inclusive=inclusive)
        for cell, amounts in zip(cells, exact, strict=True):
            row, base = by_cell[cell], Decimal(half_up(amounts.base)).scaleb(-digits)
            figures = (row["taxable_amount"], row["exempt_amount"], row["tax_rate"])
            wanted = (0, base, cell.rate) if cell.exempt else (base, 0, cell.rate)
            cell_key = f"{key} line {cell.line} rule {cell.rule}"
            found.expect(cell_key, "base, exempt base, rate", expected=wanted, found=figures)
        stored = [by_cell[cell]["tax_amount"].scaleb(digits) for cell in cells]
        if not any(shared(cells, exact, policy) == stored for policy in policies):
            default = shared(cells, exact, policies[0])
            wrong = [f"line {c.line} rule {c.rule}: expected {w}, found {s} of the minor unit"
                     for c, w, s in zip(cells, default, stored, strict=True) if w != s]  # fmt: skip
            found.breaks(key, f"tax amounts: {'; '.join(wrong[:3])}")
        found.proves(len(cells))


def _cell(row: Any, total: int) -> Cell:
    rule = _rule(row["snapshot"] or "{}")
    is_exempt = bool(rule.get("is_exempt")) or row["exempt_amount"] != 0 or row["exemption_reason"] is not None
    rate = Fraction(rule["rate"]) if "rate" in rule else Fraction(row["tax_rate"])
    sequence = rule.get("sequence")
    return Cell(
        row["line_id"], row["tax_rule_id"], total, rate, bool(rule.get("is_compound")), sequence, is_exempt
    )  # fmt: skip


@lru_cache(maxsize=4_096)
def _rule(snapshot: str) -> Any:
    return json.loads(snapshot)


async def _policies(world: World) -> list[Policy]:
    """The default, and every policy the raw events or the table name: which one held is not looked up again."""
    found = {Policy(): None}
    async for event in world.taken("tax", TAX, "tax-policy.set"):
        default = Policy()
        found[Policy(*(event.data.get(name) or getattr(default, name) for name in Policy._fields))] = None
    for row in await world.db.fetch(POLICIES):
        found[Policy(row["scope"], row["grouping"], row["mode"])] = None
    return list(found)
