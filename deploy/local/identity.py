"""Whom a server runs as: root hands the database to an unprivileged uid, everyone else runs it as themselves."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NOBODY_UID = 65534
NOBODY_GID = 65534


@dataclass(frozen=True, slots=True)
class Identity:
    """The uid and gid to drop to, or None for both when no dropping is needed."""

    uid: int | None
    gid: int | None
    reach_closed_paths: bool = False

    def arguments(self) -> list[str]:
        """Options for `launch.py`."""
        if self.uid is None:
            return []
        chosen = [f"--uid={self.uid}", f"--gid={self.gid}"]
        return [*chosen, "--reach-closed-paths"] if self.reach_closed_paths else chosen

    def own(self, path: Path) -> None:
        """Make `path` belong to the identity."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


OURSELVES = Identity(uid=None, gid=None)
"""No dropping."""


def unprivileged(paths: Iterable[Path]) -> Identity:
    """The identity for a server that refuses root and must reach `paths`."""
    if os.geteuid() != 0:
        return OURSELVES
    closed = any(not _open_to_others(path) for path in paths)
    return Identity(uid=NOBODY_UID, gid=NOBODY_GID, reach_closed_paths=closed)


def _open_to_others(path: Path) -> bool:
    """Whether every parent of `path` may be searched, and `path` read, by anyone."""
    path = path.resolve()
    parents = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
    return bool(parents and path.stat().st_mode & stat.S_IROTH)
