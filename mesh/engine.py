"""Hands fetched records to the tracks: which lanes are idle, how much one batch takes. Decides nothing about events.

Lanes of one partition number belong together (topics keyed by outlet are partitioned alike), so one track at a time
handles them and the state of an outlet is touched by one batch at a time.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from typing import TYPE_CHECKING

import structlog

from mesh.commit import FEW
from mesh.failpoints import Failpoints

if TYPE_CHECKING:
    from db.link import Link
    from mesh.ladder import Ladder
    from mesh.lane import Item, Lane

BATCH_LIMIT = 1_000

log = structlog.get_logger()


class Engine:
    """The lanes this process holds and the tracks that work on them."""

    def __init__(self, *, batch_limit: int = BATCH_LIMIT) -> None:
        self.lanes: dict[tuple[str, int], Lane] = {}
        self.batch_limit = batch_limit
        self._work = asyncio.Event()
        self._idle = asyncio.Condition()
        self._busy: set[int] = set()

    def hold(self, lane: Lane) -> None:
        self.lanes[lane.topic, lane.partition] = lane

    def lane_ids(self) -> list[int]:
        return [lane.lane_id for lane in self.lanes.values() if not lane.closed]

    def by_id(self) -> dict[int, Lane]:
        return {lane.lane_id: lane for lane in self.lanes.values() if not lane.closed}

    def wake(self) -> None:
        self._work.set()

    async def run_track(self, ladder: Ladder, link: Link) -> None:
        """Take what waits on idle lanes and see it through, for ever; cancelled to stop."""
        while True:
            items = self._take()
            if not items:
                self._work.clear()
                await self._work.wait()
                continue
            Failpoints.hit("after-poll")
            await self._work_on(ladder, link, items)

    async def handle_parked(self, ladder: Ladder, link: Link, items: list[Item]) -> None:
        """Take parked events through, when their lanes are idle."""
        groups = {item.lane.partition for item in items}
        async with self._idle:
            await self._idle.wait_for(lambda: not groups & self._busy)
            self._busy |= groups
        await self._finish(ladder, link, items, groups)

    async def drain(self, lanes: Iterable[Lane]) -> None:
        """Close these lanes, drop what was only fetched, and wait until nothing of them is in flight (revoke)."""
        leaving = list(lanes)
        for lane in leaving:
            lane.closed = True
            lane.queue.clear()
        async with self._idle:
            await self._idle.wait_for(lambda: not any(lane.busy for lane in leaving))
        for lane in leaving:
            self.lanes.pop((lane.topic, lane.partition), None)

    async def _work_on(self, ladder: Ladder, link: Link, items: list[Item]) -> None:
        groups = {item.lane.partition for item in items}
        self._busy |= groups
        await self._finish(ladder, link, items, groups)

    async def _finish(self, ladder: Ladder, link: Link, items: list[Item], groups: set[int]) -> None:
        lanes = {item.lane.lane_id: item.lane for item in items}.values()
        for lane in lanes:
            lane.busy = True
        try:
            await ladder.handle(link, items)
        finally:
            for lane in lanes:
                lane.busy = False
            self._busy -= groups
            async with self._idle:
                self._idle.notify_all()
            self._work.set()

    def _take(self) -> list[Item]:
        """The next batch: all of what little there is, or the fullest idle groups up to the limit.

        While a batch is under way, little waits for it to end: one larger batch costs less than two small ones.
        """
        groups: dict[int, list[Lane]] = {}
        for lane in self.lanes.values():
            if lane.queue and not lane.closed and lane.partition not in self._busy:
                groups.setdefault(lane.partition, []).append(lane)
        if not groups:
            return []
        waiting = sum(len(lane.queue) for lanes in groups.values() for lane in lanes)
        if self._busy and waiting <= FEW:
            return []
        fullest = sorted(groups.values(), key=lambda lanes: -sum(len(lane.queue) for lane in lanes))
        chosen = fullest if waiting <= FEW else fullest[: max(1, (len(fullest) + 1) // 2)]
        share = max(1, self.batch_limit // len(chosen))
        return [item for lanes in chosen for item in _take_group(lanes, share)]


def _take_group(lanes: list[Lane], limit: int) -> list[Item]:
    """Up to `limit` records of lanes that belong together, by broker time, each lane in its own order."""
    if len(lanes) == 1:
        queue = lanes[0].queue
        return [queue.popleft() for _ in range(min(limit, len(queue)))]
    taken: list[Item] = []
    heads = [(lane.queue[0].timestamp_ms, index) for index, lane in enumerate(lanes)]
    heapq.heapify(heads)
    while heads and len(taken) < limit:
        _, index = heapq.heappop(heads)
        queue = lanes[index].queue
        taken.append(queue.popleft())
        if queue:
            heapq.heappush(heads, (queue[0].timestamp_ms, index))
    return taken
