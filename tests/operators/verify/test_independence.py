"""The checker shares nothing with what it checks."""

from __future__ import annotations

import pytest

from operators.verify.checks import INVARIANTS
from tests.house.source import ROOT, imports

ALLOWED = ("schemas.topics", "operators.")
OURS = ("consumers", "mesh", "db", "producers", "schemas", "operators")
FILES = sorted((ROOT / "operators" / "verify").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_imports_no_worker_and_no_decoder(path) -> None:  # type: ignore[no-untyped-def]
    """A checker that decodes, rounds or explodes with the workers' code has the workers' defects."""
    ours = {name for name in imports(path) if name.split(".")[0] in OURS}
    assert {name for name in ours if not name.startswith(ALLOWED)} == set()


def test_every_invariant_says_what_it_proves() -> None:
    """Names are what people look up in RELIABILITY; one name, one class."""
    assert len({kind.name for kind in INVARIANTS}) == len(INVARIANTS)
    assert all((kind.__doc__ or "").startswith("Proves: ") for kind in INVARIANTS)
