"""What every test may ask for: a real PostgreSQL and a real broker for the session, and a database of its own.

Servers start only when a test asks. `CORALSERVE_TEST_DATABASE_URL` and `CORALSERVE_TEST_KAFKA` name others instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

TEMPLATE = "coralserve_template"
FAST_DATABASE = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB", "max_wal_size": "1GB"}
"""Settings of the tests' server: the machine losing power is not among the faults tested here."""


def home() -> Path:
    """Where downloads are kept between test runs: the jars, nothing else."""
    named = os.environ.get("CORALSERVE_HOME")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(named) if named else Path(base) / "coralserve"


@pytest.fixture(scope="session")
def server_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home directory for this session's servers, thrown away afterwards."""
    return tmp_path_factory.mktemp("coralserve")


@pytest.fixture(scope="session")
def jar_cache() -> Path:
    """The broker's jars, shared with `./coralserve up`, so that a second run downloads nothing."""
    return home() / "kafka" / "libs"


@pytest.fixture(scope="session")
def postgres_url(server_home: Path) -> Iterator[str]:
    """Superuser DSN of the session's PostgreSQL."""
    named = os.environ.get("CORALSERVE_TEST_DATABASE_URL")
    if named:
        yield named
        return
    from deploy.local.postgres import Postgres

    server = Postgres(server_home, settings=FAST_DATABASE)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture(scope="session")
def kafka_bootstrap(server_home: Path, jar_cache: Path) -> Iterator[str]:
    """`host:port` of the session's broker. Topics are the test's own: give them a prefix of your own."""
    named = os.environ.get("CORALSERVE_TEST_KAFKA")
    if named:
        yield named
        return
    from deploy.local.kafka import Kafka

    server = Kafka(server_home, libraries=jar_cache)
    server.start()
    try:
        yield server.bootstrap
    finally:
        server.stop()


@pytest.fixture
def topic_prefix() -> str:
    """A prefix that makes this test's topics and groups its own."""
    return f"t{uuid.uuid4().hex[:10]}."


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """Name of a migrated database to clone; made once a session."""
    from db.upgrade import upgrade

    name = f"{TEMPLATE}_{uuid.uuid4().hex[:8]}"
    asyncio.run(_execute(postgres_url, f'CREATE DATABASE "{name}"'))
    upgrade(with_database(postgres_url, name))
    return name


@pytest.fixture
def database(postgres_url: str, template_database: str) -> Iterator[str]:
    """Superuser DSN of a fresh, migrated database; dropped after the test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    asyncio.run(_execute(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}" STRATEGY WAL_LOG'))
    try:
        yield with_database(postgres_url, name)
    finally:
        with contextlib.suppress(OSError):
            asyncio.run(_execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """Superuser DSN of a fresh database without any schema; dropped after the test."""
    name = f"empty_{uuid.uuid4().hex[:12]}"
    asyncio.run(_execute(postgres_url, f'CREATE DATABASE "{name}"'))
    try:
        yield with_database(postgres_url, name)
    finally:
        with contextlib.suppress(OSError):
            asyncio.run(_execute(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)'))


def with_database(url: str, name: str) -> str:
    """`url` pointing at another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(with_database(url, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
