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
    from asyncpg.transaction import Transaction

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
    """A connection that keeps inserts for one last statement, and begins a transaction only if something comes before.

    `finish` runs `head` (a CTE on the first parameters), the inserts and `result` as one statement, which must fail by
    itself where the batch may not be written: without an earlier statement it is the whole transaction.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._inserts: list[tuple[Table, Sequence[Sequence[Any]]]] = []
        self._transaction: Transaction | None = None

    async def execute(self, query: str, *args: Any) -> str:
        """As the connection's; the transaction begins here at the latest."""
        await self._begin()
        return str(await self._db.execute(query, *args))

    async def executemany(self, query: str, args: Sequence[Sequence[Any]]) -> None:
        """As the connection's."""
        await self._begin()
        await self._db.executemany(query, args)

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """As the connection's."""
        await self._begin()
        return list(await self._db.fetch(query, *args))

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        """As the connection's."""
        await self._begin()
        return await self._db.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        """As the connection's."""
        await self._begin()
        return await self._db.fetchval(query, *args)

    async def copy_to_table(self, name: str, **options: Any) -> None:
        """As the connection's."""
        await self._begin()
        await self._db.copy_to_table(name, **options)

    def insert(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Keep rows for the last statement; rows of a table keep their order."""
        self._inserts.append((table, rows))

    async def finish(self, head: str, args: Sequence[Any], result: str) -> Record:
        """The last statement; with an earlier one it leaves the commit to `commit`."""
        parts, given = [head], list(args)
        for number, (table, rows) in enumerate(self._inserts):
            parts.append(f"w{number} AS ({_insert(table, len(given))})")
            given += _columns(table, rows)
        return await self._db.fetchrow(f"WITH {', '.join(parts)} {result}", *given)

    async def commit(self) -> None:
        """Commit what began before the last statement; a single statement has committed itself."""
        if self._transaction is not None:
            await self._transaction.commit()

    async def roll_back(self) -> None:
        """Undo what began; a lost connection has undone it."""
        if self._transaction is not None and not self._db.is_closed():
            await self._transaction.rollback()

    async def _begin(self) -> None:
        if self._transaction is None:
            self._transaction = self._db.transaction()
            await self._transaction.start()


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
