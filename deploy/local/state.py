"""What a local server remembers between starts: its ports, secrets in files for the owner only, and who runs it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from pathlib import Path
from typing import IO

from deploy.local.child import ServerError

LOOPBACK = "127.0.0.1"
PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700


def port_is_free(port: int) -> bool:
    """Whether a server could listen on `port` now (a lingering closed connection does not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def kept_ports(path: Path, *names: str) -> dict[str, int]:
    """The ports of the last start where still free, else new ones; written back to `path`."""
    known = json.loads(path.read_text()) if path.exists() else {}
    ports: dict[str, int] = {}
    for name in names:
        kept = known.get(name)
        ports[name] = kept if isinstance(kept, int) and port_is_free(kept) else free_port()
    write_private(path, json.dumps(ports))
    return ports


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner may read, whole or not at all."""
    scratch = path.with_name(path.name + ".new")
    scratch.unlink(missing_ok=True)
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


class Claim:
    """One server per directory: an advisory lock on a file, held while the server is ours."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def take(self, what: str) -> None:
        """Hold the lock, or raise naming the process that does."""
        if self._file is not None:
            return
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise ServerError(
                f"{what} in {self._path.parent} is already run by process {holder}: "
                "stop that one first, or choose another CORALSERVE_HOME"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let another process take over."""
        if self._file is None:
            return
        with contextlib.closing(self._file):
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file = None
