"""One PostgreSQL connection that is opened again when it was lost. Decides nothing about what is run on it."""

from __future__ import annotations

from dataclasses import dataclass, field

import asyncpg

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 60.0
LIMITS = {
    "lock_timeout": "5s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "10s",
}
"""What one session may hold up: a process that was paused inside a transaction loses it, and its locks, in 10 s."""


@dataclass(slots=True)
class Link:
    """A connection of its own for one task; `use` gives it, open."""

    url: str
    name: str
    _connection: asyncpg.Connection | None = field(default=None, repr=False)

    async def use(self) -> asyncpg.Connection:
        """The connection; a lost one is replaced. Raises OSError or PostgresError where the server is not there."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self.url,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings={"application_name": self.name} | LIMITS,
            )
        return self._connection

    def drop(self) -> None:
        """Cut the connection at once; the server rolls back what was open on it."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            await self._connection.close()
        self._connection = None
