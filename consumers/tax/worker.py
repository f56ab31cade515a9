"""Connects the tax worker: what it subscribes to, and its desk."""

from __future__ import annotations

from consumers.tax import store
from consumers.tax.desk import TaxDesk
from mesh.worker import Worker

DEFINITIONS = frozenset(
    {"tax-rule.upserted", "product-tax.mapped", "tax-policy.set", "tax-period.closed", "tax-period.reopened"}
)
UNDOS = frozenset({"pos.sale.amended", "pos.sale.refunded", "pos.sale.voided"})

WORKER = Worker(
    name="tax",
    consumes={
        "pos.transactions.v1": frozenset({"pos.sale.completed"}) | UNDOS,
        "backoffice.tax.v1": DEFINITIONS,
    },
    open_desk=TaxDesk,
    unsupported=UNDOS,
    exclusive=DEFINITIONS,
    awaits={"tax-rule": store.KNOWN_RULES, "tax-period-open": store.OPEN_PERIODS},
)
