"""Proof at rest of the audit chains (I11): finds the first row changed, deleted, swapped, inserted or cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from consumers.audit.rules import GENESIS, Entry, Head, canonical, link, members


class Broken(NamedTuple):
    """The first place where a chain does not hold; `reason` is one of the codes this module names."""

    chain: int
    seq: int
    reason: str


class Walk:
    """One chain, row by row in seq order: `take` each stored row, `close` at the end. Keeps one head in memory.

    `heads` are the heads known from elsewhere (published ones, or read back from the topic), seq to hash.
    """

    def __init__(self, chain: int, *, current: Head | None, heads: Mapping[int, bytes]) -> None:
        self.chain = chain
        self.head = GENESIS
        self._last_id = 0
        self._heads = heads
        self._current = current

    def take(self, row_id: int, entry: Entry) -> Broken | None:
        """What is wrong at this row, or None. A walk that found something is over."""
        if entry.seq > self.head.seq + 1:
            return Broken(self.chain, self.head.seq + 1, "DELETED")
        if entry.seq <= self.head.seq:
            return Broken(self.chain, entry.seq, "INSERTED")
        if entry.prev_hash != self.head.hash:
            return Broken(self.chain, entry.seq, "UNLINKED")
        if entry.hash != link(self.head.hash, canonical(members(entry))):
            return Broken(self.chain, entry.seq, "CHANGED")
        if row_id <= self._last_id:
            return Broken(self.chain, entry.seq, "OUT_OF_ORDER")
        if self._heads.get(entry.seq, entry.hash) != entry.hash:
            return Broken(self.chain, entry.seq, "REWRITTEN")
        self.head, self._last_id = Head(entry.seq, entry.hash), row_id
        return None

    def close(self) -> Broken | None:
        """What is wrong at the end: rows cut behind the newest known head, or rows beyond the chain's own head."""
        newest = max(self._heads, default=0)
        current = self._current or GENESIS
        if self.head.seq < max(newest, current.seq):
            return Broken(self.chain, self.head.seq + 1, "CUT")
        if self.head.seq > current.seq:
            return Broken(self.chain, current.seq + 1, "INSERTED")
        if self.head != current:
            return Broken(self.chain, current.seq, "REWRITTEN")
        return None


def verify_chain(
    chain: int, rows: Iterable[tuple[int, Entry]], *, current: Head | None, heads: Mapping[int, bytes]
) -> Broken | None:
    """The first break of one chain, or None. `rows` are (id, entry) in seq order (R72, I11)."""
    walk = Walk(chain, current=current, heads=heads)
    for row_id, entry in rows:
        if broken := walk.take(row_id, entry):
            return broken
    return walk.close()
