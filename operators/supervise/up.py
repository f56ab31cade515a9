"""`up` from first line to last: servers, migrations, topics, crew, demo, receipts; then down again in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from operators import credentials, instance, topics, workers
from operators.errors import OperatorError
from operators.settings import Settings
from operators.supervise.crew import Crew
from operators.supervise.phases import Phases
from operators.supervise.servers import Servers

ROOT = Path(__file__).resolve().parents[2]
CLAIM_TIMEOUT_S = 90.0
FINITE_SALES = 20
FINITE_TIMEOUT_S = 90.0
TEND_S = 0.2
CALM_AFTER_S = 20.0
NEXT = (
    "./coralserve status               # health, lag, rates, parked events",
    "./coralserve wait                 # until everything published has been handled",
    "./coralserve verify               # check the books against the raw log",
)


class Stopped(Exception):
    """SIGINT or SIGTERM arrived while starting."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of `up`."""

    demo: bool = True
    once: bool = False
    rate: float = 3.0


def up(settings: Settings, wishes: Wishes) -> int:
    """Run until told to stop; returns the exit code."""
    started = time.monotonic()
    instance.claim(settings.home)
    phases = Phases(plain=settings.plain)
    servers = Servers(settings, phases)
    run = Run(settings, wishes, phases, servers)
    phases.line(servers.described())
    try:
        with _told_to_stop():
            run.prepare()
        return run.live(started)
    except (Stopped, KeyboardInterrupt):
        return 130
    finally:
        run.stop()
        instance.forget(settings.home)


@contextlib.contextmanager
def _told_to_stop() -> Iterator[None]:
    """While starting, a signal ends the phase at hand at once."""

    def stop(*_: object) -> None:
        raise Stopped

    before = [(number, signal.signal(number, stop)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


class Run:
    """One `up`."""

    def __init__(self, settings: Settings, wishes: Wishes, phases: Phases, servers: Servers) -> None:
        self._settings = settings
        self._wishes = wishes
        self._phases = phases
        self._servers = servers
        self._names = workers.names()
        self._crew: Crew | None = None
        self._reader_url = ""
        self._service_urls: dict[str, str] = {}

    def prepare(self) -> None:
        """Everything that must stand before the first event: the broker starts first, it takes longest."""
        self._servers.begin_kafka()
        self._servers.start_postgres()
        self._migrate()
        self._servers.await_kafka()
        with self._phases.phase("topics") as notes:
            made = asyncio.run(topics.create(self._servers.client(), self._names, prefix=self._settings.topic_prefix))
            notes.append(f"{made} created" if made else "all there")
        self._tell(ready=False)
        self._start_crew()

    def _migrate(self) -> None:
        from db.services import service_names
        from db.upgrade import service_url, upgrade

        with self._phases.phase("migrations") as notes:
            names = service_names()
            secrets = credentials.passwords(self._settings.home, names)
            given = {name: secret for name, secret in secrets.items() if name not in self._settings.database_urls}
            admin = self._servers.admin_url
            upgrade(admin, passwords=given)
            urls = {name: service_url(admin, name, secrets[name]) for name in names}
            self._service_urls = {**urls, **self._settings.database_urls}
            self._reader_url = service_url(admin, credentials.READER, secrets[credentials.READER])
            notes.append(f"{len(names)} services")

    def _start_crew(self) -> None:
        since = datetime.now(UTC)
        with self._phases.phase("workers") as notes:
            self._crew = Crew(ROOT, self._settings.home / "logs", self._environment(), say=self._phases.line)
            for name in self._names:
                self._crew.start(name, "worker", "run", name)
            if (ROOT / "operators" / "commands" / "scheduler.py").exists():
                self._crew.start("scheduler", "scheduler", "run")
            asyncio.run(self._claimed(since))
            notes.append(", ".join(self._names))

    async def _claimed(self, since: datetime) -> None:
        """Wait until every worker holds all its lanes: from then on nothing waits for a start-up."""
        import asyncpg

        from operators.positions import unclaimed

        deadline = time.monotonic() + CLAIM_TIMEOUT_S
        db = await asyncpg.connect(self._reader_url)
        try:
            while late := await unclaimed(db, workers.load_all(), since=since):
                if time.monotonic() > deadline:
                    raise OperatorError(
                        f"not started after {CLAIM_TIMEOUT_S:.0f} s: {', '.join(late)}; "
                        f"see the logs in {self._settings.home / 'logs'}"
                    )
                if self._crew is not None:
                    self._crew.tend()
                await asyncio.sleep(TEND_S)
        finally:
            await db.close()

    def _environment(self) -> dict[str, str]:
        """What members are told: addresses and passwords by environment, never by argument."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_URL")}
        urls = {f"DATABASE_URL_{name.upper()}": url for name, url in self._service_urls.items()}
        return {
            **inherited,
            **urls,
            "KAFKA_BOOTSTRAP_SERVERS": self._servers.bootstrap,
            "CORALSERVE_HOME": str(self._settings.home),
            "LOG_FORMAT": self._settings.log_format or "json",
            "PYTHONPATH": str(ROOT),
            "PYTHONSAFEPATH": "1",
        }

    def _tell(self, *, ready: bool) -> None:
        instance.write(
            self._settings.home,
            instance.Instance(
                pid=os.getpid(),
                ready=ready,
                kafka_bootstrap=self._servers.bootstrap,
                admin_url=self._servers.admin_url,
                reader_url=self._reader_url,
                service_urls=self._service_urls,
                embedded_kafka=self._servers.kafka is not None,
                embedded_database=self._servers.postgres is not None,
                demo=self._wishes.demo,
                started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )

    def live(self, started: float) -> int:
        """From ready to told to stop."""
        self._tell(ready=True)
        self._phases.line(f"ready in {time.monotonic() - started:.1f} s")
        if not self._wishes.once:
            self._phases.line(f"Kafka {self._servers.bootstrap}; the database's address: ./coralserve env")
            for line in NEXT:
                self._phases.line(f"  {line}")
            self._phases.line("Ctrl-C stops everything")
        sys.stdout.flush()
        return asyncio.run(self._live())

    async def _live(self) -> int:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        tending = asyncio.create_task(self._tend(stop))
        try:
            return await self._work(stop)
        finally:
            stop.set()
            await tending

    async def _work(self, stop: asyncio.Event) -> int:
        """What runs beside the crew: the demo, or nothing."""
        if not self._wishes.demo and not self._wishes.once:
            await stop.wait()
            return 0
        from operators.supervise.demo import Demo

        demo = Demo(
            self._servers.client(),
            self._reader_url,
            home=self._settings.home,
            prefix=self._settings.topic_prefix,
            say=self._phases.line,
        )
        if self._wishes.once:
            limit = FINITE_SALES if self._wishes.demo else 0
            return await demo.finite(limit, rate=self._wishes.rate, timeout_s=FINITE_TIMEOUT_S, stop=stop)
        await demo.endless(rate=self._wishes.rate, stop=stop)
        return 0

    async def _tend(self, stop: asyncio.Event) -> None:
        """Start again who died. In the main thread: children die with the thread that started them."""
        calm_at = time.monotonic() + CALM_AFTER_S
        while not stop.is_set():
            if time.monotonic() > calm_at and self._servers.kafka is not None:
                self._servers.kafka.prepare_archive()
                calm_at = float("inf")
            for name in self._servers.revive():
                self._phases.line(f"{name} ended, started again")
            if self._crew is not None:
                self._crew.tend()
            if self._phases.unread:
                stop.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TEND_S)

    def stop(self) -> None:
        """Down in order: the crew drains first, then the broker, then the database. Signals no longer interrupt."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        started = time.monotonic()
        if self._crew is not None:
            self._crew.stop()
        self._servers.stop()
        self._phases.line(f"stopped in {time.monotonic() - started:.1f} s")
