"""Events and rows the audit tests are about; every value not named by a scenario is the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from consumers.audit import rules
from schemas.derived import RowChanged
from schemas.event import Event

PLACE = rules.Place("pos.transactions.v1", 2, 77)
NOON = datetime(2026, 11, 23, 7, 0, 5, 120000, tzinfo=UTC)


def sale_event(
    event_type: str = "pos.sale.completed", *, event_id: str = "e-1", moment: datetime = NOON, **data: Any
) -> Event:
    """An event as the decoder hands it over, with canonical data of two members."""
    fields = {"transaction_id": 9001, "outlet_id": 3, "cashier_id": 17, **data}
    canonical = b'{"outlet_id":"%d","transaction_id":"%d"}' % (fields["outlet_id"], fields["transaction_id"])
    return Event(event_id, event_type, SimpleNamespace(**fields), canonical, sha256(canonical).digest(), moment)


def change(**members: Any) -> RowChanged:
    """The data of a row.changed event; only what a scenario is about is named."""
    known = {
        "table": "recipes", "schema": "coralserve_recipe", "record_id": "5", "action": "UPDATE",
        "old": {"name": "Latte"}, "new": {"name": "Latte large"}, "changed": ("name",), "user_id": 7, "ts": NOON,
    }  # fmt: skip
    return RowChanged(**{**known, **members})


def pos_entry(event: Event, head: rules.Head = rules.GENESIS) -> rules.Entry:
    """The row of a POS event, widened to every column as a reader of the table sees it."""
    row = rules.record_pos(event, PLACE, head)
    assert len(row) == rules.POS_CELLS
    return rules.Entry(*row)
