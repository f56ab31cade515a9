"""The embedded Kafka: one KRaft node, loopback only, topics never created by accident, a direct child.

Refuses to share a directory with another running server. Acknowledged records survive kill -9 of the broker:
they are in the operating system's cache, and recovered at the next start.
"""

from __future__ import annotations

import base64
import os
import signal
import socket
import struct
import subprocess
import uuid
from collections.abc import Mapping
from pathlib import Path

from deploy.local import jars
from deploy.local.archive import Archive
from deploy.local.child import Child
from deploy.local.java import java
from deploy.local.state import LOOPBACK, Claim, kept_ports

HEAP_MB = 320
COLLECTOR = "-XX:+UseSerialGC"
READY_TIMEOUT_S = 90.0
FORMAT_TIMEOUT_S = 90.0
PROBE_TIMEOUT_S = 1.0
STOP_STEPS = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
"""An ApiVersions v0 request with its length: answered only once the broker takes requests."""

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": "16777216",
}
"""A broker killed by force may register again once its old session ran out: hence the short session."""

LOGGING = """\
status = warn
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


class Kafka:
    """`start()`, `stop()`, `bootstrap`. `settings` override the defaults, for tests."""

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, str] | None = None,
        death_signal: signal.Signals | None = signal.SIGTERM,
        progress: jars.Progress | None = None,
        libraries: Path | None = None,
    ) -> None:
        self._home = home / "kafka"
        self._data = self._home / "data"
        self._temporary = self._home / "tmp"
        self.libraries = libraries or self._home / "libs"
        self._settings = {**SETTINGS, **(settings or {})}
        self._death_signal = death_signal
        self._progress = progress
        self._claim = Claim(self._home / "claim")
        self._child: Child | None = None
        self._preparing: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def pid(self) -> int | None:
        """Process id of the broker while it runs."""
        return self._child.pid if self._child is not None else None

    @property
    def log_path(self) -> Path:
        """Where the broker logs to."""
        return self._home / "kafka.log"

    def alive(self) -> bool:
        """Whether the broker runs."""
        return self._child is not None and self._child.alive()

    def start(self) -> None:
        """Start the broker, fetching and formatting at first use; returns when it takes requests. Idempotent."""
        self.begin()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Return when the broker takes requests."""
        if self._child is not None:
            self._child.wait_ready(self._answers, timeout_s=READY_TIMEOUT_S)

    def begin(self) -> None:
        """Start the process without waiting for it. Call from a thread that lives as long as the server shall."""
        if self.alive():
            return
        self._home.mkdir(parents=True, exist_ok=True)
        self._claim.take("Kafka")
        self._temporary.mkdir(exist_ok=True)
        classes = jars.fetch(self.libraries, self._progress)
        self._write_configuration()
        child = Child(
            name="Kafka",
            log_path=self.log_path,
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            death_signal=self._death_signal,
        )
        program = java()
        archive = Archive(self.libraries, program)
        class_path = ":".join(str(path) for path in classes)
        command = [str(program), *self._options()]
        self._format(child, [*command, "-cp", class_path])
        child.start(
            [*command, *archive.options(), "-cp", class_path, "kafka.Kafka", str(self._home / "server.properties")],
            cwd=self._home,
        )
        self._child = child

    def stop(self) -> None:
        """Stop the broker in order. Idempotent."""
        if self._preparing is not None:
            os.killpg(self._preparing.pid, signal.SIGTERM)
            self._preparing.wait()
            self._preparing = None
        if self._child is not None:
            self._child.stop(STOP_STEPS)
            self._child = None
        self._claim.release()

    def kill(self) -> None:
        """kill -9 the broker, for fault tests; `start()` brings it back with everything acknowledged."""
        if self._child is not None:
            self._child.kill()

    def prepare_archive(self) -> None:
        """In the background, make the next starts quicker; call once the broker has been up for a while."""
        if self._preparing is None and self.alive():
            class_path = ":".join(str(self.libraries / jar.file_name) for jar in jars.locked())
            self._preparing = Archive(self.libraries, java()).prepare(class_path, COLLECTOR)

    def _options(self) -> list[str]:
        return [
            f"-Xms{HEAP_MB // 4}m",
            f"-Xmx{HEAP_MB}m",
            COLLECTOR,
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            f"-Djava.io.tmpdir={self._temporary}",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={(self._home / 'log4j2.properties').as_uri()}",
        ]

    def _write_configuration(self) -> None:
        ports = kept_ports(self._home / "ports.json", "broker", "controller")
        self._port = ports["broker"]
        places = {
            "log.dirs": str(self._data),
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{LOOPBACK}:{ports['controller']}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap}",
            "controller.quorum.voters": f"1@{LOOPBACK}:{ports['controller']}",
        }
        lines = [f"{name}={value}" for name, value in {**places, **self._settings}.items()]
        (self._home / "server.properties").write_text("\n".join(lines) + "\n")
        (self._home / "log4j2.properties").write_text(LOGGING)

    def _format(self, child: Child, command: list[str]) -> None:
        """Give the storage its cluster id, once."""
        if (self._data / "meta.properties").exists():
            return
        cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        configuration = str(self._home / "server.properties")
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}", "-c", configuration]
        child.run([*command, *tool], cwd=self._home, timeout_s=FORMAT_TIMEOUT_S)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=PROBE_TIMEOUT_S) as probe:
                probe.sendall(API_VERSIONS)
                return len(probe.recv(4)) == 4
        except OSError:
            return False
