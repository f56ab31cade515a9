"""Rows of a sales file: whatever is odd in it is refused by line number and reason; nothing is lost silently."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from producers.sales_import.mapping import MapError, parse_map
from producers.sales_import.rows import Refusal, Row, read_rows
from producers.sales_import.survey import survey, whole_transactions

HEADER = "date,time,transaction,item\n"
FULL_HEADER = "when,transaction,item,qty,price,off,who\n"


def rows_of(path: Path, map_text: str, content: str | bytes, *, header: str = HEADER) -> list[Row | Refusal]:
    """Everything one file yields."""
    raw = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(header.encode() + raw)
    return list(read_rows(path, parse_map(map_text)))


@pytest.fixture
def full_map(small_map: str) -> str:
    """A map that uses every column."""
    columns = """
[columns]
datetime = "when"
transaction = "transaction"
item = "item"
quantity = "qty"
price = "price"
discount = "off"
cashier = "who"
[formats]
datetime = "%d/%m/%Y %H:%M"
"""
    start, end = small_map.index("[columns]"), small_map.index("[transactions]")
    return small_map[:start] + columns + small_map[end:] + '[[cashiers]]\nuser_id = 5\nusername = "ann"\n'


@pytest.mark.parametrize(
    ("line", "reason", "field"),
    [
        pytest.param("2016-10-30,09:58:11,1", "ROW_MALFORMED", "", id="a cell short"),
        pytest.param("2016-10-30,09:58:11,1,Tea,x", "ROW_MALFORMED", "", id="a cell too many"),
        pytest.param('2016-10-30,09:58:11,1,"Tea"s', "ROW_MALFORMED", "", id="broken quotes"),
        pytest.param("2016-13-30,09:58:11,1,Tea", "TIME_UNREADABLE", "date", id="month 13"),
        pytest.param("2016-10-30,24:00:00,1,Tea", "TIME_UNREADABLE", "time", id="hour 24"),
        pytest.param(",09:58:11,1,Tea", "TIME_UNREADABLE", "date", id="no date"),
        pytest.param("2016-10-30,09:58:11,,Tea", "TRANSACTION_UNREADABLE", "transaction", id="no transaction"),
        pytest.param("2016-10-30,09:58:11,1.5,Tea", "TRANSACTION_UNREADABLE", "transaction", id="no whole number"),
        pytest.param("2016-10-30,09:58:11,-1,Tea", "TRANSACTION_UNREADABLE", "transaction", id="negative"),
        pytest.param("2016-10-30,09:58:11,１,Tea", "TRANSACTION_UNREADABLE", "transaction", id="full-width digit"),
        pytest.param(b"2016-10-30,09:58:11,1,Caf\xe9", "BAD_ENCODING", "item", id="not UTF-8"),
    ],
)
def test_an_odd_row_is_refused_by_line(
    tmp_path: Path, small_map: str, line: str | bytes, reason: str, field: str
) -> None:
    """The line number must be the one an editor shows, the reason one a person can act on."""
    raw = line if isinstance(line, bytes) else line.encode()
    good = b"2016-10-30,09:58:11,9,Bread\n"
    found = rows_of(tmp_path / "sales.csv", small_map, good + raw + b"\n" + good)
    assert [type(row) for row in found] == [Row, Refusal, Row]
    assert (found[1].line, found[1].reason, found[1].field) == (3, reason, field)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("cell", "item"),
    [
        pytest.param("NONE", None, id="the map's word for nothing"),
        pytest.param("", None, id="empty"),
        pytest.param("  ", None, id="blank"),
        pytest.param("Tea ", "Tea", id="trailing blank"),
        pytest.param('"Salt, Pepper"', "Salt, Pepper", id="quoted comma"),
        pytest.param("Cafe\u0301", "Café", id="normalised to NFC"),
        pytest.param("none", "none", id="case counts"),
    ],
)
def test_items_are_read(tmp_path: Path, small_map: str, cell: str, item: str | None) -> None:
    """Two spellings of one name would be two products."""
    (row,) = rows_of(tmp_path / "sales.csv", small_map, f"2016-10-30,09:58:11,1,{cell}\n")
    assert isinstance(row, Row)
    assert row.item == item


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        pytest.param("30/10/2016 09:58,1,Tea,2,1.90,0.50,ann", "", id="all there"),
        pytest.param("30/10/2016 09:58,1,Tea,2,1.90,,ann", "", id="an empty discount is none"),
        pytest.param("30/10/2016 09:58,1,Tea,2,1.90,,5", "", id="cashier by number"),
        pytest.param("30/10/2016 09:58,1,Tea,,1.90,,ann", "QUANTITY_UNREADABLE", id="empty quantity"),
        pytest.param("30/10/2016 09:58,1,Tea,0,1.90,,ann", "QUANTITY_UNREADABLE", id="quantity 0"),
        pytest.param("30/10/2016 09:58,1,Tea,-1,1.90,,ann", "QUANTITY_UNREADABLE", id="a return"),
        pytest.param("30/10/2016 09:58,1,Tea,1e3,1.90,,ann", "QUANTITY_UNREADABLE", id="exponent"),
        pytest.param('30/10/2016 09:58,1,Tea,1,"1,90",,ann', "PRICE_UNREADABLE", id="decimal comma"),
        pytest.param("30/10/2016 09:58,1,Tea,1,NaN,,ann", "PRICE_UNREADABLE", id="NaN"),
        pytest.param("30/10/2016 09:58,1,Tea,1,1.90,x,ann", "DISCOUNT_UNREADABLE", id="discount no number"),
        pytest.param("30/10/2016 09:58,1,Tea,1,1.90,,bob", "UNKNOWN_CASHIER", id="unknown cashier"),
    ],
)
def test_all_columns_are_read_or_refused(tmp_path: Path, full_map: str, cells: str, reason: str) -> None:
    """A figure that cannot be read is refused, never guessed."""
    (row,) = rows_of(tmp_path / "sales.csv", full_map, cells + "\n", header=FULL_HEADER)
    assert (row.reason if isinstance(row, Refusal) else "") == reason
    if isinstance(row, Row):
        assert (row.quantity, row.price, row.cashier_id) == (Decimal(2), Decimal("1.90"), 5)


def test_a_header_without_a_mapped_column_stops_the_import(tmp_path: Path, small_map: str) -> None:
    """Otherwise every row would be refused, one by one."""
    with pytest.raises(MapError, match="'item'"):
        rows_of(tmp_path / "sales.csv", small_map, "", header="date,time,transaction,article\n")


def test_a_byte_order_mark_and_windows_line_ends_are_no_oddity(tmp_path: Path, small_map: str) -> None:
    """What spreadsheets write."""
    found = rows_of(tmp_path / "s.csv", small_map, "2016-10-30,09:58:11,1,Tea\r\n\r\n", header="\ufeff" + HEADER)
    assert [row.transaction_id for row in found] == [1001]


@pytest.mark.parametrize(
    ("local", "policy", "expected"),
    [
        pytest.param("2016-07-01,12:00:00", "", "2016-07-01T11:00:00+00:00", id="summer"),
        pytest.param("2016-12-01,12:00:00", "", "2016-12-01T12:00:00+00:00", id="winter"),
        pytest.param("2016-10-30,01:30:00", "", "2016-10-30T00:30:00+00:00", id="twice: the earlier"),
        pytest.param("2016-10-30,01:30:00", 'ambiguous = "later"', "2016-10-30T01:30:00+00:00", id="twice: the later"),
        pytest.param("2016-10-30,01:30:00", 'ambiguous = "refuse"', "TIME_AMBIGUOUS", id="twice: refused"),
        pytest.param("2017-03-26,01:30:00", "", "2017-03-26T01:30:00+00:00", id="never: as if not put forward"),
        pytest.param("2017-03-26,01:30:00", 'nonexistent = "refuse"', "TIME_NONEXISTENT", id="never: refused"),
        pytest.param("2017-03-26,00:59:59", "", "2017-03-26T00:59:59+00:00", id="just before the gap"),
        pytest.param("2017-03-26,02:00:00", "", "2017-03-26T01:00:00+00:00", id="just after the gap"),
    ],
)
def test_local_times_become_instants(tmp_path: Path, small_map: str, local: str, policy: str, expected: str) -> None:
    """Edinburgh's clocks change twice a year; a sale in the odd hour is kept, and counted as adjusted (R1)."""
    text = small_map.replace("[outlet]", f"[formats]\n{policy}\n[outlet]")
    (row,) = rows_of(tmp_path / "sales.csv", text, f"{local},1,Tea\n")
    found = row.reason if isinstance(row, Refusal) else row.at.astimezone(UTC).isoformat()
    assert found == expected
    if isinstance(row, Row):
        odd = "01:30:00" in local
        assert bool(row.adjusted) == odd
        assert row.at == datetime.fromisoformat(expected)


def whole(path: Path, map_text: str, content: str) -> list[list[int] | tuple[int, str]]:
    """Lines of each transaction, or (line, reason) of a refused row."""
    path.write_text(HEADER + content)
    found = parse_map(map_text)
    parts = whole_transactions(read_rows(path, found), survey(read_rows(path, found)))
    return [(part.line, part.reason) if isinstance(part, Refusal) else [row.line for row in part] for part in parts]


T = "2016-10-30,09:58:11"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(f"{T},1,A\n{T},1,B\n{T},2,C\n", [[2, 3], [4]], id="together"),
        pytest.param(
            f"{T},1,A\n{T},2,B\n{T},1,C\n",
            [(2, "TRANSACTION_SPLIT"), [3], (4, "TRANSACTION_SPLIT")],
            id="split over rows that are not together",
        ),
        pytest.param(
            f"{T},1,A\nx,y,1,B\n{T},1,C\n{T},2,D\n",
            [(2, "TRANSACTION_INCOMPLETE"), (3, "TIME_UNREADABLE"), (4, "TRANSACTION_INCOMPLETE"), [5]],
            id="a refused row takes its transaction with it",
        ),
        pytest.param(
            f"{T},1,A\n{T},oops,B\n{T},1,C\n",
            [(2, "TRANSACTION_SPLIT"), (3, "TRANSACTION_UNREADABLE"), (4, "TRANSACTION_SPLIT")],
            id="a row of no transaction splits one",
        ),
        pytest.param("", [], id="no rows"),
    ],
)
def test_a_transaction_is_whole_or_refused(tmp_path: Path, small_map: str, content: str, expected: object) -> None:
    """A sale published without one of its lines can never be completed: the same id with other content conflicts."""
    assert whole(tmp_path / "sales.csv", small_map, content) == expected


def test_a_sale_of_more_lines_than_allowed_is_refused_in_every_row(tmp_path: Path, small_map: str) -> None:
    """Nothing may be cut off."""
    found = whole(tmp_path / "sales.csv", small_map, f"{T},1,A\n" * 501 + f"{T},2,B\n")
    assert len(found) == 502
    assert {part[1] for part in found[:-1]} == {"TOO_MANY_LINES", "TRANSACTION_INCOMPLETE"} or {
        part[1] for part in found[:-1]
    } == {"TOO_MANY_LINES"}
    assert found[-1] == [503]
