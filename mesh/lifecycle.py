"""The life of a sale, decided alike in every worker from the sales it has seen (R2, R5). Pure; knows no effects."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from schemas.errors import Reject
from schemas.event import Event


class Known(Struct, frozen=True, gc=False):
    """What is remembered of a transaction: its newest version and the hash of that version's content."""

    version: int
    content_hash: bytes


class Standing(Enum):
    """What an event is, seen against what came before it."""

    NEW = "new"
    DUPLICATE = "duplicate"
    STALE = "stale"


def stand(event: Event, *, seen_hash: bytes | None, sale: Known | None) -> Standing:
    """Judge a sale by its event id and natural key (R2).

    `seen_hash` is the content hash under which this event id came before, `sale` what is known of the transaction.
    Raises Reject CONFLICT for the same id or key with other content.
    """
    if seen_hash is not None:
        return _same(seen_hash, event, field="id")
    if sale is None:
        return Standing.NEW
    if event.data.version < sale.version:
        return Standing.STALE
    if event.data.version > sale.version:
        raise Reject("CONFLICT", field="version", detail="a newer version of a sale comes as pos.sale.amended")
    return _same(sale.content_hash, event, field="transaction_id")


def _same(content_hash: bytes, event: Event, *, field: str) -> Standing:
    if content_hash == event.content_hash:
        return Standing.DUPLICATE
    raise Reject("CONFLICT", field=field, detail="this id was used before with other content")
