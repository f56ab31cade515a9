"""Who listens to what, as the contract says it (CONTRACT 2), not as the workers say of themselves."""

from __future__ import annotations

from schemas.topics import BY_NAME

POS, CATALOG = "pos.transactions.v1", "pos.catalog.v1"
STOCK, RECIPES, TAX = "backoffice.inventory.v1", "backoffice.recipe.v1", "backoffice.tax.v1"
CHANGES = "coralserve.changes.v1"
SALE, CONSUMED, DAY_STARTED = "pos.sale.completed", "recipe.materials-consumed", "outlet.day-started"
RECEIVED = "inventory.received"

_WHOLE: dict[str, tuple[str, ...]] = {
    "ledger": (POS, CATALOG),
    "inventory": (POS, STOCK),
    "recipe": (POS, RECIPES),
    "tax": (POS, TAX),
    "audit": (POS, CHANGES),
}
_PARTLY: dict[str, dict[str, frozenset[str]]] = {
    "inventory": {"coralserve.recipe.v1": frozenset({CONSUMED, "recipe.materials-returned"})},
    "recipe": {"coralserve.inventory.v1": frozenset({"material.cost-changed"})},
    "audit": {STOCK: frozenset({DAY_STARTED})},
}
CORE = tuple(_WHOLE)


def told_topic(worker: str) -> str:
    """Where a worker tells the world what it did."""
    return f"coralserve.{worker}.v1"


def dead_topic(worker: str) -> str:
    """Where copies of its dead events go."""
    return f"coralserve.{worker}.dlq"


def subscribed(worker: str, lanes: set[str]) -> dict[str, frozenset[str]]:
    """Topic to types of a worker. One the contract does not list is taken by the topics its lanes name."""
    whole = _WHOLE.get(worker)
    if whole is None:
        return {topic: frozenset(BY_NAME[topic].types) for topic in sorted(lanes & set(BY_NAME))}
    return {topic: frozenset(BY_NAME[topic].types) for topic in whole} | _PARTLY.get(worker, {})
