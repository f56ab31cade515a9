"""Claims about `audit verify` and `audit show`: what an auditor is told, and the exit code a script relies on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from operators.commands.audit import app
from tests.consumers.audit.test_desk import changed, sold, work


@pytest.fixture
def recorded(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A database with two chains, named to the command the way an operator names it."""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("CORALSERVE_HOME", str(tmp_path))

    async def record() -> None:
        db = await asyncpg.connect(database)
        await work(db, sold(9001), sold(9002), changed(7))
        await db.close()

    asyncio.run(record())
    return database


def tamper(database: str) -> None:
    async def run() -> None:
        db = await asyncpg.connect(database)
        await db.execute("ALTER TABLE coralserve_audit.audit_logs DISABLE TRIGGER ALL")
        await db.execute("UPDATE coralserve_audit.audit_logs SET user_id = 1 WHERE record_id = 9002")
        await db.close()

    asyncio.run(run())


def test_true_chains_are_proven_and_their_heads_shown(recorded: str) -> None:
    """Exit 0, and the heads an auditor takes home."""
    outcome = CliRunner().invoke(app, ["verify", "--json"])
    told = json.loads(outcome.stdout)
    assert (outcome.exit_code, told["ok"], told["chains"], told["rows"]) == (0, True, 2, 3)
    assert [(head["chain"], head["seq"]) for head in told["heads"]] == [(0, 1), (3, 2)]


def test_a_tampered_row_is_named(recorded: str) -> None:
    """Exit 1, and the first row that does not hold, in words."""
    tamper(recorded)
    outcome = CliRunner().invoke(app, ["verify"])
    assert outcome.exit_code == 1
    assert "chain 3 breaks at row 2: CHANGED" in outcome.stdout
    told = json.loads(CliRunner().invoke(app, ["verify", "--json"]).stdout)
    assert [(found["chain"], found["seq"], found["reason"]) for found in told["broken"]] == [(3, 2, "CHANGED")]


def test_heads_taken_home_accuse_a_rewritten_chain(recorded: str, tmp_path: Path) -> None:
    """What `--json` printed, or what was published, is what `--heads` takes."""
    kept = tmp_path / "heads.jsonl"
    truth = json.loads(CliRunner().invoke(app, ["verify", "--json"]).stdout)["heads"]
    kept.write_text("\n".join(json.dumps(head) for head in truth))
    assert CliRunner().invoke(app, ["verify", "--heads", str(kept)]).exit_code == 0
    kept.write_text(json.dumps({"type": "audit.head-published", "data": {"chain": 3, "seq": 1, "hash": "00" * 32}}))
    outcome = CliRunner().invoke(app, ["verify", "--heads", str(kept)])
    assert outcome.exit_code == 1
    assert "chain 3 breaks at row 1: REWRITTEN" in outcome.stdout


def test_the_history_of_a_record_is_shown(recorded: str) -> None:
    """Newest first, with what changed."""
    outcome = CliRunner().invoke(app, ["show", "recipes", "7"])
    assert outcome.exit_code == 0
    assert 'name "Latte" → "Latte large"' in outcome.stdout
    rows = json.loads(CliRunner().invoke(app, ["show", "transactions", "--limit", "1", "--json"]).stdout)
    assert [(row["record_id"], row["seq"]) for row in rows] == [(9002, 2)]
