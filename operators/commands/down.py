"""`down`: stops the `up` of this home."""

from __future__ import annotations

from operators.settings import Settings


def command() -> None:
    """Stop everything `up` started, in order, and wait for it. Data stay. Nothing running is fine.

    Example:

      ./coralserve down
    """
    from operators.supervise.detached import down

    settings = Settings.read()
    print("stopped" if down(settings) else f"nothing runs in {settings.home}")
