"""The commands as a person runs them: what they print, what they return, what they do not hide."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from operators import topics as topic_setup
from operators.cli import main

READY_MAP = str(Path(__file__).resolve().parents[2] / "docs" / "examples" / "bakery-map.toml")
GOOD = {"specversion": "1.0", "id": "u1", "source": "/t", "type": "catalog.user.upserted",
        "data": {"user_id": 1, "username": "ann", "roles": ["CASHIER"]}}  # fmt: skip
CSV = "date,time,transaction,item\n2016-10-30,09:58:11,1,Tea\n2016-10-30,09:58:11,1,NONE\n"


@pytest.fixture
def broker(kafka_bootstrap: str, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of a command whose broker runs."""
    asyncio.run(topic_setup.create({"bootstrap_servers": kafka_bootstrap}, [], prefix=topic_prefix))
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_bootstrap)
    monkeypatch.setenv("CORALSERVE_TOPIC_PREFIX", topic_prefix)
    return kafka_bootstrap


def test_publish_reports_bad_lines_by_number(
    broker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Good lines are kept; the bad ones can be found in the file, and the exit code tells a script."""
    file = tmp_path / "events.jsonl"
    lines = [GOOD, {**GOOD, "id": "u2", "data": {"user_id": "1", "username": "bob"}}, {**GOOD, "id": "u3"}]
    file.write_text("\n".join(json.dumps(line) for line in lines))
    assert main(["publish", str(file)]) == 1
    shown = capsys.readouterr()
    assert "2 events published, 1 lines rejected" in shown.out
    assert "line 2: WRONG_TYPE user_id" in shown.err
    assert main(["publish", str(file), "--json"]) == 1
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert (report["published"], report["rejected"]) == (2, 1)
    assert (report["errors"][0]["line"], report["errors"][0]["field"]) == (2, "user_id")
    assert shown.err == ""


def test_publish_reads_stdin(broker: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """At the end of a pipe."""
    stdin = SimpleNamespace(buffer=io.BytesIO(json.dumps(GOOD).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert main(["publish", "-"]) == 0
    assert "1 events published, 0 lines rejected" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["publish"], 2, "Missing argument", id="publish: no file"),
        pytest.param(["publish", "/nowhere.jsonl"], 1, "is no file", id="publish: no such file"),
        pytest.param(["import-sales", "/nowhere.csv", "--map", READY_MAP], 2, "does not exist", id="import: no file"),
        pytest.param(["import-sales", READY_MAP], 2, "--map", id="import: no map"),
    ],
)
def test_usage_errors_say_what_to_do(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a traceback."""
    assert main(arguments) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err


def test_no_broker_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The most likely first mistake."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(GOOD))
    assert main(["publish", str(file)]) == 1
    shown = capsys.readouterr().err
    assert "./coralserve up" in shown
    assert "Traceback" not in shown


def test_a_dry_run_needs_no_broker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A map is tried out before anything runs."""
    file = tmp_path / "sales.csv"
    file.write_text(CSV)
    assert main(["import-sales", str(file), "--map", READY_MAP, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "1 transactions with 2 lines would be published" in shown
    assert "without item  1 lines" in shown


def test_import_reports_rejected_rows_and_publishes_the_rest(
    broker: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 and the row's number; the good transaction is published."""
    file = tmp_path / "sales.csv"
    file.write_text(CSV + "2016-10-30,late,2,Tea\n")
    assert main(["import-sales", str(file), "--map", READY_MAP]) == 1
    shown = capsys.readouterr()
    assert "line 4: TIME_UNREADABLE (time)" in shown.err
    assert "1 transactions with 2 lines published" in shown.out
    assert main(["import-sales", str(file), "--map", READY_MAP, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["transactions"], report["lines"], report["rejected"]) == (1, 2, 1)
    assert report["refused"][0]["line"] == 4
    assert report["first"] == "2016-10-30T09:58:11+00:00"
