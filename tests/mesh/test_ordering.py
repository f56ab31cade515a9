"""Later events of a transaction or entity wait behind a parked one; nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from mesh.ordering import Blocked, blocking_key
from schemas.event import Event


def event(event_type: str, **data: object) -> Event:
    return Event("e", event_type, SimpleNamespace(**data), b"{}", b"", datetime(2026, 1, 1, tzinfo=UTC))


KEYS = [
    ("pos.sale.completed", {"transaction_id": 9}, "tx:9"),
    ("pos.sale.refunded", {"transaction_id": 10, "original_transaction_id": 9}, "tx:9"),
    ("material.upserted", {"material_id": 7}, "material:7"),
    ("recipe.retired", {"recipe_id": 3}, "recipe:3"),
    ("purchase-order.ordered", {"purchase_order_id": 5}, "purchase-order:5"),
    ("inventory.received", {"outlet_id": 3, "product_id": 42}, ""),
]


@pytest.mark.parametrize(("event_type", "data", "key"), KEYS, ids=[k[0] for k in KEYS])
def test_blocking_key(event_type: str, data: dict, key: str) -> None:
    """The key decides who waits for whom: too wide stops an outlet, too narrow breaks the order of one sale."""
    assert blocking_key(event(event_type, **data)) == key


def test_a_sale_never_waits_behind_its_own_refund() -> None:
    """A refund that came too early waits for the sale: were the sale held by it, both would wait for ever."""
    blocked = Blocked()
    blocked.add_row("tx:9", "pos.sale.refunded", 1)
    assert not blocked.holds("tx:9", "pos.sale.completed", None)
    assert blocked.holds("tx:9", "pos.sale.refunded", None)


def test_the_head_of_a_queue_is_not_held_by_itself() -> None:
    """Released in order: the first goes, the second only after it."""
    blocked = Blocked()
    blocked.add_row("material:7", "material.upserted", 4)
    blocked.add_row("material:7", "material.upserted", 6)
    assert not blocked.holds("material:7", "material.upserted", 4)
    assert blocked.holds("material:7", "material.upserted", 6)
    blocked.remove_row("material:7", "material.upserted", 4)
    assert not blocked.holds("material:7", "material.upserted", 6)
    assert blocked.holds("material:7", "material.upserted", None)


def test_other_transactions_pass() -> None:
    """One unknown product never stops an outlet."""
    blocked = Blocked()
    blocked.begin("tx:9", "pos.sale.completed")
    assert not blocked.holds("tx:10", "pos.sale.completed", None)
    assert blocked.holds("tx:9", "pos.sale.completed", None)


def test_what_a_batch_parked_blocks_until_its_rows_are_read() -> None:
    """A row parked just now has no id yet: it blocks what follows, and its release must free the key for good."""
    blocked = Blocked()
    names = blocked.begin("tx:9", "pos.sale.completed")
    assert blocked.holds("tx:9", "pos.sale.completed", None)
    blocked.replace_rows([("tx:9", "pos.sale.completed", 4)])
    blocked.end(names)
    assert blocked.holds("tx:9", "pos.sale.refunded", None)
    assert not blocked.holds("tx:9", "pos.sale.completed", 4)
    blocked.remove_row("tx:9", "pos.sale.completed", 4)
    assert not blocked.holds("tx:9", "pos.sale.refunded", None)
    assert not blocked


def test_a_rolled_back_batch_blocks_nothing() -> None:
    """What was parked only in memory never was."""
    blocked = Blocked()
    blocked.end(blocked.begin("tx:9", "pos.sale.completed"))
    assert not blocked
