"""Demo tills: reproducible, and every event they send passes the workers' own validation."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

from producers.demo import chain
from producers.demo.events import back_office, catalogue
from producers.demo.numbers import BLOCK, numbers
from producers.demo.tills import Tills
from producers.validate import record_of

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def sold(sales: int, seed: int = 1) -> list[dict[str, object]]:
    """Everything the tills send for so many sales."""
    tills = Tills(seed=seed, numbers=count(9001))
    return [event for _ in range(sales) for event in tills.sell(NOW)]


def test_the_same_seed_sells_the_same() -> None:
    """A demo that failed can be played again."""
    assert sold(200) == sold(200)
    assert sold(200) != sold(200, seed=2)


def test_everything_sent_is_valid() -> None:
    """A demo that fills the dead letters would be a poor demo."""
    for event in (*catalogue(), *back_office(NOW), *sold(1000)):
        record_of(event, at_ms=NOW_MS)


def test_ids_are_unique_and_undo_happens_once_a_sale() -> None:
    """Each event is its own; a sale is refunded or voided at most once, so no over-refund is ever sent."""
    events = sold(3000)
    assert len({event["id"] for event in events}) == len(events)
    undone = Counter(
        event["data"].get("original_transaction_id", event["data"]["transaction_id"])  # type: ignore[attr-defined]
        for event in events
        if event["type"] in ("pos.sale.refunded", "pos.sale.voided")
    )
    assert undone
    assert set(undone.values()) == {1}


def test_the_chain_of_a_day_is_the_same_events_again() -> None:
    """`up` publishes it at every start; on the same local dates that must add nothing."""
    later = NOW.replace(hour=11)
    assert list(back_office(NOW)) == list(back_office(later))
    ids = [event["id"] for event in (*catalogue(), *back_office(NOW))]
    assert len(set(ids)) == len(ids)


def test_deliveries_keep_pace_with_sales() -> None:
    """Half an hour of selling must not end in shortfalls of everything."""
    received: Counter[tuple[int, str]] = Counter()
    used: Counter[tuple[int, str]] = Counter()
    for event in (*back_office(NOW), *sold(5000)):
        data: dict[str, object] = event["data"]  # type: ignore[assignment]
        if event["type"] == "inventory.received" and data.get("material_id") == chain.MILK:
            received[data["outlet_id"], "milk"] += int(data["quantity"])  # type: ignore[index,call-overload]
        for line in data.get("lines", ()) if event["type"] == "pos.sale.completed" else ():  # type: ignore[attr-defined]
            millilitres = {chain.LATTE: 200, chain.CAPPUCCINO: 120}.get(line["product_id"], 0)
            used[data["outlet_id"], "milk"] += millilitres * int(line["quantity"])  # type: ignore[index]
    assert used
    assert all(received[place] > quantity for place, quantity in used.items())


def test_transaction_numbers_survive_a_kill(tmp_path: Path) -> None:
    """A number used twice with other content is a conflict in every worker."""
    path = tmp_path / "numbers"
    first = list(islice(numbers(path), 3))
    second = list(islice(numbers(path), BLOCK + 1))
    assert first == [9001, 9002, 9003]
    assert min(second) > max(first)
    assert len(set(second)) == BLOCK + 1
    assert next(numbers(path)) > max(second)
