"""Runs a worker as `python -m operators` does, and notes every millisecond of CPU time which part of it is at work.

A sample falls on the next Python instruction, so time inside C code counts for its caller. Frames are read, not kept.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

EVERY_S = 0.001
REPORT = "CORALSERVE_BENCH_SAMPLES"
ROOT = str(Path(__file__).resolve().parents[1])
PARTS = (
    ("mesh/relay", "relay"), ("mesh/headers", "relay"), ("mesh/tail", "relay"), ("schemas/", "decode"),
    ("db/copy", "encode"), ("asyncpg/", "database"), ("db/", "database"), ("/store.py", "database"),
    ("consumers/", "decide"), ("mesh/planning", "admit"), ("mesh/memory", "admit"), ("mesh/batch", "admit"),
    ("mesh/lifecycle", "admit"), ("mesh/commit", "commit"), ("mesh/lanes", "commit"), ("aiokafka/", "broker"),
    ("faststream/", "broker"), ("mesh/feed", "broker"), ("mesh/lane", "broker"), ("mesh/", "other"),
)  # fmt: skip
"""Part of a path to the part of the work: the innermost frame that names one decides."""
CLAIMING = (("mesh/relay", "relay"), ("Desk.decide", "decide"))
"""These claim whatever they call: money and dates in `schemas/` are decoding only where no desk asked for them."""


class Sampler:
    """Counts by part, and by function: on top of the stack, and anywhere on it."""

    def __init__(self) -> None:
        self.parts: Counter[str] = Counter()
        self.own: Counter[str] = Counter()
        self.within: Counter[str] = Counter()

    def arm(self) -> None:
        """Start sampling the CPU time of this process."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)

    def report(self) -> dict[str, dict[str, int]]:
        """Stop, and the counts."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        return {
            "parts": dict(self.parts.most_common()),
            "own": dict(self.own.most_common(80)),
            "within": dict(self.within.most_common(120)),
        }

    def _sample(self, _: int, frame: FrameType | None) -> None:
        names = []
        while frame is not None:
            code = frame.f_code
            names.append(f"{code.co_filename}:{getattr(code, 'co_qualname', code.co_name)}")
            frame = frame.f_back
        self.parts[part_of(names)] += 1
        if names:
            self.own[_short(names[0])] += 1
        self.within.update({_short(name) for name in names})


def part_of(names: list[str]) -> str:
    """Which part of the work a stack, innermost first, belongs to."""
    if any("importlib" in name for name in names):
        return "start"
    for mark, part in CLAIMING:
        for name in names:
            if mark in name:
                return part
    for name in names:
        for mark, part in PARTS:
            if mark in name:
                return "database" if part == "encode" and name.endswith((".write", "_once")) else part
    return "loop"


def _short(name: str) -> str:
    return name.removeprefix(ROOT + "/").rpartition("site-packages/")[2]


def main() -> int:
    """As `operators`, sampled."""
    from operators.cli import main as run

    sampler = Sampler()
    sampler.arm()
    try:
        return run(sys.argv[1:])
    finally:
        Path(os.environ[REPORT]).write_text(json.dumps(sampler.report(), indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
