"""Lets batches through side by side, but a batch that changes the worker's own reference data alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turnstile:
    """Shared passes and exclusive ones; a waiting exclusive pass holds back new shared ones."""

    def __init__(self) -> None:
        self._inside = 0
        self._alone = False
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def passing(self, *, alone: bool) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: not self._alone)
            if alone:
                await self._alone_inside()
            self._inside += 1
        try:
            yield
        finally:
            async with self._changed:
                self._inside -= 1
                if alone:
                    self._alone = False
                self._changed.notify_all()

    async def _alone_inside(self) -> None:
        self._alone = True
        try:
            await self._changed.wait_for(lambda: self._inside == 0)
        except BaseException:
            self._alone = False
            self._changed.notify_all()
            raise
