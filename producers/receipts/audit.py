"""The audit number of events, read with a login that may only read. Left out where the database does not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from asyncpg import InterfaceError, PostgresError

if TYPE_CHECKING:
    from db.link import Link
    from producers.receipts.assemble import Receipt

NUMBERS = """
SELECT event_id, seq FROM coralserve_audit.audit_logs
WHERE record_id = ANY($1::bigint[]) AND event_id = ANY($2::text[])
"""


class AuditNumbers:
    """Callable: receipts to the audit's sequence numbers by event id, as far as they are written. One index look-up."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def __call__(self, receipts: Sequence[Receipt]) -> Mapping[str, int]:
        transactions = [receipt.transaction_id for receipt in receipts]
        try:
            db = await self._link.use()
            rows = await db.fetch(NUMBERS, transactions, [receipt.event_id for receipt in receipts])
            return {row["event_id"]: row["seq"] for row in rows}
        except (PostgresError, InterfaceError, OSError, TimeoutError):
            self._link.drop()
            return {}
