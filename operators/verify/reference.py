"""What outlets and products were when a batch was decided: their versions by revision. Falls back to nothing."""

from __future__ import annotations

import json
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from asyncpg import Connection

VERSIONS = """
SELECT revision, id, data::text AS data FROM coralserve_ledger.reference_versions WHERE kind = $1 ORDER BY revision
"""
NOT_STOCKED = "SELECT id FROM smartoutlet_product.products WHERE NOT is_stocked"


class History:
    """The versions of one kind of reference data."""

    def __init__(self) -> None:
        self._revisions: dict[int, list[int]] = {}
        self._data: dict[int, list[Any]] = {}

    @classmethod
    async def read(cls, db: Connection, kind: str) -> Self:
        history = cls()
        for row in await db.fetch(VERSIONS, kind):
            history._revisions.setdefault(row["id"], []).append(row["revision"])
            history._data.setdefault(row["id"], []).append(json.loads(row["data"]))
        return history

    def at(self, entity: int, revision: int) -> Any | None:
        """What it was at that revision; None where no version says."""
        place = bisect_right(self._revisions.get(entity, []), revision)
        return self._data[entity][place - 1] if place else None


class Stocked:
    """Whether a product was stocked (R13): by its version; one without versions by its row."""

    def __init__(self, history: History, rows: set[int]) -> None:
        self._history, self._unstocked = history, rows

    @classmethod
    async def read(cls, db: Connection) -> Self:
        rows = {row["id"] for row in await db.fetch(NOT_STOCKED)}
        return cls(await History.read(db, "product"), rows)

    def at(self, product: int, revision: int) -> bool:
        version = self._history.at(product, revision)
        if version is None:
            return product not in self._unstocked
        return version.get("is_stocked") is not False
