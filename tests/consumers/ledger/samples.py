"""Sales and upserts the ledger tests are about; every value not named by a scenario is the same everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from mesh.reference import Outlet, Product, Reference
from mesh.worker import Delivery
from schemas.catalog import OutletUpserted, ProductUpserted, UserUpserted
from schemas.event import Event
from schemas.pos import Payment, SaleCompleted, SaleLine, Totals

NOON = datetime(2026, 11, 23, 7, 0, 5, 120000, tzinfo=UTC)
TYPES = {
    SaleCompleted: "pos.sale.completed",
    ProductUpserted: "catalog.product.upserted",
    OutletUpserted: "catalog.outlet.upserted",
    UserUpserted: "catalog.user.upserted",
}


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def line(
    line_id: int = 1, *, quantity: str = "2", price: str = "4.50", discount: str = "0", **members: Any
) -> SaleLine:
    """A priced line; its total follows from its parts, as the decoder fills it in."""
    total = Decimal(quantity) * Decimal(price) - Decimal(discount)
    return SaleLine(
        line_id=line_id, product_id=members.pop("product_id", 42), quantity=Decimal(quantity),
        unit_price=Decimal(price), discount=Decimal(discount), total=members.pop("total", total), **members,
    )  # fmt: skip


def totals(net: str | None, tax: str | None, gross: str | None) -> Totals:
    return Totals(net=money(net), tax=money(tax), gross=money(gross))


def paid(*amounts: str, method: str = "CASH") -> tuple[Payment, ...]:
    return tuple(Payment(method=method, amount=Decimal(amount)) for amount in amounts)


def sale(**members: Any) -> SaleCompleted:
    """The sale of the contract's example, less what a scenario names."""
    known = {
        "transaction_id": 9001, "outlet_id": 3, "occurred_at": NOON, "currency": "USD", "register": "R1",
        "cashier_id": 17, "dining_option": "DINE_IN", "lines": (line(discount="0.50"),),
        "payments": paid("9.18"), "totals": totals("8.50", "0.68", "9.18"),
    }  # fmt: skip
    return SaleCompleted(**{**known, **members})


def outlet_upserted(**members: Any) -> OutletUpserted:
    known = {"outlet_id": 3, "name": "Harbour", "country_code": "US", "timezone": "America/New_York", "currency": "USD"}
    return OutletUpserted(**{**known, **members})


def event(data: Any, *, event_id: str = "e-1") -> Event:
    """An event as the decoder hands it over."""
    canonical = b'{"name":"as sent"}'
    return Event(event_id, TYPES[type(data)], data, canonical, sha256(canonical).digest(), NOON)


def deliver(data: Any, *, offset: int = 0) -> Delivery:
    """A delivery on lane 1, under an event id of its own."""
    topic = "pos.transactions.v1" if isinstance(data, SaleCompleted) else "pos.catalog.v1"
    return Delivery(event(data, event_id=f"e-{offset}"), topic, 0, offset, 1)


def outlet(**members: Any) -> Outlet:
    known = {
        "id": 3, "name": "Harbour", "country_code": "US", "state_code": None, "county_code": None, "city_code": None,
        "timezone": "America/New_York", "zone": ZoneInfo("America/New_York"), "currency": "USD", "cutoff": time(4),
        "manager_id": None, "is_active": True,
    }  # fmt: skip
    return Outlet(**{**known, **members})


def reference() -> Reference:
    """Outlet 3 and product 42 are known."""
    known = Reference()
    known.outlets[3] = outlet()
    known.products[42] = Product(42, "Latte", True, True, None, None)
    return known
