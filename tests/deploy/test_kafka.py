"""The embedded broker keeps what it acknowledged, whatever happens to the process."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.local import jars
from deploy.local.child import ServerError
from deploy.local.kafka import Kafka


async def publish(bootstrap: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True)
    await producer.start()
    await producer.send_and_wait(topic, value)
    await producer.stop()


async def first_value(bootstrap: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek(TopicPartition(topic, 0), 0)
        return (await asyncio.wait_for(consumer.getone(), 20)).value
    finally:
        await consumer.stop()


@pytest.mark.slow
def test_acknowledged_records_survive_kill_9(tmp_path: Path, jar_cache: Path) -> None:
    """The promise the whole system stands on; and the broker must be back well within a minute (I14)."""
    server = Kafka(tmp_path, libraries=jar_cache)
    server.start()
    try:
        bootstrap = server.bootstrap
        asyncio.run(publish(bootstrap, "kept", b"seven"))
        server.kill()
        started = time.monotonic()
        server.start()
        assert time.monotonic() - started < 30
        assert server.bootstrap == bootstrap
        assert asyncio.run(first_value(bootstrap, "kept")) == b"seven"
    finally:
        server.stop()


async def test_topics_are_never_created_by_accident(kafka_bootstrap: str) -> None:
    """A misspelt topic that springs into life swallows events nobody will ever read."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap, request_timeout_ms=3000)
    await producer.start()
    try:
        with pytest.raises((KafkaError, TimeoutError)):
            await asyncio.wait_for(producer.send_and_wait("misspelt", b"x"), 5)
    finally:
        await producer.stop()


def test_every_jar_is_locked_by_hash() -> None:
    """An unpinned jar would be code of unknown origin inside the broker."""
    locked = jars.locked()
    assert {jar.artefact for jar in locked} >= {"kafka_2.13", "kafka-clients", "scala-library"}
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in locked)


def test_a_jar_that_is_not_the_locked_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tampered mirror must not get code onto the machine: nothing is kept, and the message says so."""
    monkeypatch.setattr(jars, "_content", lambda *_: b"something else")
    with pytest.raises(ServerError, match="not the locked one"):
        jars.fetch(tmp_path)
    assert not list(tmp_path.glob("*.jar"))
