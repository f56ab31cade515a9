"""Sends all row inserts of a small batch with its last statement, in one round trip. Decides nothing.

Measured: COPY is faster per row, but every COPY is a round trip of its own; below a hundred events those cost more
than the rows. Whatever else is run on it goes to the connection at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from asyncpg import Connection, Record

    from db.copy import Table

_TYPES = {
    "int8": "bigint", "serial": "bigint", "int8 run": "bigint", "int4": "int", "text": "text", "label": "text",
    "text run": "text", "numeric": "numeric", "date": "date", "timestamptz": "timestamptz", "bool": "bool",
    "bytea": "bytea", "jsonb": "text", "jsonb run": "text", "uuid": "uuid",
}  # fmt: skip


def _json(cell: bytes | None) -> str | None:
    return None if cell is None else cell.decode()


def _uuid(cell: UUID | bytes | None) -> UUID | None:
    return UUID(bytes=cell) if isinstance(cell, bytes) else cell


_CELLS: dict[str, Callable[[Any], Any]] = {"jsonb": _json, "jsonb run": _json, "uuid": _uuid}


class Gathered:
    """A connection that keeps the inserts until `finish`. Rows of a table come in one insert, in their order."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._inserts: list[tuple[Table, Sequence[Sequence[Any]]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def insert(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Keep rows for the last statement."""
        self._inserts.append((table, rows))

    async def finish(self, head: str, args: Sequence[Any], result: str) -> Record:
        """Run `head` (a CTE that uses the first parameters), the inserts and `result` as one statement."""
        parts, given = [head], list(args)
        for number, (table, rows) in enumerate(self._inserts):
            parts.append(f"w{number} AS ({_insert(table, len(given))})")
            given += _columns(table, rows)
        return await self._db.fetchrow(f"WITH {', '.join(parts)} {result}", *given)


@lru_cache(512)
def _insert(table: Table, used: int) -> str:
    kinds = list(table.columns.items())
    arrays = ", ".join(f"${used + n}::{_TYPES[kind]}[]" for n, (_, kind) in enumerate(kinds, start=1))
    names = ", ".join(f'"{name}"' for name, _ in kinds)
    cells = ", ".join(f'u."{name}"::jsonb' if kind.startswith("jsonb") else f'u."{name}"' for name, kind in kinds)
    return f'INSERT INTO {table.schema}."{table.name}" ({names}) SELECT {cells} FROM unnest({arrays}) AS u({names})'


def _columns(table: Table, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    columns = zip(*rows, strict=True)
    return [
        [_CELLS[kind](cell) for cell in column] if kind in _CELLS else list(column)
        for kind, column in zip(table.columns.values(), columns, strict=True)
    ]


def is_gatherable(table: Table) -> bool:
    """Whether every cell fits an array: columns that are arrays themselves do not."""
    return all(kind in _TYPES for kind in table.columns.values())
