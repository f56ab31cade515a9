"""The arithmetic of the report, and the world the bench sells for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench import report, world
from bench.latency import Spread
from bench.limit import together
from bench.plan import LATENCY, RATIOS, Plan
from bench.report import MESH, ONE, Results, Verdict
from bench.sampled import part_of
from bench.throughput import Measured
from schemas.decode import decode

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
PLAN = Plan(suites=("throughput",), workers=("tax",), rounds=3, sales=1, naive_sales=1, seconds=1)


def results(*runs: tuple[str, int, float]) -> Results:
    measured = [Measured("tax", mode, number, rate) for mode, number, rate in runs]
    return Results(PLAN, {}, measured, {}, None, {})


def test_ratios_are_taken_within_a_round() -> None:
    """A round in which the machine was slow must not be compared with one in which it was fast."""
    found = results((ONE, 1, 100.0), (MESH, 1, 90.0), (ONE, 2, 10.0), (MESH, 2, 9.0), (ONE, 3, 50.0), (MESH, 3, 45.0))
    assert report.ratio(found, "tax", MESH, ONE) == pytest.approx(0.9)
    assert report.ratio(found, "tax", MESH, "never measured") == 0.0


@pytest.mark.parametrize(
    ("verdict", "ending"),
    [
        pytest.param(Verdict(RATIOS["tax"], 0.8), "pass |", id="at the bound"),
        pytest.param(Verdict(RATIOS["tax"], 0.79), "**miss** |", id="below what is asked"),
        pytest.param(Verdict(LATENCY, 40.1), "**miss** |", id="above what is allowed"),
    ],
)
def test_a_missed_target_is_called_a_miss(verdict: Verdict, ending: str) -> None:
    """A report that flatters is worse than none."""
    assert verdict.line().endswith(ending)


def test_percentiles_are_values_that_were_measured() -> None:
    """Between two ranks nothing was measured."""
    assert Spread.of([float(n) for n in range(1, 201)]) == Spread(101.0, 191.0, 199.0, 200.0)


def test_every_sale_of_the_world_is_valid_and_the_same_each_time() -> None:
    """A dead letter costs less than a sale: one would flatter the figures."""
    opened = world.opening(NOW)
    for topic, key, value, headers in world.sales(300, opened):
        event = decode(topic, key, value, headers, int(NOW.timestamp() * 1000))
        assert [line.product_id % 3 for line in event.data.lines] == [1, 2, 0]
    assert list(world.sales(20, opened, start=5)) == list(world.sales(25, opened))[5:]


def test_workers_take_turns_on_each_connection() -> None:
    """The limit of all writes like the mesh: every worker's tables at the same time."""
    tapes = [[[f"{worker}{group}{n}" for n in (1, 2)] for group in "ab"] for worker in ("ledger ", "tax ")]
    assert together(tapes) == [  # type: ignore[arg-type,comparison-overlap]
        ["ledger a1", "tax a1", "ledger a2", "tax a2"], ["ledger b1", "tax b1", "ledger b2", "tax b2"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("stack", "part"),
    [
        pytest.param(["schemas/clock.py:local_date", "x/desk.py:TaxDesk.decide"], "decide", id="a desk's own call"),
        pytest.param(["schemas/plan.py:read", "mesh/planning.py:Planner._decode"], "decode", id="decoding"),
        pytest.param(["db/copy.py:Table.encode", "consumers/tax/store.py:save"], "encode", id="encoding for COPY"),
        pytest.param(["asyncpg/connection.py:execute", "consumers/tax/store.py:save"], "database", id="waiting on it"),
        pytest.param(["aiokafka/producer.py:send", "mesh/relay.py:Relay._send"], "relay", id="the relay's sends"),
        pytest.param(["<frozen importlib._bootstrap>:_load", "mesh/run.py:<module>"], "start", id="imports"),
        pytest.param([], "loop", id="nothing of ours"),
    ],
)
def test_samples_are_laid_to_the_part_at_work(stack: list[str], part: str) -> None:
    """A hot spot put on the wrong part sends the next person to the wrong file."""
    assert part_of(stack) == part
