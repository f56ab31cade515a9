"""`publish`: CloudEvents from a JSONL file or stdin. Validation and sending are in producers/."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from operators import addresses
from operators.errors import OperatorError
from operators.settings import Settings
from producers.progress import Bar
from producers.publish import Published, Rejection, publish
from producers.sender import Sender

SHOWN_REJECTIONS = 1000


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSONL file of structured CloudEvents, or - for stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="Result as JSON on stdout.")] = False,
) -> None:
    """Publish CloudEvents, one a line. Good lines are published, bad ones reported; exit code 1 if there were any.

    Publishing a line again changes nothing: workers know its event id.

    Examples:

      ./coralserve publish events.jsonl

      some-export | ./coralserve publish -
    """
    settings = Settings.read()
    rejections = _Rejections()
    started = time.monotonic()
    with _opened(file) as (stream, size), Bar("publishing (bytes)", size, wanted=not as_json) as bar:
        rejections.bar = None if as_json else bar
        result = asyncio.run(_publish(stream, settings, bar, rejections))
    seconds = time.monotonic() - started
    if as_json:
        print(json.dumps(_report(result, rejections, seconds), indent=2))
    else:
        _print(result, rejections, seconds)
    if result.rejected:
        raise typer.Exit(1)


class _Rejections:
    """Shows rejected lines as they come, the first thousand, and keeps as many for --json."""

    def __init__(self) -> None:
        self.kept: list[Rejection] = []
        self.count = 0
        self.bar: Bar | None = None

    def __call__(self, rejection: Rejection) -> None:
        self.count += 1
        if self.count > SHOWN_REJECTIONS:
            return
        self.kept.append(rejection)
        if self.bar is not None:
            said = " ".join(part for part in (rejection.reason, rejection.field, rejection.detail) if part)
            self.bar.say(f"line {rejection.line}: {said}")

    @property
    def left_out(self) -> int:
        return self.count - len(self.kept)


@contextlib.contextmanager
def _opened(file: str) -> Any:
    if file == "-":
        yield sys.stdin.buffer, None
        return
    path = Path(file)
    if not path.is_file():
        raise OperatorError(f"{file} is no file: give a JSONL file, or - for stdin")
    with path.open("rb") as stream:
        yield stream, path.stat().st_size


async def _publish(stream: io.BufferedIOBase, settings: Settings, bar: Bar, rejections: _Rejections) -> Published:
    sender = Sender(addresses.bootstrap(settings), security=settings.kafka_security, prefix=settings.topic_prefix)
    async with sender:
        return await publish(stream, sender, on_rejected=rejections, on_read=bar.show)


def _report(result: Published, rejections: _Rejections, seconds: float) -> dict[str, Any]:
    return {
        "published": result.published,
        "rejected": result.rejected,
        "seconds": round(seconds, 3),
        "errors": [rejection._asdict() for rejection in rejections.kept],
        "errors_left_out": rejections.left_out,
    }


def _print(result: Published, rejections: _Rejections, seconds: float) -> None:
    if rejections.left_out:
        print(f"… and {rejections.left_out} more rejected lines", file=sys.stderr)
    print(f"{result.published:,} events published, {result.rejected:,} lines rejected, in {seconds:.1f} s")
