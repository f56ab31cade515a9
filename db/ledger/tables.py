"""Tables of the ledger service: `coralserve_ledger` here, the five `smartoutlet_*` schemas in the files beside it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import big, index, instant, metadata, one_of
from db.ledger.catalog import auth, outlet, product
from db.ledger.sales import expense, pos

SCHEMA = "coralserve_ledger"
METADATA = metadata(SCHEMA)

REFERENCE_VERSIONS = Table(
    "reference_versions",
    METADATA,
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    big("id", nullable=False),
    Column("data", JSONB, nullable=False),
    Column("event_id", Text),
    instant("recorded_at", now=True, nullable=False),
    one_of("kind", "outlet", "product", "user"),
    index("idx_reference_versions_entity", "kind", "id", "revision"),
)


def _legacy() -> tuple[MetaData, ...]:
    """The five schemas of the till's databases, in creation order."""
    fills = {"auth": auth, "product": product, "outlet": outlet, "expense": expense, "pos": pos}
    schemas = {name: metadata(f"smartoutlet_{name}") for name in fills}
    for name, fill in fills.items():
        fill(schemas[name])
    return tuple(schemas.values())


LEGACY = _legacy()
