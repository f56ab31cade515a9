"""The command line's front door: finds the command, runs it, and turns every outcome into an exit code.

0 done, 1 failed, 2 usage, 130 interrupted. Errors are one message that says what to do next, never a traceback.
"""

from __future__ import annotations

import difflib
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from operators import menu

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
PROGRAM = "./coralserve"
HELP = ("--help", "-h", "help")
VERSION = ("--version", "version")


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    if not arguments or arguments[0] in HELP:
        print(menu.rendered(), end="")
        return DONE
    if arguments[0] in VERSION:
        return _version()
    entry = menu.ENTRIES.get(arguments[0])
    if entry is None:
        return _unknown(arguments[0])
    if not entry.present():
        return _say(f"{entry.name} is not part of this version: `{PROGRAM}` lists what is", FAILED)
    return _guarded(lambda: _run(entry, arguments[1:]))


def _version() -> int:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
    print(f"coralserve {project['version']}")
    return DONE


def _unknown(name: str) -> int:
    near = difflib.get_close_matches(name, menu.ENTRIES, n=1)
    hint = f"did you mean `{PROGRAM} {near[0]}`?" if near else f"`{PROGRAM}` lists the commands"
    return _say(f"no command {name!r}: {hint}", USAGE)


def _run(entry: menu.Entry, arguments: Sequence[str]) -> int:
    command = _typer_command(importlib.import_module(entry.module))
    outcome = command.main(args=list(arguments), prog_name=f"{PROGRAM} {entry.name}", standalone_mode=False)
    return outcome if isinstance(outcome, int) else DONE


def _typer_command(module: Any) -> Any:
    import typer
    from typer.main import get_command

    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=getattr(module, "NAME", None))(module.command)
    app.pretty_exceptions_enable = False
    return get_command(app)


def _guarded(run: Callable[[], int]) -> int:
    from typer._click.exceptions import Abort, ClickException, Exit, UsageError

    from deploy.local.child import ServerError
    from schemas.errors import CoralServeError

    _hush()
    try:
        return run()
    except UsageError as error:
        error.show()
        return USAGE
    except ClickException as error:
        error.show()
        return FAILED
    except Exit as ending:
        return int(ending.exit_code)
    except (Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (CoralServeError, ServerError) as error:
        return _say(str(error), FAILED)
    except Exception as error:
        return _unexpected(error)


def _hush() -> None:
    """The client's log lines about a broker that is away are told once, as the command's own error."""
    import logging

    if os.environ.get("LOG_LEVEL", "").lower() != "debug":
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)


def _unexpected(error: Exception) -> int:
    """Connection trouble gets its advice; anything else names itself and how to see more."""
    if os.environ.get("LOG_LEVEL", "").lower() == "debug":
        raise error
    module = type(error).__module__.partition(".")[0]
    if module == "asyncpg" or isinstance(error, ConnectionError):
        advice = "check that the database runs (`./coralserve status`) and that DATABASE_URL is right"
    elif module == "aiokafka":
        advice = "check that the broker runs (`./coralserve status`) and that KAFKA_BOOTSTRAP_SERVERS is right"
    elif isinstance(error, OSError):
        advice = "check the path and its permissions"
    else:
        advice = "this is a defect: run it again with LOG_LEVEL=debug for the details to report"
    return _say(f"{type(error).__name__}: {error}\n  {advice}", FAILED)


def _say(text: str, code: int) -> int:
    print(f"coralserve: {text}", file=sys.stderr)
    return code
