"""`up`: everything, in the foreground or detached."""

from __future__ import annotations

from typing import Annotated

import typer

from operators.settings import Settings


def command(
    detach: Annotated[bool, typer.Option("--detach", help="Return when ready; `down` stops it.")] = False,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="No demo outlets: only your events.")] = False,
    once: Annotated[bool, typer.Option("--once", help="A finite run: some sales, counts, exit 0.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, max=1000, help="Demo sales a second.")] = 3.0,
) -> None:
    """Start a real Kafka and a real PostgreSQL, every worker, and demo outlets that sell by themselves.

    KAFKA_BOOTSTRAP_SERVERS and DATABASE_URL name servers of your own instead. Data stay in CORALSERVE_HOME.

    Examples:

      ./coralserve up

      ./coralserve up --detach --no-demo

      ./coralserve up --once
    """
    settings = Settings.read()
    if detach and once:
        raise typer.BadParameter("--once ends by itself: use it without --detach")
    if detach:
        from operators.supervise.detached import detach as start

        raise typer.Exit(start(settings, demo=not no_demo, rate=rate))
    from operators.supervise.up import Wishes, up

    raise typer.Exit(up(settings, Wishes(demo=not no_demo, once=once, rate=rate)))
