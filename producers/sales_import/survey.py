"""The first reading of a sales file: which items it names and which transactions cannot be sold whole.

Sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from producers.sales_import.rows import Refusal, Row

MAX_LINES = 500


@dataclass(slots=True)
class Survey:
    """What one reading found out.

    `broken` are transactions with a row that was refused or that are in several places.
    """

    rows: int = 0
    items: set[str] = field(default_factory=set)
    has_missing: bool = False
    split: set[int] = field(default_factory=set)
    broken: set[int] = field(default_factory=set)


def survey(rows: Iterable[Row | Refusal]) -> Survey:
    """Read all rows once. Memory grows with the number of transactions (ids only), not with their lines."""
    found = Survey()
    seen: set[int] = set()
    last: int | None = None
    for row in rows:
        found.rows += 1
        number = row.transaction_id
        if number is not None and number != last:
            if number in seen:
                found.split.add(number)
            seen.add(number)
        last = number
        if isinstance(row, Refusal):
            if number is not None:
                found.broken.add(number)
        elif row.item is None:
            found.has_missing = True
        else:
            found.items.add(row.item)
    return found


def whole_transactions(rows: Iterable[Row | Refusal], found: Survey) -> Iterator[list[Row] | Refusal]:
    """Transactions in file order, each whole (R2: a sale is one event), and a refusal for every row of none."""
    group: list[Row] = []
    for row in rows:
        if group and row.transaction_id != group[0].transaction_id:
            yield group
            group = []
        refusal = _refusal(row, found, already=len(group))
        if refusal is None:
            group.append(row)  # type: ignore[arg-type]
            continue
        if group:
            yield from refuse_all(group, refusal.reason, refusal.field, refusal.detail)
            found.broken.add(group[0].transaction_id)
            group = []
        yield refusal
    if group:
        yield group


def refuse_all(group: Iterable[Row], reason: str, field_name: str, detail: str) -> Iterator[Refusal]:
    """The same refusal for every row of a transaction."""
    for row in group:
        yield Refusal(row.line, reason, field_name, detail, row.transaction_id)


def _refusal(row: Row | Refusal, found: Survey, *, already: int) -> Refusal | None:
    if isinstance(row, Refusal):
        return row
    number = row.transaction_id
    if number in found.split:
        detail = "the transaction's rows are not together: another sale with its number, or a file to sort"
        return Refusal(row.line, "TRANSACTION_SPLIT", "", detail, number)
    if number in found.broken:
        return Refusal(row.line, "TRANSACTION_INCOMPLETE", "", "another row of this transaction is refused", number)
    if already >= MAX_LINES:
        found.broken.add(number)
        return Refusal(row.line, "TOO_MANY_LINES", "", f"a sale has at most {MAX_LINES} lines", number)
    return None
