"""Connects the ledger worker: what it listens to, and its desk. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consumers.ledger.desk import OUTLET, PRODUCT, SALE, USER, LedgerDesk
from mesh.worker import Worker
from schemas import topics

if TYPE_CHECKING:
    from mesh.reference import Reference


def open_desk(reference: Reference) -> LedgerDesk:
    """A desk that names outlets and products as the reference data stands."""
    return LedgerDesk(reference)


UNSUPPORTED = frozenset({"pos.sale.amended", "pos.sale.refunded", "pos.sale.voided"})
WORKER = Worker(
    name="ledger",
    consumes={
        topics.POS_CATALOG: frozenset({PRODUCT, OUTLET, USER}),
        topics.POS_TRANSACTIONS: frozenset({SALE}) | UNSUPPORTED,
    },
    open_desk=open_desk,
    unsupported=UNSUPPORTED,
    exclusive=frozenset({PRODUCT, OUTLET, USER}),
)
