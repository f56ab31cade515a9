"""The audit worker's state and turns: chain heads in memory, one row per event, heads published daily (R70, R72)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import TYPE_CHECKING

from consumers.audit import rules, store
from consumers.audit.rules import CHANGES_CHAIN, GENESIS, Head, Place

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.batch import Batch
    from mesh.worker import Delivery

ROW_CHANGED = "row.changed"
DAY_STARTED = "outlet.day-started"
HEAD_PUBLISHED = "audit.head-published"


class AuditDesk:
    """Heads as the batches decided so far leave them, and committed heads for publishing.

    Memory runs ahead of the database by the batches under way; a compare-and-set on save finds where it is wrong.
    A published head is a committed one: the lane that publishes is not the lane that writes the chain.
    """

    def __init__(self) -> None:
        self._heads: dict[int, Head] = {}
        self._committed: dict[int, Head] = {}
        self._published: set[tuple[int, date]] = set()

    async def load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        """Read the heads these deliveries append to, and those they may publish."""
        missing: set[int] = set()
        starts: list[Delivery] = []
        for delivery in deliveries:
            if delivery.event.type == DAY_STARTED:
                starts.append(delivery)
                continue
            chain = _chain(delivery)
            if chain not in self._heads:
                missing.add(chain)
        if missing:
            found = await store.load_heads(db, missing)
            self._heads.update((chain, found.get(chain, GENESIS)) for chain in missing)
        if starts:
            days = {day for delivery in starts for day in _days(delivery)}
            self._published |= await store.load_published(db, days)
            self._committed = await store.load_heads(db, {chain for chain, _ in days})

    def decide(self, delivery: Delivery, batch: Batch) -> None:
        """One row for a POS event or a row change; heads to publish for a day that starts."""
        event = delivery.event
        if event.type == DAY_STARTED:
            self._publish(delivery, batch)
            return
        place = Place(delivery.topic, delivery.partition, delivery.offset)
        if event.type == ROW_CHANGED:
            entry = rules.record_change(event.data, place, self._heads[CHANGES_CHAIN])
            self._heads[CHANGES_CHAIN] = Head(entry.seq, entry.hash)
            batch.add(store.CHANGE_ROWS, entry)
            return
        row = rules.record_pos(event, place, self._heads[event.data.outlet_id])
        self._heads[row[0]] = Head(row[1], row[3])
        batch.add(store.POS_ROWS, row)

    def _publish(self, delivery: Delivery, batch: Batch) -> None:
        news = [key for key in _days(delivery) if key not in self._published and key[0] in self._committed]
        for chain, day in news:
            head = self._committed[chain]
            data = rules.publish(head, chain=chain, day=day, moment=delivery.event.occurred_at)
            batch.emit(delivery, HEAD_PUBLISHED, str(chain), str(chain), data)
            batch.add(store.PUBLISHED, (chain, day, *head))
            self._published.add((chain, day))
        if not news:
            batch.ignored(delivery)

    async def save(self, tx: Connection, batch: Batch) -> None:
        """Append, advance the heads, keep what was published: one statement each."""
        if rows := batch.rows(store.POS_ROWS):
            await store.append_pos(tx, rows)
        if rows := batch.rows(store.CHANGE_ROWS):
            await store.append_changes(tx, rows)
        if rows := batch.rows(store.PUBLISHED):
            await store.publish(tx, rows)

    def forget(self) -> None:
        """Drop every head; they are read again from the database."""
        self._heads.clear()
        self._committed = {}
        self._published.clear()


def _chain(delivery: Delivery) -> int:
    """R72: a row change goes to chain 0, a POS event to its outlet's."""
    return CHANGES_CHAIN if delivery.event.type == ROW_CHANGED else delivery.event.data.outlet_id


def _days(delivery: Delivery) -> tuple[tuple[int, date], tuple[int, date]]:
    """The heads a day's start may publish: its outlet's for the local date, chain 0's for the UTC date."""
    event = delivery.event
    return (event.data.outlet_id, event.data.local_date), (CHANGES_CHAIN, event.occurred_at.astimezone(UTC).date())
