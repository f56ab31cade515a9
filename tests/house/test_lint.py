"""Ruff's findings are findings: the suite fails with them."""

from __future__ import annotations

import subprocess
import sys

from tests.house.source import ROOT

TIMEOUT_S = 120


def test_ruff_finds_nothing() -> None:
    """One style, checked, so that reviews can be about what the code does."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet", "."]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
