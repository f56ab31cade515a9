"""The list of invariants, and one run through all of them. Knows nothing of what they prove."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from operators.verify.findings import Findings, Invariant
from operators.verify.foreign_keys import ForeignKeys
from operators.verify.i01_stock import Stock
from operators.verify.i02_materials import Materials
from operators.verify.i03_taxes import Taxes
from operators.verify.i04_money import Money
from operators.verify.i05_dispositions import Dispositions
from operators.verify.i06_once import Once
from operators.verify.i07_positions import Positions
from operators.verify.i10_derived import Derived
from operators.verify.i11_audit import Audit
from operators.verify.i17_accounting import Accounting
from operators.verify.log import Log, Progress
from operators.verify.world import World, connected, opened

if TYPE_CHECKING:
    from asyncpg import Connection

INVARIANTS: Sequence[type[Invariant]] = (
    Stock, Materials, Taxes, Money, Dispositions, Once, Positions, Derived, Audit, Accounting, ForeignKeys,
)  # fmt: skip


class Verdict(Struct, frozen=True):
    """The outcome of a run. `lag` is how many events each worker had not handled at the snapshot."""

    findings: tuple[Findings, ...]
    records: int
    lag: dict[str, int]
    waiting: dict[str, int]
    seconds: float

    @property
    def holds(self) -> bool:
        return all(found.holds for found in self.findings)

    @property
    def broken(self) -> list[str]:
        """Names of the broken invariants."""
        return [found.name for found in self.findings if not found.holds]


async def verify(
    kafka: Mapping[str, Any],
    database_url: str,
    *,
    prefix: str = "",
    full: bool = False,
    progress: Progress | None = None,
    said: Callable[[Findings], None] | None = None,
) -> Verdict:
    """Check everything once. `said` is called with each invariant's findings as they are there."""
    async with Log(kafka, prefix=prefix, progress=progress) as log, connected(database_url) as db:
        return await examine(log, db, full=full, progress=progress, said=said)


async def examine(
    log: Log,
    db: Connection,
    *,
    full: bool = False,
    progress: Progress | None = None,
    said: Callable[[Findings], None] | None = None,
) -> Verdict:
    """Check everything once, with a log and a database that are open."""
    started = time.monotonic()
    async with opened(log, db, full=full) as world:
        findings = []
        for place, kind in enumerate(INVARIANTS):
            if progress is not None:
                progress(f"checking {kind.name}", place, len(INVARIANTS))
            found = Findings(kind.name, kind.title)
            await kind().check(world, found)
            findings.append(found)
            if said is not None:
                said(found)
        records = sum(len(shelf.offsets) for shelf in world.shelves.values())
        return Verdict(tuple(findings), records, _lag(world), _waiting(world), time.monotonic() - started)


def _lag(world: World) -> dict[str, int]:
    lag = {}
    for worker, books in world.books.items():
        lanes = [lane for topic in books.topics for lane in world.log.lanes(topic)]
        lag[worker] = sum(
            max(0, world.settled.get(lane, 0) - books.positions.get(lane, world.log.starts[lane])) for lane in lanes
        )
    return lag


def _waiting(world: World) -> dict[str, int]:
    return {
        worker: sum(parked.state == "WAITING" for parked in books.parked.values())
        for worker, books in world.books.items()
    }
