"""Every topic: its name, shape, keys and types. Creates nothing; plain names, any prefix is the core's."""

from __future__ import annotations

from msgspec import Struct

PARTITIONS = 6
DAY_MS = 86_400_000
FOREVER = -1
MAX_MESSAGE_BYTES = 1_048_576

OUTLET = "outlet"
ENTITY = "entity"
ANY = "any"


class Topic(Struct, frozen=True):
    """A topic. `key` is OUTLET (outlet id as decimal text), ENTITY (`product:42`) or ANY (not empty)."""

    name: str
    types: tuple[str, ...]
    partitions: int = PARTITIONS
    key: str = OUTLET
    compacted: bool = False
    retention_ms: int = FOREVER

    def settings(self) -> dict[str, str]:
        """The topic's configuration, as Kafka names it. Always the broker's own time (R6)."""
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(self.retention_ms),
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(MAX_MESSAGE_BYTES + 65_536),
        }


POS_TRANSACTIONS = "pos.transactions.v1"
POS_CATALOG = "pos.catalog.v1"
BACKOFFICE_INVENTORY = "backoffice.inventory.v1"
BACKOFFICE_RECIPE = "backoffice.recipe.v1"
BACKOFFICE_TAX = "backoffice.tax.v1"
BACKOFFICE_STAFF = "backoffice.staff.v1"
BACKOFFICE_ANALYTICS = "backoffice.analytics.v1"
CORALSERVE_INVENTORY = "coralserve.inventory.v1"
CORALSERVE_RECIPE = "coralserve.recipe.v1"
CORALSERVE_TAX = "coralserve.tax.v1"
CORALSERVE_STAFF = "coralserve.staff.v1"
CORALSERVE_ANALYTICS = "coralserve.analytics.v1"
CORALSERVE_AUDIT = "coralserve.audit.v1"
CORALSERVE_LEDGER = "coralserve.ledger.v1"
CORALSERVE_CHANGES = "coralserve.changes.v1"

_DERIVED = 90 * DAY_MS


def _derived(name: str, *types: str) -> Topic:
    return Topic(name, types, key=ANY, retention_ms=_DERIVED)


TOPICS: tuple[Topic, ...] = (
    Topic(
        POS_TRANSACTIONS,
        ("pos.sale.completed", "pos.sale.amended", "pos.sale.refunded", "pos.sale.voided"),
    ),
    Topic(
        POS_CATALOG,
        ("catalog.product.upserted", "catalog.outlet.upserted", "catalog.user.upserted"),
        key=ENTITY,
        compacted=True,
    ),
    Topic(
        BACKOFFICE_INVENTORY,
        (
            "supplier.upserted",
            "inventory.received",
            "inventory.adjusted",
            "inventory.counted",
            "inventory.wasted",
            "inventory.transferred",
            "inventory.levels-set",
            "purchase-order.created",
            "purchase-order.ordered",
            "purchase-order.cancelled",
            "outlet.day-started",
        ),
    ),
    Topic(BACKOFFICE_RECIPE, ("material.upserted", "recipe.upserted", "recipe.retired")),
    Topic(
        BACKOFFICE_TAX,
        ("tax-rule.upserted", "product-tax.mapped", "tax-policy.set", "tax-period.closed", "tax-period.reopened"),
    ),
    Topic(
        BACKOFFICE_STAFF,
        (
            "staff-member.upserted",
            "shift.scheduled",
            "shift.cancelled",
            "attendance.punched",
            "task.created",
            "task.updated",
            "task.completed",
            "task-category.upserted",
        ),
    ),
    Topic(BACKOFFICE_ANALYTICS, ("report.saved", "report.deleted")),
    _derived(
        CORALSERVE_INVENTORY,
        "inventory.stock-changed",
        "stock.low",
        "stock.depleted",
        "stock.oversold",
        "stock.expiring",
        "stock.expired",
        "material.cost-changed",
    ),
    _derived(CORALSERVE_RECIPE, "recipe.materials-consumed", "recipe.materials-returned"),
    _derived(CORALSERVE_TAX, "tax.computed", "tax.gap"),
    _derived(CORALSERVE_STAFF, "task.created"),
    _derived(CORALSERVE_ANALYTICS, "analytics.day-changed"),
    _derived(CORALSERVE_AUDIT, "audit.head-published"),
    _derived(CORALSERVE_LEDGER, "ledger.transaction-recorded", "ledger.reference-recorded"),
    Topic(CORALSERVE_CHANGES, ("row.changed",), partitions=1, key=ANY, retention_ms=_DERIVED),
)

BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
# A type that comes in and also goes out (task.created) is published to the topic it comes in by.
BY_TYPE: dict[str, Topic] = {kind: topic for topic in reversed(TOPICS) for kind in topic.types}


def told(worker: str) -> Topic:
    """Where a worker tells the world what it did; made up from its name where the table has none."""
    name = f"coralserve.{worker}.v1"
    return BY_NAME.get(name) or _derived(name)


def dead_letters(worker: str) -> Topic:
    """Where copies of a worker's dead events go."""
    return Topic(f"coralserve.{worker}.dlq", (), partitions=1, key=ANY, retention_ms=_DERIVED)
