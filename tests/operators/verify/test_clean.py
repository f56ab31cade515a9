"""The checker on an honest world: nothing to say, and quickly."""

from __future__ import annotations

import pytest

from tests.operators.verify.conftest import Settled


@pytest.mark.asyncio(loop_scope="session")
async def test_an_honest_world_holds(settled: Settled) -> None:
    """A checker that cries wolf is switched off; every invariant must have looked at something."""
    verdict = await settled.verdict()
    assert {f.name: [(d.key, d.said) for d in f.differences] for f in verdict.findings if not f.holds} == {}
    assert all(found.proved for found in verdict.findings)
    assert verdict.waiting["tax"] >= 1
