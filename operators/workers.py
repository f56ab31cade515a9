"""Finds the workers: one folder in `consumers/` with a `worker.py` that exposes WORKER. Names none of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from operators.errors import OperatorError

if TYPE_CHECKING:
    from mesh.worker import Worker

CONSUMERS = Path(__file__).parent.parent / "consumers"


def names() -> tuple[str, ...]:
    """Every worker of this checkout, in alphabetical order."""
    return tuple(sorted(path.parent.name for path in CONSUMERS.glob("*/worker.py")))


def load(name: str) -> Worker:
    """The worker called `name`."""
    if name not in names():
        raise OperatorError(f"no worker {name!r}: there are {', '.join(names())}")
    worker: Worker = importlib.import_module(f"consumers.{name}.worker").WORKER
    return worker


def load_all() -> tuple[Worker, ...]:
    """Every worker."""
    return tuple(load(name) for name in names())
