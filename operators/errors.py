"""Errors a person at the command line should see: one message that says what to do next, exit code 1."""

from __future__ import annotations

from schemas.errors import CoralServeError


class OperatorError(CoralServeError):
    """A command could not do its work; the message ends with what to do next."""
