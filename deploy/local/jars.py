"""The broker's jars: fetched once by the coordinates of `kafka.lock`, kept only when their SHA-256 is the locked one.

The repository's address is the default of the resolver library; this project names no host.
"""

from __future__ import annotations

import hashlib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from deploy.local.child import ServerError

LOCK = Path(__file__).with_name("kafka.lock")
PARALLEL = 8
ATTEMPTS = 3
TIMEOUT_S = 60.0
Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all)."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked artefact."""

    group: str
    artefact: str
    version: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        return f"{self.artefact}-{self.version}.jar"

    @property
    def path(self) -> str:
        """Where a Maven repository keeps it."""
        return f"{self.group.replace('.', '/')}/{self.artefact}/{self.version}/{self.file_name}"


def locked() -> tuple[Jar, ...]:
    """The lock file's jars."""
    lines = (line for line in LOCK.read_text().splitlines() if line and not line.startswith("#"))
    return tuple(_parsed(line) for line in lines)


def _parsed(line: str) -> Jar:
    coordinate, sha256, size = line.split()
    group, artefact, version = coordinate.split(":")
    return Jar(group, artefact, version, sha256, int(size))


def complete(libraries: Path) -> bool:
    """Whether nothing needs downloading."""
    return all(_present(libraries / jar.file_name, jar) for jar in locked())


def fetch(libraries: Path, progress: Progress | None = None) -> list[Path]:
    """Paths of all locked jars under `libraries`, downloading those missing."""
    libraries.mkdir(parents=True, exist_ok=True)
    jars = locked()
    missing = [jar for jar in jars if not _present(libraries / jar.file_name, jar)]
    total = sum(jar.size for jar in missing)
    done = 0
    if missing:
        repository = _repository()
        context = _tls_context()
        with ThreadPoolExecutor(PARALLEL) as pool:
            waiting = {pool.submit(_download, jar, libraries, repository, context): jar for jar in missing}
            for finished in as_completed(waiting):
                finished.result()
                done += waiting[finished].size
                if progress is not None:
                    progress(done, total)
    return [libraries / jar.file_name for jar in jars]


def _present(path: Path, jar: Jar) -> bool:
    """A jar is moved into place only after its hash was verified, so its size tells enough."""
    return path.exists() and path.stat().st_size == jar.size


def _repository() -> str:
    from jgo.constants import MAVEN_CENTRAL_URL

    return str(MAVEN_CENTRAL_URL)


def _tls_context() -> ssl.SSLContext:
    """The system's certificates; the bundled ones where the interpreter knows none."""
    context = ssl.create_default_context()
    if not context.get_ca_certs() and not ssl.get_default_verify_paths().cafile:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def _download(jar: Jar, libraries: Path, repository: str, context: ssl.SSLContext) -> None:
    content = _content(f"{repository}/{jar.path}", context)
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise ServerError(f"{jar.file_name}: downloaded file is not the locked one (SHA-256 differs); nothing was kept")
    scratch = libraries / f"{jar.file_name}.part"
    scratch.write_bytes(content)
    scratch.replace(libraries / jar.file_name)


def _content(url: str, context: ssl.SSLContext) -> bytes:
    last: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310 - https
                return bytes(answer.read())
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            last = error
    raise ServerError(
        f"cannot download {url.rsplit('/', 1)[-1]} ({last}): check the network, "
        "or set KAFKA_BOOTSTRAP_SERVERS to a broker of your own"
    )
