"""`topics create`: the topics on a broker of your own; `up` does it by itself."""

from __future__ import annotations

import asyncio

import typer

from operators import addresses, topics, workers
from operators.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Topics are created explicitly, never automatically."""


@app.command()
def create() -> None:
    """Create the topics that are missing, with their partitions and retention. Safe to repeat.

    Example:

      KAFKA_BOOTSTRAP_SERVERS=broker:9092 ./coralserve topics create
    """
    settings = Settings.read()
    made = asyncio.run(topics.create(addresses.kafka(settings), workers.names(), prefix=settings.topic_prefix))
    print(f"{made} topics created")


@app.command("list")
def list_topics() -> None:
    """List the topics of this checkout: name, partitions, retention."""
    for topic in topics.wanted(workers.names()):
        kept = "compacted" if topic.compacted else "for ever" if topic.retention_ms < 0 else f"{topic.retention_ms} ms"
        print(f"{topic.name:<32}{topic.partitions:>3}  {kept}")
