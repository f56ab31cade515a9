"""`bench`: the performance comparison, with a report in `bench/`."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from operators.errors import OperatorError
from operators.settings import Settings

ROOM = Path(__file__).resolve().parents[2] / "bench"
SUITES = ("throughput", "latency", "memory", "profile", "all")
WORKERS = ("inventory", "recipe", "tax", "ledger", "audit")
MOST_ROUNDS, MOST_SALES = 25, 500_000
QUICK = {"rounds": 1, "sales": 4_000, "naive_sales": 100, "seconds": 8}


def command(
    suite: Annotated[str, typer.Option(help=f"One of {', '.join(SUITES)}.")] = "all",
    worker: Annotated[list[str] | None, typer.Option(help="Only these workers' throughput; may be repeated.")] = None,
    rounds: Annotated[int, typer.Option(min=1, max=MOST_ROUNDS, help="Interleaved rounds; medians are reported.")] = 3,
    sales: Annotated[int, typer.Option(min=2_000, max=MOST_SALES, help="Sales per worker and round.")] = 20_000,
    seconds: Annotated[int, typer.Option(min=2, max=600, help="Length of the steady load.")] = 25,
    quick: Annotated[bool, typer.Option("--quick", help="One small round, to see that it runs.")] = False,
) -> None:
    """Compare the mesh with COPY of the same rows and with a per-message worker; write a report.

    All suites of all workers go to bench/REPORT.md; a part of them, or --quick, to `bench` in CORALSERVE_HOME.

    Starts a broker and a database of its own in a temporary directory, or uses KAFKA_BOOTSTRAP_SERVERS and
    DATABASE_URL (a user that may create databases). Takes all of the machine for some minutes.

    Examples:

      ./coralserve bench

      ./coralserve bench --suite throughput --worker inventory --rounds 5

      ./coralserve bench --quick
    """
    if suite not in SUITES:
        raise OperatorError(f"no suite {suite!r}: there are {', '.join(SUITES)}")
    chosen = tuple(worker or WORKERS)
    if unknown := set(chosen) - set(WORKERS):
        raise OperatorError(f"no worker {min(unknown)!r} to measure: there are {', '.join(WORKERS)}")
    sizes = QUICK if quick else {"rounds": rounds, "sales": sales, "naive_sales": 400, "seconds": seconds}
    # The bench stands above this room and imports it; here it is found by name only.
    plan = importlib.import_module("bench.plan").Plan(suites=(suite,), workers=chosen, **sizes)
    settings = Settings.read()
    whole = suite == "all" and not worker and not quick
    room = ROOM if whole else settings.home / "bench"
    importlib.import_module("bench.main").run(plan, settings, room=room)
    print(f"report: {room / 'REPORT.md'}")
