"""`verify`: folds the raw log and compares with the databases; names every broken invariant."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operators import addresses
from operators.settings import Settings

if TYPE_CHECKING:
    from operators.verify.checks import Verdict
    from operators.verify.findings import Findings


def command(
    full: Annotated[
        bool, typer.Option("--full", help="Also compare what was told with the tables, figure by figure.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Check the invariants against the raw log: nothing lost, nothing twice, stock, recipes, tax and audit exact.

    Reads only, and may run beside live traffic. Exit 1 when one is broken, naming it with the first differing keys.

    Examples:

      ./coralserve verify

      ./coralserve verify --full --json
    """
    settings = Settings.read()
    verdict = asyncio.run(_run(settings, full=full, as_json=as_json))
    if as_json:
        print(json.dumps(_facts(verdict), indent=2))
    else:
        _conclude(verdict)
    if not verdict.holds:
        raise typer.Exit(1)


async def _run(settings: Settings, *, full: bool, as_json: bool) -> Verdict:
    from operators.verify.checks import verify
    from producers.progress import Bar

    with Bar("verifying", None) as bar:
        return await verify(
            addresses.kafka(settings),
            addresses.reader_url(settings),
            prefix=settings.topic_prefix,
            full=full,
            progress=lambda _, done, total: bar.show(done, total),
            said=None if as_json else _tell,
        )


def _tell(found: Findings) -> None:
    state = "holds" if found.holds else f"BROKEN, {found.broken} times"
    print(f"{found.name:<5}{state:<22}{found.title} ({found.proved} compared)")
    for difference in found.differences:
        print(f"       {difference.key}: {difference.said}")
    if found.broken > len(found.differences):
        print(f"       and {found.broken - len(found.differences)} more")
    for note in found.notes:
        print(f"       note: {note}")


def _conclude(verdict: Verdict) -> None:
    behind = ", ".join(f"{worker} {count}" for worker, count in verdict.lag.items() if count)
    waiting = ", ".join(f"{worker} {count}" for worker, count in verdict.waiting.items() if count)
    outcome = "all hold" if verdict.holds else f"broken: {', '.join(verdict.broken)}"
    print(f"\n{verdict.records} records in {verdict.seconds:.1f} s: {outcome}")
    if behind:
        print(f"not handled yet, so not judged: {behind}")
    if waiting:
        print(f"parked and waiting: {waiting} (`./coralserve parked list`)")


def _facts(verdict: Verdict) -> dict[str, Any]:
    return {
        "ok": verdict.holds,
        "broken": verdict.broken,
        "records": verdict.records,
        "seconds": round(verdict.seconds, 2),
        "lag": verdict.lag,
        "waiting": verdict.waiting,
        "invariants": [
            {
                "name": found.name, "title": found.title, "ok": found.holds, "compared": found.proved,
                "broken": found.broken, "notes": found.notes,
                "examples": [{"key": each.key, "said": each.said} for each in found.differences],
            }
            for found in verdict.findings
        ],
    }  # fmt: skip
