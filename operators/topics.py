"""Creates the topics, explicitly and idempotently: every topic of the table, and two per worker found."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from operators.errors import OperatorError
from schemas.topics import TOPICS, Topic, dead_letters, told

if TYPE_CHECKING:
    from aiokafka.admin import AIOKafkaAdminClient

TOPIC_ALREADY_EXISTS = 36
TIMEOUT_MS = 30_000
REPLICAS_WANTED = 3
LEADER_ATTEMPTS = 150
LEADER_PAUSE_S = 0.1


def wanted(workers: Iterable[str]) -> tuple[Topic, ...]:
    """All topics of an installation with these workers, each once."""
    derived = [topic for name in workers for topic in (told(name), dead_letters(name))]
    return tuple({topic.name: topic for topic in (*TOPICS, *derived)}.values())


async def create(kafka: Mapping[str, Any], workers: Iterable[str], *, prefix: str = "") -> int:
    """Create the topics that are missing; returns how many were. A topic of another shape is an error."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(**kafka, request_timeout_ms=TIMEOUT_MS)
    await admin.start()
    try:
        topics = {prefix + topic.name: topic for topic in wanted(workers)}
        made = await _create_missing(admin, topics)
        _refuse_other_shapes(await _led(admin, topics), topics)
        return made
    finally:
        await admin.close()


async def _led(admin: AIOKafkaAdminClient, topics: Mapping[str, Topic]) -> list[Mapping[str, Any]]:
    """The topics as the broker describes them, once every partition has a leader: creation is answered before that."""
    for _ in range(LEADER_ATTEMPTS):
        found = [topic for topic in await admin.describe_topics() if topic["topic"] in topics]
        leaderless = any(part["error_code"] or part["leader"] < 0 for topic in found for part in topic["partitions"])
        if len(found) == len(topics) and not leaderless:
            return found
        await asyncio.sleep(LEADER_PAUSE_S)
    raise OperatorError("topics were created, but some partitions have no leader: check the brokers, then try again")


def _refuse_other_shapes(found: Iterable[Mapping[str, Any]], topics: Mapping[str, Topic]) -> None:
    """Outlet-keyed topics must be partitioned alike, or an outlet's events would meet in two workers (I9)."""
    for topic in found:
        count, expected = len(topic["partitions"]), topics[topic["topic"]].partitions
        if count != expected:
            raise OperatorError(
                f"topic {topic['topic']} has {count} partitions, {expected} are needed: "
                "create it anew, or use another CORALSERVE_TOPIC_PREFIX"
            )


async def _create_missing(admin: AIOKafkaAdminClient, topics: Mapping[str, Topic]) -> int:
    from aiokafka.admin import NewTopic

    present = set(await admin.list_topics())
    missing = [name for name in topics if name not in present]
    if not missing:
        return 0
    replicas = min(REPLICAS_WANTED, len((await admin.describe_cluster())["brokers"]))
    new = [NewTopic(name, topics[name].partitions, replicas, topic_configs=topics[name].settings()) for name in missing]
    answer = await admin.create_topics(new, timeout_ms=TIMEOUT_MS)
    refused = [error for error in answer.topic_errors if error[1] not in (0, TOPIC_ALREADY_EXISTS)]
    if refused:
        raise OperatorError(f"the broker refused topic {refused[0][0]} ({refused[0][2]}): check its ACLs and quotas")
    return len(missing)
