"""`audit verify / show`: proves the hash chains of the audit log, and shows what happened to a record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from operators import addresses
from operators.errors import OperatorError
from operators.settings import Settings

if TYPE_CHECKING:
    from consumers.audit.proof import Proof

CONNECT_TIMEOUT_S = 10.0
SHOWN = 20
MOST_SHOWN = 1_000
MEANING = {
    "CHANGED": "this row does not say what it said when it was recorded",
    "DELETED": "this row is missing",
    "INSERTED": "this row was not recorded by the audit worker",
    "UNLINKED": "this row does not follow the one before it: swapped or inserted",
    "OUT_OF_ORDER": "this row was written out of order",
    "REWRITTEN": "this row's hash is not the one that was published",
    "CUT": "the chain ends before its newest known head",
}

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """The audit log: every sale and every change of back-office data, in hash chains."""


@app.command()
def verify(
    heads: Annotated[
        Path | None,
        typer.Option(
            "--heads",
            exists=True,
            dir_okay=False,
            help="Heads kept outside: audit.head-published, an event or its data a line.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Prove every chain, row by row. Exit 1 naming the first row of each chain that does not hold.

    Heads kept outside the database find a chain that was rewritten whole.

    Examples: ./coralserve audit verify    ./coralserve audit verify --heads heads.jsonl --json
    """
    proof = asyncio.run(_prove(addresses.reader_url(Settings.read()), _kept(heads)))
    if as_json:
        print(json.dumps(_facts(proof), indent=2))
    else:
        _tell(proof)
    if proof.broken:
        raise typer.Exit(1)


@app.command()
def show(
    table: Annotated[str | None, typer.Argument(help="Table, such as transactions; all when none is named.")] = None,
    record_id: Annotated[int | None, typer.Argument(help="Id of the record, such as a transaction's.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_SHOWN, help="Newest rows at most.")] = SHOWN,
    as_json: Json = False,
) -> None:
    """Show the newest audit rows of a table or of one record, newest first.

    Examples: ./coralserve audit show    ./coralserve audit show transactions 9001 --json
    """
    rows = asyncio.run(_history(addresses.reader_url(Settings.read()), table, record_id, limit))
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        who = "nobody named" if row["user_id"] is None else f"user {row['user_id']}"
        place, record = f"{row['chain']}/{row['seq']}", f"{row['table_name']} {row['record_id']}"
        print(f"{row['ts']}  {place:<10}{row['action_type']:<8}{record}  {who}")
        for name in row["changed_fields"] or ():
            print("    " + _change(row, name))
    if not rows:
        print("nothing is recorded there")


async def _prove(url: str, kept: dict[int, dict[int, bytes]]) -> Proof:
    import asyncpg

    from consumers.audit.proof import prove

    db = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
    try:
        return await prove(db, kept=kept)
    finally:
        await db.close()


async def _history(url: str, table: str | None, record_id: int | None, limit: int) -> list[dict[str, Any]]:
    import asyncpg

    from consumers.audit import rules, store

    db = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
    try:
        rows = await store.history(db, table=table, record_id=record_id, limit=limit)
    finally:
        await db.close()
    return [
        {**row, "hash": row["hash"].hex(), "ts": rules.instant(row["ts"])}
        | {name: None if row[name] is None else json.loads(row[name]) for name in ("old_values", "new_values")}
        for row in rows
    ]


def _kept(path: Path | None) -> dict[int, dict[int, bytes]]:
    kept: dict[int, dict[int, bytes]] = {}
    for number, line in enumerate(path.read_text().splitlines() if path else (), start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            head = told.get("data", told)
            kept.setdefault(int(head["chain"]), {})[int(head["seq"])] = bytes.fromhex(head["hash"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise OperatorError(f"{path}, line {number}: not the data of an audit.head-published event") from error
    return kept


def _facts(proof: Proof) -> dict[str, Any]:
    return {
        "ok": not proof.broken,
        "chains": proof.chains,
        "rows": proof.rows,
        "broken": [{**found._asdict(), "meaning": MEANING[found.reason]} for found in proof.broken],
        "heads": [
            {"chain": chain, "seq": head.seq, "hash": head.hash.hex()} for chain, head in sorted(proof.heads.items())
        ],
    }


def _tell(proof: Proof) -> None:
    for found in proof.broken:
        print(f"chain {found.chain} breaks at row {found.seq}: {found.reason}, {MEANING[found.reason]}")
    held = proof.chains - len(proof.broken)
    print(f"{proof.rows} rows in {proof.chains} chains: {held} hold, {len(proof.broken)} broken")
    if not proof.broken:
        print(
            "the database can only vouch for itself: keep the heads (`--json`) elsewhere and check them with `--heads`"
        )


def _change(row: dict[str, Any], name: str) -> str:
    old, new = ((row[side] or {}).get(name) for side in ("old_values", "new_values"))
    return f"{name} {json.dumps(old, ensure_ascii=False)} → {json.dumps(new, ensure_ascii=False)}"
