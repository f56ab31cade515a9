"""`db upgrade / check / history`: migrations, per service or all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, TypeVar

import typer

from operators import addresses, credentials
from operators.errors import OperatorError
from operators.settings import Settings

Answer = TypeVar("Answer")
Services = Annotated[list[str] | None, typer.Argument(help="Services; all when none is named.")]
Json = Annotated[bool, typer.Option("--json", help="Data as JSON on stdout.")]
app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def group() -> None:
    """Migrations of the database DATABASE_URL names, or of the running embedded one."""


@app.command()
def upgrade(services: Services = None) -> None:
    """Bring the database to the newest schema: roles, tables, grants. Safe to repeat; forward only.

    Login roles get the passwords kept in CORALSERVE_HOME, except those DATABASE_URL_<SERVICE> is set for.

    Examples:

      ./coralserve db upgrade

      ./coralserve db upgrade inventory tax
    """
    from db.services import service_names
    from db.upgrade import upgrade as run

    settings = Settings.read()
    chosen = services or list(service_names())
    made_up = credentials.passwords(settings.home, chosen)
    given = {name: secret for name, secret in made_up.items() if name not in settings.database_urls}
    _explained(lambda: run(addresses.admin_url(settings), services=services, passwords=given))
    print(f"at the newest schema: {', '.join(chosen)}")


@app.command()
def check(services: Services = None, as_json: Json = False) -> None:
    """Say how far each service's schema is; exit 1 when one is not at the newest. Changes nothing.

    Example:

      ./coralserve db check
    """
    from db.upgrade import check as run

    url = addresses.admin_url(Settings.read())
    states = _explained(lambda: run(url, services=services))
    if as_json:
        rows = [{"service": s.service, "current": s.current, "head": s.head, "done": s.done} for s in states]
        print(json.dumps(rows))
    else:
        for state in states:
            word = "ok" if state.done else "behind: run `./coralserve db upgrade`"
            print(f"{state.service:<12}{state.current or '-':<8}{state.head:<8}{word}")
    if not all(state.done for state in states):
        raise typer.Exit(1)


@app.command()
def history(services: Services = None) -> None:
    """List every revision of each service, oldest first.

    Example:

      ./coralserve db history inventory
    """
    from db.upgrade import history as run

    for service, revisions in _explained(lambda: run(services=services)).items():
        for revision in revisions:
            print(f"{service:<12}{revision.revision:<8}{getattr(revision, 'title', '')}")


def _explained(run: Callable[[], Answer]) -> Answer:
    """What the database room refuses is told as it is, without a traceback."""
    from db.roles import RolesError
    from db.services import UnknownServiceError
    from db.upgrade import UpgradeError

    try:
        return run()
    except (UpgradeError, RolesError, UnknownServiceError) as error:
        raise OperatorError(str(error)) from error
