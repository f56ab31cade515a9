"""Where a bench plays: servers of its own (or those named), databases cloned from one seeded template, topics by run.

Deletes what it made. Never touches a database or topic it did not create.
"""

from __future__ import annotations

import tempfile
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from db.services import service_names
from db.upgrade import service_url, upgrade
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from operators import topics
from operators.credentials import READER

PASSWORD = "bench"
CLONE = 'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'
RESET_LANES = "UPDATE coralserve_{worker}.lanes SET next_offset = 0 WHERE topic <> 'changes'"


class Stage:
    """Addresses of the servers, and the databases and topics of this bench. Use as an async context."""

    def __init__(self, home: Path, *, bootstrap: str | None, admin_url: str | None, workers: tuple[str, ...]) -> None:
        self.workers = workers
        self.kafka: Kafka | None = None
        self.postgres: Postgres | None = None
        self._home, self._bootstrap, self._admin_url = home, bootstrap, admin_url
        self._mark = f"bench_{uuid.uuid4().hex[:8]}"
        self._made: set[str] = set()
        self._prefixes: set[str] = set()
        self._exits = AsyncExitStack()
        self._runs = 0

    async def __aenter__(self) -> Self:
        try:
            self._start_servers()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for prefix in list(self._prefixes):
                await self.drop_topics(prefix)
            for name in list(self._made):
                await self.drop(name)
        finally:
            await self._exits.aclose()

    @property
    def bootstrap(self) -> str:
        """`host:port` of the broker."""
        return self.kafka.bootstrap if self.kafka is not None else str(self._bootstrap)

    def admin_url(self, database: str) -> str:
        """Superuser DSN of a database. A secret."""
        base = self.postgres.url if self.postgres is not None else str(self._admin_url)
        return urlunsplit(urlsplit(base)._replace(path=f"/{database}"))

    def service_url(self, database: str, worker: str) -> str:
        """DSN of a worker's own login role. A secret."""
        return service_url(self.admin_url(database), worker, PASSWORD)

    async def new_template(self) -> str:
        """An empty database with every migration, to be seeded and then cloned."""
        name = f"{self._mark}_template"
        await self._execute(f'CREATE DATABASE "{name}"')
        self._made.add(name)
        upgrade(self.admin_url(name), passwords=dict.fromkeys((*service_names(), READER), PASSWORD))
        return name

    async def settle_template(self, template: str) -> None:
        """Send the lanes back to offset 0, where every run's topics begin, and give the planner its statistics."""
        db = await self.connect(template)
        try:
            for worker in self.workers:
                await db.execute(RESET_LANES.format(worker=worker))
            await db.execute("VACUUM ANALYZE")
        finally:
            await db.close()

    async def clone(self, template: str) -> str:
        """A fresh copy of the template, with nothing left to write back to disk."""
        name = f"{self._mark}_{self._next()}"
        await self._execute(CLONE.format(name=name, template=template))
        self._made.add(name)
        await self._execute("CHECKPOINT")
        return name

    async def drop(self, name: str) -> None:
        """Drop a database this bench made."""
        await self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._made.discard(name)

    async def new_topics(self) -> str:
        """Every topic, under a prefix of its own; returns the prefix."""
        prefix = f"{self._mark}.{self._next()}."
        self._prefixes.add(prefix)
        await topics.create({"bootstrap_servers": self.bootstrap}, self.workers, prefix=prefix)
        return prefix

    async def drop_topics(self, prefix: str) -> None:
        """Delete a run's topics."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            await admin.delete_topics([name for name in await admin.list_topics() if name.startswith(prefix)])
        finally:
            await admin.close()
        self._prefixes.discard(prefix)

    async def connect(self, database: str) -> asyncpg.Connection:
        """A superuser's connection."""
        return await asyncpg.connect(self.admin_url(database))

    async def described(self) -> dict[str, Any]:
        """Versions and settings of the servers, for the report."""
        db = await self.connect("postgres")
        try:
            names = ("server_version", "shared_buffers", "fsync", "synchronous_commit", "full_page_writes",
                     "max_wal_size", "wal_compression")  # fmt: skip
            found = {name: await db.fetchval("SELECT current_setting($1)", name) for name in names}
        finally:
            await db.close()
        embedded = {"kafka": self.kafka is not None, "postgresql": self.postgres is not None}
        return {"postgresql": found, "embedded": embedded}

    def _next(self) -> int:
        self._runs += 1
        return self._runs

    def _start_servers(self) -> None:
        """Embedded servers in a temporary home, with the settings `up` uses; the jars are shared with `up`."""
        if self._admin_url is not None and self._bootstrap is not None:
            return
        folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="coralserve-bench-")))
        folder.chmod(0o755)
        if self._bootstrap is None:
            self.kafka = Kafka(folder, libraries=self._home / "kafka" / "libs")
            self._exits.callback(self.kafka.stop)
            self.kafka.begin()
        if self._admin_url is None:
            self.postgres = Postgres(folder)
            self._exits.callback(self.postgres.stop)
            self.postgres.start()
        if self.kafka is not None:
            self.kafka.wait_ready()

    async def _execute(self, statement: str) -> None:
        db = await self.connect("postgres")
        try:
            await db.execute(statement)
        finally:
            await db.close()
