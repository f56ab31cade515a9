"""Transaction numbers no till of this machine has used before, through restarts and kills. Numbers may be skipped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from producers.demo.chain import FIRST_TRANSACTION_ID

BLOCK = 1000


def numbers(path: Path, *, first: int = FIRST_TRANSACTION_ID) -> Iterator[int]:
    """Endless fresh numbers. `path` remembers the end of the block in use, on disk before its first number is."""
    while True:
        start = int(path.read_text()) if path.exists() else first
        _remember(path, start + BLOCK)
        yield from range(start, start + BLOCK)


def _remember(path: Path, end: int) -> None:
    fresh = path.with_suffix(".new")
    with fresh.open("w") as text:
        text.write(str(end))
        text.flush()
        os.fsync(text.fileno())
    fresh.replace(path)
