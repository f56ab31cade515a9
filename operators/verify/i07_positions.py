"""I7 Positions: the truth is in the database; Kafka is never told more, and the journal says the same (I8 included)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operators.verify.findings import Findings, Invariant

if TYPE_CHECKING:
    from operators.verify.world import World


class Positions(Invariant):
    """Proves: what each group committed to Kafka is at most its position; each position is the one its last journal
    row left; no position lies outside the log, below its start or above its end."""

    name = "I7"
    title = "positions: Kafka is never told more than the database, and the journal agrees"

    async def check(self, world: World, found: Findings) -> None:
        for books in world.books.values():
            for lane, committed in sorted(world.committed[books.worker].items()):
                found.proves()
                at = books.positions.get(lane)
                if at is None or committed > at:
                    key = f"{books.worker} {lane[0]}/{lane[1]}"
                    found.breaks(key, f"Kafka was told {committed}, the database is at {at}")
            for lane, at in sorted(books.positions.items()):
                self._of_lane(world, found, f"{books.worker} {lane[0]}/{lane[1]}", lane, at)
                journal = books.journal.get(lane)
                if journal:
                    key = f"{books.worker} {lane[0]}/{lane[1]}"
                    found.expect(key, "position, by the journal", expected=journal[-1].next, found=at)

    def _of_lane(self, world: World, found: Findings, key: str, lane: tuple[str, int], at: int) -> None:
        found.proves()
        if lane not in world.log.ends:
            found.breaks(key, "the topic or partition does not exist")
        elif at > world.log.ends[lane]:
            found.breaks(key, f"position {at} is above the log's end {world.log.ends[lane]}: was it made anew?")
        elif at < world.log.starts[lane]:
            found.breaks(key, f"position {at} is below the log's start {world.log.starts[lane]}: records are gone")
