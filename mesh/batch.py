"""What one batch will write: rows by table, outgoing events by lane, parked events, the tally. Writes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesh.lane import Item, Lane
from mesh.names import derived_id, told_topic

if TYPE_CHECKING:
    from db.copy import Table
    from mesh.worker import Delivery

Row = tuple[Any, ...]


class Tally:
    """How the offsets of one lane in this batch were disposed of (I17), and how far the lane gets."""

    __slots__ = (
        "consumed",
        "dead",
        "duplicate",
        "effected",
        "first",
        "ignored",
        "lane",
        "last",
        "oldest_ms",
        "parked",
        "stale",
    )

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.first = self.last = -1
        self.oldest_ms = 0
        self.consumed = self.effected = self.duplicate = self.stale = self.ignored = self.parked = self.dead = 0

    def took(self, item: Item) -> None:
        """Count a fetched record; one that comes back from `parked` was counted when it was fetched."""
        if item.parked_id is not None:
            return
        self.consumed += 1
        if self.first < 0 or item.offset < self.first:
            self.first = item.offset
            self.oldest_ms = item.timestamp_ms
        self.last = max(self.last, item.offset)

    @property
    def next_offset(self) -> int:
        return self.last + 1 if self.last >= 0 else self.lane.next_offset


class Batch:
    """Collects what the deciding of a batch leads to; the core writes all of it in one transaction."""

    def __init__(self, worker: str, *, own_revision: int = 0) -> None:
        self.worker = worker
        self.told_topic = told_topic(worker)
        self.own_changed = False
        self.unknown = False
        self.own_revision = own_revision
        self.reference_revision = 0
        self.tallies: dict[int, Tally] = {}
        self.outbox: dict[int, list[Row]] = {}
        self.parked: list[Row] = []
        self.resolved: list[Row] = []
        self.lane_of_parked: dict[int, int] = {}
        self.blocking: list[str] = []
        self.waiting_again: list[Row] = []
        self._rows: dict[Table, list[Row]] = {}

    def rows(self, table: Table) -> list[Row]:
        """The rows collected for a table, in the order they were added; may be appended to."""
        found = self._rows.get(table)
        if found is None:
            found = self._rows[table] = []
        return found

    def add(self, table: Table, row: Row) -> None:
        """One row for a table, cells in the table's column order."""
        self.rows(table).append(row)

    def emit(self, delivery: Delivery, event_type: str, target: str, key: str, data: bytes) -> None:
        """Tell the world a fact that this delivery caused; its id follows from (cause, type, target) (I10)."""
        event = delivery.event
        trace = b'],["traceparent","' + event.traceparent.encode() + b'"]]' if event.traceparent else b"]]"
        headers = b'[["ce_causationid","' + event.id.encode() + b'"' + trace
        identity = derived_id(self.worker, event.id, event_type, target)
        self.send(delivery.lane_id, (identity, event_type, self.told_topic, key.encode(), headers, data))

    def send(self, lane_id: int, row: Row) -> None:
        """An outbox row without its place: (id, type, topic, key, headers, payload)."""
        rows = self.outbox.get(lane_id)
        if rows is None:
            rows = self.outbox[lane_id] = []
        rows.append(row)

    def ignored(self, delivery: Delivery) -> None:
        """This delivery had nothing to do here: counted as ignored instead of effected."""
        tally = self.tallies[delivery.lane_id]
        tally.effected -= 1
        tally.ignored += 1

    def changed_own(self) -> None:
        """This batch changes the worker's own reference data: every process of it reloads."""
        self.own_changed = True

    def took(self, item: Item) -> None:
        """A record or a parked event joins the batch, which now covers its lane."""
        self.tally_of(item.lane).took(item)
        if item.parked_id is not None:
            self.lane_of_parked[item.parked_id] = item.lane.lane_id

    def tally_of(self, lane: Lane) -> Tally:
        tally = self.tallies.get(lane.lane_id)
        if tally is None:
            tally = self.tallies[lane.lane_id] = Tally(lane)
        return tally
