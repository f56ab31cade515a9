"""Validation at a producer: what a worker would dead-letter is refused here, with the same reason and field.

Sends nothing.
"""

from __future__ import annotations

from typing import Any

from schemas.encode import to_record

from producers.sender import Record
from schemas.decode import decode


def record_of(cloud_event: dict[str, Any], *, at_ms: int) -> Record:
    """The broker record of one structured event, checked as if the broker had taken it at `at_ms`. Raises Reject."""
    topic, key, value, headers = to_record(cloud_event)
    decode(topic, key, value, headers, at_ms)
    return topic, key, value, headers
