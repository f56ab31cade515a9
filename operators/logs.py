"""Logs are facts on stderr: one line each, JSON off a terminal. Data goes to stdout, never here."""

from __future__ import annotations

import logging
import sys

import structlog

from operators.settings import Settings


def configure(settings: Settings) -> None:
    """Set up structlog and the standard library's logging once, at the root."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    chosen = settings.log_format or ("console" if sys.stderr.isatty() else "json")
    as_json = chosen == "json"
    renderer = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty() and not settings.plain)
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json:
        processors.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("aiokafka").setLevel(logging.NOTSET)
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )
