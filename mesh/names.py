"""What follows from a worker's name: schema, group, topics, ids of what it tells. Holds no state."""

from __future__ import annotations

import hashlib
from uuid import NAMESPACE_URL, uuid5

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:coralserve:derived-events").bytes


def schema_of(worker: str) -> str:
    """The PostgreSQL schema, and the name of the login role, of a worker."""
    return f"coralserve_{worker}"


def group_of(worker: str) -> str:
    """The Kafka consumer group of a worker."""
    return f"coralserve.{worker}"


def told_topic(worker: str) -> str:
    """Where a worker tells the world what it did."""
    return f"coralserve.{worker}.v1"


def dead_topic(worker: str) -> str:
    """Where copies of a worker's dead events go."""
    return f"coralserve.{worker}.dlq"


def derived_id(worker: str, cause: str, event_type: str, target: str) -> bytes:
    """The UUIDv5 (RFC 9562) of a derived event, 16 bytes: one per (cause, type, target) of a worker (I10)."""
    digest = bytearray(hashlib.sha1(_NAMESPACE + f"{worker}\x1f{cause}\x1f{event_type}\x1f{target}".encode()).digest())
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest[:16])
