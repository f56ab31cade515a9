"""I4 Money, the till's part: the ledger holds the till's figures, and what tax differs by is exactly the variances."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from operators.verify.events import line_total, number
from operators.verify.findings import Findings, Invariant

if TYPE_CHECKING:
    from operators.verify.world import World

TRANSACTIONS = """
SELECT id, outlet_id, currency, version, tax_amount, total_amount, tip_amount, rounding_amount, cashier_id
FROM smartoutlet_pos.transactions WHERE id = ANY($1::bigint[]) AND transaction_type = 'SALE'
"""
ITEMS = """
SELECT transaction_id, line_id, product_id, quantity, unit_price, discount_amount, final_price
FROM smartoutlet_pos.transaction_items WHERE transaction_id = ANY($1::bigint[])
"""
PAYMENTS = """
SELECT transaction_id, method, amount FROM smartoutlet_pos.payments WHERE transaction_id = ANY($1::bigint[])
ORDER BY transaction_id, payment_number
"""
VARIANCES = """
SELECT d.transaction_id, d.version, d.tax, v.till_tax, v.computed_tax, v.difference
FROM coralserve_tax.tax_documents AS d
LEFT JOIN coralserve_tax.tax_variances AS v ON (v.transaction_id, v.version) = (d.transaction_id, d.version)
WHERE d.transaction_id = ANY($1::bigint[])
"""
COUNT = """
SELECT count(*) FROM smartoutlet_pos.transactions WHERE event_id IS NOT NULL AND transaction_type = 'SALE'
"""
LOOSE_VARIANCES = """
SELECT v.transaction_id, v.version FROM coralserve_tax.tax_variances AS v
LEFT JOIN coralserve_tax.tax_documents AS d ON (d.transaction_id, d.version) = (v.transaction_id, v.version)
WHERE d.transaction_id IS NULL
"""


class Money(Invariant):
    """Proves: the ledger's transaction, lines and payments are the till's, figure by figure, each sale once; payments
    add up to gross + tip + rounding; where the till sent a tax, the difference to the computed one is exactly the
    variance kept, and no variance is kept where there is none."""

    name = "I4"
    title = "the ledger holds the till's figures; tax differs by exactly the variances"

    async def check(self, world: World, found: Findings) -> None:
        seen = 0
        async for chunk in world.sales("ledger"):
            numbers = [event.data["transaction_id"] for event in chunk]
            transactions = await _grouped(world, TRANSACTIONS, numbers, "id")
            items = await _grouped(world, ITEMS, numbers, "transaction_id")
            payments = await _grouped(world, PAYMENTS, numbers, "transaction_id")
            for event in chunk:
                number_ = event.data["transaction_id"]
                seen += len(transactions[number_])
                self._sale(found, event.data, transactions[number_], items[number_], payments[number_])
        found.expect("transactions", "rows of accepted sales", expected=seen, found=await world.db.fetchval(COUNT))
        async for chunk in world.sales("tax"):
            numbers = [event.data["transaction_id"] for event in chunk]
            documents = await _grouped(world, VARIANCES, numbers, "transaction_id")
            for event in chunk:
                _variance(found, event.data, documents[event.data["transaction_id"]])
        for row in await world.db.fetch(LOOSE_VARIANCES):
            found.breaks(f"sale {row['transaction_id']} version {row['version']}", "a variance without a document")

    def _sale(self, found: Findings, sale: Any, rows: list[Any], items: list[Any], payments: list[Any]) -> None:
        key, totals = f"sale {sale['transaction_id']}", sale.get("totals") or {}
        if not found.expect(key, "transactions", expected=1, found=len(rows)):
            return
        [row] = rows
        place = (row["outlet_id"], row["currency"], row["cashier_id"])
        wanted = (sale["outlet_id"], sale["currency"], sale.get("cashier_id"))
        found.expect(key, "outlet, currency, cashier", expected=wanted, found=place)
        found.expect(key, "tax of the till", expected=_amount(totals, "tax"), found=row["tax_amount"])
        for member, column in (("gross", "total_amount"), ("tip", "tip_amount"), ("rounding", "rounding_amount")):
            if totals.get(member) is not None:
                found.expect(key, member, expected=_amount(totals, member), found=row[column])
        lines = {line["line_id"]: _figures(line, sale["currency"]) for line in sale["lines"]}
        held = {item["line_id"]: tuple(item.values())[2:] for item in items}
        found.expect(key, "lines", expected=lines, found=held)
        tenders = [(payment["method"], number(payment["amount"])) for payment in sale.get("payments") or ()]
        found.expect(key, "payments", expected=tenders, found=[(row["method"], row["amount"]) for row in payments])
        if tenders and totals.get("gross") is not None:
            due = sum(_amount(totals, name) or Decimal(0) for name in ("gross", "tip", "rounding"))
            found.expect(key, "sum of payments", expected=due, found=sum(amount for _, amount in tenders))


def _variance(found: Findings, sale: Any, documents: list[Any]) -> None:
    till = _amount(sale.get("totals") or {}, "tax")
    for row in documents:
        key = f"sale {sale['transaction_id']} version {row['version']}"
        differs = till is not None and till != row["tax"]
        wanted = (till, row["tax"], (till or 0) - row["tax"]) if differs else (None, None, None)
        kept = (row["till_tax"], row["computed_tax"], row["difference"])
        found.expect(key, "variance (till, computed, difference)", expected=wanted, found=kept)


def _figures(line: Any, currency: str) -> tuple[Any, ...]:
    discount = number(line.get("discount") or 0)
    price = number(line["unit_price"])
    return line["product_id"], number(line["quantity"]), price, discount, line_total(line, currency)


def _amount(totals: Any, name: str) -> Decimal | None:
    return None if totals.get(name) is None else number(totals[name])


async def _grouped(world: World, query: str, numbers: list[int], column: str) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in await world.db.fetch(query, numbers):
        found[row[column]].append(row)
    return found
