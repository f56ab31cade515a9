"""Whether the broker and the database answer, and what they say they are. Never raises for a server that is away."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

PATIENCE_S = 5.0


async def broker_health(kafka: Mapping[str, Any]) -> dict[str, Any]:
    """Healthy when the broker answers a request for its metadata."""
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.errors import KafkaError

    admin = AIOKafkaAdminClient(**kafka, request_timeout_ms=int(PATIENCE_S * 1000))
    try:
        await asyncio.wait_for(admin.start(), PATIENCE_S)
        cluster = await asyncio.wait_for(admin.describe_cluster(), PATIENCE_S)
        return _answer(True, f"{kafka['bootstrap_servers']}, {len(cluster['brokers'])} broker(s)")
    except (KafkaError, OSError, TimeoutError) as error:
        return _answer(False, f"{kafka['bootstrap_servers']}: {error or type(error).__name__}")
    finally:
        await admin.close()


async def database_health(url: str) -> dict[str, Any]:
    """Healthy when a login succeeds and a query is answered."""
    import asyncpg

    place = url.rpartition("@")[2]
    try:
        db = await asyncpg.connect(url, timeout=PATIENCE_S)
        try:
            version = await db.fetchval("SHOW server_version", timeout=PATIENCE_S)
        finally:
            await db.close()
        return _answer(True, f"{place}, PostgreSQL {str(version).split()[0]}")
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return _answer(False, f"{place}: {error or type(error).__name__}")


def _answer(healthy: bool, detail: str) -> dict[str, Any]:
    return {"healthy": healthy, "detail": detail}
