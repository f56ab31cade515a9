"""Roles of the cluster: an owner and a login role per service, and the reader. Drops none, prints no password.

Roles are the cluster's while databases are many, so several upgrades may want the same role at once: every step is
idempotent, and PostgreSQL's "tuple concurrently updated" is answered by doing the step again.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import asyncpg

from db.services import Service
from db.statements import ROOM, read

if TYPE_CHECKING:
    from asyncpg import Connection

READER = "coralserve_reader"
ACCESS = ROOM / "access"
ATTEMPTS = 20
PAUSE_S = 0.05
SCRAM_ROUNDS = 4096
SALT_BYTES = 16
COLLISIONS = (
    asyncpg.InternalServerError,
    asyncpg.UniqueViolationError,
    asyncpg.DuplicateObjectError,
    asyncpg.DeadlockDetectedError,
)


class RolesError(RuntimeError):
    """DATABASE_URL's user may not make the roles, and they are not there."""


async def ensure_roles(connection: Connection, services: Iterable[Service], passwords: Mapping[str, str]) -> None:
    """Make what is missing; set the passwords given, by service name, and `reader`. Raises RolesError."""
    paths = {service.role: f"{service.schema}, pg_catalog" for service in services}
    steps = [read(ACCESS / "owner.sql", role=role) for role in paths]
    steps += [read(ACCESS / "login.sql", role=role, path=path) for role, path in paths.items()]
    steps.append(read(ACCESS / "login.sql", role=READER, path="pg_catalog"))
    for name, password in sorted(passwords.items()):
        role = f"coralserve_{name}"
        if role in paths or role == READER:
            steps.append(f"ALTER ROLE {role} PASSWORD '{scram(password)}';")
    for attempt in range(ATTEMPTS):
        try:
            await connection.execute("\n".join(steps))
        except COLLISIONS:
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(PAUSE_S * (attempt + 1))
        except asyncpg.InsufficientPrivilegeError as error:
            raise RolesError(
                "the user of DATABASE_URL may not make the roles coralserve_*: give it CREATEROLE, or let an"
                f" administrator run `db upgrade` once with their own DATABASE_URL ({error})"
            ) from error
        else:
            return


def scram(password: str, salt: bytes | None = None) -> str:
    """The SCRAM-SHA-256 verifier PostgreSQL stores: the password itself never reaches the server or its log."""
    salt = salt or os.urandom(SALT_BYTES)
    plain = unicodedata.normalize("NFKC", password).encode()
    salted = hashlib.pbkdf2_hmac("sha256", plain, salt, SCRAM_ROUNDS)
    client = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, client64, server64 = (b64encode(part).decode() for part in (salt, client, server))
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{salt64}${client64}:{server64}"
