"""The command line: exit codes, messages and speed a user notices."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from operators import menu
from operators.cli import main

ROOT = Path(__file__).resolve().parents[2]
HELP_LIMIT_S = 0.5
HELP_ATTEMPTS = 5


def run(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with nothing in the environment but what is given."""
    environment = {"PATH": os.environ["PATH"], "CORALSERVE_HOME": str(home), "PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, "-m", "operators", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=["nothing", "--help", "-h"])
def test_the_list_of_commands_is_shown(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Someone who knows nothing types the name and must see where to begin."""
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "./coralserve up" in said
    assert all(entry.name in said for entry in menu.ENTRIES.values() if entry.present())


def test_an_unknown_command_is_a_usage_error_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 tells a script it is wrong; the nearest name tells a person how."""
    assert main(["stauts"]) == 2
    assert "./coralserve status" in capsys.readouterr().err


def test_a_wrong_option_is_a_usage_error(tmp_path: Path) -> None:
    """Not 1: nothing was tried."""
    done = run("up", "--detatch", home=tmp_path)
    assert done.returncode == 2
    assert "--detatch" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["env"], ["status"], ["wait"], ["db", "check"], ["worker", "run", "tax"]], ids=" ".join
)
def test_with_nothing_running_the_message_says_what_to_do(arguments: list[str], tmp_path: Path) -> None:
    """The most common mistake of the first hour gets an answer, not a traceback."""
    done = run(*arguments, home=tmp_path)
    assert done.returncode == 1
    assert "./coralserve up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_told_without_traceback_or_password(tmp_path: Path) -> None:
    """Errors end up in tickets and chat rooms: no secret in them (I20)."""
    url = "postgresql://someone:hunter2@127.0.0.1:1/none"
    done = run("db", "check", home=tmp_path, DATABASE_URL=url)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
    assert "DATABASE_URL" in done.stderr


def test_down_with_nothing_running_is_fine(tmp_path: Path) -> None:
    """A clean-up script calls it whatever happened before."""
    done = run("down", home=tmp_path)
    assert done.returncode == 0
    assert "nothing runs" in done.stdout


@pytest.mark.parametrize("name", sorted(entry.name for entry in menu.ENTRIES.values() if entry.present()))
def test_every_command_has_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help without an example is half a help; for a group its sub-commands are listed instead."""
    assert main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert "./coralserve" in said
    assert "Example" in said or "Commands" in said


def test_help_is_quick(tmp_path: Path) -> None:
    """A command line that hesitates is not used. The best of a few, so that a busy machine does not decide."""
    times = []
    for _ in range(HELP_ATTEMPTS):
        started = time.monotonic()
        run("--help", home=tmp_path)
        times.append(time.monotonic() - started)
        if times[-1] < HELP_LIMIT_S:
            break
    assert min(times) < HELP_LIMIT_S


def test_no_command_is_loaded_to_list_them() -> None:
    """Start-up stays quick only as long as the list imports nothing heavy."""
    heavy = {"aiokafka", "asyncpg", "typer", "rich", "faststream", "sqlalchemy"}
    code = f"import sys; from operators.cli import main; main([]); print({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip().endswith("set()")
