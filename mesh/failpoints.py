"""Named places where a test may kill this process. Costs one comparison where none is set.

`CORALSERVE_FAILPOINT=name` or `name:7` kills with SIGKILL at the first or the seventh passing of that place.
"""

from __future__ import annotations

import os
import signal

NAMES = (
    "after-poll", "before-begin", "after-begin", "after-position", "after-dedupe", "after-effect", "after-outbox",
    "before-commit", "after-commit", "relay-sent", "relay-marked", "kafka-commit", "revoke",
)  # fmt: skip


class Failpoints:
    """At most one armed place per process; `hit` is called at every named place."""

    armed: str = ""
    passes_left: int = 0

    @classmethod
    def arm(cls, text: str) -> None:
        """Arm from the setting's text. Raises ValueError for a name that no place has."""
        name, _, passes = text.partition(":")
        if name and name not in NAMES:
            raise ValueError(f"no such failure point: {name}; there are {', '.join(NAMES)}")
        cls.armed, cls.passes_left = name, int(passes or 1)

    @classmethod
    def hit(cls, name: str) -> None:
        """Die here if this place is armed and was passed often enough."""
        if name != cls.armed:
            return
        cls.passes_left -= 1
        if cls.passes_left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
