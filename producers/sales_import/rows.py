"""A sales file, row by row: each row is a sold line or a refusal with its line number. Keeps one row in memory."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from producers.ids import stable_number
from producers.sales_import.local_time import Unreadable, reader
from producers.sales_import.mapping import Map, MapError

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
WHOLE = re.compile(r"[0-9]{1,18}")
HASHED_SPAN = 2**52


class Row(NamedTuple):
    """One sold line. `item` is None where the file names none; `price` None where the map decides."""

    line: int
    transaction_id: int
    at: datetime
    adjusted: str
    item: str | None
    quantity: Decimal
    price: Decimal | None
    discount: Decimal
    cashier_id: int | None


class Refusal(NamedTuple):
    """A row that cannot be sold: line of the file (the header is 1), reason, column, and its transaction."""

    line: int
    reason: str
    field: str
    detail: str
    transaction_id: int | None = None


def read_rows(path: Path, found: Map) -> Iterator[Row | Refusal]:
    """Rows in file order. Raises MapError where the header lacks a mapped column."""
    with path.open(encoding=found.file.encoding, errors="surrogateescape", newline="") as text:
        lines = csv.reader(text, delimiter=found.file.delimiter, strict=True)
        parse = _Parser(found, _header(lines, found))
        while True:
            first = lines.line_num + 1
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                last = f", read up to line {lines.line_num}" if lines.line_num > first else ""
                yield Refusal(first, "ROW_MALFORMED", "", f"{error}{last}")
                continue
            if cells:
                yield parse(first, cells)


def _header(lines: Iterator[list[str]], found: Map) -> list[str]:
    try:
        header = [name.strip() for name in next(lines)]
    except (StopIteration, csv.Error) as error:
        raise MapError("The file has no header row") from error
    absent = [name for name in found.columns.used() if name not in header]
    if absent:
        raise MapError(f"The file has no column {', '.join(map(repr, absent))}; it has {', '.join(map(repr, header))}")
    twice = [name for name in found.columns.used() if header.count(name) > 1]
    if twice:
        raise MapError(f"The file has several columns named {', '.join(map(repr, twice))}")
    return header


class _Parser:
    """Cells to a row or a refusal; the checks in the order a person would read the row."""

    def __init__(self, found: Map, header: list[str]) -> None:
        self._map = found
        self._width = len(header)
        self._at = {name: header.index(name) for name in found.columns.used()}
        self._moment = reader(found)
        self._missing = frozenset(value.strip() for value in found.missing.values) | {""}
        self._cashiers = {key: who.user_id for who in found.cashiers for key in (who.username, str(who.user_id))}

    def __call__(self, line: int, cells: list[str]) -> Row | Refusal:
        if len(cells) != self._width:
            return Refusal(line, "ROW_MALFORMED", "", f"{len(cells)} cells where the header has {self._width}")
        columns = self._map.columns
        key = cells[self._at[columns.transaction]].strip()
        number = self._number(key)
        if number is None:
            said = f"{key[:40]!r} is no transaction number"
            return Refusal(line, "TRANSACTION_UNREADABLE", columns.transaction, said)
        try:
            return self._row(line, number, cells)
        except Unreadable as error:
            return Refusal(line, error.reason, error.field, str(error), number)

    def _number(self, key: str) -> int | None:
        rule = self._map.transactions
        if rule.numbering == "hashed":
            return stable_number(self._map.source, key, span=HASHED_SPAN) + 1 + rule.add if key else None
        return int(key) + rule.add if WHOLE.fullmatch(key) else None

    def _row(self, line: int, number: int, cells: list[str]) -> Row:
        columns = self._map.columns
        if columns.datetime:
            moment = self._moment(self._cell(cells, columns.datetime), "")
        else:
            moment = self._moment(self._cell(cells, columns.date), self._cell(cells, columns.time))
        return Row(
            line=line,
            transaction_id=number,
            at=moment.at,
            adjusted=moment.adjusted,
            item=self._item(cells),
            quantity=self._decimal(cells, columns.quantity, "QUANTITY_UNREADABLE") or Decimal(1),
            price=self._decimal(cells, columns.price, "PRICE_UNREADABLE"),
            discount=self._discount(cells),
            cashier_id=self._cashier(cells),
        )

    def _cell(self, cells: list[str], column: str) -> str:
        return cells[self._at[column]]

    def _item(self, cells: list[str]) -> str | None:
        column = self._map.columns.item
        text = self._cell(cells, column)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                encoding = self._map.file.encoding
                raise Unreadable(column, f"{text[:40]!a} is not {encoding}", reason="BAD_ENCODING") from error
            text = unicodedata.normalize("NFC", text)
        text = text.strip()
        return None if text in self._missing else text

    def _decimal(self, cells: list[str], column: str, reason: str) -> Decimal | None:
        """None where the file has no such column; an empty cell of a column that exists is refused, never guessed."""
        if not column:
            return None
        text = self._cell(cells, column).strip()
        if not NUMBER.fullmatch(text):
            raise Unreadable(column, f"{text[:40]!r} is no decimal number", reason=reason)
        value = Decimal(text)
        if value < 0 or (column == self._map.columns.quantity and value == 0):
            raise Unreadable(column, f"{text} is out of range: returns and gifts are not sales", reason=reason)
        return value

    def _discount(self, cells: list[str]) -> Decimal:
        """An empty cell is no discount."""
        column = self._map.columns.discount
        if not column or not self._cell(cells, column).strip():
            return Decimal(0)
        return self._decimal(cells, column, "DISCOUNT_UNREADABLE") or Decimal(0)

    def _cashier(self, cells: list[str]) -> int | None:
        column = self._map.columns.cashier
        if not column:
            return self._map.cashiers[0].user_id if self._map.cashiers else None
        name = self._cell(cells, column).strip()
        if name not in self._cashiers:
            raise Unreadable(column, f"{name[:40]!r} is not among the map's cashiers", reason="UNKNOWN_CASHIER")
        return self._cashiers[name]
