"""Workers as real processes, as a container runs them: started, held at a gate until all are there, let go, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from bench.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
POLL_S = 0.05
HELD = """
SELECT count(DISTINCT application_name) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%INSERT INTO coralserve_%.lanes%'
"""


class Ended(RuntimeError):
    """A worker's process ended before it was told to; the message names its log."""


class Crew:
    """Processes of some workers on one database and one prefix of topics. Use as an async context."""

    def __init__(
        self, stage: Stage, *, database: str, prefix: str, workers: Sequence[str], instances: int = 1,
        module: str = "operators", settings: Mapping[str, str] | None = None, logs: Path,
    ) -> None:  # fmt: skip
        self._stage, self._database, self._prefix = stage, database, prefix
        self._workers, self._instances, self._module, self._logs = workers, instances, module, logs
        self._settings = settings or {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._gate: asyncpg.Connection | None = None
        self._held: asyncpg.transaction.Transaction | None = None

    async def __aenter__(self) -> Self:
        """Every process stands at the gate: joined its group, connected, its first claim waiting for a lock."""
        try:
            await self._close_gate()
            for worker in self._workers:
                for instance in range(self._instances):
                    self._start(worker, str(instance))
            await self._wait_held()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by worker/instance."""
        return {name: child.pid for name, child in self._children.items()}

    async def open_gate(self) -> None:
        """All at once: claim and go."""
        if self._held is not None:
            await self._held.rollback()
            self._held = None
        if self._gate is not None:
            await self._gate.close()
            self._gate = None

    def check(self) -> None:
        """Raises Ended where a process is gone."""
        for name, child in self._children.items():
            if child.poll() is not None:
                raise Ended(f"{name} ended with exit code {child.returncode}: see {self._log(name)}")

    async def stop(self) -> None:
        """Ask all to finish, and wait for each."""
        await self.open_gate()
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self._children.values():
            try:
                await asyncio.to_thread(child.wait, STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    async def _close_gate(self) -> None:
        self._gate = await self._stage.connect(self._database)
        self._held = self._gate.transaction()
        await self._held.start()
        for worker in self._workers:
            await self._gate.execute(f"LOCK TABLE coralserve_{worker}.lanes IN EXCLUSIVE MODE")

    async def _wait_held(self) -> None:
        """One claim per process waits; asked over a connection of its own, as the gate's is inside a transaction."""
        db = await self._stage.connect(self._database)
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                while await db.fetchval(HELD) < len(self._children):
                    self.check()
                    await asyncio.sleep(POLL_S)
        finally:
            await db.close()

    def _start(self, worker: str, instance: str) -> None:
        environment = os.environ | {
            "KAFKA_BOOTSTRAP_SERVERS": self._stage.bootstrap,
            f"DATABASE_URL_{worker.upper()}": self._stage.service_url(self._database, worker),
            "CORALSERVE_TOPIC_PREFIX": self._prefix,
            "LOG_LEVEL": "info",
            "LOG_FORMAT": "json",
            **self._settings,
        }
        name = f"{worker}/{instance}"
        with self._log(name).open("wb") as log:
            self._children[name] = subprocess.Popen(
                [sys.executable, "-m", self._module, "worker", "run", worker, "--instance", instance],
                cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def _log(self, name: str) -> Path:
        return self._logs / f"{name.replace('/', '-')}.log"
