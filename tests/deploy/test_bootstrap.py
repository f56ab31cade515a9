"""The first use: the right wheel, verified, and a script that works from anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import bootstrap

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        pytest.param("linux", "x86_64", "glibc", "manylinux_2_17_x86_64", id="linux"),
        pytest.param("linux", "aarch64", "glibc", "aarch64", id="linux on arm"),
        pytest.param("linux", "x86_64", "", "musllinux_1_1_x86_64", id="alpine"),
        pytest.param("darwin", "arm64", "", "macosx_11_0_arm64", id="mac"),
        pytest.param("darwin", "x86_64", "", "macosx_10_12_x86_64", id="old mac"),
    ],
)
def test_the_wheel_is_the_machines(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, libc: str, expected: str
) -> None:
    """A wheel for another machine fails with a message nobody understands."""
    monkeypatch.setattr(bootstrap.sys, "platform", system)
    monkeypatch.setattr(bootstrap.platform, "machine", lambda: machine)
    monkeypatch.setattr(bootstrap.platform, "libc_ver", lambda: (libc, ""))
    assert expected in bootstrap.matching_wheel(bootstrap.locked_uv(ROOT))["url"]


def test_a_wheel_with_another_hash_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What builds the environment could do anything in it."""
    monkeypatch.setattr(bootstrap, "download", lambda url: b"something else")
    with pytest.raises(bootstrap.BootstrapError, match="SHA-256"):
        bootstrap.verified(bootstrap.locked_uv(ROOT))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a space in its name whose environment is already built: its python says what it was asked."""
    checkout = tmp_path / "my checkout"
    (checkout / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "coralserve", checkout)
    shutil.copy(ROOT / "uv.lock", checkout)
    python = checkout / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$PYTHONPATH|$CORALSERVE_HOME|$*"\n')
    python.chmod(0o755)
    with (checkout / "uv.lock").open("rb") as lock:
        stamp = subprocess.run(["cksum"], stdin=lock, capture_output=True, text=True, check=True).stdout
    (checkout / ".venv" / "coralserve.lock").write_text(stamp)
    return checkout


def test_the_script_works_from_elsewhere_and_through_links(checkout: Path, tmp_path: Path) -> None:
    """People put a link into ~/bin; the checkout must still be found."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "one").symlink_to("../my checkout/coralserve")
    (tmp_path / "bin" / "two").symlink_to(tmp_path / "bin" / "one")
    environment = {"PATH": os.environ["PATH"], "HOME": "/home/me"}
    done = subprocess.run(
        [tmp_path / "bin" / "two", "a b"], capture_output=True, text=True, env=environment, cwd="/", check=True
    )
    assert done.stdout == f"{checkout}|/home/me/.local/share/coralserve|-m operators a b\n"


def test_a_relative_home_is_taken_from_where_the_user_stands(checkout: Path, tmp_path: Path) -> None:
    """Another process would otherwise look for it elsewhere."""
    environment = {"PATH": os.environ["PATH"], "CORALSERVE_HOME": "here"}
    done = subprocess.run(
        [checkout / "coralserve"], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    assert f"|{tmp_path}/here|" in done.stdout


def test_without_a_python_the_script_says_which_one_it_needs(checkout: Path, tmp_path: Path) -> None:
    """`python3: not found` helps nobody."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "cksum", "cat", "dirname", "readlink"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    (checkout / ".venv" / "coralserve.lock").unlink()
    environment = {"PATH": str(tools), "HOME": "/home/me"}
    done = subprocess.run([checkout / "coralserve"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert "python3 3.11 or newer" in done.stderr


@pytest.mark.slow
def test_a_fresh_checkout_builds_its_environment_and_writes_nowhere_else(tmp_path: Path) -> None:
    """The first minute decides whether there is a second: nothing but python3, and nothing left in the user's home."""
    checkout, home, user = tmp_path / "a fresh one", tmp_path / "home", tmp_path / "user"
    ignored = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    user.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(user), "CORALSERVE_HOME": str(home)}
    environment |= {
        name: value for name, value in os.environ.items() if name in ("SSL_CERT_FILE", "HTTPS_PROXY", "https_proxy")
    }
    for _ in range(2):
        done = subprocess.run(
            [checkout / "coralserve", "--version"], capture_output=True, text=True, env=environment, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("coralserve ")
    assert list(user.iterdir()) == []
    assert (checkout / ".venv" / "bin" / "python").exists()
    assert sys.version_info >= (3, 11)
