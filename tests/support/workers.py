"""Every worker found in the house: a new folder in `consumers/` joins the conformance suite by being there."""

from __future__ import annotations

import importlib
import pkgutil

import consumers
from mesh.worker import Worker


def found() -> dict[str, Worker]:
    names = [module.name for module in pkgutil.iter_modules(consumers.__path__) if module.ispkg]
    return {name: importlib.import_module(f"consumers.{name}.worker").WORKER for name in sorted(names)}
