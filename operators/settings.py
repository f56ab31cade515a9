"""The only reader of the environment (CONTRACT 5). Read once at the root, then handed down as one frozen value.

Every secret may also come from a file: `DATABASE_URL_FILE` names one that holds what `DATABASE_URL` would.
Secrets never appear in a repr, a log or an error of this module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operators.errors import OperatorError

SERVICE_URL = "DATABASE_URL_"
SECURITY_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("json", "console")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. None = not said: embedded."""

    home: Path
    kafka_bootstrap: str | None = None
    kafka_security: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """aiokafka's own options: security_protocol, sasl_…, ssl_context."""
    database_url: str | None = field(default=None, repr=False)
    database_urls: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Service name to the DSN of its own login role."""
    topic_prefix: str = ""
    log_level: str = "info"
    log_format: str = ""
    """'' = console on a terminal, json elsewhere."""
    failpoint: str = ""
    health_port: int | None = None
    plain: bool = False
    """NO_COLOR or a dumb terminal."""

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of this process. Raises OperatorError naming a variable whose value cannot be meant."""
        values = os.environ if environment is None else environment
        return cls(
            home=home(values),
            kafka_bootstrap=_text(values, "KAFKA_BOOTSTRAP_SERVERS"),
            kafka_security=_security(values),
            database_url=_secret(values, "DATABASE_URL"),
            database_urls=_service_urls(values),
            topic_prefix=values.get("CORALSERVE_TOPIC_PREFIX", ""),
            log_level=_one_of(values, "LOG_LEVEL", LOG_LEVELS, "info"),
            log_format=_one_of(values, "LOG_FORMAT", LOG_FORMATS, ""),
            failpoint=values.get("CORALSERVE_FAILPOINT", ""),
            health_port=_port(values, "CORALSERVE_HEALTH_PORT"),
            plain=bool(values.get("NO_COLOR")) or values.get("TERM") == "dumb",
        )


def home(values: Mapping[str, str]) -> Path:
    """CORALSERVE_HOME, by default in the XDG data directory."""
    named = values.get("CORALSERVE_HOME")
    if named:
        return Path(named).absolute()
    base = values.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "coralserve"


def _text(values: Mapping[str, str], name: str) -> str | None:
    return values.get(name, "").strip() or None


def _secret(values: Mapping[str, str], name: str) -> str | None:
    """The variable, or what the file named by `<name>_FILE` holds."""
    given, path = _text(values, name), _text(values, f"{name}_FILE")
    if path is None:
        return given
    if given is not None:
        raise OperatorError(f"{name} and {name}_FILE are both set: keep one")
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except OSError as error:
        raise OperatorError(f"{name}_FILE cannot be read ({error.strerror}): check its path and mode") from None


def _one_of(values: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    given = values.get(name, "").strip().lower() or default
    if given != default and given not in allowed:
        raise OperatorError(f"{name}={given} is not known: use one of {', '.join(allowed)}")
    return given


def _port(values: Mapping[str, str], name: str) -> int | None:
    given = _text(values, name)
    if given is None:
        return None
    if not given.isascii() or not given.isdigit() or not 0 < int(given) < 65_536:
        raise OperatorError(f"{name} must be a port number from 1 to 65535")
    return int(given)


def _service_urls(values: Mapping[str, str]) -> dict[str, str]:
    names = {name.removesuffix("_FILE") for name in values if name.startswith(SERVICE_URL)} - {SERVICE_URL}
    urls = {name.removeprefix(SERVICE_URL).lower(): _secret(values, name) for name in names if name != "DATABASE_URL"}
    return {service: url for service, url in urls.items() if url}


def _security(values: Mapping[str, str]) -> dict[str, Any]:
    """KAFKA_SECURITY_PROTOCOL and KAFKA_SASL_* as aiokafka options; empty for a plain connection."""
    protocol = (_text(values, "KAFKA_SECURITY_PROTOCOL") or "PLAINTEXT").upper()
    if protocol not in SECURITY_PROTOCOLS:
        raise OperatorError(f"KAFKA_SECURITY_PROTOCOL must be one of {', '.join(SECURITY_PROTOCOLS)}")
    if protocol == "PLAINTEXT":
        return {}
    options: dict[str, Any] = {"security_protocol": protocol}
    if protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": _text(values, "KAFKA_SASL_MECHANISM") or "SCRAM-SHA-512",
            "sasl_plain_username": _secret(values, "KAFKA_SASL_USERNAME"),
            "sasl_plain_password": _secret(values, "KAFKA_SASL_PASSWORD"),
        }
    if protocol.endswith("SSL"):
        from aiokafka.helpers import create_ssl_context

        options["ssl_context"] = create_ssl_context(cafile=_text(values, "KAFKA_SSL_CAFILE"))
    return options
