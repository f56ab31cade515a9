"""Looks for parked events whose key exists by now and sends them through again: loses no wake-up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from mesh.parking import RELEASE_LIMIT, releasable

if TYPE_CHECKING:
    from db.link import Link
    from mesh.engine import Engine
    from mesh.ladder import Ladder

EVERY_S = 0.5

log = structlog.get_logger()


@dataclass(slots=True)
class Sweep:
    """One per process; reads cheap counters twice a second and parked rows only where some wait."""

    engine: Engine
    ladder: Ladder
    link: Link

    async def run(self) -> None:
        while True:
            try:
                while await self.once() >= RELEASE_LIMIT:
                    pass
            except Exception as fault:
                log.warning("sweep.failed", error=f"{type(fault).__name__}: {fault}")
                self.link.drop()
            await asyncio.sleep(EVERY_S)

    async def once(self) -> int:
        """Refresh the reference data and release what can go on; the number of events sent through."""
        db = await self.link.use()
        planner = self.ladder.planner
        await planner.reference.refresh(db)
        lanes = self.engine.by_id()
        if not lanes:
            return 0
        worker = planner.worker
        supported = frozenset().union(*worker.consumes.values()) - worker.unsupported
        items = await releasable(
            db, planner.schema, lanes, reference=planner.reference, awaits=worker.awaits, supported=supported
        )
        if items:
            log.info("parked.released", worker=worker.name, events=len(items))
            await self.engine.handle_parked(self.ladder, self.link, items)
        return len(items)
