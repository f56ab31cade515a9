"""The inventory worker: what it subscribes to, and what it cannot do yet."""

from __future__ import annotations

from consumers.inventory.desk import DECISIONS, InventoryDesk
from consumers.inventory.reading import KNOWN_ORDERS, KNOWN_SUPPLIERS
from mesh.worker import Worker

UNSUPPORTED = frozenset((
    "pos.sale.amended", "pos.sale.refunded", "pos.sale.voided", "recipe.materials-returned", "inventory.adjusted",
    "inventory.counted", "inventory.transferred",
))  # fmt: skip
SUBSCRIBED = UNSUPPORTED | frozenset(DECISIONS)
BACK_OFFICE = ("supplier.", "inventory.", "purchase-order.", "outlet.")


def _types(*prefixes: str) -> frozenset[str]:
    return frozenset(name for name in SUBSCRIBED if name.startswith(prefixes))


WORKER = Worker(
    name="inventory",
    consumes={
        "pos.transactions.v1": _types("pos."),
        "backoffice.inventory.v1": _types(*BACK_OFFICE),
        "coralserve.recipe.v1": _types("recipe."),
    },
    open_desk=InventoryDesk,
    unsupported=UNSUPPORTED,
    awaits={
        "supplier": KNOWN_SUPPLIERS,
        "purchase-order": KNOWN_ORDERS,
    },
)
