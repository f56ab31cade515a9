"""A progress bar on stderr, on a terminal only. Off one it shows nothing at all."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self


class Bar:
    """`with Bar("publishing", total) as bar: bar.show(done)`. `total` None = unknown."""

    def __init__(self, label: str, total: int | None, *, wanted: bool = True) -> None:
        self._label = label
        self._total = total
        self._wanted = wanted and sys.stderr.isatty()
        self._progress: Any = None

    def __enter__(self) -> Self:
        if self._wanted:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._progress.add_task(self._label, total=self._total)
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, done: int, total: int | None = None) -> None:
        """So much is done, of so much if that is known by now."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, total=total or self._total)

    def say(self, line: str) -> None:
        """A line on stderr that does not break the bar."""
        if self._progress is not None:
            self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=sys.stderr)
