"""`import-sales`: real sales from a CSV file, as events. The reading and the rules are in producers/sales_import."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from operators import addresses
from operators.settings import Settings
from producers.progress import Bar
from producers.sales_import.importer import Nowhere, Summary, import_sales
from producers.sales_import.mapping import Map, read_map
from producers.sales_import.rows import Refusal
from producers.sender import Sender

SHOWN_REFUSALS = 100


def command(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV file with a header row.", exists=True, dir_okay=False)
    ],
    map_file: Annotated[
        Path, typer.Option("--map", metavar="MAP", help="TOML map of its columns.", exists=True, dir_okay=False)
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, publish nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Turn a CSV file of sales into events. Exit code 1 if any row was rejected; the others are published.

    Importing a file again changes nothing. docs/import-sales.md describes the map.

    Examples:

      ./coralserve import-sales sales.csv --map docs/examples/bakery-map.toml --dry-run

      ./coralserve import-sales sales.csv --map bakery.toml
    """
    found = read_map(map_file)
    refusals = _Refusals()
    started = time.monotonic()
    with Bar("importing", None, wanted=not as_json) as bar:
        refusals.bar = bar
        summary = asyncio.run(_import(file, found, bar, refusals, dry_run=dry_run))
    report = _report(summary, found, dry_run=dry_run, seconds=time.monotonic() - started)
    if as_json:
        print(json.dumps({**report, "refused": [refusal._asdict() for refusal in refusals.kept]}, indent=2))
    else:
        _print(report, summary, refusals)
    if summary.rejected:
        raise typer.Exit(1)


class _Refusals:
    """Shows refused rows as they come, the first hundred; keeps as many for --json."""

    def __init__(self) -> None:
        self.kept: list[Refusal] = []
        self.count = 0
        self.bar: Bar

    def __call__(self, refusal: Refusal) -> None:
        self.count += 1
        if self.count > SHOWN_REFUSALS:
            return
        self.kept.append(refusal)
        where = f" ({refusal.field})" if refusal.field else ""
        self.bar.say(f"line {refusal.line}: {refusal.reason}{where}: {refusal.detail}")


async def _import(file: Path, found: Map, bar: Bar, refusals: _Refusals, *, dry_run: bool) -> Summary:
    async with contextlib.AsyncExitStack() as open_things:
        outgoing: Any = Nowhere()
        if not dry_run:
            settings = Settings.read()
            outgoing = await open_things.enter_async_context(
                Sender(addresses.bootstrap(settings), security=settings.kafka_security, prefix=settings.topic_prefix)
            )
        return await import_sales(file, found, outgoing, on_refusal=refusals, on_progress=bar.show)


def _report(summary: Summary, found: Map, *, dry_run: bool, seconds: float) -> dict[str, Any]:
    figures = dataclasses.asdict(summary)
    for end in ("first", "last"):
        moment = figures[end]
        figures[end] = None if moment is None else moment.astimezone(found.zone).isoformat()
    return {**figures, "outlet_id": found.outlet["outlet_id"], "dry_run": dry_run, "seconds": round(seconds, 3)}


def _print(report: dict[str, Any], summary: Summary, refusals: _Refusals) -> None:
    if refusals.count > SHOWN_REFUSALS:
        print(f"… and {refusals.count - SHOWN_REFUSALS} more rejected rows", file=sys.stderr)
    verb = "would be published" if report["dry_run"] else "published"
    print(f"{summary.transactions:,} transactions with {summary.lines:,} lines {verb} in {report['seconds']:.1f} s")
    print(f"  products      {summary.products:,}")
    if summary.unspecified:
        print(f"  without item  {summary.unspecified:,} lines")
    if report["first"]:
        print(f"  first         {report['first']}")
        print(f"  last          {report['last']}")
    for reason, count in summary.adjusted.items():
        if count:
            print(f"  {reason:<14}{count:,} lines with such a local time")
    print(f"  rejected      {summary.rejected:,} of {summary.rows:,} rows")
