"""The audit log refuses every change, whoever asks (R71)."""

from __future__ import annotations

import asyncpg
import pytest

ROW = """
INSERT INTO coralserve_audit.audit_logs (table_name, record_id, action_type, chain, seq, prev_hash, hash, ts)
VALUES ('products', 42, 'UPDATE', 0, 1, decode(repeat('00', 32), 'hex'), decode(repeat('01', 32), 'hex'), now())
"""
CHANGES = {
    "update": "UPDATE coralserve_audit.audit_logs SET user_id = 7",
    "update of nothing": "UPDATE coralserve_audit.audit_logs SET user_id = 7 WHERE id < 0",
    "delete": "DELETE FROM coralserve_audit.audit_logs",
    "truncate": "TRUNCATE coralserve_audit.audit_logs",
    "truncate cascade": "TRUNCATE coralserve_audit.audit_logs CASCADE",
    "upsert": """
        INSERT INTO coralserve_audit.audit_logs AS a
            (table_name, record_id, action_type, chain, seq, prev_hash, hash, ts)
        VALUES ('products', 42, 'UPDATE', 0, 1, '', '', now())
        ON CONFLICT (chain, seq) DO UPDATE SET user_id = 7
    """,
}
MODES = ("SET session_replication_role = origin", "SET session_replication_role = replica")
REFUSED = asyncpg.InsufficientPrivilegeError


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("who", ["coralserve_audit", "coralserve_audit_owner", "coralserve_reader"])
async def test_refused_to_every_role(admin, act_as, who, change):
    """Neither the worker nor the table's owner can rewrite what happened."""
    await admin.execute(ROW)
    async with act_as(who) as session:
        with pytest.raises(REFUSED):
            await session.execute(change)
    assert await admin.fetchval("SELECT count(*) FROM coralserve_audit.audit_logs WHERE user_id IS NULL") == 1


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("mode", MODES, ids=["origin", "replica"])
async def test_refused_to_a_superuser(admin, mode, change):
    """Replica mode switches ordinary triggers off; this one is ALWAYS."""
    await admin.execute(ROW)
    await admin.execute(mode)
    with pytest.raises(REFUSED, match="append-only"):
        await admin.execute(change)


@pytest.mark.parametrize("mode", MODES, ids=["origin", "replica"])
async def test_published_heads_cannot_be_taken_back(admin, mode):
    """A head that can be changed proves nothing about the chain behind it (R72)."""
    await admin.execute("INSERT INTO coralserve_audit.heads (chain, date, seq, hash) VALUES (0, '2025-01-01', 1, '')")
    await admin.execute(mode)
    with pytest.raises(REFUSED, match="heads is append-only"):
        await admin.execute("UPDATE coralserve_audit.heads SET seq = 2")


async def test_the_worker_adds_rows_and_moves_heads(act_as):
    """What it may do: append, and move a chain's head by compare-and-set."""
    async with act_as("coralserve_audit") as session:
        await session.execute(ROW)
        await session.execute("INSERT INTO coralserve_audit.chains (chain, seq, hash) VALUES (0, 1, '')")
        moved = await session.execute("UPDATE coralserve_audit.chains SET seq = 2 WHERE chain = 0 AND seq = 1")
        assert moved == "UPDATE 1"
        with pytest.raises(asyncpg.UniqueViolationError):
            await session.execute(ROW)
