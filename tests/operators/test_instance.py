"""One `up` per home, and only a living one is believed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from operators import instance
from operators.errors import OperatorError

HOLD = """
import sys, time
from pathlib import Path
from operators import instance
instance.claim(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def an_instance(pid: int) -> instance.Instance:
    return instance.Instance(
        pid=pid, ready=True, kafka_bootstrap="127.0.0.1:1", admin_url="a", reader_url="r", service_urls={"tax": "t"},
        embedded_kafka=True, embedded_database=True, demo=False, started_at="2026-11-24T10:00:00+00:00",
    )  # fmt: skip


@pytest.fixture
def other(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Another process that holds the home."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_up_is_refused_by_name(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """Two supervisors would fight over every port; the message says who is there and how to end it."""
    with pytest.raises(OperatorError, match=f"process {other.pid}.*coralserve down"):
        instance.claim(tmp_path)


def test_what_a_dead_one_left_is_not_believed(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    """After kill -9 the file is still there; its addresses lead nowhere."""
    instance.write(tmp_path, an_instance(other.pid))
    assert instance.read(tmp_path) == an_instance(other.pid)
    other.kill()
    other.wait()
    assert instance.read(tmp_path) is None
    assert instance.holder(tmp_path) is None
    os.close(instance.claim(tmp_path))


def test_the_file_is_private(tmp_path: Path) -> None:
    """It holds the passwords of the database."""
    instance.write(tmp_path, an_instance(1))
    assert stat.S_IMODE((tmp_path / "run" / "instance.json").stat().st_mode) == 0o600
