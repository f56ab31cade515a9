"""Puts one worker process together and runs it until told to stop. Decides nothing; reads no environment."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from faststream import FastStream

from db.link import Link
from mesh.commit import Ink
from mesh.engine import Engine
from mesh.failpoints import Failpoints
from mesh.feed import Feed
from mesh.health import Health
from mesh.ladder import Ladder
from mesh.metrics import Metrics
from mesh.names import schema_of
from mesh.planning import Planner
from mesh.reference import Reference
from mesh.relay import Relay
from mesh.sweep import Sweep

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.config import Config
    from mesh.worker import Worker

RESUME_EVERY_S = 0.02
GC_THRESHOLD = 50_000
"""Rows and events come and go by the thousand and hold no cycles: the collector need not look at each of them."""

log = structlog.get_logger()


@dataclass(slots=True)
class Process:
    """The parts of one running worker."""

    worker: Worker
    config: Config
    engine: Engine
    ladder: Ladder
    feed: Feed
    relay: Relay
    sweep: Sweep
    metrics: Metrics
    links: list[Link]
    failed: bool = False

    @classmethod
    def of(cls, worker: Worker, config: Config) -> Process:
        schema = schema_of(worker.name)
        links = [Link(config.database_url, f"{worker.name}/{config.instance}/{n}") for n in range(config.tracks + 3)]
        engine, metrics = Engine(batch_limit=config.batch_limit), Metrics(worker.name)
        ladder = Ladder(
            Planner.of(worker, schema, Reference()),
            Ink(schema),
            engine.lane_ids,
            lambda batch: process.done(batch),  # noqa: PLW0108 the process is made below
        )
        process = cls(
            worker, config, engine, ladder,
            feed=Feed(worker, config, engine, ladder, links[-1]),
            relay=Relay(worker.name, config, links[-2], lambda: {i: lane.epoch for i, lane in engine.by_id().items()}),
            sweep=Sweep(engine, ladder, links[-3]),
            metrics=metrics, links=links,
        )  # fmt: skip
        process.feed.on_assigned = process.relay.wake
        metrics.watch(engine)
        return process

    def done(self, batch: Batch) -> None:
        """After a commit: count it, and wake the relay where there is something to send."""
        oldest = min((tally.oldest_ms for tally in batch.tallies.values() if tally.consumed), default=None)
        self.metrics.committed(batch, age_s=None if oldest is None else time.time() - oldest / 1000)
        if batch.outbox:
            self.relay.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everything beside the consumer, for as long as the application lives."""
        Failpoints.arm(self.config.failpoint)
        tasks = [asyncio.create_task(part, name=name) for name, part in self._parts()]
        for task in tasks:
            task.add_done_callback(self._part_ended)
        health = Health(self) if self.config.health_port is not None else None
        if health is not None:
            await health.start(self.config.health_port or 0)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.relay.close()
            for link in self.links:
                await link.close()
            if health is not None:
                await health.stop()

    def _part_ended(self, task: asyncio.Task[None]) -> None:
        """A part never ends by itself: one that did takes the process down, to be started afresh."""
        if task.cancelled() or task.exception() is None:
            return
        log.error("worker.part-failed", part=task.get_name(), exc_info=task.exception())
        self.failed = True
        os.kill(os.getpid(), signal.SIGTERM)

    def _parts(self) -> list[tuple[str, object]]:
        tracks = [(f"track-{n}", self.engine.run_track(self.ladder, link)) for n, link in self._tracks()]
        return [
            *tracks,
            ("relay", self.relay.run()),
            ("sweep", self.sweep.run()),
            ("hints", self.feed.run_hints()),
            ("resume", self._resume()),
        ]

    def _tracks(self) -> list[tuple[int, Link]]:
        return list(enumerate(self.links[: self.config.tracks]))

    async def _resume(self) -> None:
        while True:
            await asyncio.sleep(RESUME_EVERY_S)
            if self.feed.consumer is not None:
                self.feed.resume_emptied()


def application(process: Process) -> FastStream:
    """The FastStream application of a worker, for `worker run` and for `faststream run` alike."""
    return FastStream(process.feed.broker, logger=None, lifespan=process.running)


def run_worker(worker: Worker, config: Config) -> int:
    """Run until SIGTERM or SIGINT, drain what is in flight, and return the exit code: 1 where a part failed."""
    import uvloop

    log.info("worker.starts", worker=worker.name, instance=config.instance)
    process = Process.of(worker, config)
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 50, 50)
    uvloop.run(application(process).run())
    log.info("worker.stopped", worker=worker.name, instance=config.instance)
    return 1 if process.failed else 0
