"""`up --detach` and `down`: an `up` without a terminal, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from operators import instance
from operators.errors import OperatorError
from operators.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 60.0
POLL_S = 0.05
TAIL_LINES = 12


def detach(settings: Settings, *, demo: bool, rate: float) -> int:
    """Start an `up` in a session of its own; return once it is ready. Its output goes on in a log file."""
    running = instance.holder(settings.home)
    if running is not None:
        raise OperatorError(
            f"already running in {settings.home} (process {running}): `./coralserve status` shows it, "
            "`./coralserve down` stops it; set CORALSERVE_HOME to run a second one"
        )
    log = settings.home / "logs" / "up.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    arguments = [sys.executable, "-m", "operators", "up", f"--rate={rate}", *([] if demo else ["--no-demo"])]
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd=ROOT
        )
    _follow_until_ready(settings, process, log)
    print(f"running detached as process {process.pid}; log {log}; `./coralserve down` stops it")
    return 0


def _follow_until_ready(settings: Settings, process: subprocess.Popen[bytes], log: Path) -> None:
    """Show what it says until it is ready."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    with log.open(encoding="utf-8", errors="replace") as said:
        while True:
            found = instance.read(settings.home)
            ready = found is not None and found.pid == process.pid and found.ready
            if process.poll() is not None:
                tail = "\n  ".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
                raise OperatorError(f"did not start (exit {process.returncode}), see {log}:\n  {tail}")
            if time.monotonic() > deadline:
                process.terminate()
                raise OperatorError(f"not ready after {READY_TIMEOUT_S:.0f} s: see {log}")
            for line in said.readlines():
                if not line.startswith("sale "):
                    print(line, end="", flush=True)
            if ready:
                return
            time.sleep(POLL_S)


def down(settings: Settings) -> bool:
    """Stop the `up` of this home, detached or not, and wait for its end; False where none runs."""
    pid = instance.holder(settings.home)
    if not pid:
        return False
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while instance.holder(settings.home) == pid or _lives(pid):
        if time.monotonic() > deadline:
            raise OperatorError(f"process {pid} still runs after {STOP_TIMEOUT_S:.0f} s: see {settings.home / 'logs'}")
        time.sleep(POLL_S)
    return True


def _lives(pid: int) -> bool:
    """Whether the process is there; one that has ended and waits for its parent to notice is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return not Path("/proc/self").exists()
