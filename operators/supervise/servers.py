"""The broker and the database of an `up`: embedded ones are started, watched and stopped; others are only used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.local import jars
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from operators.settings import Settings

if TYPE_CHECKING:
    from operators.supervise.phases import Phases


class Servers:
    """Addresses of the two servers, and the lives of those that are ours."""

    def __init__(self, settings: Settings, phases: Phases) -> None:
        self._settings = settings
        self._phases = phases
        home = settings.home
        self.kafka = None if settings.kafka_bootstrap else Kafka(home)
        self.postgres = None if settings.database_url else Postgres(home)

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return self.kafka.bootstrap if self.kafka is not None else str(self._settings.kafka_bootstrap)

    @property
    def admin_url(self) -> str:
        """DSN that may migrate. A secret."""
        return self.postgres.url if self.postgres is not None else str(self._settings.database_url)

    def client(self) -> dict[str, Any]:
        """Options for aiokafka clients."""
        return {"bootstrap_servers": self.bootstrap, **self._settings.kafka_security}

    def described(self) -> str:
        """Line 1 of the output: which servers are used (CONTRACT 5)."""
        kafka = "embedded Kafka" if self.kafka is not None else f"external Kafka at {self._settings.kafka_bootstrap}"
        database = "embedded PostgreSQL" if self.postgres is not None else "external PostgreSQL (DATABASE_URL)"
        where = f", home {self._settings.home}" if self.kafka is not None or self.postgres is not None else ""
        return f"servers: {kafka}, {database}{where}"

    def begin_kafka(self) -> None:
        """Fetch the broker's jars at first use and start its process; it gets ready while others start."""
        if self.kafka is None:
            return
        if not jars.complete(self.kafka.libraries):
            with self._phases.phase("broker downloaded") as notes:
                jars.fetch(self.kafka.libraries, self._phases.download)
                notes.append(f"{sum(jar.size for jar in jars.locked()) / 1e6:.0f} MB, SHA-256 verified")
        self.kafka.begin()

    def start_postgres(self) -> None:
        """Start the database."""
        if self.postgres is None:
            return
        with self._phases.phase("PostgreSQL") as notes:
            self.postgres.start()
            notes.append(self.admin_url.rpartition("@")[2])

    def await_kafka(self) -> None:
        """Wait for the broker."""
        if self.kafka is None:
            return
        with self._phases.phase("Kafka") as notes:
            self.kafka.wait_ready()
            notes.append(self.bootstrap)

    def revive(self) -> list[str]:
        """Start again what died, without waiting for it; returns the names. Nothing acknowledged was lost."""
        revived = []
        for name, server in (("PostgreSQL", self.postgres), ("Kafka", self.kafka)):
            if server is not None and not server.alive():
                server.begin()
                revived.append(name)
        return revived

    def stop(self) -> None:
        """Stop ours: the broker first, so that nothing is acknowledged that nobody will see today."""
        for server in (self.kafka, self.postgres):
            if server is not None:
                server.stop()
