"""What the system of record says of products, outlets and users. An upsert with the same id replaces."""

from __future__ import annotations

from datetime import time

from msgspec import Struct

from schemas.kinds import Code, Country, Currency, Id, ListPrice, Name, Region, Sku, UserId, WallTime, Zone

MIDNIGHT = time(0)


class ProductUpserted(Struct, frozen=True, gc=False):
    """A product. Unstocked products move no stock of their own (R13). `price` has no currency: it is a hint."""

    product_id: Id
    name: Name
    sku: Sku | None = None
    price: ListPrice | None = None
    is_stocked: bool = True
    is_active: bool = True
    category: Name | None = None


class OutletUpserted(Struct, frozen=True, gc=False):
    """An outlet: jurisdiction, zone, currency and the wall time before which a business day is still the last (R1)."""

    outlet_id: Id
    name: Name
    country_code: Country
    timezone: Zone
    currency: Currency
    state_code: Region | None = None
    county_code: Region | None = None
    city_code: Region | None = None
    business_day_cutoff: WallTime = MIDNIGHT
    manager_id: UserId | None = None
    is_active: bool = True


class UserUpserted(Struct, frozen=True, gc=False):
    """A user: a name to sign in with and roles, no more."""

    user_id: UserId
    username: Name
    roles: tuple[Code, ...] = ()
    is_active: bool = True
