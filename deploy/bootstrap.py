"""Builds the environment from the lock file with nothing but python3: run by ./coralserve at first use.

uv's own wheel is chosen, fetched and verified by its entry in uv.lock; pip is the way out when that fails.
Standard library only; imports nothing of the project. Prints to stderr, so a command's own output stays clean.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import platform
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

TIMEOUT_S = 60.0
ATTEMPTS = 3
EXECUTABLE = 0o755
STAMP = "coralserve.lock"


class BootstrapError(Exception):
    """The environment cannot be built; the message says what to do."""


def main(root: Path, home: Path, lock: str) -> None:
    """Make `root/.venv` match `root/uv.lock`; a second caller waits for the first and finds it done."""
    with (root / "uv.lock").open("rb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        stamp = root / ".venv" / STAMP
        if stamp.exists() and stamp.read_text().strip() == lock and (root / ".venv/bin/python").exists():
            return
        started = time.monotonic()
        say("first use: building the environment from uv.lock")
        uv = fetched_uv(root, home)
        synchronise(uv, root, home)
        stamp.write_text(lock + "\n")
        say(f"environment ready in {time.monotonic() - started:.1f} s")


def say(text: str) -> None:
    """One line on stderr."""
    print(f"coralserve: {text}", file=sys.stderr, flush=True)


def fetched_uv(root: Path, home: Path) -> Path:
    """The locked uv, from the cache or its wheel."""
    entry = locked_uv(root)
    place = home / "cache" / f"uv-{entry['version']}"
    program = place / "uv"
    if program.exists():
        return program
    place.mkdir(parents=True, exist_ok=True)
    try:
        unpack(verified(entry), program)
    except (OSError, BootstrapError) as error:
        say(f"uv's wheel could not be used ({error}); trying pip")
        by_pip(entry["version"], place, program)
    return program


def locked_uv(root: Path) -> dict[str, Any]:
    """uv's entry in the lock file."""
    packages = tomllib.loads((root / "uv.lock").read_text())["package"]
    entry: dict[str, Any] = next(package for package in packages if package["name"] == "uv")
    return entry


def matching_wheel(entry: dict[str, Any]) -> dict[str, Any]:
    """The wheel for this machine."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "darwin":
        wanted = ("macosx", "arm64" if machine == "aarch64" else machine)
    else:
        wanted = ("manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux", machine)
    wheels: list[dict[str, Any]] = entry["wheels"]
    for wheel in wheels:
        tag = wheel["url"].rsplit("/", 1)[-1].split("-", 4)[-1]
        if wanted[0] in tag and tag.removesuffix(".whl").endswith(wanted[1]):
            return wheel
    raise BootstrapError(f"no wheel for {wanted[0]} {wanted[1]}")


def verified(entry: dict[str, Any]) -> bytes:
    """The wheel's bytes, after their SHA-256 was compared with the lock's."""
    wheel = matching_wheel(entry)
    content = download(wheel["url"])
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != wheel["hash"]:
        raise BootstrapError("SHA-256 differs from the lock's")
    return content


def download(url: str) -> bytes:
    """GET with a few attempts."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310 - from the lock file
                return bytes(answer.read())
        except OSError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(attempt)
    raise AssertionError("unreachable")


def unpack(wheel: bytes, program: Path) -> None:
    """Write the `uv` program out of its wheel, whole or not at all."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        scratch = program.with_name("uv.new")
        scratch.write_bytes(archive.read(name))
    scratch.chmod(EXECUTABLE)
    scratch.replace(program)


def by_pip(version: str, place: Path, program: Path) -> None:
    """Let pip bring uv, where pip exists."""
    target = place / "pip"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--target", str(target)]
    if subprocess.run([*command, f"uv=={version}"], stdout=sys.stderr, check=False).returncode != 0:
        raise BootstrapError("the package registry cannot be reached: check the network and proxy, then try again")
    (target / "bin" / "uv").rename(program)


def synchronise(uv: Path, root: Path, home: Path) -> None:
    """`uv sync --frozen`, with every cache under `home`."""
    cache = home / "cache" / "uv"
    cache.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "VIRTUAL_ENV"))}
    environment |= {name: value for name, value in os.environ.items() if name in KEPT_UV_SETTINGS}
    environment["UV_CACHE_DIR"] = str(cache)
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    if has_system_certificates():
        environment.setdefault("UV_SYSTEM_CERTS", "1")
    environment["UV_LINK_MODE"] = "hardlink" if cache.stat().st_dev == root.stat().st_dev else "copy"
    command = [str(uv), "sync", "--frozen", "--no-progress", "--quiet", "--python", sys.executable]
    command += ["--project", str(root)]
    if subprocess.run(command, env=environment, stdout=sys.stderr, cwd=root, check=False).returncode != 0:
        raise BootstrapError("the environment could not be built (reason above): check the network, then try again")


def has_system_certificates() -> bool:
    """Whether this machine brings certificates of its own: behind a company's proxy only those lead out."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


KEPT_UV_SETTINGS = frozenset(
    {"UV_HTTP_TIMEOUT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_OFFLINE", "UV_INSECURE_HOST", "UV_CONCURRENT_DOWNLOADS"}
)
"""What a user may need to get through their network; anything else of uv's would bend the locked result."""

if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    except BootstrapError as error:
        say(str(error))
        sys.exit(1)
    except OSError as error:
        say(f"the environment could not be built: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
