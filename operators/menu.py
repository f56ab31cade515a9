"""The list of commands: name, the module that holds it, what it does. Imports none of them: starting must be quick.

A module in `operators/commands/` exposes either `app`, a Typer application, or `command`, a function.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

COMMANDS = Path(__file__).parent / "commands"


class Entry(NamedTuple):
    """A command of the menu."""

    name: str
    module: str
    summary: str

    def present(self) -> bool:
        """Whether this checkout holds the module; looked up without importing anything."""
        return (COMMANDS / f"{self.module.rpartition('.')[2]}.py").exists()


class Section(NamedTuple):
    """Commands that belong together."""

    title: str
    entries: tuple[Entry, ...]


def _entries(*rows: tuple[str, str, str]) -> tuple[Entry, ...]:
    return tuple(Entry(name, f"operators.commands.{module}", summary) for name, module, summary in rows)


MENU: tuple[Section, ...] = (
    Section(
        "Run it",
        _entries(
            ("up", "up", "start everything: broker, database, workers and selling demo outlets"),
            ("down", "down", "stop what `up --detach` started"),
            ("status", "status", "health of the servers; lag, rate and parked events per worker"),
            ("env", "env", "connection settings for other programs"),
            ("wait", "wait", "return when everything published has been handled"),
        ),
    ),
    Section(
        "Events",
        _entries(
            ("publish", "publish", "publish CloudEvents from a JSONL file or stdin"),
            ("import-sales", "import_sales", "turn a CSV file of sales into events"),
            ("parked", "parked", "waiting and dead events: list, show, retry, discard"),
            ("subscribe", "subscribe", "follow a topic, from a point in time if you like"),
            ("webhook", "webhook", "send events to a URL: add, list, remove"),
        ),
    ),
    Section(
        "Look into it",
        _entries(
            ("trace", "trace", "everything one transaction caused, as a timeline"),
            ("verify", "verify", "check the invariants against the raw log"),
            ("audit", "audit", "the audit's chain of records: verify, show, restore, export"),
            ("tax", "tax", "taxes: compute a sale from a file, explain, report"),
            ("stock", "stock", "what an outlet has on its shelves"),
            ("recipe", "recipe", "what can be made of it"),
            ("forecast", "forecast", "expected sales: train, show"),
            ("report", "report", "saved reports: run, list"),
        ),
    ),
    Section(
        "Operate",
        _entries(
            ("db", "db", "migrations: upgrade, check, history"),
            ("topics", "topics", "create the topics on a broker of your own"),
            ("worker", "worker", "run one worker, as a container would"),
            ("scheduler", "scheduler", "run the timers"),
            ("gateway", "gateway", "run the HTTP gateway"),
            ("replay", "replay", "plan, run and undo replays"),
            ("backup", "backup", "create, verify and restore backups"),
            ("migrate-legacy", "migrate_legacy", "take over an existing database"),
            ("keys", "keys", "access for registers: create, list, revoke"),
            ("users", "users", "access for people"),
        ),
    ),
    Section(
        "Develop",
        _entries(
            ("test", "test", "the test suite, on its own broker and database"),
            ("bench", "bench", "the performance comparison, with a report"),
        ),
    ),
)

ENTRIES: dict[str, Entry] = {entry.name: entry for section in MENU for entry in section.entries}


def rendered() -> str:
    """The menu as text."""
    lines = ["CoralServe: sales in; stock, recipes, tax and audit out.", "", "usage: ./coralserve COMMAND [OPTIONS]"]
    for section in MENU:
        lines += ["", section.title]
        lines += [f"  {entry.name:<14}{entry.summary}" for entry in section.entries if entry.present()]
    lines += ["", "Start with `./coralserve up`. `./coralserve COMMAND --help` shows options and examples.", ""]
    return "\n".join(lines)
