"""Batches that change reference data run alone; others run side by side."""

from __future__ import annotations

import asyncio

from mesh.turnstile import Turnstile


async def test_an_exclusive_pass_is_alone() -> None:
    """A sale decided between a rule's change in memory and its commit would use a rule that may never exist."""
    turnstile, inside, seen = Turnstile(), 0, []

    async def work(*, alone: bool) -> None:
        nonlocal inside
        async with turnstile.passing(alone=alone):
            inside += 1
            await asyncio.sleep(0)
            seen.append((alone, inside))
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.wait_for(asyncio.gather(*(work(alone=n % 3 == 0) for n in range(12))), 5)
    assert len(seen) == 12
    assert all(count == 1 for alone, count in seen if alone)
    assert max(count for alone, count in seen if not alone) > 1


async def test_a_cancelled_exclusive_pass_lets_others_in() -> None:
    """A revoke cancels a track: the others must not wait for it for ever."""
    turnstile = Turnstile()
    async with turnstile.passing(alone=False):
        waiting = asyncio.create_task(turnstile.passing(alone=True).__aenter__())
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1), turnstile.passing(alone=False):
        pass
