"""What a running `up` leaves in the home directory for the other commands: who it is and where its servers are.

The file is private to its owner: it holds database passwords. It is believed only while that process lives.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

import msgspec

from deploy.local.state import write_private
from operators.errors import OperatorError

CLAIM_ATTEMPTS = 10
CLAIM_PAUSE_S = 0.05


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One running `up`."""

    pid: int
    ready: bool
    kafka_bootstrap: str
    admin_url: str
    reader_url: str
    service_urls: dict[str, str]
    embedded_kafka: bool
    embedded_database: bool
    demo: bool
    started_at: str
    gateway_url: str | None = None
    console_url: str | None = None


def _file(home: Path) -> Path:
    return home / "run" / "instance.json"


def write(home: Path, instance: Instance) -> None:
    """Tell the other commands."""
    _file(home).parent.mkdir(parents=True, exist_ok=True)
    write_private(_file(home), msgspec.json.encode(instance).decode())


def read(home: Path) -> Instance | None:
    """The running instance of this home, or None; a file left by a dead one does not count."""
    if holder(home) is None:
        return None
    try:
        return msgspec.json.decode(_file(home).read_bytes(), type=Instance)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def forget(home: Path) -> None:
    """Remove the file, at the end of `up`."""
    _file(home).unlink(missing_ok=True)


def holder(home: Path) -> int | None:
    """Process id of the `up` that holds this home now, by its lock: a reused pid is never taken for it."""
    path = home / "run" / "claim"
    try:
        with path.open("r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read().strip() or 0)
            return None
    except FileNotFoundError:
        return None


def claim(home: Path) -> int:
    """Take this home for this process, for its life; returns the descriptor that holds it."""
    path = home / "run" / "claim"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not _locked(descriptor):
        pid = os.read(descriptor, 32).decode().strip() or "unknown"
        os.close(descriptor)
        raise OperatorError(
            f"already running in {home} (process {pid}): `./coralserve status` shows it, `./coralserve down` stops it; "
            "set CORALSERVE_HOME to run a second one"
        )
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def _locked(descriptor: int) -> bool:
    """Another command looking at the lock holds it for an instant: hence a few attempts."""
    for _ in range(CLAIM_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(CLAIM_PAUSE_S)
        else:
            return True
    return False
