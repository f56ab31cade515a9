"""The door of every producer here: what a worker would dead-letter is refused, with the same reason. Sends nothing."""

from __future__ import annotations

from typing import Any

from producers.sender import Record
from schemas.encode import to_record
from schemas.errors import Reject
from schemas.reasons import Reason

TOLD_BY_WORKERS = "coralserve."


def record_of(cloud_event: dict[str, Any] | bytes, *, at_ms: int) -> Record:
    """The broker record of one structured event, a dict or JSON text, judged as if the broker had taken it at `at_ms`.

    Raises Reject as a worker would, and WRONG_TOPIC for what only workers tell; Wait for a version newer than known.
    """
    record = to_record(cloud_event, timestamp_ms=at_ms)
    if record.topic.startswith(TOLD_BY_WORKERS):
        raise Reject(Reason.WRONG_TOPIC, field="type", detail="only workers tell this")
    return record
