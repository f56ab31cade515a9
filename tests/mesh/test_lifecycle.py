"""What a sale is, seen against what came before (R2): decided alike in every worker."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from mesh.lifecycle import Known, Standing, stand
from schemas.errors import Reject
from schemas.event import Event

HASH, OTHER = b"a" * 32, b"b" * 32


def sale(version: int = 1, content_hash: bytes = HASH) -> Event:
    data = SimpleNamespace(transaction_id=9001, version=version)
    return Event("e-1", "pos.sale.completed", data, b"{}", content_hash, datetime(2026, 1, 1, tzinfo=UTC))


CASES = [
    ("never seen", None, None, 1, Standing.NEW),
    ("same event again", HASH, None, 1, Standing.DUPLICATE),
    ("same transaction under another event id", None, Known(1, HASH), 1, Standing.DUPLICATE),
    ("an older version", None, Known(2, OTHER), 1, Standing.STALE),
    ("same event id, other content", OTHER, None, 1, "id"),
    ("same transaction, other content", None, Known(1, OTHER), 1, "transaction_id"),
    ("a newer version that is no amendment", None, Known(1, OTHER), 2, "version"),
]


@pytest.mark.parametrize(("seen", "known", "version", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_standing(seen: bytes | None, known: Known | None, version: int, expected: Standing | str) -> None:
    """A repeat must have no effect and a contradiction must be seen, whoever sends it."""
    if isinstance(expected, Standing):
        assert stand(sale(version), seen_hash=seen, sale=known) is expected
        return
    with pytest.raises(Reject) as caught:
        stand(sale(version), seen_hash=seen, sale=known)
    assert (caught.value.reason, caught.value.field) == ("CONFLICT", expected)
