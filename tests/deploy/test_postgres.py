"""The embedded PostgreSQL keeps what it acknowledged, whatever happens to the process."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from deploy.local.child import ServerError
from deploy.local.postgres import Postgres


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path, settings={"shared_buffers": "32MB"})
    server.start()
    yield server
    server.stop()


def query(url: str, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_committed_rows_survive_kill_9(server: Postgres) -> None:
    """The promise a user relies on after a power cut: what was committed is there, at the same address."""
    url = server.url
    query(url, "CREATE TABLE public.kept AS SELECT 7 AS x")
    server.kill()
    server.start()
    assert server.url == url
    assert query(server.url, "SELECT x FROM public.kept") == 7


def test_lock_file_with_a_foreign_pid_does_not_stop_the_start(server: Postgres, tmp_path: Path) -> None:
    """After a reboot the old pid may belong to anyone: the server must still start by itself."""
    pid_file = tmp_path / "postgres" / "data" / "postmaster.pid"
    content = pid_file.read_text()
    server.kill()
    pid_file.write_text(content.replace(content.splitlines()[0], str(os.getpid()), 1))
    server.start()
    assert query(server.url, "SELECT 1") == 1


def test_only_the_password_opens_the_door(server: Postgres) -> None:
    """Other users of the machine can reach a loopback port; they must not get in."""
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(server.url.replace(server.url.split(":")[2].split("@")[0], "wrong"), "SELECT 1")


def test_password_file_is_private(server: Postgres, tmp_path: Path) -> None:
    """A readable password file would undo the password."""
    mode = (tmp_path / "postgres" / "password").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_root_is_dropped(server: Postgres) -> None:
    """PostgreSQL refuses root; a container's root must be able to run it all the same."""
    uid = Path(f"/proc/{server.pid}").stat().st_uid
    assert uid == (65534 if os.geteuid() == 0 else os.geteuid())


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user reaches its own directories anyway")
def test_root_can_keep_its_home_closed(tmp_path: Path) -> None:
    """/root is mode 0700 and the default home lies below it: the server must start there and leave it closed."""
    closed = tmp_path / "closed home"
    closed.mkdir(mode=0o700)
    server = Postgres(closed, settings={"shared_buffers": "32MB"})
    server.start()
    try:
        assert query(server.url, "SELECT 1") == 1
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        server.stop()


def test_a_second_server_in_the_same_home_is_refused(server: Postgres, tmp_path: Path) -> None:
    """Two postmasters on one directory would destroy it; the message names who holds it."""
    with pytest.raises(ServerError, match=f"already run by process {os.getpid()}"):
        Postgres(tmp_path).start()


STARTER = """
import sys, time
from pathlib import Path
from deploy.local.postgres import Postgres
server = Postgres(Path(sys.argv[1]), settings={"shared_buffers": "32MB"})
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


def test_server_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """A supervisor killed by force must not leave servers behind that block the next start."""
    parent = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    after = Postgres(tmp_path)
    after.start()
    after.stop()
