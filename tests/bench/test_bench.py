"""A small bench on the session's servers: every suite runs, and says what it measured."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bench import main, report
from bench.latency import FIRST_HOPS
from bench.plan import Plan
from bench.throughput import ALL
from operators.settings import Settings

SALES = 2_000


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_suite_runs_and_reports(
    tmp_path: Path, postgres_url: str, kafka_bootstrap: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bench nobody can run any more proves nothing; figures are not judged here, only that there are some."""
    workers = ("inventory", "recipe", "tax", "ledger", "audit")
    plan = Plan(suites=("all",), workers=workers, rounds=1, sales=SALES, naive_sales=20, seconds=2)
    settings = Settings(home=tmp_path, kafka_bootstrap=kafka_bootstrap, database_url=postgres_url)

    results = main.run(plan, settings, room=tmp_path / "bench")

    assert report.subjects(results) == [*workers, ALL]
    assert all(measured.rate > 0 for measured in results.measured)
    assert {measured.mode for measured in results.measured} == {
        report.ONE, report.TWO, report.MESH, report.PER_MESSAGE,
    }  # fmt: skip
    assert results.steady is not None
    assert 0 < results.steady.by_worker[FIRST_HOPS].p99 < 60_000
    assert set(results.parts) == set(workers)
    written = {path.name for path in (tmp_path / "bench").iterdir()}
    assert written == {"REPORT.md", "results.json", "throughput.png", "latency.png"}
    assert msgspec.json.decode((tmp_path / "bench" / "results.json").read_bytes(), type=report.Results) == results
    assert "inventory against the per-message worker" in capsys.readouterr().out
