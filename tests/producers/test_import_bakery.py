"""The real bakery's file, whole: every transaction and every line becomes a valid event, and the same one again."""

from __future__ import annotations

import shutil
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

from producers.sales_import.importer import Summary, import_sales
from producers.sales_import.mapping import parse_map, read_map
from producers.sales_import.rows import Refusal
from schemas.decode import decode

READY_MAP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "bakery-map.toml"


class Kept:
    """Instead of a broker: keeps the records."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.flushed_after: list[int] = []

    async def send(self, record: Any) -> None:
        self.records.append(record)

    async def flush(self) -> None:
        self.flushed_after.append(len(self.records))


async def imported(path: Path, map_text: str = "") -> tuple[Summary, Kept, list[Refusal]]:
    """Import into memory."""
    kept, refused = Kept(), []
    found = parse_map(map_text) if map_text else read_map(READY_MAP)
    summary = await import_sales(path, found, kept, on_refusal=refused.append)
    return summary, kept, refused


async def test_every_transaction_and_line_becomes_a_valid_event(bakery: Path) -> None:
    """9,531 transactions, 66 of them without any item, 21,293 lines: none may be lost, none refused by a worker."""
    summary, kept, refused = await imported(bakery)
    assert (summary.transactions, summary.lines, summary.rejected, refused) == (9531, 21293, 0, [])
    assert (summary.products, summary.unspecified) == (95, 786)
    assert summary.first is not None
    assert summary.last is not None
    assert (summary.first.isoformat(), summary.last.isoformat()) == (
        "2016-10-30T09:58:11+00:00",
        "2017-04-09T14:04:24+00:00",
    )
    events = [decode(*record, int(time.time() * 1000)) for record in kept.records]
    sales = [event.data for event in events if event.type == "pos.sale.completed"]
    assert len({event.id for event in events}) == len(events) == 9531 + 95 + 1
    assert sum(len(sale.lines) for sale in sales) == 21293
    assert sum(all(line.product_id == 10_000 for line in sale.lines) for sale in sales) == 66
    assert {line.quantity for sale in sales for line in sale.lines} == {Decimal(1)}
    assert len({sale.transaction_id for sale in sales}) == 9531
    assert kept.flushed_after[0] == 96, "the catalogue is acknowledged before the first sale is sent"


async def test_again_from_a_copy_is_the_same_events(bakery: Path, tmp_path: Path) -> None:
    """Ids depend on source and transaction, not on file name, path or day: importing again changes nothing."""
    copy = tmp_path / "other-name.csv"
    shutil.copy(bakery, copy)
    _, first, _ = await imported(bakery)
    _, again, _ = await imported(copy)
    assert [_identity(record) for record in first.records] == [_identity(record) for record in again.records]


def _identity(record: Any) -> tuple[Any, ...]:
    topic, key, value, headers = record
    return topic, key, value, dict(headers)["ce_id"]
