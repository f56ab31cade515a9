"""What a worker is to the core: a name, the types it subscribes to, and a desk that decides and writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from schemas.event import Event

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.batch import Batch
    from mesh.reference import Reference


class Delivery(Struct, frozen=True, gc=False):
    """An admitted event at its place in the log; `lane_id` is the `lanes` row whose position covers it."""

    event: Event
    topic: str
    partition: int
    offset: int
    lane_id: int


class Desk(Protocol):
    """A worker's state in memory and its writes. One per process; the core calls these four in this order."""

    async def load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        """Bring the state these deliveries need into memory; reads only, outside the batch's transaction."""

    def decide(self, delivery: Delivery, batch: Batch) -> None:
        """Decide one event and add its rows and outgoing events to the batch.

        Raises Reject or Wait before anything was added or changed in memory.
        """

    async def save(self, tx: Connection, batch: Batch) -> None:
        """Write the batch's rows inside its transaction. Raises Retry where a compare-and-set fails."""

    def forget(self) -> None:
        """Drop the state in memory: the batch was rolled back, or another process may have written."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What the core needs to know; schema, role, group and dead-letter topic follow from the name."""

    name: str
    consumes: Mapping[str, frozenset[str]]
    """Topic to the event types subscribed on it; other types on that topic are ignored and counted."""
    open_desk: Callable[[Reference], Desk]
    unsupported: frozenset[str] = frozenset()
    """Subscribed types that wait as NOT_YET_SUPPORTED until a later version handles them."""
    exclusive: frozenset[str] = frozenset()
    """Types that change the worker's own reference data; a batch with one of them runs alone in its process."""
    awaits: Mapping[str, str] = field(default_factory=dict)
    """Kind of key a parked event may wait for, such as `material`, to the SQL that takes ids ($1 text[]) and returns
    those that exist, as text. Outlets, products and users are known to the core."""
