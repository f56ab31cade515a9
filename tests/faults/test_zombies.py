"""Workers that are paused, doubled or moved: fencing and static membership on a real broker."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from tests.faults.test_crashes import INVENTORY, LEDGER, assert_whole
from tests.support import world
from tests.support.mesh import Mesh, killing


@pytest.fixture
async def mesh(kafka_bootstrap: str, database: str, topic_prefix: str) -> AsyncIterator[Mesh]:
    made = Mesh(kafka_bootstrap, database, topic_prefix)
    await made.create_topics()
    await made.publish([*world.catalog(), *world.batches()])
    with killing(made):
        async with made.running(LEDGER):
            await made.caught_up(LEDGER)
        yield made


@pytest.mark.slow
async def test_a_paused_worker_wakes_up_as_a_zombie(mesh: Mesh) -> None:
    """SIGSTOP beyond the session timeout, another takes over, SIGCONT: what it still holds must not be written."""
    sleeper = mesh.start("inventory", instance="0")
    await mesh.publish(world.sales(30))
    await mesh.caught_up(INVENTORY)
    await mesh.publish(world.sales(20, start=30))
    sleeper.send_signal(signal.SIGSTOP)
    mesh.start("inventory", instance="1")
    await asyncio.sleep(8)
    await mesh.publish(world.sales(20, start=50))
    await mesh.caught_up(INVENTORY, timeout_s=60)
    sleeper.send_signal(signal.SIGCONT)
    await mesh.publish(world.sales(10, start=70))
    await asyncio.sleep(3)
    await mesh.caught_up(INVENTORY)
    await assert_whole(mesh, 80)


@pytest.mark.slow
async def test_workers_come_and_go(mesh: Mesh) -> None:
    """A rebalance storm: instances join and leave while sales flow; each lane has one owner at every moment."""
    first = mesh.start("inventory", instance="0")
    flow = asyncio.create_task(_flow(mesh))
    for number in (1, 2):
        other = mesh.start("inventory", instance=str(number))
        await asyncio.sleep(2.5)
        other.send_signal(signal.SIGTERM if number == 1 else signal.SIGKILL)
    await flow
    await mesh.caught_up(INVENTORY, timeout_s=60)
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait, 30) == 0
    await assert_whole(mesh, 80)


async def _flow(mesh: Mesh) -> None:
    for start in range(0, 80, 10):
        await mesh.publish(world.sales(10, start=start))
        await asyncio.sleep(0.7)
