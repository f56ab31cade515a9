"""The one tree of errors a rule or a worker may raise on purpose. Nothing else may be raised to steer an event."""

from __future__ import annotations


class CoralServeError(Exception):
    """Root of every error of the project."""


class Reject(CoralServeError):
    """The event can never be effected: dead-lettered with `reason`, naming the `field` (RELIABILITY, bad input)."""

    def __init__(self, reason: str, *, field: str = "", detail: str = "") -> None:
        super().__init__(f"{reason} {field} {detail}".strip())
        self.reason = reason
        self.field = field
        self.detail = detail


class Wait(CoralServeError):
    """The event waits, parked, until `key` exists: `product:42`, `sale:9001`, `support:pos.sale.refunded` …"""

    def __init__(self, key: str, *, reason: str, field: str = "") -> None:
        super().__init__(f"{reason} waits for {key}")
        self.key = key
        self.reason = reason
        self.field = field


class Retry(CoralServeError):
    """The state in memory no longer matches the database: roll back, reload, decide again."""
