"""Outlets, products and users in memory, kept up with the ledger by revision. Reads only; the ledger writes them."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from schemas.errors import Wait

if TYPE_CHECKING:
    from asyncpg import Connection

REVISION = "SELECT revision FROM coralserve_ledger.revisions WHERE name = 'reference'"
CHANGED = """
SELECT kind, array_agg(DISTINCT id) AS ids, max(revision) AS revision
FROM coralserve_ledger.reference_versions WHERE revision > $1 GROUP BY kind
"""
OUTLETS = """
SELECT id, name, country_code, state_code, county_code, city_code, timezone, currency, business_day_cutoff,
       manager_id, is_active
FROM smartoutlet_outlet.outlets WHERE timezone IS NOT NULL AND ($1::bigint[] IS NULL OR id = ANY($1))
"""
PRODUCTS = """
SELECT id, name, is_stocked, is_active, price, category FROM smartoutlet_product.products
WHERE $1::bigint[] IS NULL OR id = ANY($1)
"""
USERS = "SELECT id FROM smartoutlet_auth.users WHERE $1::bigint[] IS NULL OR id = ANY($1)"


class Outlet(Struct, frozen=True):
    """An outlet as its reference row stands now."""

    id: int
    name: str
    country_code: str
    state_code: str | None
    county_code: str | None
    city_code: str | None
    timezone: str
    zone: ZoneInfo
    currency: str
    cutoff: time
    manager_id: int | None
    is_active: bool


class Product(Struct, frozen=True):
    """A product as its reference row stands now; stocked unless the row says otherwise (R13)."""

    id: int
    name: str
    is_stocked: bool
    is_active: bool
    price: Decimal | None
    category: str | None


class Reference:
    """Look-ups that raise Wait for what is not known yet. `revision` is the ledger's revision this memory reflects."""

    def __init__(self) -> None:
        self.outlets: dict[int, Outlet] = {}
        self.products: dict[int, Product] = {}
        self.users: set[int] = {0}
        self.revision = -1

    def outlet(self, outlet_id: int, *, field: str = "outlet_id") -> Outlet:
        found = self.outlets.get(outlet_id)
        if found is None:
            raise Wait(f"outlet:{outlet_id}", reason="UNKNOWN_OUTLET", field=field)
        return found

    def product(self, product_id: int, *, field: str = "product_id") -> Product:
        found = self.products.get(product_id)
        if found is None:
            raise Wait(f"product:{product_id}", reason="UNKNOWN_PRODUCT", field=field)
        return found

    def user(self, user_id: int | None, *, field: str = "user_id") -> int:
        """The user's id, 0 (`system`) where the event names nobody."""
        if user_id is None:
            return 0
        if user_id not in self.users:
            raise Wait(f"user:{user_id}", reason="UNKNOWN_USER", field=field)
        return user_id

    def known(self, key: str) -> bool | None:
        """Whether a waiting key exists here; None for a kind this memory does not hold."""
        kind, _, text = key.partition(":")
        held: Any = {"outlet": self.outlets, "product": self.products, "user": self.users}.get(kind)
        return None if held is None else int(text) in held

    async def refresh(self, db: Connection) -> bool:
        """Take over what changed since the last look; one small query where nothing did. True if anything changed.

        Revision and rows are read in one snapshot: the number says exactly what is held.
        """
        if self.revision >= 0 and int(await db.fetchval(REVISION) or 0) == self.revision:
            return False
        async with db.transaction(isolation="repeatable_read", readonly=True):
            revision = int(await db.fetchval(REVISION) or 0)
            changed = {"outlet": None, "product": None, "user": None}
            if self.revision >= 0:
                changed = {row["kind"]: row["ids"] for row in await db.fetch(CHANGED, self.revision)}
            found = {kind: await self._read(db, kind, ids) for kind, ids in changed.items()}
        self.outlets.update(found.get("outlet", {}))
        self.products.update(found.get("product", {}))
        self.users.update(found.get("user", {}))
        self.revision = revision
        return True

    async def _read(self, db: Connection, kind: str, ids: list[int] | None) -> dict[int, Any]:
        query, made = {"outlet": (OUTLETS, _outlet), "product": (PRODUCTS, _product), "user": (USERS, _user)}[kind]
        return {row["id"]: made(row) for row in await db.fetch(query, ids)}


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _outlet(row: Any) -> Outlet:
    return Outlet(
        id=row["id"], name=row["name"], country_code=row["country_code"], state_code=row["state_code"],
        county_code=row["county_code"], city_code=row["city_code"], timezone=row["timezone"],
        zone=_zone(row["timezone"]), currency=row["currency"], cutoff=row["business_day_cutoff"] or time(0),
        manager_id=row["manager_id"], is_active=row["is_active"] is not False,
    )  # fmt: skip


def _user(row: Any) -> int:
    return int(row["id"])


def _product(row: Any) -> Product:
    return Product(
        id=row["id"], name=row["name"], is_stocked=row["is_stocked"] is not False,
        is_active=row["is_active"] is not False, price=row["price"], category=row["category"],
    )  # fmt: skip
