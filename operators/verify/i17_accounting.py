"""I17 Accounting: consumed = effected, duplicate, stale, ignored, parked or dead; the sums agree with the rows."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from operators.verify.books import Books, Entry
from operators.verify.findings import Findings, Invariant
from operators.verify.log import Lane

if TYPE_CHECKING:
    from operators.verify.world import World

REMEMBERED = "SELECT count(*) FROM {schema}.dedupe"


class Accounting(Invariant):
    """Proves: in every journal row consumed = effected + duplicate + stale + ignored + parked + dead − released, and
    parked rows released are named once; per partition the parked and dead counted are the parked rows kept; per worker
    the effected and the deliberately ignored are the events remembered. Types nobody subscribed to are counted from
    the raw log."""

    name = "I17"
    title = "consumed = effected + duplicate + stale + ignored + parked + dead-lettered"

    async def check(self, world: World, found: Findings) -> None:
        for books in world.books.values():
            for lane in sorted(books.journal):
                self._lane(found, books, lane)
            self._released(found, books)
            self._kept(found, books)
            await self._remembered(world, found, books)

    def _lane(self, found: Findings, books: Books, lane: Lane) -> None:
        for entry in books.journal[lane]:
            told = entry.effected + entry.duplicate + entry.stale + entry.ignored + entry.parked + entry.dead
            key = f"{books.worker} {lane[0]}/{lane[1]} journal {entry.id}"
            found.expect(key, "consumed", expected=told - len(entry.released), found=entry.consumed)
            if min(entry.effected, entry.duplicate, entry.stale, entry.ignored, entry.parked, entry.dead) < 0:
                found.breaks(key, "a negative count")

    def _released(self, found: Findings, books: Books) -> None:
        named = Counter(each for entries in books.journal.values() for entry in entries for each in entry.released)
        states = {parked.id: parked.state for parked in books.parked.values()}
        for parked_id, times in named.items():
            found.expect(f"{books.worker} parked {parked_id}", "times released", expected=1, found=times)
            found.expect(f"{books.worker} parked {parked_id}", "state", expected="RELEASED",
                         found=states.get(parked_id, "no such row"))  # fmt: skip
        for parked_id, state in states.items():
            if state == "RELEASED" and parked_id not in named:
                found.breaks(f"{books.worker} parked {parked_id}", "is RELEASED, but no journal row says so")

    def _kept(self, found: Findings, books: Books) -> None:
        rows = Counter((place.topic, place.partition) for place in books.parked)
        for lane in sorted(books.positions.keys() | rows.keys()):
            counted = sum(entry.parked + entry.dead for entry in books.journal.get(lane, []))
            key = f"{books.worker} {lane[0]}/{lane[1]}"
            found.expect(key, "parked rows for what the journal counts parked or dead", expected=counted,
                         found=rows[lane])  # fmt: skip

    async def _remembered(self, world: World, found: Findings, books: Books) -> None:
        effected = ignored = 0
        for lane, entries in books.journal.items():
            for entry in entries:
                strangers = _unsubscribed(world, books, lane, entry)
                effected += entry.effected
                ignored += entry.ignored - strangers
                if entry.ignored < strangers:
                    key = f"{books.worker} {lane[0]}/{lane[1]} journal {entry.id}"
                    found.breaks(key, f"ignored {entry.ignored}, but {strangers} are of types not subscribed to")
        known = await world.db.fetchval(REMEMBERED.format(schema=books.schema))
        found.expect(f"{books.worker} dedupe", "events remembered, by the journal", expected=effected + ignored,
                     found=known)  # fmt: skip


def _unsubscribed(world: World, books: Books, lane: Lane, entry: Entry) -> int:
    """Records in the batch's range whose type the worker did not ask for; one without a type is dead instead."""
    shelf = world.shelves.get(lane)
    if shelf is None or entry.first is None or entry.last is None:
        return 0
    types = books.topics.get(lane[0], frozenset())
    within = range(bisect_left(shelf.offsets, entry.first), bisect_left(shelf.offsets, entry.last + 1))
    return sum(1 for at in within if shelf.types[at] and shelf.types[at] not in types)
