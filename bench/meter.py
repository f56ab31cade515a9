"""CPU time and memory of the processes under test, from outside. Measures only what runs on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU seconds between two looks: of the workers, the database's processes, the broker."""

    workers: float
    postgres: float
    kafka: float


class Meter:
    """Looks at processes by id. A server that is not ours (None) counts as 0."""

    def __init__(self, *, postmaster: int | None, broker: int | None) -> None:
        self._postmaster, self._broker = postmaster, broker
        self._before: dict[str, dict[int, float]] = {}
        self._workers: tuple[int, ...] = ()

    def begin(self, workers: tuple[int, ...] = ()) -> None:
        """The first look."""
        self._workers = workers
        self._before = self._look()

    def end(self) -> Spent:
        """CPU seconds since `begin`; a process born meanwhile counts whole."""
        after = self._look()
        return Spent(**{name: _difference(self._before[name], after[name]) for name in after})

    def _look(self) -> dict[str, dict[int, float]]:
        return {
            "workers": {pid: _cpu_s(psutil.Process(pid)) for pid in self._workers},
            "postgres": _family(self._postmaster),
            "kafka": _family(self._broker),
        }


def memory_mb(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / MEGABYTE


def _difference(before: Mapping[int, float], after: Mapping[int, float]) -> float:
    return sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())


def _family(pid: int | None) -> dict[int, float]:
    if pid is None:
        return {}
    found = {}
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        try:
            found[process.pid] = _cpu_s(process)
        except psutil.NoSuchProcess:
            continue
    return found


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
