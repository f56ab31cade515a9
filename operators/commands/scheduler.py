"""`scheduler run`: the process that publishes timers as events (R6). The rules are in producers/scheduler."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from operators.settings import Settings

SERVICE = "scheduler"
RELAYED = ("timers", "changes")

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Timers as events: outlet.day-started, once per outlet and local date."""


@app.command()
def run() -> None:
    """Run a scheduler until SIGTERM or SIGINT. Any number may run; one leads, the others stand by.

    Example: ./coralserve scheduler run
    """
    from operators.logs import configure
    from operators.settings import Settings

    settings = Settings.read()
    configure(settings)
    asyncio.run(_until_stopped(settings))


async def _until_stopped(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Lead or stand by until `stop`, and relay what was fired. For `up` as well."""
    from db.link import Link
    from mesh.config import Config
    from mesh.relay import Relay
    from operators import addresses
    from producers.scheduler.leader import Scheduler

    url = addresses.service_url(settings, SERVICE)
    config = Config(
        bootstrap=addresses.bootstrap(settings),
        database_url=url,
        topic_prefix=settings.topic_prefix,
        kafka_security=settings.kafka_security,
    )
    relay = Relay(SERVICE, config, Link(url, "coralserve-scheduler-relay"), dict, shared_lanes=RELAYED)
    scheduler = Scheduler(Link(url, "coralserve-scheduler"))
    relaying = asyncio.create_task(relay.run())
    try:
        await scheduler.run(stop)
    finally:
        relaying.cancel()
        await asyncio.gather(relaying, return_exceptions=True)
        await relay.close()
