"""Runs the suites asked for and writes the report. The composition of the bench; measures nothing itself."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import latency, report, throughput, world
from bench.machine import described
from bench.plan import RATE, Plan
from bench.seed import seeded_template
from bench.stage import Stage
from operators import workers as found
from operators.settings import Settings
from producers.progress import Bar


def run(plan: Plan, settings: Settings, *, room: Path, say: Callable[[str], None] = print) -> report.Results:
    """The suites of the plan; files go to `room`."""
    import uvloop

    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with ExitStack() as exits:
        logs = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="coralserve-bench-logs-")))
        bar = exits.enter_context(Bar("bench", None))
        results = uvloop.run(_run(plan, settings, logs, bar.say))
    report.write(results, room)
    for line in report.table(results):
        say(line)
    return results


async def _run(plan: Plan, settings: Settings, logs: Path, tick: Callable[[str], None]) -> report.Results:
    opened = world.opening(datetime.now(UTC))
    every = found.load_all()
    names = tuple(worker.name for worker in every)
    stage = Stage(
        settings.home, bootstrap=settings.kafka_bootstrap, admin_url=settings.database_url, workers=names
    )
    begun = datetime.now(UTC)
    measured: list[throughput.Measured] = []
    steady: latency.Steady | None = None
    parts: dict[str, dict[str, float]] = {}
    bytes_a_sale: dict[str, dict[str, int]] = {}
    async with stage:
        tick("seeding the template database")
        template = await seeded_template(stage, every, opened, logs=logs)
        tick("making up sales")
        most = max(plan.sales, latency.WARM_SALES + plan.seconds * RATE)
        sales = list(world.sales(most, opened))
        suite = throughput.Throughput(stage, template, plan, every, sales=sales[: plan.sales], logs=logs, tick=tick)
        if plan.wants("throughput"):
            measured, bytes_a_sale = await suite.run(), suite.bytes_a_sale
        if plan.wants("profile"):
            parts = await suite.profile()
        if plan.wants("latency") or plan.wants("memory"):
            steady = await latency.steady(stage, template, plan, every, sales=sales, logs=logs, tick=tick)
        servers = await stage.described()
    took_s = (datetime.now(UTC) - begun).total_seconds()
    about: dict[str, Any] = described() | servers | {"date": begun.date().isoformat(), "took_s": round(took_s)}
    return report.Results(plan, about, measured, bytes_a_sale, steady, parts)
