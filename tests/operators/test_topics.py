"""Topics are created explicitly, once, in the shape the table gives them."""

from __future__ import annotations

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from operators import topics
from operators.errors import OperatorError

WORKERS = ("inventory", "tax")


async def test_creating_twice_creates_once(kafka_bootstrap: str, topic_prefix: str) -> None:
    """`up` runs it at every start."""
    kafka = {"bootstrap_servers": kafka_bootstrap}
    wanted = topics.wanted(WORKERS)
    assert await topics.create(kafka, WORKERS, prefix=topic_prefix) == len(wanted)
    assert await topics.create(kafka, WORKERS, prefix=topic_prefix) == 0


async def test_partitions_and_settings_are_the_tables(kafka_bootstrap: str, topic_prefix: str) -> None:
    """LogAppendTime judges "in the future"; equal partition counts keep an outlet with one process."""
    kafka = {"bootstrap_servers": kafka_bootstrap}
    await topics.create(kafka, WORKERS, prefix=topic_prefix)
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        described = await admin.describe_topics()
        found = {t["topic"]: len(t["partitions"]) for t in described if t["topic"].startswith(topic_prefix)}
    finally:
        await admin.close()
    assert found == {topic_prefix + topic.name: topic.partitions for topic in topics.wanted(WORKERS)}


async def test_a_topic_of_another_shape_is_refused(kafka_bootstrap: str, topic_prefix: str) -> None:
    """A topic with other partitions would break the order of an outlet's events without a word (I9)."""
    kafka = {"bootstrap_servers": kafka_bootstrap}
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(f"{topic_prefix}pos.transactions.v1", 2, 1)])
    finally:
        await admin.close()
    with pytest.raises(OperatorError, match="has 2 partitions, 6 are needed"):
        await topics.create(kafka, WORKERS, prefix=topic_prefix)


def test_a_new_worker_needs_no_edit() -> None:
    """A seventh worker is a folder: its topics follow from its name."""
    names = {topic.name for topic in topics.wanted(["loyalty"])}
    assert {"coralserve.loyalty.v1", "coralserve.loyalty.dlq"} <= names
