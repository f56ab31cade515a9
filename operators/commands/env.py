"""`env`: the addresses other programs need."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from operators import addresses, instance
from operators.settings import Settings


def command(as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False) -> None:
    """Print connection settings. `database_url` works with psql and may read every schema, and write nothing.

    Examples:

      ./coralserve env

      psql "$(./coralserve env --json | jq -r .database_url)"
    """
    settings = Settings.read()
    running = instance.read(settings.home)
    values = {
        "kafka_bootstrap_servers": addresses.bootstrap(settings),
        "database_url": addresses.reader_url(settings),
        "gateway_url": running.gateway_url if running else None,
        "console_url": running.console_url if running else None,
        "home": str(settings.home),
    }
    if as_json:
        print(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        print(f"{name}: {value or '-'}")
