"""Fills the template database once, by publishing the world and letting the real workers handle it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import asyncpg

from bench import world
from bench.crew import Crew
from bench.progress import Watch
from bench.stage import Stage
from mesh.worker import Worker
from producers.sender import Record, Sender

PARKED = "SELECT count(*) FROM coralserve_{worker}.parked"


async def publish(stage: Stage, prefix: str, records: Iterable[Record]) -> int:
    """Send all, acknowledged by the broker; returns how many."""
    count = 0
    async with Sender(stage.bootstrap, prefix=prefix) as sender:
        for record in records:
            await sender.send(record)
            count += 1
    return count


async def seeded_template(stage: Stage, workers: Iterable[Worker], opened: datetime, *, logs: Path) -> str:
    """A database in which outlets, products, rules, recipes and stock are known to every worker."""
    workers = tuple(workers)
    template = await stage.new_template()
    prefix = await stage.new_topics()
    names = [worker.name for worker in workers]
    db = await stage.connect(template)
    try:
        async with (
            Crew(stage, database=template, prefix=prefix, workers=names, logs=logs) as crew,
            Watch(db, bootstrap=stage.bootstrap, prefix=prefix, workers=workers) as watch,
        ):
            await crew.open_gate()
            for records in (world.catalogue(), world.definitions(), world.recipes(), world.receipts(opened)):
                await publish(stage, prefix, records)
                await watch.until_settled(crew.check)
        await _require_nothing_parked(db, names)
    finally:
        await db.close()
    await stage.drop_topics(prefix)
    await stage.settle_template(template)
    return template


async def _require_nothing_parked(db: asyncpg.Connection, workers: Iterable[str]) -> None:
    for worker in workers:
        if count := await db.fetchval(PARKED.format(worker=worker)):
            raise RuntimeError(f"{worker} parked {count} events of the world: the bench would measure something else")
