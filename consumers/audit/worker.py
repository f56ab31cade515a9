"""Connects the audit worker: what it listens to, and its desk. Decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from consumers.audit.desk import DAY_STARTED, ROW_CHANGED, AuditDesk
from consumers.audit.rules import POS_ACTIONS
from mesh.worker import Worker
from schemas import topics

if TYPE_CHECKING:
    from mesh.reference import Reference


def open_desk(reference: Reference) -> AuditDesk:
    """Audit needs no reference data: what an event says is what is recorded."""
    return AuditDesk()


WORKER = Worker(
    name="audit",
    consumes={
        topics.POS_TRANSACTIONS: frozenset(POS_ACTIONS),
        topics.CORALSERVE_CHANGES: frozenset({ROW_CHANGED}),
        topics.BACKOFFICE_INVENTORY: frozenset({DAY_STARTED}),
    },
    open_desk=open_desk,
    unsupported=frozenset({"pos.sale.amended", "pos.sale.refunded", "pos.sale.voided"}),
)
