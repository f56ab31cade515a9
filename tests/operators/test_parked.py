"""Parked events in an operator's hands: what is shown, what may be changed, and what the workers then make of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from mesh.parking import REDRIVE, _existing
from mesh.reference import Reference
from operators.cli import main
from operators.parked_view import lines
from tests.support import world
from tests.support.fingerprint import dispositions, fetch
from tests.support.mesh import Mesh, killing
from tests.support.workers import found

WORKERS = found()
LEDGER, TAX = WORKERS["ledger"], WORKERS["tax"]
FIRST_ID = 1
PARK = """
INSERT INTO coralserve_tax.parked
    (state, reason, field, waits_for, blocking_key, lane_id, topic, partition, "offset", key, value, headers,
     broker_time, event_id, event_type, attempts)
VALUES ($1, $2, 'field', $3, $4, 1, 'pos.transactions.v1', 0, $5, $6, $7, $8::jsonb, now(), 'e-1', $9, $10)
RETURNING id
"""


class Desk:
    """An operator at the command line, and a look behind it into the tax worker's schema."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.url = url
        self._capsys = capsys

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, ["parked", *arguments])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    async def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command says with --json; the workers of this process log to the same place."""
        got, out, err = await self.run(*arguments, "--json")
        assert got == code, out + err
        return json.JSONDecoder().raw_decode(out, out.index("{\n"))[0]

    async def park(self, state: str = "DEAD", reason: str = "CURRENCY_MISMATCH", *, offset: int = 0, key: str = "tx:1",
                   value: bytes = b"{}", attempts: int = 1, waits_for: str | None = None,
                   headers: str = "[]", event_type: str = "pos.sale.completed") -> int:  # fmt: skip
        row = (state, reason, waits_for, key, offset, b"1", value, headers, event_type, attempts)
        return int((await fetch(self.url, PARK, *row))[0]["id"])

    async def row(self, parked_id: int) -> asyncpg.Record:
        return (await fetch(self.url, "SELECT * FROM coralserve_tax.parked WHERE id = $1", parked_id))[0]


@pytest.fixture
def desk(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Reading as the reader, changing as the tax worker's own role: neither may do more."""
    monkeypatch.setenv("CORALSERVE_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"{database}?role=coralserve_reader")
    monkeypatch.setenv("DATABASE_URL_TAX", f"{database}?role=coralserve_tax")
    return Desk(database, capsys)


@pytest.fixture
async def mesh(kafka_bootstrap: str, database: str, topic_prefix: str) -> AsyncIterator[Mesh]:
    made = Mesh(kafka_bootstrap, database, topic_prefix)
    await made.create_topics()
    with killing(made):
        yield made


async def until(desk: Desk, parked_id: int, **wanted: object) -> asyncpg.Record:
    """The parked row, once it says what is wanted."""
    async with asyncio.timeout(20):
        while True:
            rows = await fetch(desk.url, "SELECT * FROM coralserve_tax.parked WHERE id = $1", parked_id)
            if rows and all(rows[0][name] == value for name, value in wanted.items()):
                return rows[0]
            await asyncio.sleep(0.05)


async def taxed(url: str, transaction_id: int) -> int:
    """How often this sale was taxed."""
    query = "SELECT count(*) AS n FROM coralserve_tax.tax_documents WHERE transaction_id = $1"
    return int((await fetch(url, query, transaction_id))[0]["n"])


def outlet(currency: str, name: str) -> world.Record:
    data = {"outlet_id": 1, "name": name, "is_active": True} | world.OUTLETS[1] | {"currency": currency}
    return world.record("catalog.outlet.upserted", data, topic=world.CATALOG, key="outlet:1", name=name)


async def test_a_repaired_dead_event_goes_through_exactly_once(mesh: Mesh, desk: Desk) -> None:
    """R3, I6: a retry before the repair fails again, one after it has the effect once, and another is refused."""
    await mesh.publish([*world.everything(0), outlet("EUR", "wrong")])
    async with mesh.running(LEDGER, TAX):
        await mesh.caught_up(LEDGER, TAX)
        await mesh.publish([world.sale(0, outlet=1)])
        await until(desk, FIRST_ID, state="DEAD", reason="CURRENCY_MISMATCH")
        assert (await desk.json("retry", "tax", "1", "--yes"))["retried"] == [FIRST_ID]
        await until(desk, FIRST_ID, state="DEAD", attempts=2)
        await mesh.publish([outlet("USD", "right")])
        await mesh.caught_up(LEDGER, TAX)
        told = await desk.json("retry", "tax", "--all", "--reason", "CURRENCY_MISMATCH", "--yes")
        assert told == {"worker": "tax", "dry_run": False, "retried": [FIRST_ID], "refused": []}
        await until(desk, FIRST_ID, state="RELEASED")
        told = await desk.json("retry", "tax", "1", "--yes", code=1)
        assert "RELEASED" in told["refused"][0]["why"]
        await mesh.publish([world.sale(0, outlet=1)])
        await mesh.caught_up(LEDGER, TAX)
    assert await taxed(desk.url, 9000) == 1
    sums = await dispositions(mesh.database, "tax")
    assert (sums["dead"], sums["RELEASED"]) == (1, 1)


async def test_a_discarded_event_stays_without_effect(mesh: Mesh, desk: Desk) -> None:
    """Given up is given up: neither its cause's repair nor a restart of the worker brings it back."""
    await mesh.publish([*world.everything(0), outlet("EUR", "wrong")])
    async with mesh.running(LEDGER, TAX):
        await mesh.caught_up(LEDGER, TAX)
        await mesh.publish([world.sale(0, outlet=1), world.sale(1)])
        await until(desk, FIRST_ID, state="DEAD", reason="CURRENCY_MISMATCH")
        told = await desk.json("discard", "tax", "1", "--reason", "training till", "--yes")
        assert told["discarded"] == [FIRST_ID]
        await mesh.publish([outlet("USD", "right")])
        await mesh.caught_up(LEDGER, TAX)
        assert (await desk.run("retry", "tax", "1", "--yes"))[0] == 1
    async with mesh.running(LEDGER, TAX):
        await mesh.publish([world.sale(2)])
        await mesh.caught_up(LEDGER, TAX)
    row = await desk.row(FIRST_ID)
    assert row["state"] == "DISCARDED"
    assert row["resolved_at"]
    assert row["detail"].endswith("discarded: training till")
    assert [await taxed(desk.url, number) for number in (9000, 9001, 9002)] == [0, 1, 1]


async def test_what_waits_behind_a_discarded_event_goes_on(mesh: Mesh, desk: Desk) -> None:
    """Also where the worker knew of the discarded one since it started: its memory must not hold the others for ever."""
    data = {"mapping_id": 5, "product_id": 1, "is_exempt": False, "effective_date": "2020-01-01"}
    first, second = (
        world.record(
            "product-tax.mapped", data | {"tax_rule_id": rule}, topic=world.TAX, key="mapping:5", name=f"m{rule}"
        )
        for rule in (99, 1)
    )
    await mesh.publish([*world.everything(0), first])
    async with mesh.running(LEDGER, TAX):
        await mesh.caught_up(LEDGER, TAX)
        await until(desk, FIRST_ID, state="WAITING", waits_for="tax-rule:99")
    async with mesh.running(LEDGER, TAX):
        await mesh.publish([second])
        await mesh.caught_up(LEDGER, TAX)
        await until(desk, FIRST_ID + 1, state="WAITING", waits_for="behind:mapping:5")
        told = await desk.json("discard", "tax", "1", "--reason", "no such rule", "--yes")
        assert told["followers"] == 1
        await until(desk, FIRST_ID + 1, state="RELEASED")
    rows = await fetch(desk.url, "SELECT id, tax_rule_id FROM coralserve_tax.product_tax_mapping")
    assert [tuple(row) for row in rows] == [(5, 1)]


async def test_an_edited_event_goes_through_as_edited(mesh: Mesh, desk: Desk, tmp_path: Path) -> None:
    """A till's mistake can be repaired, but only into something valid, and never without a trace of the original."""
    _, key, value, headers = world.sale(0, outlet=1)
    broken = value.replace(b'"quantity": "1"', b'"quantity": "-1"')
    await mesh.publish([*world.everything(0), (world.POS, key, broken, headers)])
    good, bad, other = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "other.json"
    good.write_bytes(value)
    bad.write_bytes(value.replace(b'"currency": "USD"', b'"currency": "XXZ"'))
    other.write_bytes(value.replace(b'"outlet_id": 1', b'"outlet_id": 2'))
    async with mesh.running(LEDGER, TAX):
        await mesh.caught_up(LEDGER, TAX)
        await until(desk, FIRST_ID, state="DEAD")
        for file, reason in ((bad, "CURRENCY"), (other, "KEY_MISMATCH")):
            code, _, err = await desk.run("edit", "tax", "1", "--value", str(file), "--yes")
            assert (code, reason in err) == (1, True), err
        assert (await desk.row(FIRST_ID))["value"] == broken
        code, out, _ = await desk.run("edit", "tax", "1", "--value", str(good), "--dry-run")
        assert code == 0
        assert '-      "quantity": "-1",' in out
        assert '+      "quantity": "1",' in out
        told = await desk.json("edit", "tax", "1", "--value", str(good), "--yes")
        await until(desk, FIRST_ID, state="RELEASED")
    digest = sha256(broken).hexdigest()
    assert (told["sha256_before"], told["sha256_after"]) == (digest, sha256(value).hexdigest())
    row = await desk.row(FIRST_ID)
    assert (row["value"], row["blocking_key"]) == (value, "tx:9000")
    assert json.loads(row["headers"])[-1] == ["__edited.sha256", digest]
    assert await taxed(desk.url, 9000) == 1


async def test_the_list_can_be_narrowed(desk: Desk) -> None:
    """Ten thousand rows of one mishap must not hide the one that matters."""
    dead = await desk.park(offset=1)
    waiting = await desk.park("WAITING", "UNKNOWN_OUTLET", waits_for="outlet:3", offset=2)
    await desk.park("DISCARDED", offset=3)
    cases: list[tuple[list[str], list[int]]] = [
        ([], [waiting, dead]),
        (["--worker", "tax"], [waiting, dead]),
        (["--worker", "audit"], []),
        (["--state", "dead"], [dead]),
        (["--reason", "UNKNOWN_OUTLET"], [waiting]),
        (["--limit", "1"], [waiting]),
    ]
    for options, ids in cases:
        told = await desk.json("list", *options)
        assert [row["id"] for row in told["parked"]] == ids, options
    code, out, _ = await desk.run("list", "--limit", "1")
    assert code == 0
    assert out.splitlines()[1].split() == [
        "tax", str(waiting), "WAITING", "UNKNOWN_OUTLET", "field", "outlet:3", "pos.sale.completed", "e-1",
        "pos.transactions.v1/0/2", "1", "0", "s",
    ]  # fmt: skip
    assert "and 1 more" in out


async def test_an_event_is_shown_whole(desk: Desk) -> None:
    """Whoever repairs it needs the bytes, not somebody's idea of them."""
    cells = '[["ce_type", "x"], ["odd", {"base64": "//4="}]]'
    number = await desk.park(value=b'{"a":1.50}', headers=cells)
    told = await desk.json("show", "tax", str(number))
    assert (told["key"], told["value"], told["headers"]) == ("1", '{"a":1.50}', json.loads(cells))
    _, out, _ = await desk.run("show", "tax", str(number))
    assert '  "a": 1.50' in out
    assert "odd: hex ff fe" in out


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b'{"a":1}', ["{", '  "a": 1', "}"]),
        (b"not json\x1b[2J", ["not json\\x1b[2J"]),
        ('{"a":"\u202e"}'.encode(), ["{", '  "a": "\\u202e"', "}"]),
        (b"\xff\x00", ["hex ff 00"]),
        (b"", [""]),
        (None, ["(none)"]),
    ],
    ids=["json", "steering a terminal", "turning text round", "binary", "empty", "tombstone"],
)
def test_bytes_cannot_steer_a_terminal(value: bytes | None, shown: list[str]) -> None:
    """A poisoned event is shown to the one person with the rights to do damage."""
    assert lines(value, pretty=True) == shown


async def test_nothing_changes_unasked(desk: Desk, tmp_path: Path) -> None:
    """A script that forgot --yes, or only looks, must leave everything as it was."""
    number = await desk.park()
    before = await desk.row(number)
    assert (await desk.run("retry", "tax", str(number)))[0] == 2
    assert (await desk.run("discard", "tax", str(number), "--reason", "why not"))[0] == 2
    assert (await desk.json("retry", "tax", str(number), "--dry-run"))["retried"] == [number]
    assert (await desk.json("discard", "tax", str(number), "--reason", "x", "--dry-run"))["discarded"] == [number]
    assert await desk.row(number) == before


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["retry", "tax", "--yes"], 2, "--all with --reason"),
        (["retry", "tax", "--all", "--yes"], 2, "--all with --reason"),
        (["retry", "tax", "1", "--all", "--reason", "X", "--yes"], 2, "--all with --reason"),
        (["retry", "tax", "7", "--yes"], 1, "no parked event 7"),
        (["show", "tax", "7"], 1, "no parked event 7"),
        (["show", "taxi", "1"], 1, "no worker 'taxi'"),
        (["list", "--worker", "taxi"], 1, "no worker 'taxi'"),
        (["discard", "tax", "1"], 2, "--reason"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_mistakes_are_told(desk: Desk, arguments: list[str], code: int, said: str) -> None:
    """An answer instead of a traceback, and nothing done by half."""
    got, _, err = await desk.run(*arguments)
    assert (got, said in err, "Traceback" in err) == (code, True, False), err


async def test_the_loop_guard_stops_what_was_tried_ten_times(desk: Desk) -> None:
    """A script that retries every minute for ever would hide a defect, and fill the journal."""
    number = await desk.park(attempts=10)
    told = await desk.json("retry", "tax", str(number), "--yes", code=1)
    assert "--force" in told["refused"][0]["why"]
    assert (await desk.row(number))["state"] == "DEAD"
    assert (await desk.json("retry", "tax", str(number), "--yes", "--force"))["retried"] == [number]
    row = await desk.row(number)
    assert (row["state"], row["waits_for"], row["attempts"], row["resolved_at"]) == ("WAITING", REDRIVE, 11, None)


async def test_events_of_one_entity_are_retried_in_order(desk: Desk) -> None:
    """The second goes behind the first; an event of another entity, and a sale behind its own refund, do not."""
    first = await desk.park(offset=1, key="mapping:5", event_type="product-tax.mapped")
    second = await desk.park(offset=2, key="mapping:5", event_type="product-tax.mapped")
    alone = await desk.park(offset=3, key="mapping:6", event_type="product-tax.mapped")
    await desk.park("WAITING", offset=4, key="tx:1", event_type="pos.sale.refunded", waits_for="sale:1")
    sale = await desk.park(offset=5, key="tx:1")
    await desk.json("retry", "tax", *map(str, (sale, alone, second, first)), "--yes")
    waits = [(await desk.row(number))["waits_for"] for number in (first, second, alone, sale)]
    assert waits == [REDRIVE, "behind:mapping:5", REDRIVE, REDRIVE]


async def test_the_key_of_a_retry_exists_at_once() -> None:
    """Nothing else would ever release it."""
    keys = ["outlet:3", REDRIVE, "support:x"]
    assert await _existing(None, keys, reference=Reference(), awaits={}, supported=frozenset()) == [REDRIVE]  # type: ignore[arg-type]
