"""Publishes CloudEvents in structured mode, one a line: all are validated, the bad ones named, the rest sent."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from producers.lines import Line, read_lines
from producers.sender import Sender
from producers.validate import record_of
from schemas.errors import Reject, Wait
from schemas.reasons import Reason


class Rejection(NamedTuple):
    """A line that is no event this system takes."""

    line: int
    reason: str
    field: str
    detail: str


@dataclass(slots=True)
class Published:
    """What became of the lines; blank ones are not counted."""

    published: int = 0
    rejected: int = 0


async def publish(
    stream: io.BufferedIOBase,
    sender: Sender,
    *,
    on_rejected: Callable[[Rejection], None],
    on_read: Callable[[int], None] = lambda count: None,
) -> Published:
    """Publish a stream of lines in order; returns when the broker has taken everything. Raises SendError.

    `on_read` is told the number of bytes read so far.
    """
    result = Published()
    async for lines, read in read_lines(stream):
        for line in lines:
            if line.text is not None and not line.text.strip():
                continue
            rejection = await _publish_one(line, sender)
            if rejection is None:
                result.published += 1
            else:
                result.rejected += 1
                on_rejected(rejection)
        await sender.push()
        on_read(read)
    await sender.flush()
    return result


async def _publish_one(line: Line, sender: Sender) -> Rejection | None:
    try:
        if line.text is None:
            raise Reject(Reason.TOO_LARGE, detail="over 1 MB")
        record = record_of(line.text, at_ms=time.time_ns() // 1_000_000)
    except Reject as error:
        return Rejection(line.number, error.reason, error.field, error.detail)
    except Wait as error:
        return Rejection(line.number, error.reason, error.field, "newer than this version knows: upgrade first")
    await sender.send(record)
    return None
