"""What `up` says while it starts: one line a phase with its time, a bar for the download on a terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn


class Phases:
    """Timed lines on stdout; plain off a terminal."""

    def __init__(self, *, plain: bool) -> None:
        self.console = Console(no_color=plain, highlight=False, soft_wrap=True)
        self.unread = False
        self._bar: Progress | None = None

    def line(self, text: str) -> None:
        """One line, at once. When nobody reads any more (`up | head`), `unread` is set and nothing is said again."""
        if self.unread:
            return
        try:
            print(text, flush=True)
        except BrokenPipeError:
            self.unread = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    @contextmanager
    def phase(self, title: str) -> Iterator[list[str]]:
        """Time what happens inside; what is appended to the yielded list is shown beside the title."""
        started, notes = time.monotonic(), list[str]()
        if self.console.is_terminal:
            with self.console.status(title):
                yield notes
        else:
            yield notes
        told = f"{title}: {', '.join(notes)}" if notes else title
        self.line(f"  {told:<62} {time.monotonic() - started:5.1f} s")

    def download(self, done: int, total: int) -> None:
        """Progress of the broker's jars, in bytes."""
        if not self.console.is_terminal:
            return
        if self._bar is None:
            columns = (TextColumn("  {task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
            self._bar = Progress(*columns, console=self.console, transient=True)
            self._bar.add_task("broker", total=total)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=done)
        if done >= total:
            self._bar.stop()
            self._bar = None
