"""The checker on an honest world: nothing to say, and quickly."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from operators.cli import main
from tests.operators.verify.conftest import Settled, execute

DAMAGE = """
WITH one AS (SELECT id FROM coralserve_inventory.stock_items WHERE batch_number = 'B3a' AND outlet_id = 1)
UPDATE coralserve_inventory.stock_items SET quantity = quantity {} FROM one WHERE stock_items.id = one.id
"""


@pytest.mark.asyncio(loop_scope="session")
async def test_an_honest_world_holds(settled: Settled) -> None:
    """A checker that cries wolf is switched off; every invariant must have looked at something."""
    verdict = await settled.verdict()
    assert {f.name: [(d.key, d.said) for d in f.differences] for f in verdict.findings if not f.holds} == {}
    assert all(found.proved for found in verdict.findings)
    assert verdict.waiting["tax"] >= 1


@pytest.mark.asyncio(loop_scope="session")
async def test_the_readers_role_suffices(settled: Settled) -> None:
    """Whoever checks must not be able to change what is checked."""
    verdict = await settled.verdict("SET LOCAL ROLE coralserve_reader")
    assert verdict.broken == []


@pytest.mark.parametrize(("damage", "code"), [("", 0), (DAMAGE, 1)], ids=["honest", "damaged"])
def test_the_command_names_what_is_broken(
    settled: Settled, damage: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    """Scripts go by the exit code and the JSON; it must be right from the environment on."""
    monkeypatch.setenv("CORALSERVE_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", settled.mesh.database)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", settled.mesh.bootstrap)
    monkeypatch.setenv("CORALSERVE_TOPIC_PREFIX", settled.mesh.prefix)
    if damage:
        asyncio.run(execute(settled.mesh.database, damage.format("+ 1")))
    try:
        assert main(["verify", "--json"]) == code
    finally:
        if damage:
            asyncio.run(execute(settled.mesh.database, damage.format("- 1")))
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is (code == 0)
    assert said["broken"] == (["I1"] if code else [])
    if code:
        assert "expected" in said["invariants"][0]["examples"][0]["said"]
