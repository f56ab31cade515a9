"""A server process as a direct child: started through `launch.py`, logged to a file, stopped by signals in turn.

Always waited for: a killed child that is never reaped stays a zombie, and its restart would find its lock file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.identity import OURSELVES, Identity

LAUNCHER = Path(__file__).with_name("launch.py")
LOG_LIMIT_BYTES = 32 * 1024 * 1024
LOG_TAIL_LINES = 15
POLL_S = 0.02
KILL_TIMEOUT_S = 10.0


class ServerError(Exception):
    """A local server could not be installed, started or stopped; the message says what to do next."""


@dataclass(slots=True)
class Child:
    """One server process. `death_signal` is what it gets when this process dies; None lets it live on."""

    name: str
    log_path: Path
    environment: Mapping[str, str]
    identity: Identity = OURSELVES
    death_signal: signal.Signals | None = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int | None:
        """Process id while the child lives."""
        return self.process.pid if self.process is not None and self.alive() else None

    def alive(self) -> bool:
        """Whether the child runs; reaps it when it has ended."""
        return self.process is not None and self.process.poll() is None

    def start(self, command: Sequence[str], *, cwd: Path) -> None:
        """Start `command`; output is appended to the log."""
        self._rotate_log()
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                launched(command, self.identity, self.death_signal),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(self.environment),
                cwd=cwd,
                start_new_session=True,
            )

    def run(self, command: Sequence[str], *, cwd: Path, text: str = "", timeout_s: float) -> None:
        """Run a one-off command as the same identity, fed with `text`; raises with its last words when it fails."""
        done = subprocess.run(
            launched(command, self.identity, self.death_signal),
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(self.environment),
            cwd=cwd,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            words = done.stdout.decode(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
            raise ServerError(f"{self.name}: {Path(command[0]).name} failed:\n" + "\n".join(words))

    def wait_ready(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Return once `ready()`; raise with the log's tail when the child ends or the time is up."""
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.alive():
                raise ServerError(f"{self.name} ended while starting; see {self.log_path}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(
                    f"{self.name} not ready after {timeout_s:.0f} s; see {self.log_path}:\n{self.log_tail()}"
                )
            time.sleep(POLL_S)

    def stop(self, steps: Sequence[tuple[signal.Signals, float]]) -> None:
        """Send each signal and wait its seconds, until the child has ended."""
        if self.process is None:
            return
        for number, patience_s in steps:
            if not self.alive():
                break
            self.process.send_signal(number)
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        self.process = None

    def kill(self) -> None:
        """kill -9 and reap: what a fault test does."""
        self.stop(((signal.SIGKILL, KILL_TIMEOUT_S),))

    def log_tail(self) -> str:
        """The log's last lines."""
        if not self.log_path.exists():
            return "(no log)"
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])

    def _rotate_log(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))


def launched(command: Sequence[str], identity: Identity, death_signal: signal.Signals | None) -> list[str]:
    """`command` behind the launcher."""
    options = identity.arguments()
    if death_signal is not None:
        options += [f"--death-signal={int(death_signal)}", f"--parent={os.getpid()}"]
    return [sys.executable, "-I", "-S", str(LAUNCHER), *options, "--", *command]
