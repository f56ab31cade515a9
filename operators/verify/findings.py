"""What a check found: how much it proved, and what is broken, with the first few keys. Judges nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

if TYPE_CHECKING:
    from operators.verify.world import World

SHOWN = 5


class Difference(Struct, frozen=True):
    """One thing that should not be: the key, and what was expected and found there."""

    key: str
    said: str


class Findings:
    """The outcome of one invariant. Only the first few differences are kept, all are counted."""

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title
        self.proved = 0
        self.broken = 0
        self.differences: list[Difference] = []
        self.notes: list[str] = []

    @property
    def holds(self) -> bool:
        return not self.broken

    def proves(self, count: int = 1) -> None:
        """So many things were looked at."""
        self.proved += count

    def breaks(self, key: object, said: str) -> None:
        """Something is not as it must be."""
        self.broken += 1
        if len(self.differences) < SHOWN:
            self.differences.append(Difference(str(key), said))

    def expect(self, key: object, what: str, *, expected: object, found: object) -> bool:
        """Compare; a difference is broken."""
        self.proved += 1
        if expected == found:
            return True
        self.breaks(key, f"{what}: expected {_shown(expected)}, found {_shown(found)}")
        return False

    def note(self, sentence: str) -> None:
        """Something a person should know that breaks nothing."""
        if sentence not in self.notes:
            self.notes.append(sentence)


class Invariant(ABC):
    """One promise of the system. `name` is the one RELIABILITY gives it."""

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    async def check(self, world: World, found: Findings) -> None:
        """Look at everything it is about, and say what is broken."""


def _shown(value: object) -> str:
    text = f"{value:f}" if hasattr(value, "as_tuple") else str(value)
    return text if len(text) <= 200 else text[:197] + "..."
