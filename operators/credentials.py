"""Passwords of the services' login roles: made up once per home, kept in a file only its owner may read."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from deploy.local.state import write_private

READER = "reader"
PASSWORD_BYTES = 32


def passwords(home: Path, services: Iterable[str]) -> dict[str, str]:
    """A password for each service and the reader; those missing are made up."""
    path = home / "secrets" / "roles.json"
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    wanted = [*services, READER]
    missing = [name for name in wanted if name not in known]
    if missing:
        known |= {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in missing}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        write_private(path, json.dumps(known))
    return {name: known[name] for name in wanted}
