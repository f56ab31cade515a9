"""Settings: the only door through which the environment comes in."""

from __future__ import annotations

from pathlib import Path

import pytest

from operators.errors import OperatorError
from operators.settings import Settings

SECRET = "hunter2-in-the-url"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({"CORALSERVE_HOME": "/h"}, Path("/h"), id="named"),
        pytest.param({"XDG_DATA_HOME": "/x"}, Path("/x/coralserve"), id="xdg"),
        pytest.param({}, Path.home() / ".local/share/coralserve", id="default"),
    ],
)
def test_home_is_found(environment: dict[str, str], expected: Path) -> None:
    """Everything written goes below it, so a user must be able to place it."""
    assert Settings.read(environment).home == expected


def test_unset_means_embedded() -> None:
    """A newcomer sets nothing and gets servers of their own (CONTRACT 5)."""
    settings = Settings.read({})
    assert settings.kafka_bootstrap is None
    assert settings.database_url is None
    assert dict(settings.kafka_security) == {}


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    """Orchestrators mount secrets as files; the final newline editors add is no part of one."""
    path = tmp_path / "url"
    path.write_text(f"postgresql://u:{SECRET}@h/d\n")
    settings = Settings.read({"DATABASE_URL_FILE": str(path), "DATABASE_URL_TAX_FILE": str(path)})
    assert settings.database_url == f"postgresql://u:{SECRET}@h/d"
    assert settings.database_urls == {"tax": f"postgresql://u:{SECRET}@h/d"}


def test_secrets_are_not_in_the_repr() -> None:
    """Settings end up in logs and tracebacks sooner or later (I20)."""
    settings = Settings.read(
        {
            "DATABASE_URL": f"postgresql://u:{SECRET}@h/d",
            "DATABASE_URL_TAX": f"postgresql://t:{SECRET}@h/d",
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_USERNAME": "u",
            "KAFKA_SASL_PASSWORD": SECRET,
        }
    )
    assert SECRET not in repr(settings)
    assert settings.kafka_security["sasl_plain_password"] == SECRET
    assert settings.kafka_security["sasl_mechanism"] == "SCRAM-SHA-512"


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        pytest.param({"LOG_LEVEL": "loud"}, "LOG_LEVEL", id="level"),
        pytest.param({"LOG_FORMAT": "xml"}, "LOG_FORMAT", id="format"),
        pytest.param({"CORALSERVE_HEALTH_PORT": "http"}, "CORALSERVE_HEALTH_PORT", id="port"),
        pytest.param({"CORALSERVE_HEALTH_PORT": "70000"}, "CORALSERVE_HEALTH_PORT", id="port too large"),
        pytest.param({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL", id="protocol"),
        pytest.param({"DATABASE_URL_FILE": "/nowhere"}, "DATABASE_URL_FILE", id="file missing"),
        pytest.param({"DATABASE_URL": "a", "DATABASE_URL_FILE": "b"}, "DATABASE_URL_FILE", id="both"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(environment: dict[str, str], named: str) -> None:
    """A typing error must not silently become a default."""
    with pytest.raises(OperatorError, match=named):
        Settings.read(environment)
