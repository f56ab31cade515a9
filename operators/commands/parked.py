"""`parked list / show / retry / edit / discard`: waiting and dead events. Applies none itself; the workers do."""

from __future__ import annotations

import asyncio
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from operators import addresses, workers
from operators.errors import OperatorError
from operators.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from operators.parked import Content, Parked
    from schemas.event import Event

T = TypeVar("T")
CONNECT_TIMEOUT_S = 10.0
SHOWN = 50
MOST = 100_000
SAID = 20


class State(StrEnum):
    """What became of a parked event."""

    WAITING = "WAITING"
    DEAD = "DEAD"
    RELEASED = "RELEASED"
    DISCARDED = "DISCARDED"


WorkerName = Annotated[str, typer.Argument(metavar="WORKER", help="Worker that parked it, such as tax.")]
Id = Annotated[int, typer.Argument(metavar="ID", min=1, help="Id, as `parked list` shows it.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Ids, as `parked list` shows them.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
Force = Annotated[bool, typer.Option("--force", help="Also what was tried 10 times or more.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Events that wait for something unknown, and dead ones that broke a rule: kept whole until they are resolved.

    Every worker parks for itself: what is changed here for one worker is not changed for the others.
    """


@app.command("list")
def list_(
    worker: Annotated[str | None, typer.Option("--worker", help="One worker only.")] = None,
    state: Annotated[
        list[State] | None,
        typer.Option("--state", case_sensitive=False, help="May be given several times. Default: WAITING and DEAD."),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Reason code, such as UNKNOWN_PRODUCT.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="Newest events at most.")] = SHOWN,
    as_json: Json = False,
) -> None:
    """List parked events, newest first: why, what they wait for, where they lie in the log.

    Examples:

      ./coralserve parked list

      ./coralserve parked list --worker inventory --state dead --reason CURRENCY_MISMATCH --json
    """
    from operators import parked
    from operators import parked_view as view

    names = workers.names() if worker is None else (_known(worker),)
    states = [each.value for each in state or ()] or list(parked.OPEN)

    async def read(db: Any) -> tuple[list[Parked], int]:
        found: list[Parked] = []
        for name in names:
            found += await parked.listed(db, name, states=states, reason=reason, limit=limit)
        total = sum([await parked.counted(db, name, states=states, reason=reason) for name in names])
        return sorted(found, key=lambda row: row.parked_at, reverse=True)[:limit], total

    rows, total = _with(addresses.reader_url(Settings.read()), read)
    if as_json:
        print(json.dumps({"total": total, "parked": [view.facts(row) for row in rows]}, indent=2))
        return
    view.print_table(rows)
    if total > len(rows):
        print(f"and {total - len(rows):,} more: --limit shows them, --worker, --state and --reason choose")


@app.command()
def show(worker: WorkerName, parked_id: Id, as_json: Json = False) -> None:
    """Show everything about one parked event: reason, place, key, headers, value.

    Examples:

      ./coralserve parked show tax 12

      ./coralserve parked show tax 12 --json | jq -r .value > event.json
    """
    from operators import parked_view as view

    row, content = _whole(_known(worker), parked_id)
    if as_json:
        print(json.dumps(view.facts(row) | view.content_facts(content), indent=2))
        return
    for name, text in {**view.facts(row), "age": view.age(row.age_s), **view.content_facts(content)}.items():
        if name not in ("age_s", "headers", "value", "key") and text not in (None, ""):
            print(f"{name:<14}{view.safe(str(text))}")
    print(f"{'key':<14}{view.lines(content.key)[0]}")
    print("headers")
    for name, value in content.headers:
        print(f"  {view.safe(name)}: {view.lines(value)[0]}")
    print("value", *(f"  {line}" for line in view.lines(content.value, pretty=True)), sep="\n")


@app.command()
def retry(
    worker: WorkerName,
    ids: Ids = None,
    every: Annotated[bool, typer.Option("--all", help="All waiting and dead events with --reason.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Reason code, with --all.")] = None,
    force: Force = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Send parked events through again, in order, each at most once: repair the cause first, then retry.

    The worker takes them up within a second while it runs, else when it starts. One that fails again is parked again.

    Examples:

      ./coralserve parked retry tax 12 13 --dry-run

      ./coralserve parked retry inventory --all --reason CURRENCY_MISMATCH --yes
    """
    from operators import parked

    if every == bool(ids) or every != (reason is not None):
        raise typer.BadParameter("name ids, or --all with --reason")
    rows = _chosen(_known(worker), ids or [], reason=reason)
    good, refused = _sorted_out(rows, force=force)
    if good and not dry_run:
        _agree(f"retry {_events(good)} of {worker}?", yes=yes)
    done = _change(worker, good, dry_run=dry_run, change=lambda db, few: parked.retry(db, worker, few))
    refused |= dict.fromkeys(set(good) - done, "changed meanwhile: look again")
    _tell(worker, "retried", done, refused, dry_run=dry_run, as_json=as_json)


@app.command()
def discard(
    worker: WorkerName,
    ids: Annotated[list[int], typer.Argument(metavar="ID...", help="Ids, as `parked list` shows them.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept with the event.")],
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Give events up: they stay without effect, and are kept. What waits behind them is released by the next sweep.

    Examples:

      ./coralserve parked discard tax 12 --reason "training till" --dry-run

      ./coralserve parked discard tax 12 13 --reason "entered twice" --yes
    """
    from operators import parked

    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    rows = _chosen(_known(worker), ids, reason=None)
    good, refused = _sorted_out(rows, force=True)
    followers = _with(addresses.reader_url(Settings.read()), lambda db: parked.behind(db, worker, good))
    if good and not dry_run:
        _agree(f"discard {_events(good)} of {worker} for good?", yes=yes)
    done = _change(worker, good, dry_run=dry_run, change=lambda db, few: parked.discard(db, worker, few, why=reason))
    refused |= dict.fromkeys(set(good) - done, "changed meanwhile: look again")
    _tell(worker, "discarded", done, refused, dry_run=dry_run, as_json=as_json, followers=followers)


@app.command()
def edit(
    worker: WorkerName,
    parked_id: Id,
    value: Annotated[str, typer.Option("--value", metavar="FILE", help="File with the new value, or - for stdin.")],
    force: Force = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Replace the value of a parked event, after showing what changes, and send it through again.

    Refused unless the event is then valid for its topic, key and headers. The log keeps the original; the digest of it
    stays with the event as a header.

    Examples:

      ./coralserve parked edit tax 12 --value event.json --dry-run

      ./coralserve parked edit tax 12 --value - --yes < event.json
    """
    from operators import parked
    from operators import parked_view as view

    row, content = _whole(_known(worker), parked_id)
    why = parked.refusal(row, force=force)
    if why is not None:
        raise OperatorError(f"{worker} {parked_id} {why}")
    new = sys.stdin.buffer.read() if value == "-" else Path(value).read_bytes()
    event = _decoded(worker, row, content, new)
    facts = view.edit_facts(content, new)
    if not as_json:
        print(*facts["diff"], f"sha256 {facts['sha256_before']}\n    -> {facts['sha256_after']}", sep="\n")
    if not dry_run:
        _agree(f"edit and retry {worker} {parked_id}?", yes=yes)
        url = addresses.service_url(Settings.read(), worker)
        if not _with(url, lambda db: parked.replace(db, worker, parked_id, content, value=new, event=event)):
            raise OperatorError(f"{worker} {parked_id} changed meanwhile: `./coralserve parked show` it and edit again")
    if as_json:
        print(json.dumps({"worker": worker, "id": parked_id, "dry_run": dry_run, **facts}, indent=2))
    else:
        print("would be edited and retried" if dry_run else "edited; the worker takes it up with its next sweep")


def _with(url: str, work: Callable[[Any], Awaitable[T]]) -> T:
    """Run `work` on a connection of its own."""

    async def run() -> T:
        import asyncpg

        db = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
        try:
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())


def _known(worker: str) -> str:
    if worker not in workers.names():
        raise OperatorError(f"no worker {worker!r}: there are {', '.join(workers.names())}")
    return worker


def _whole(worker: str, parked_id: int) -> tuple[Parked, Content]:
    from operators import parked

    async def read(db: Any) -> tuple[list[Parked], Content | None]:
        return await parked.named(db, worker, [parked_id]), await parked.content(db, worker, parked_id)

    rows, content = _with(addresses.reader_url(Settings.read()), read)
    if not rows or content is None:
        raise OperatorError(f"{worker} has no parked event {parked_id}: `./coralserve parked list` shows them")
    return rows[0], content


def _chosen(worker: str, ids: Sequence[int], *, reason: str | None) -> list[Parked]:
    """The events named, every one of which must exist, or all open ones with this reason."""
    from operators import parked

    url = addresses.reader_url(Settings.read())
    if not ids:
        return _with(url, lambda db: parked.listed(db, worker, states=parked.OPEN, reason=reason, limit=MOST))
    rows = _with(url, lambda db: parked.named(db, worker, ids))
    missing = sorted(set(ids) - {row.id for row in rows})
    if missing:
        names = ", ".join(map(str, missing))
        raise OperatorError(f"{worker} has no parked event {names}: `./coralserve parked list` shows them")
    return rows


def _sorted_out(rows: Sequence[Parked], *, force: bool) -> tuple[list[int], dict[int, str]]:
    from operators.parked import refusal

    judged = {row.id: refusal(row, force=force) for row in rows}
    return [each for each, why in judged.items() if why is None], {each: why for each, why in judged.items() if why}


def _change(
    worker: str, ids: list[int], *, dry_run: bool, change: Callable[[Any, list[int]], Awaitable[set[int]]]
) -> set[int]:
    """Do it with the worker's own login, which can reach nothing else."""
    if dry_run or not ids:
        return set(ids)
    return _with(addresses.service_url(Settings.read(), worker), lambda db: change(db, ids))


def _agree(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody can be asked here: add it, or look first with --dry-run", param_hint="--yes")
    if not typer.confirm(question, err=True):
        print("nothing was changed", file=sys.stderr)
        raise typer.Exit(1)


def _tell(
    worker: str, verb: str, done: set[int], refused: dict[int, str], *, dry_run: bool, as_json: bool, **more: int
) -> None:
    """Say what was done; exit 1 where something was refused."""
    if as_json:
        refusals = [{"id": number, "why": why} for number, why in sorted(refused.items())]
        told = {"worker": worker, "dry_run": dry_run, verb: sorted(done), "refused": refusals, **more}
        print(json.dumps(told, indent=2))
    else:
        for number, why in sorted(refused.items())[:SAID]:
            print(f"{worker} {number} {why}", file=sys.stderr)
        print(f"{_events(sorted(done))} of {worker} {'would be ' if dry_run else ''}{verb}")
        if more.get("followers"):
            print(f"{more['followers']} waiting behind {'would go' if dry_run else 'go'} on with the next sweep")
    if refused:
        raise typer.Exit(1)


def _events(ids: Sequence[int]) -> str:
    shown = ", ".join(map(str, ids[:SAID])) + (" …" if len(ids) > SAID else "")
    return f"{len(ids):,} parked event{'' if len(ids) == 1 else 's'}" + (f" ({shown})" if ids else "")


def _decoded(worker: str, row: Parked, content: Content, new: bytes) -> Event:
    """The event the new value makes. Raises OperatorError where the worker could not take it."""
    from operators.parked import edited_headers
    from schemas.decode import UnknownType, decode
    from schemas.errors import Reject, Wait

    if new == content.value:
        raise OperatorError("the new value is the old one: `./coralserve parked retry` sends it again as it is")
    try:
        event = decode(row.topic, content.key, new, edited_headers(content), content.timestamp_ms)
    except (Reject, Wait, UnknownType) as cause:
        raise OperatorError(f"the new value is not valid for {row.topic}: {cause}; nothing was changed") from None
    if event.type not in workers.load(worker).consumes.get(row.topic, ()):
        raise OperatorError(f"{worker} does not take {event.type} from {row.topic}; nothing was changed")
    return event
