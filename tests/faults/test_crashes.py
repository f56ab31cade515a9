"""kill -9 at every named step of the worker's loop, on a real broker and database: nothing lost, nothing twice.

Every failure point is tried on the inventory worker, whose effects are the most; the steps are the core's, so they
are the same for all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import chain

import pytest

from mesh.failpoints import NAMES
from tests.support import world
from tests.support.fingerprint import dispositions, fetch
from tests.support.mesh import Mesh, killing
from tests.support.workers import found

WORKERS = found()
LEDGER, INVENTORY = WORKERS["ledger"], WORKERS["inventory"]
SALES = 80
AT_PASSING = {"after-commit": 3, "before-commit": 3, "relay-sent": 1, "relay-marked": 1, "kafka-commit": 1, "revoke": 1}
ON_REVOKE = {"revoke"}
SUMS = """
SELECT (SELECT coalesce(sum(quantity), 0) FROM coralserve_inventory.stock_items) AS on_hand,
       (SELECT coalesce(sum(quantity), 0) FROM coralserve_inventory.stock_movements) AS moved,
       (SELECT count(*) FROM coralserve_inventory.stock_movements WHERE movement_type = 'OUT') AS taken,
       (SELECT count(*) FROM coralserve_inventory.sales) AS sales,
       (SELECT count(*) FROM coralserve_inventory.outbox) AS unsent
"""
PER_ITEM = """
SELECT i.id, i.quantity, coalesce(sum(m.quantity), 0) AS moved
FROM coralserve_inventory.stock_items i LEFT JOIN coralserve_inventory.stock_movements m ON m.stock_item_id = i.id
GROUP BY i.id HAVING i.quantity <> coalesce(sum(m.quantity), 0)
"""


@pytest.fixture
async def mesh(kafka_bootstrap: str, database: str, topic_prefix: str) -> AsyncIterator[Mesh]:
    made = Mesh(kafka_bootstrap, database, topic_prefix)
    await made.create_topics()
    with killing(made):
        yield made


def sold(count: int) -> int:
    """Units of stocked products in so many sales: lines of 1, 2 and 3 units, product 4 is not stocked."""
    return sum(k for n in range(count) for k in (1, 2, 3) if (n + k) % 4 + 1 != 4)


async def assert_whole(mesh: Mesh, count: int) -> None:
    """Stock, movements, journal and told events agree with `count` sales, to the unit."""
    [sums] = await fetch(mesh.database, SUMS)
    received = 500 * 7 * len(world.OUTLETS)
    assert sums["sales"] == count
    assert sums["on_hand"] == sums["moved"] == received - sold(count)
    assert sums["unsent"] == 0
    assert not await fetch(mesh.database, PER_ITEM)
    told = await mesh.read("coralserve.inventory.v1")
    ids = [dict(record.headers)["ce_id"] for record in told]
    assert len(ids) == len(set(ids)), "an event was told twice"
    changes = [record for record in told if dict(record.headers)["ce_type"] == b"inventory.stock-changed"]
    assert len(changes) >= count
    counted = await dispositions(mesh.database, "inventory")
    names = ("effected", "duplicate", "stale", "ignored", "parked", "dead")
    assert counted["consumed"] == sum(counted[name] for name in names) - counted.get("RELEASED", 0)


@pytest.mark.parametrize("name", NAMES)
async def test_killed_at(mesh: Mesh, name: str) -> None:
    """I6 at the step where it is hardest: between any two of them the process may be gone."""
    await mesh.publish(world.catalog())
    async with mesh.running(LEDGER):
        await mesh.caught_up(LEDGER)
    passing = AT_PASSING.get(name, 2)
    child = mesh.start("inventory", failpoint=f"{name}:{passing}")
    for part in (world.batches(), world.sales(SALES // 2), world.sales(SALES // 2, start=SALES // 2)):
        await mesh.publish(part)
        await asyncio.sleep(0.4)
    if name in ON_REVOKE:
        mesh.start("inventory", instance="1")
    assert await asyncio.to_thread(child.wait, 60) == -9, "the failure point was never passed"
    mesh.kill_all()
    async with mesh.running(INVENTORY):
        await mesh.caught_up(INVENTORY)
    await assert_whole(mesh, SALES)


@pytest.mark.slow
async def test_two_publications_with_workers_killed_every_second(mesh: Mesh) -> None:
    """The whole promise in one: the same sales from two tills at once, a random worker killed every second."""
    count = 1_500
    await mesh.publish([*world.catalog(), *world.definitions(), *world.batches("100000")])
    names = sorted(WORKERS)
    children = {name: mesh.start(name) for name in names}
    twice = [mesh.publish(world.sales(count)), mesh.publish(world.sales(count))]
    tills = asyncio.gather(*twice)
    for name in chain.from_iterable([names, names]):
        await asyncio.sleep(1)
        children[name].kill()
        await asyncio.to_thread(children[name].wait)
        children[name] = mesh.start(name)
    await tills
    await mesh.caught_up(*WORKERS.values(), timeout_s=120)
    async with asyncio.timeout(60):
        while any([(await dispositions(mesh.database, name)).get("WAITING") for name in names]):
            await asyncio.sleep(0.2)
    await mesh.caught_up(*WORKERS.values(), timeout_s=120)
    for name in names:
        [row] = await fetch(mesh.database, f"SELECT count(*) AS n FROM coralserve_{name}.sales")
        assert row["n"] == count, name
    assert not await fetch(mesh.database, PER_ITEM)
    [taxes] = await fetch(mesh.database, "SELECT count(*) AS n FROM coralserve_tax.tax_documents")
    assert taxes["n"] == count
    [audited] = await fetch(mesh.database, "SELECT count(*) AS n FROM coralserve_audit.audit_logs WHERE chain > 0")
    assert audited["n"] == count
    [recorded] = await fetch(mesh.database, "SELECT count(*) AS n FROM smartoutlet_pos.transactions")
    assert recorded["n"] == count
