"""The processes of an `up`: workers, timers and what else runs beside them. The dead are started again, with back-off.

A process that lived longer than a minute begins with a clean slate; one that keeps dying is tried ever more slowly,
never given up (I14).
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.child import Child

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 15.0
CLEAN_SLATE_S = 60.0
STOP_PATIENCE_S = 15.0
KILL_PATIENCE_S = 5.0


@dataclass(slots=True)
class Member:
    """One process: its name, its arguments after `python -m operators`, and how its life goes."""

    name: str
    arguments: Sequence[str]
    child: Child
    started_at: float = 0.0
    retry_at: float | None = None
    deaths: int = field(default=0)


class Crew:
    """Starts members, notices deaths, stops everyone."""

    def __init__(
        self, root: Path, logs: Path, environment: Mapping[str, str], *, say: Callable[[str], None] = print
    ) -> None:
        self._root = root
        self._logs = logs
        self._environment = environment
        self._say = say
        self.members: list[Member] = []

    def start(self, name: str, *arguments: str) -> None:
        """Start a member."""
        self._logs.mkdir(parents=True, exist_ok=True)
        child = Child(
            name=name,
            log_path=self._logs / f"{name.replace(' ', '-')}.log",
            environment=self._environment,
            death_signal=signal.SIGTERM,
        )
        member = Member(name, arguments, child)
        self.members.append(member)
        self._launch(member)

    def tend(self) -> None:
        """Notice who died and start again whose time has come. Call often, from the thread that started them."""
        now = time.monotonic()
        for member in self.members:
            if member.child.alive():
                continue
            if member.retry_at is None:
                self._mourn(member, now)
            elif now >= member.retry_at:
                member.retry_at = None
                self._launch(member)

    def dead(self) -> list[str]:
        """Names of those not alive now."""
        return [member.name for member in self.members if not member.child.alive()]

    def stop(self) -> None:
        """Ask everyone to finish, then wait for each; who does not listen is killed."""
        for member in self.members:
            if member.child.alive() and member.child.process is not None:
                member.child.process.send_signal(signal.SIGTERM)
        for member in reversed(self.members):
            member.child.stop(((signal.SIGTERM, STOP_PATIENCE_S), (signal.SIGKILL, KILL_PATIENCE_S)))

    def _launch(self, member: Member) -> None:
        member.started_at = time.monotonic()
        member.child.start([sys.executable, "-m", "operators", *member.arguments], cwd=self._root)

    def _mourn(self, member: Member, now: float) -> None:
        process = member.child.process
        code = process.returncode if process is not None else None
        member.deaths = 1 if now - member.started_at > CLEAN_SLATE_S else member.deaths + 1
        delay = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2 ** (member.deaths - 1)) * random.uniform(0.8, 1.2)
        member.retry_at = now + delay
        self._say(f"{member.name} ended ({_ending(code)}), starts again in {delay:.1f} s; log {member.child.log_path}")


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit {code}"
