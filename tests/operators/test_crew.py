"""The crew starts again who died, ever more slowly, and leaves nobody behind."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from operators.supervise import crew as crews
from operators.supervise.crew import Crew

PROGRAM = """
import sys, time
if sys.argv[1] == "dies":
    sys.exit(3)
time.sleep(60)
"""


@pytest.fixture
def crew(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A crew whose `python -m operators` is a program of the test."""
    (tmp_path / "operators.py").write_text(PROGRAM)
    said: list[str] = []
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    crew = Crew(tmp_path, tmp_path / "logs", environment, say=said.append)
    crew.said = said  # type: ignore[attr-defined]
    yield crew
    crew.stop()


def tend_until(crew: Crew, condition, *, within_s: float = 10.0) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        crew.tend()
        time.sleep(0.02)


def test_a_killed_member_is_started_again_and_said_so(crew: Crew) -> None:
    """A worker that died at night must be back before anyone wakes (I14)."""
    crew.start("inventory", "stays")
    first = crew.members[0].child.pid
    assert first is not None
    os.kill(first, 9)
    tend_until(crew, lambda: crew.members[0].child.pid not in (None, first))
    assert "inventory ended (signal SIGKILL)" in crew.said[0]  # type: ignore[attr-defined]


def test_one_that_keeps_dying_is_tried_more_slowly(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken worker must not take the processor from the healthy ones."""
    monkeypatch.setattr(crews, "FIRST_DELAY_S", 0.05)
    crew.start("tax", "dies")
    tend_until(crew, lambda: crew.members[0].deaths >= 3, within_s=20)
    delays = [float(line.split("again in ")[1].split(" s")[0]) for line in crew.said]  # type: ignore[attr-defined]
    assert "exit 3" in crew.said[0]  # type: ignore[attr-defined]
    assert delays[2] > delays[0]


def test_stop_leaves_nobody_behind(crew: Crew) -> None:
    """Ctrl-C means everything."""
    for name in ("a", "b", "c"):
        crew.start(name, "stays")
    pids = [member.child.pid for member in crew.members]
    crew.stop()
    assert sys.platform != "linux" or not any(Path(f"/proc/{pid}").exists() for pid in pids)
