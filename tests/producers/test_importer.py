"""The import as a whole, on small files: what is refused is refused in every row, everything else is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from producers.sales_import.importer import Nowhere, import_sales
from producers.sales_import.mapping import MapError, parse_map
from producers.sales_import.rows import Refusal

HEADER = "date,time,transaction,item\n"
T = "2016-10-30,09:58:11"


class Kept(Nowhere):
    """Keeps the records."""

    def __init__(self) -> None:
        self.records: list[Any] = []

    async def send(self, record: Any) -> None:
        self.records.append(record)

    def data(self, type_: str) -> list[dict[str, Any]]:
        """The data of all events of one type."""
        return [json.loads(r[2]) for r in self.records if dict(r[3])["ce_type"] == type_.encode()]


async def run(path: Path, map_text: str, content: str) -> tuple[Any, Kept, list[Refusal]]:
    """Import one small file."""
    path.write_text(HEADER + content)  # noqa: ASYNC240 - a small file
    kept, refused = Kept(), []
    summary = await import_sales(path, parse_map(map_text), kept, on_refusal=refused.append)
    return summary, kept, refused


async def test_equal_items_stay_lines_of_their_own(tmp_path: Path, small_map: str) -> None:
    """The file's line count can be found again in the ledger."""
    content = f"{T},1,Tea\n{T},1,Tea\n{T},1,NONE\n"
    summary, kept, _ = await run(tmp_path / "s.csv", small_map, content)
    (sale,) = kept.data("pos.sale.completed")
    assert [(line["line_id"], line["product_id"], line["unit_price"]) for line in sale["lines"]] == [
        (1, 100, "2.50"), (2, 100, "2.50"), (3, 99, "0"),
    ]  # fmt: skip
    assert sale["transaction_id"] == 1001
    assert sale["occurred_at"] == "2016-10-30T09:58:11+00:00"
    assert (summary.lines, summary.unspecified) == (3, 1)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param("2999-10-30,09:58:11,2,Tea", "IN_THE_FUTURE", id="not sold yet"),
        pytest.param(f"{T},2,Te\u202ea", "BAD_TEXT", id="a name with a hidden direction mark"),
        pytest.param("1850-10-30,09:58:11,2,Tea", "BAD_INSTANT", id="before there were tills"),
    ],
)
async def test_what_a_worker_would_refuse_is_refused_before_sending(
    tmp_path: Path, small_map: str, bad: str, reason: str
) -> None:
    """A dead letter per sale in five workers is a worse way to learn of it."""
    content = f"{T},1,Bread\n{bad}\n{T},3,Bread\n"
    summary, kept, refused = await run(tmp_path / "s.csv", small_map, content)
    assert [(refusal.line, refusal.reason) for refusal in refused] == [(3, reason)]
    assert (summary.transactions, summary.rejected, summary.rows) == (2, 1, 3)
    assert [sale["transaction_id"] for sale in kept.data("pos.sale.completed")] == [1001, 1003]


async def test_every_row_is_published_or_refused(tmp_path: Path, small_map: str) -> None:
    """Published lines and refused rows add up to the file, whatever is in it."""
    content = f"{T},1,A\n{T},2,B\n{T},1,C\nx\n{T},3,D\n,,3,E\n{T},4,F\n"
    summary, _, refused = await run(tmp_path / "s.csv", small_map, content)
    assert summary.lines + summary.rejected == summary.rows == 7
    assert sorted(refusal.line for refusal in refused) == [2, 4, 5, 6, 7]


async def test_a_wrong_outlet_is_the_maps_fault(tmp_path: Path, small_map: str) -> None:
    """One clear message before anything is sent, not one refusal per row."""
    with pytest.raises(MapError, match=r"outlet.*UNKNOWN_CURRENCY"):
        await run(tmp_path / "s.csv", small_map.replace("GBP", "XXQ"), f"{T},1,Tea\n")


async def test_a_changed_price_is_a_new_product_event_but_the_same_sale_event(tmp_path: Path, small_map: str) -> None:
    """An upsert that says something new is no repeat; a sale that changed must be seen to conflict (R2)."""
    content = f"{T},1,Tea\n"
    _, first, _ = await run(tmp_path / "s.csv", small_map, content)
    _, second, _ = await run(tmp_path / "s.csv", small_map.replace('"2.50"', '"2.70"'), content)

    def ids(kept: Kept, type_: str) -> list[bytes]:
        return [dict(r[3])["ce_id"] for r in kept.records if dict(r[3])["ce_type"] == type_.encode()]

    assert ids(first, "catalog.product.upserted") != ids(second, "catalog.product.upserted")
    assert ids(first, "pos.sale.completed") == ids(second, "pos.sale.completed")
