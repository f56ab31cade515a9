"""What a worker process is told from outside, handed down from the composition root. Reads no environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Config:
    """Addresses, credentials and limits of one worker process; times in milliseconds or seconds as named."""

    bootstrap: str
    database_url: str = field(repr=False)
    instance: str = "0"
    topic_prefix: str = ""
    kafka_security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    batch_limit: int = 1_000
    tracks: int = 3
    fetch_min_bytes: int = 100_000
    fetch_wait_ms: int = 20
    session_timeout_ms: int = 10_000
    health_port: int | None = None
    failpoint: str = ""
