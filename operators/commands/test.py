"""`test`: the suite, on a broker and a database of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from operators.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OTHERS = ("KAFKA_", "DATABASE_URL", "CORALSERVE_TOPIC_PREFIX", "CORALSERVE_FAILPOINT", "LOG_")
"""Variables that would point tests at someone's servers or change what they print."""
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": ["--help"]}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(context_settings=PASS_ON)
def command(
    context: typer.Context,
    fast: bool = typer.Option(False, "--fast", help="Leave out the tests marked slow."),
) -> None:
    """Run the tests; arguments go to pytest, whose closing line comes last.

    Examples:

      ./coralserve test

      ./coralserve test --fast

      ./coralserve test tests/mesh -k dedupe
    """
    settings = Settings.read()
    temporary = settings.home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    environment |= {"PYTEST_DEBUG_TEMPROOT": str(temporary), "CORALSERVE_HOME": str(settings.home)}
    chosen = ["-m", "not slow"] if fast else []
    os.chdir(ROOT)
    sys.stdout.flush()
    command = [sys.executable, "-m", "pytest", *chosen, *context.args]
    os.execve(sys.executable, command, environment)  # noqa: S606 - the closing line and the exit code are pytest's own
