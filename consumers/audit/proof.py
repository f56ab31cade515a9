"""Proves every chain of a database, streaming: memory stays flat whatever the length of the log (I11). Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from consumers.audit import store
from consumers.audit.rules import Head
from consumers.audit.verification import Broken, Walk

if TYPE_CHECKING:
    from asyncpg import Connection


@dataclass(slots=True)
class Proof:
    """What was walked, the first break of each chain that has one, and the heads of those that hold."""

    chains: int = 0
    rows: int = 0
    broken: list[Broken] = field(default_factory=list)
    heads: dict[int, Head] = field(default_factory=dict)


async def prove(db: Connection, *, kept: Mapping[int, Mapping[int, bytes]] | None = None) -> Proof:
    """Walk every chain in one snapshot. `kept` are heads kept outside the database: chain to (seq to hash)."""
    proof, walk, found = Proof(), None, None
    async with db.transaction(isolation="repeatable_read", readonly=True):
        current, known = await store.heads_known(db)
        for chain, heads in (kept or {}).items():
            known.setdefault(chain, {}).update(heads)
        unseen = sorted({*current, *known})
        async for row_id, entry in store.entries(db):
            if walk is None or walk.chain != entry.chain:
                _finish(proof, walk, found)
                found, walk = (
                    None,
                    Walk(entry.chain, current=current.get(entry.chain), heads=known.get(entry.chain, {})),
                )
            proof.rows += 1
            found = found or walk.take(row_id, entry)
        _finish(proof, walk, found)
    for chain in unseen:
        if chain not in proof.heads and all(broken.chain != chain for broken in proof.broken):
            _finish(proof, Walk(chain, current=current.get(chain), heads=known.get(chain, {})), None)
    proof.broken.sort()
    return proof


def _finish(proof: Proof, walk: Walk | None, found: Broken | None) -> None:
    if walk is None:
        return
    proof.chains += 1
    found = found or walk.close()
    if found:
        proof.broken.append(found)
    else:
        proof.heads[walk.chain] = walk.head
