"""What the figures were measured on, for the report: processor, memory, versions, load before the start."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

LIBRARIES = ("faststream", "aiokafka", "asyncpg", "msgspec", "uvloop", "sqlalchemy", "pydantic")
GIGABYTE = 1024**3


def described() -> dict[str, Any]:
    """Names and numbers; nothing of the machine's name or users."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / GIGABYTE),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "load_before": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
