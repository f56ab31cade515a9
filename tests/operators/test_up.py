"""`up` as a user meets it: one command to a moving system, and everything gone again afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local import jars

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 200
GONE_S = 30

pytestmark = pytest.mark.slow


def new_home(path: Path, jar_cache: Path) -> Path:
    """A home that has only the broker's jars."""
    jars.fetch(jar_cache)
    libraries = path / "kafka" / "libs"
    libraries.mkdir(parents=True)
    for jar in jars.locked():
        (libraries / jar.file_name).symlink_to(jar_cache / jar.file_name)
    return path


def command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "CORALSERVE_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "operators", *arguments],
        capture_output=True, text=True, env=environment, timeout=PATIENCE_S, check=False, cwd="/",
    )  # fmt: skip


def processes_of(home: Path) -> list[str]:
    """Command lines of live processes that belong to this home."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            around = (entry / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(home) in line or f"CORALSERVE_HOME={home}\0" in around:
            found.append(line)
    return found


def test_a_finite_run_sells_counts_and_leaves_nothing(tmp_path: Path, jar_cache: Path) -> None:
    """What a build server or a reviewer runs: it ends by itself, says what it did, and every process is gone."""
    home = new_home(tmp_path / "home", jar_cache)
    done = command(home, "up", "--once", "--rate", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("servers: embedded Kafka, embedded PostgreSQL")
    assert sum(line.startswith("sale ") for line in lines) >= 15
    assert any(line.startswith("20 sales; events handled:") for line in lines)
    assert processes_of(home) == []


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, jar_cache: Path) -> Iterator[Path]:
    """A home in which `up --detach --no-demo` runs."""
    home = new_home(tmp_path_factory.mktemp("detached") / "home", jar_cache)
    done = command(home, "up", "--detach", "--no-demo")
    assert done.returncode == 0, done.stdout + done.stderr
    yield home
    command(home, "down")


def test_env_gives_a_login_that_reads_everything_and_writes_nothing(running: Path) -> None:
    """The address is handed to notebooks and dashboards (CONTRACT 1)."""
    values = json.loads(command(running, "env", "--json").stdout)
    assert set(values) == {"kafka_bootstrap_servers", "database_url", "gateway_url", "console_url", "home"}

    async def use() -> None:
        db = await asyncpg.connect(values["database_url"])
        try:
            schemas = await db.fetch("SELECT nspname FROM pg_namespace WHERE nspname ~ '^(coralserve|smartoutlet)_'")
            tables = await db.fetch(
                "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = ANY($1)",
                [row["nspname"] for row in schemas],
            )
            assert tables
            for table in tables:
                await db.fetch(f"SELECT * FROM {table['name']} LIMIT 1")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute("DELETE FROM coralserve_inventory.lanes")
        finally:
            await db.close()

    asyncio.run(use())


def test_wait_returns_when_nothing_is_left(running: Path) -> None:
    """Scripts publish, wait, and look."""
    done = command(running, "wait", "--timeout", "60")
    assert done.returncode == 0, done.stderr


def test_status_shows_every_worker(running: Path) -> None:
    """One look tells whether it works."""
    state = json.loads(command(running, "status", "--json").stdout)
    assert state["kafka"]["healthy"]
    assert state["database"]["healthy"]
    assert {row["worker"] for row in state["workers"]} == {
        path.parent.name for path in ROOT.glob("consumers/*/worker.py")
    }


def test_a_second_up_in_the_same_home_is_refused(running: Path) -> None:
    """The message names the process and the way out."""
    done = command(running, "up")
    assert done.returncode == 1
    assert "already running" in done.stderr
    assert "./coralserve down" in done.stderr


def test_a_supervisor_killed_by_force_takes_its_processes_along_and_can_start_again(running: Path) -> None:
    """After the worst end the next start must need no cleaning up by hand."""
    pid = json.loads((running / "run" / "instance.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + GONE_S
    while left := processes_of(running):
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    done = command(running, "up", "--detach", "--no-demo")
    assert done.returncode == 0, done.stdout + done.stderr


def test_down_stops_everything(running: Path) -> None:
    """Last of this module: the home is quiet afterwards."""
    done = command(running, "down")
    assert done.returncode == 0, done.stderr
    assert processes_of(running) == []
