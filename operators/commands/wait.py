"""`wait`: returns when everything published has been handled."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated

import typer

from operators import addresses, workers
from operators.settings import Settings


def command(
    timeout: Annotated[float, typer.Option("--timeout", help="Give up after this many seconds.")] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Say what is left as JSON on stdout.")] = False,
) -> None:
    """Return when every worker has handled everything published and the outboxes are empty; exit 1 on time-out.

    Events parked for something that does not exist do not hold it up. While tills go on selling, it returns when
    all that had been published at the call, and what followed from it, is handled.

    Example:

      ./coralserve publish sales.jsonl && ./coralserve wait --timeout 30
    """
    from operators.settled import wait_settled

    settings = Settings.read()
    left = asyncio.run(
        wait_settled(
            addresses.kafka(settings),
            addresses.reader_url(settings),
            workers.load_all(),
            timeout_s=timeout,
            prefix=settings.topic_prefix,
        )
    )
    if as_json:
        print(json.dumps({"done": not left, "left": left.sentences()}))
    if not left:
        return
    lines = "\n  ".join(left.sentences())
    print(f"coralserve: not done after {timeout:g} s:\n  {lines}\n  `./coralserve status` shows more", file=sys.stderr)
    raise typer.Exit(1)
