"""Claims about the audit worker on a real database, under its own role: chains, heads, and every tampering found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from consumers.audit import proof
from consumers.audit.desk import AuditDesk
from consumers.audit.verification import Broken
from mesh.batch import Batch
from mesh.lane import Lane
from mesh.worker import Delivery
from schemas.decode import decode
from schemas.errors import Retry
from schemas.event import Event
from schemas.inventory import DayStarted
from tests.consumers.audit.samples import NOON, change, sale_event

DAY = date(2026, 11, 23)
LANE = Lane(1, "backoffice.inventory.v1", 0, 1, 0, 0, frozenset())


@pytest_asyncio.fixture
async def audit(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that may do what the audit's login role may, and no more."""
    connection = await asyncpg.connect(database)
    await connection.execute("SET ROLE coralserve_audit")
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def intruder(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A superuser who has switched the triggers off: nothing in the database can stop them."""
    connection = await asyncpg.connect(database)
    await connection.execute("ALTER TABLE coralserve_audit.audit_logs DISABLE TRIGGER ALL")
    yield connection
    await connection.close()


def sold(number: int, *, outlet: int = 3) -> Delivery:
    event = sale_event(event_id=f"sale-{number}", transaction_id=number, outlet_id=outlet)
    return Delivery(event, "pos.transactions.v1", outlet % 2, number, 1)


def changed(number: int, **members: Any) -> Delivery:
    event = Event(f"change-{number}", "row.changed", change(record_id=str(number), **members), b"{}", b"", NOON)
    return Delivery(event, "coralserve.changes.v1", 0, number, 2)


def started(outlet: int, day: date = DAY) -> Delivery:
    moment = NOON + (day - DAY)
    event = Event(f"day-{outlet}-{day}", "outlet.day-started", DayStarted(outlet, day, moment), b"{}", b"", moment)
    return Delivery(event, LANE.topic, 0, 0, LANE.lane_id)


async def work(db: asyncpg.Connection, *deliveries: Delivery, desk: AuditDesk | None = None) -> Batch:
    """Load, decide and save these deliveries as one batch."""
    desk, batch = desk or AuditDesk(), Batch("audit")
    batch.tally_of(LANE)
    await desk.load(db, deliveries)
    for delivery in deliveries:
        desk.decide(delivery, batch)
    async with db.transaction():
        await desk.save(db, batch)
    return batch


async def broken(db: asyncpg.Connection) -> Sequence[Broken]:
    return (await proof.prove(db)).broken


async def test_each_outlet_has_a_gapless_chain_of_its_own(audit: asyncpg.Connection) -> None:
    """Sales of several outlets interleave in a batch, and go on in the next one from where they were (R72)."""
    desk = AuditDesk()
    await work(audit, sold(1), sold(2, outlet=4), sold(3), desk=desk)
    await work(audit, sold(4), changed(7), sold(5, outlet=4))
    rows = await audit.fetch("SELECT chain, seq, record_id FROM coralserve_audit.audit_logs ORDER BY chain, seq")
    assert [tuple(row) for row in rows] == [(0, 1, 7), (3, 1, 1), (3, 2, 3), (3, 3, 4), (4, 1, 2), (4, 2, 5)]
    proven = await proof.prove(audit)
    assert (proven.broken, proven.chains, proven.rows) == ([], 3, 6)


async def test_row_changes_survive_the_database_reordering_their_keys(audit: asyncpg.Connection) -> None:
    """PostgreSQL stores jsonb its own way; the hash must still be found from what it gives back (R72)."""
    values = {"b": 1, "aa": {"z": "é", "y": [True, None, "1.50"]}, "name": 'quote " back \\ line\n'}
    everything = {"ip_address": "2001:DB8::1", "user_agent": "psql", "event_id": "e-9", "outlet_id": 3}
    await work(
        audit,
        changed(1, old=values, new={**values, "b": 2}, changed=("b",), **everything),
        changed(2, action="CREATE", old=None, changed=None, user_id=None),
        changed(3, action="DELETE", new=None, changed=None, ip_address="10.0.0.1"),
    )
    assert await broken(audit) == []
    row = await audit.fetchrow("SELECT * FROM coralserve_audit.audit_logs WHERE record_id = 1")
    assert row is not None
    assert (row["changed_fields"], str(row["ip_address"]), row["outlet_id"]) == (["b"], "2001:db8::1", 3)


async def test_a_desk_that_ran_ahead_is_told_to_try_again(audit: asyncpg.Connection) -> None:
    """Two owners of a chain can not both append: the loser rolls back and reads the head again (I6, R72)."""
    behind = AuditDesk()
    await work(audit, sold(1), desk=behind)
    await work(audit, sold(2))
    with pytest.raises(Retry):
        await work(audit, sold(3), desk=behind)
    behind.forget()
    await work(audit, sold(3), desk=behind)
    assert await broken(audit) == []


async def test_two_owners_can_not_both_begin_a_chain(audit: asyncpg.Connection) -> None:
    """The first row of an outlet is raced for like any other."""
    behind = AuditDesk()
    await behind.load(audit, [sold(2)])
    await work(audit, sold(1))
    with pytest.raises(Retry):
        await work(audit, sold(2), desk=behind)


async def test_heads_are_published_once_a_day(audit: asyncpg.Connection) -> None:
    """An outlet's head for its local date, chain 0's once per UTC date, whichever outlet's day starts first (R72)."""
    await work(audit, sold(1), sold(2, outlet=4), changed(7))
    desk, next_day = AuditDesk(), DAY + timedelta(days=1)
    batch = await work(audit, started(3), started(4), desk=desk)
    assert [row[3] for row in batch.outbox[1]] == [b"3", b"0", b"4"]
    again = await work(audit, started(3), desk=AuditDesk())
    assert (again.outbox, again.tallies[1].ignored) == ({}, 1)
    later = await work(audit, started(4, next_day), started(3, next_day), desk=desk)
    assert [row[3] for row in later.outbox[1]] == [b"4", b"0", b"3"]
    assert await broken(audit) == []


async def test_only_committed_heads_are_published(audit: asyncpg.Connection) -> None:
    """A head given away that a rollback takes back would accuse an honest chain."""
    desk = AuditDesk()
    await work(audit, sold(1), desk=desk)
    await desk.load(audit, [sold(2)])
    desk.decide(sold(2), Batch("audit"))
    batch = await work(audit, started(3), desk=desk)
    assert b'"seq":1' in batch.outbox[1][0][5]


async def test_a_day_without_a_chain_publishes_nothing(audit: asyncpg.Connection) -> None:
    """An outlet that sold nothing yet has no head."""
    batch = await work(audit, started(3))
    assert (batch.outbox, batch.tallies[1].ignored) == ({}, 1)


@pytest.mark.parametrize("statement", ["UPDATE {} SET user_id = 1", "DELETE FROM {}", "TRUNCATE {}"])
async def test_nobody_may_rewrite_the_log(audit: asyncpg.Connection, database: str, statement: str) -> None:
    """R71: the worker's own role has no right to, and the triggers refuse even the superuser."""
    await work(audit, sold(1))
    owner = await asyncpg.connect(database)
    for connection in (audit, owner):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format("coralserve_audit.audit_logs"))
    await owner.close()


LOGS = "coralserve_audit.audit_logs"


def insert(*, seq: int, after: int) -> str:
    """A forged row of chain 3 that links to a true one."""
    return f"""
        INSERT INTO {LOGS} (chain, seq, prev_hash, hash, table_name, record_id, action_type, ts)
        SELECT chain, {seq}, hash, hash, table_name, 666, action_type, ts FROM {LOGS} WHERE chain = 3 AND seq = {after}
    """


TAMPERING = [
    pytest.param([f"UPDATE {LOGS} SET new_values = '{{}}' WHERE chain = 3 AND seq = 2"], (3, 2, "CHANGED"), id="value"),
    pytest.param([f"UPDATE {LOGS} SET user_id = 99 WHERE chain = 3 AND seq = 4"], (3, 4, "CHANGED"), id="author"),
    pytest.param(
        [f"UPDATE {LOGS} SET ts = ts - interval '1 microsecond' WHERE chain = 4 AND seq = 1"],
        (4, 1, "CHANGED"),
        id="instant",
    ),
    pytest.param(
        [f"UPDATE {LOGS} SET old_values = jsonb_set(old_values, '{{name}}', '3.75') WHERE chain = 0"],
        (0, 1, "CHANGED"),
        id="number-for-a-string",
    ),
    pytest.param([f"DELETE FROM {LOGS} WHERE chain = 3 AND seq = 1"], (3, 1, "DELETED"), id="first-deleted"),
    pytest.param([f"DELETE FROM {LOGS} WHERE chain = 3 AND seq = 3"], (3, 3, "DELETED"), id="deleted"),
    pytest.param([f"DELETE FROM {LOGS} WHERE chain = 3 AND seq = 4"], (3, 4, "CUT"), id="last-deleted"),
    pytest.param([f"DELETE FROM {LOGS} WHERE chain = 4"], (4, 1, "CUT"), id="chain-deleted"),
    pytest.param(
        [f"DELETE FROM {LOGS} WHERE chain = 4", "DELETE FROM coralserve_audit.chains WHERE chain = 4"],
        (4, 1, "CUT"),
        id="chain-and-its-head-deleted",
    ),
    pytest.param(
        [
            f"DELETE FROM {LOGS} WHERE chain = 3 AND seq = 4",
            (
                f"UPDATE coralserve_audit.chains c SET seq = 3, hash = l.hash FROM {LOGS} l"
                " WHERE c.chain = 3 AND l.chain = 3 AND l.seq = 3"
            ),
        ],
        (3, 4, "CUT"),
        id="cut-with-its-head-behind-the-published-one",
    ),
    pytest.param(
        [
            f"UPDATE {LOGS} SET seq = -seq WHERE chain = 3 AND seq IN (2, 3)",
            f"UPDATE {LOGS} SET seq = 5 + seq WHERE chain = 3 AND seq < 0",
        ],
        (3, 2, "UNLINKED"),
        id="swapped",
    ),
    pytest.param(
        [insert(seq=5, after=4)],
        (3, 5, "CHANGED"),
        id="inserted-at-the-end",
    ),
    pytest.param(
        [
            f"UPDATE {LOGS} SET seq = seq + 1000 WHERE chain = 3 AND seq > 2",
            f"UPDATE {LOGS} SET seq = seq - 999 WHERE chain = 3 AND seq > 1000",
            insert(seq=3, after=2),
        ],
        (3, 3, "CHANGED"),
        id="inserted-inside",
    ),
]


@pytest.mark.parametrize(("statements", "found"), TAMPERING)
async def test_what_an_intruder_did_is_found(
    audit: asyncpg.Connection, intruder: asyncpg.Connection, statements: list[str], found: tuple[int, int, str]
) -> None:
    """I11: whoever gets past every trigger still leaves a chain that does not hold, at the row they touched."""
    await work(audit, changed(7), *(sold(number) for number in range(1, 5)), sold(5, outlet=4))
    await work(audit, started(3), started(4))
    assert await broken(audit) == []
    for statement in statements:
        await intruder.execute(statement)
    assert await broken(audit) == [Broken(*found)]


async def test_a_chain_rewritten_with_its_hashes_is_found_from_outside(
    audit: asyncpg.Connection, database: str
) -> None:
    """A head kept where the database can not write accuses a chain in which everything fits together (R72)."""
    await work(audit, sold(1), sold(2))
    kept = {3: {2: b"\x00" * 32}}
    assert (await proof.prove(audit, kept=kept)).broken == [Broken(3, 2, "REWRITTEN")]


async def test_a_change_by_plain_sql_is_recorded_as_it_was_told(audit: asyncpg.Connection, database: str) -> None:
    """R70: whoever made the change, plain SQL included; from the trigger's bytes to a chain that holds."""
    owner = await asyncpg.connect(database)
    suppliers = "coralserve_inventory.suppliers"
    async with owner.transaction():
        await owner.execute("SELECT set_config('coralserve.user_agent', 'psql/18.4 (plain; by hand)', true)")
        await owner.execute("SELECT set_config('coralserve.ip_address', '10.0.0.1', true)")
        await owner.execute(f"INSERT INTO {suppliers} (id, name, credit_limit) VALUES (5, 'Müller \"Mehl\"', 100.5)")
        await owner.execute(f"UPDATE {suppliers} SET credit_limit = 200 WHERE id = 5")
        await owner.execute(f"DELETE FROM {suppliers} WHERE id = 5")
    told = await owner.fetch("SELECT id, key, payload FROM coralserve_inventory.outbox ORDER BY seq")
    await owner.close()
    deliveries = [
        Delivery(decoded(str(row["id"]), row["payload"]), "coralserve.changes.v1", 0, at, 2)
        for at, row in enumerate(told)
    ]
    await work(audit, *deliveries)
    assert await broken(audit) == []
    rows = await audit.fetch("SELECT * FROM coralserve_audit.audit_logs ORDER BY seq")
    assert [(row["action_type"], row["record_id"], row["changed_fields"]) for row in rows] == [
        ("CREATE", 5, None),
        ("UPDATE", 5, ["credit_limit"]),
        ("DELETE", 5, None),
    ]
    assert rows[1]["old_values"] == '{"credit_limit": "100.50"}'
    assert (rows[1]["user_agent"], str(rows[1]["ip_address"])) == ("psql/18.4 (plain; by hand)", "10.0.0.1")


def decoded(event_id: str, payload: bytes) -> Event:
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", b"/coralserve/inventory"),
        ("ce_type", b"row.changed"),
    ]
    return decode("coralserve.changes.v1", b"0", payload, headers, 4_000_000_000_000)
