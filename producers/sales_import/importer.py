"""Runs an import: survey, catalogue, sales. Every event is validated as a worker would before any is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from producers.sales_import import events
from producers.sales_import.mapping import Map, MapError
from producers.sales_import.products import Product, assign
from producers.sales_import.rows import Refusal, Row, read_rows
from producers.sales_import.survey import Survey, refuse_all, survey, whole_transactions
from producers.validate import record_of
from schemas.errors import Reject

PROGRESS_EVERY_ROWS = 500


class Outgoing(Protocol):
    """Where records go: a Sender, or nothing on a dry run."""

    async def send(self, record: Any) -> None: ...

    async def flush(self) -> None: ...


class Nowhere:
    """A dry run: everything is checked, nothing is sent."""

    async def send(self, record: Any) -> None:
        """Forget the record."""

    async def flush(self) -> None:
        """Nothing is waited for."""


@dataclass(slots=True)
class Summary:
    """What an import did. `lines` and `transactions` are those published; `rejected` counts rows of the file."""

    rows: int = 0
    transactions: int = 0
    lines: int = 0
    products: int = 0
    unspecified: int = 0
    rejected: int = 0
    first: datetime | None = None
    last: datetime | None = None
    adjusted: dict[str, int] = field(default_factory=lambda: {"ambiguous": 0, "nonexistent": 0})

    def count(self, rows: list[Row]) -> None:
        """Take one published transaction into the figures."""
        at = max(row.at for row in rows)
        self.transactions += 1
        self.lines += len(rows)
        self.unspecified += sum(row.item is None for row in rows)
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)
        for row in rows:
            if row.adjusted:
                self.adjusted[row.adjusted] += 1


async def import_sales(
    path: Path,
    found: Map,
    outgoing: Outgoing,
    *,
    on_refusal: Callable[[Refusal], None],
    on_progress: Callable[[int, int], None] = lambda done, rows: None,
) -> Summary:
    """Publish the catalogue, wait for it, publish the sales. Reads the file twice, keeps one transaction in memory.

    Raises MapError where the map does not fit the file, SendError where the broker fails.
    """
    seen = survey(read_rows(path, found))
    summary = Summary(rows=seen.rows)
    products, unsellable = _products(found, seen)
    summary.products = len(products)
    for event in events.catalogue(found, products):
        await outgoing.send(_catalogue_record(event))
    await outgoing.flush()
    for group in _groups(path, found, seen, products, unsellable):
        if isinstance(group, Refusal):
            summary.rejected += 1
            on_refusal(group)
            continue
        rows, record = group
        await outgoing.send(record)
        summary.count(rows)
        if summary.transactions % PROGRESS_EVERY_ROWS == 0:
            on_progress(summary.lines + summary.rejected, seen.rows)
    await outgoing.flush()
    on_progress(summary.lines + summary.rejected, seen.rows)
    return summary


def _groups(
    path: Path, found: Map, seen: Survey, products: dict[str | None, Product], unsellable: dict[str, Reject]
) -> Iterator[tuple[list[Row], Any] | Refusal]:
    """Each transaction with its record, or a refusal for each of its rows."""
    for group in whole_transactions(read_rows(path, found), seen):
        if isinstance(group, Refusal):
            yield group
            continue
        bad = next((row for row in group if row.item in unsellable), None)
        if bad is not None:
            error = unsellable[bad.item]  # type: ignore[index]
            yield from refuse_all(group, error.reason, found.columns.item, f"line {bad.line}: {error}")
            continue
        if len({row.cashier_id for row in group}) > 1:
            yield from refuse_all(group, "SEVERAL_CASHIERS", found.columns.cashier, "one sale has one cashier")
            continue
        try:
            record = record_of(events.sale(found, group, products), at_ms=_now_ms())
        except Reject as error:
            yield from refuse_all(group, error.reason, error.field, error.detail)
            continue
        yield group, record


def _products(found: Map, seen: Survey) -> tuple[dict[str | None, Product], dict[str, Reject]]:
    """Products for the file's items, and why an item's name cannot be one."""
    unsellable: dict[str, Reject] = {}
    for name, event in _trial_products(found, seen.items):
        try:
            record_of(event, at_ms=_now_ms())
        except Reject as error:
            unsellable[name] = error
    return assign(found, seen.items - unsellable.keys(), has_missing=seen.has_missing), unsellable


def _trial_products(found: Map, names: Iterable[str]) -> Iterator[tuple[str, events.CloudEvent]]:
    for name in names:
        trial = Product(product_id=1, name=name, price=found.products.price, category="", is_stocked=False)
        yield name, events.product_event(found, trial)


def _catalogue_record(event: events.CloudEvent) -> Any:
    try:
        return record_of(event, at_ms=_now_ms())
    except Reject as error:
        raise MapError(f"The map's {event['type'].split('.')[1]} is refused: {error}") from error


def _now_ms() -> int:
    """A producer has a clock: nothing sold in the future is imported (R6)."""
    return time.time_ns() // 1_000_000
