"""`status`: health of the servers, lag, rates and parked events per worker."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from operators import addresses, instance, workers
from operators.settings import Settings


def command(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Show the health of broker and database, and per worker: lag, events a second, parked and dead events.

    Exit 1 when a server does not answer.

    Examples:

      ./coralserve status

      ./coralserve status --json
    """
    settings = Settings.read()
    state = asyncio.run(_state(settings))
    if as_json:
        print(json.dumps(state, indent=2))
    else:
        _show(state)
    if not (state["kafka"]["healthy"] and state["database"]["healthy"]):
        raise typer.Exit(1)


async def _state(settings: Settings) -> dict[str, Any]:
    from operators.health import broker_health, database_health
    from operators.report import report

    kafka, reader = addresses.kafka(settings), addresses.reader_url(settings)
    running = instance.read(settings.home)
    broker, database = await asyncio.gather(broker_health(kafka), database_health(reader))
    healthy = broker["healthy"] and database["healthy"]
    rows = await report(kafka, reader, workers.load_all(), prefix=settings.topic_prefix) if healthy else []
    return {
        "home": str(settings.home),
        "pid": running.pid if running else None,
        "ready": bool(running and running.ready),
        "kafka": broker,
        "database": database,
        "workers": [{name: getattr(row, name) for name in row.__struct_fields__} for row in rows],
    }


def _show(state: dict[str, Any]) -> None:
    runs = f"up (process {state['pid']})" if state["pid"] else "no `up` runs here"
    print(f"{runs}, home {state['home']}")
    for name in ("kafka", "database"):
        server = state[name]
        print(f"{name:<10}{'healthy' if server['healthy'] else 'NOT ANSWERING':<15}{server['detail']}")
    if not state["workers"]:
        return
    print(
        f"\n{'worker':<12}{'lag':>9}{'events/s':>10}{'handled':>10}{'parked':>8}{'dead':>6}{'outbox':>8}  last commit"
    )
    for row in state["workers"]:
        quiet = "never" if row["quiet_s"] is None else f"{row['quiet_s']:.1f} s ago"
        print(
            f"{row['worker']:<12}{row['lag']:>9}{row['rate']:>10}{row['handled']:>10}"
            f"{row['parked']:>8}{row['dead']:>6}{row['outbox']:>8}  {quiet}"
        )
    if any(row["parked"] or row["dead"] for row in state["workers"]):
        print("\n`./coralserve parked list` shows what waits and why")
