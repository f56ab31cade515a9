"""Where the broker and the database are: as the environment says, else as the `up` running in this home says."""

from __future__ import annotations

from typing import Any

from operators import instance
from operators.errors import OperatorError
from operators.settings import Settings

NOTHING_RUNS = "nothing runs in {home}: start it with `./coralserve up`, or set {variable}"


def bootstrap(settings: Settings) -> str:
    """`host:port[,…]` of the broker."""
    if settings.kafka_bootstrap is not None:
        return settings.kafka_bootstrap
    return _running(settings, "KAFKA_BOOTSTRAP_SERVERS").kafka_bootstrap


def kafka(settings: Settings) -> dict[str, Any]:
    """Options for any aiokafka client."""
    return {"bootstrap_servers": bootstrap(settings), **settings.kafka_security}


def admin_url(settings: Settings) -> str:
    """DSN that may migrate. A secret."""
    return settings.database_url or _running(settings, "DATABASE_URL").admin_url


def reader_url(settings: Settings) -> str:
    """DSN that may read every schema. A secret."""
    running = instance.read(settings.home)
    if running is not None and settings.database_url in (None, running.admin_url):
        return running.reader_url
    if settings.database_url is not None:
        return settings.database_url
    return _running(settings, "DATABASE_URL").reader_url


def service_url(settings: Settings, service: str) -> str:
    """DSN of a service's own login role. A secret."""
    named = settings.database_urls.get(service)
    if named is not None:
        return named
    variable = f"DATABASE_URL_{service.upper()}"
    running = _running(settings, variable)
    if service not in running.service_urls:
        raise OperatorError(f"no database login is known for {service}: set {variable}")
    return running.service_urls[service]


def _running(settings: Settings, variable: str) -> instance.Instance:
    found = instance.read(settings.home)
    if found is None:
        raise OperatorError(NOTHING_RUNS.format(home=settings.home, variable=variable))
    return found
