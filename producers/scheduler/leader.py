"""The scheduler's loop: wait to lead, then every few seconds publish what is due (R6). Its clock is handed in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from asyncpg import InterfaceError, PostgresError

from producers.scheduler import rules, store

if TYPE_CHECKING:
    from asyncpg import Connection

    from db.link import Link

ROUND_S = 5.0
STAND_BY_S = 1.0
FAULT_PAUSE_S = 2.0
FIRINGS_A_TRANSACTION = 1000

log = structlog.get_logger()


def utc_now() -> datetime:
    """The machine's clock: the only one the system has (R6)."""
    return datetime.now(UTC)


class Scheduler:
    """One candidate. The lock dies with the link's connection, so a successor takes over within a second."""

    def __init__(self, link: Link, *, clock: Callable[[], datetime] = utc_now, round_s: float = ROUND_S) -> None:
        self.fired = 0
        self._led: Connection | None = None
        self._link = link
        self._clock = clock
        self._round_s = round_s
        self._complained: set[int] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Stand by, lead, publish, until `stop`. A lost connection is opened again; leadership is then won anew."""
        while not stop.is_set():
            try:
                pause = await self._step()
            except (PostgresError, InterfaceError, OSError, TimeoutError) as fault:
                log.warning("scheduler.waits", error=f"{type(fault).__name__}: {fault}")
                self.resign()
                pause = FAULT_PAUSE_S
            await _pause(stop, pause)
        self.resign()
        await self._link.close()

    async def _step(self) -> float:
        db = await self._link.use()
        if db is not self._led:
            if not await store.lead(db):
                return STAND_BY_S
            await store.make_lane(db)
            self._led = db
            log.info("scheduler.leads")
        await self.round(db)
        return self._round_s

    @property
    def leading(self) -> bool:
        """Whether this candidate holds the lock, as far as it knows."""
        return self._led is not None

    async def round(self, db: Connection) -> int:
        """Publish everything due at this moment; returns how many events."""
        outlets, unknown = await store.outlets(db)
        for outlet_id in set(unknown) - self._complained:
            self._complained.add(outlet_id)
            log.error("scheduler.unknown-zone", outlet_id=outlet_id)
        firings = rules.due(outlets, await store.fired(db), now=self._clock())
        published = 0
        for start in range(0, len(firings), FIRINGS_A_TRANSACTION):
            published += await store.fire(db, firings[start : start + FIRINGS_A_TRANSACTION])
        if published:
            self.fired += published
            log.info("scheduler.fired", timer=rules.DAY_STARTED, events=published)
        return published

    def resign(self) -> None:
        """Lead no longer: the connection, and the lock with it, is dropped."""
        self._led = None
        self._link.drop()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
