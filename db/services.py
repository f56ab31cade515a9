"""The services there are: one per folder of db/ with a `tables.py`. Name, schemas and roles follow from the folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sqlalchemy import MetaData

from db.statements import ROOM

FIRST = ("ledger", "inventory", "recipe")
"""Creation order: the reference data, what others refer to, then the rest by name."""


class UnknownServiceError(ValueError):
    """A name that is no folder of db/ with a `tables.py`."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `metadata` holds its own schema first, then the others it owns."""

    name: str
    metadata: tuple[MetaData, ...]

    @property
    def room(self) -> Path:
        """Its folder."""
        return ROOM / self.name

    @property
    def role(self) -> str:
        """Its login role; the owner's name has `_owner` after it."""
        return f"coralserve_{self.name}"

    @property
    def schema(self) -> str:
        """Its own schema, of the same name as the role."""
        return self.role

    @property
    def schemas(self) -> tuple[str, ...]:
        """Every schema it owns."""
        return tuple(str(metadata.schema) for metadata in self.metadata)


def service_names() -> tuple[str, ...]:
    """All services, in creation order."""
    found = sorted(path.parent.name for path in ROOM.glob("*/tables.py"))
    return (*(name for name in FIRST if name in found), *(name for name in found if name not in FIRST))


def services(names: Iterable[str] | None = None) -> tuple[Service, ...]:
    """The named services, all by default, in creation order. Raises UnknownServiceError."""
    known = service_names()
    wanted = set(known) if names is None else set(names)
    if wanted - set(known):
        raise UnknownServiceError(f"no such service: {', '.join(sorted(wanted - set(known)))}; there are {known}")
    return tuple(_service(name) for name in known if name in wanted)


def _service(name: str) -> Service:
    tables = import_module(f"db.{name}.tables")
    return Service(name, (tables.METADATA, *getattr(tables, "LEGACY", ())))
