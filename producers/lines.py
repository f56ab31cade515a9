"""Lines of a file or a pipe, numbered, as they come; memory stays flat whatever the input. Knows no event."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import NamedTuple

from schemas.documents import MOST_BYTES

CHUNK_BYTES = 256 * 1024


class Line(NamedTuple):
    """A line without its end; `text` is None where it was too long to keep."""

    number: int
    text: bytes | None


class Splitter:
    """Bytes to lines. Keeps at most one unfinished line, and not even that beyond the limit."""

    def __init__(self, *, limit: int = MOST_BYTES) -> None:
        self._limit = limit
        self._rest = b""
        self._too_long = False
        self._number = 0

    def feed(self, data: bytes) -> list[Line]:
        """The lines that `data` completes."""
        *whole, rest = (self._rest + data).split(b"\n")
        found = [self._line(text) for text in whole]
        self._too_long = self._too_long or len(rest) > self._limit
        self._rest = b"" if self._too_long else rest
        return found

    def end(self) -> list[Line]:
        """The last line, where the input does not end with a line's end."""
        return [self._line(self._rest)] if self._rest or self._too_long else []

    def _line(self, text: bytes) -> Line:
        self._number += 1
        dropped = self._too_long or len(text) > self._limit
        self._too_long = False
        return Line(self._number, None if dropped else text.removesuffix(b"\r"))


async def read_lines(stream: io.BufferedIOBase) -> AsyncIterator[tuple[list[Line], int]]:
    """Lines and the number of bytes read so far. A pipe's lines come when they are written, not when it is closed."""
    splitter, read = Splitter(), 0
    while data := await asyncio.to_thread(stream.read1, CHUNK_BYTES):
        read += len(data)
        yield splitter.feed(data), read
    yield splitter.end(), read
