"""A desk on a real database, driven as the core drives it: load, decide, save in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from consumers.inventory.desk import InventoryDesk
from mesh.batch import Batch
from schemas.errors import Retry
from schemas.event import Event
from tests.consumers.inventory.build import delivery, open_batch, reference

ROLE = "coralserve_inventory"
ATTEMPTS = 200


async def furnish(database: str, *, outlets: Iterable[int] = (3,), products: Iterable[int] = (42, 44)) -> None:
    """The reference rows that foreign keys ask for."""
    db = await asyncpg.connect(database)
    try:
        await db.executemany(
            "INSERT INTO smartoutlet_outlet.outlets (id, name) VALUES ($1, 'o')", [(n,) for n in outlets]
        )
        await db.executemany(
            "INSERT INTO smartoutlet_product.products (id, name) VALUES ($1, 'p')", [(n,) for n in products]
        )
        await db.execute("INSERT INTO smartoutlet_auth.users (id, username) VALUES (17, 'till')")
    finally:
        await db.close()


class Counter:
    """One process: its connection under the worker's own role, and its desk."""

    def __init__(self, db: Any, known: Any = None) -> None:
        self.db = db
        self.desk = InventoryDesk(known or reference())
        self.retries = 0

    async def plan(self, *events: Event) -> Batch:
        """Load and decide, without writing."""
        deliveries = [delivery(each) for each in events]
        batch = open_batch()
        await self.desk.load(self.db, deliveries)
        for each in deliveries:
            self.desk.decide(each, batch)
        return batch

    async def save(self, batch: Batch) -> None:
        """One transaction, as the core does; memory is dropped where it fails."""
        try:
            async with self.db.transaction():
                await self.desk.save(self.db, batch)
        except Exception:
            self.desk.forget()
            raise

    async def happens(self, *events: Event) -> Batch:
        """Plan and save, again after each Retry."""
        for _ in range(ATTEMPTS):
            batch = await self.plan(*events)
            try:
                await self.save(batch)
            except Retry:
                self.retries += 1
                continue
            return batch
        raise AssertionError(f"no luck in {ATTEMPTS} attempts")

    async def movements(self) -> list[tuple[Any, ...]]:
        """(batch, type, quantity, value, variance) in the order written."""
        rows = await self.db.fetch(
            "SELECT s.batch_number, m.movement_type, m.quantity, m.total_value, m.cost_variance"
            " FROM coralserve_inventory.stock_movements m"
            " JOIN coralserve_inventory.stock_items s ON s.id = m.stock_item_id ORDER BY m.id"
        )
        return [tuple(row) for row in rows]

    async def held(self) -> dict[str | None, Any]:
        """What each batch holds."""
        rows = await self.db.fetch("SELECT batch_number, quantity FROM coralserve_inventory.stock_items ORDER BY id")
        return {row["batch_number"]: row["quantity"] for row in rows}

    async def balanced(self) -> None:
        """I1: every stock item holds the sum of its movements."""
        off = await self.db.fetch(
            "SELECT s.id, s.quantity, sum(m.quantity) FROM coralserve_inventory.stock_items s"
            " LEFT JOIN coralserve_inventory.stock_movements m ON m.stock_item_id = s.id"
            " GROUP BY s.id HAVING s.quantity IS DISTINCT FROM coalesce(sum(m.quantity), 0)"
        )
        assert off == [], "stock items that differ from their movements"


@asynccontextmanager
async def counter(database: str, known: Any = None) -> AsyncIterator[Counter]:
    """A process at work on the database."""
    db = await asyncpg.connect(database, server_settings={"role": ROLE})
    try:
        yield Counter(db, known)
    finally:
        await db.close()
