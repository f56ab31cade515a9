"""A small chain as events: three outlets, four products, a recipe, tax rules, batches, and sales as many as asked for."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from tests.support.mesh import Record

POS, CATALOG = "pos.transactions.v1", "pos.catalog.v1"
STOCK, RECIPES, TAX = "backoffice.inventory.v1", "backoffice.recipe.v1", "backoffice.tax.v1"
OUTLETS = {
    1: {"country_code": "US", "state_code": "NY", "timezone": "America/New_York", "currency": "USD"},
    2: {"country_code": "DE", "timezone": "Europe/Berlin", "currency": "EUR"},
    3: {"country_code": "JP", "timezone": "Asia/Tokyo", "currency": "JPY"},
}
PRICES = {"USD": "4.50", "EUR": "3.90", "JPY": "450"}
AT = "2026-11-23T12:30:05.120+00:00"


def event_id(name: str) -> str:
    return str(uuid5(NAMESPACE_OID, name))


def record(event_type: str, data: dict[str, Any], *, topic: str, key: str, name: str = "") -> Record:
    """An event in binary mode; the id follows from the name, so the same call is the same event."""
    identity = event_id(name or f"{event_type} {key} {json.dumps(data, sort_keys=True)}")
    headers = {
        "ce_specversion": "1.0", "ce_id": identity, "ce_source": "/tests", "ce_type": event_type,
        "content-type": "application/json",
    }  # fmt: skip
    return topic, key.encode(), json.dumps(data).encode(), [(name, text.encode()) for name, text in headers.items()]


def catalog() -> list[Record]:
    users = [record("catalog.user.upserted", {"user_id": 17, "username": "ann", "roles": ["CASHIER"]},
                    topic=CATALOG, key="user:17")]  # fmt: skip
    outlets = [
        record("catalog.outlet.upserted", {"outlet_id": n, "name": f"Outlet {n}", "is_active": True} | place,
               topic=CATALOG, key=f"outlet:{n}")
        for n, place in OUTLETS.items()
    ]  # fmt: skip
    products = [
        record("catalog.product.upserted",
               {"product_id": n, "name": f"Product {n}", "sku": f"P{n}", "price": "4.50", "is_stocked": n != 4},
               topic=CATALOG, key=f"product:{n}")
        for n in (1, 2, 3, 4)
    ]  # fmt: skip
    return [*users, *outlets, *products]


def definitions() -> list[Record]:
    rules = [
        record("tax-rule.upserted", {"tax_rule_id": n, "country_code": country, "tax_type": kind, "tax_name": kind,
                                     "rate": rate, "effective_date": "2020-01-01"}, topic=TAX, key=f"tax-rule:{n}")
        for n, country, kind, rate in ((1, "US", "SALES", "0.08875"), (2, "DE", "VAT", "0.19"), (3, "JP", "CT", "0.10"))
    ]  # fmt: skip
    material = record("material.upserted", {"material_id": 7, "name": "milk", "unit_of_measure": "ml",
                                            "cost_per_unit": "0.0012"}, topic=RECIPES, key="material:7")  # fmt: skip
    recipe = record(
        "recipe.upserted",
        {"recipe_id": 1, "product_id": 4, "name": "latte", "yield_quantity": "1", "yield_unit": "portion",
         "effective_from": "2020-01-01T00:00:00Z",
         "ingredients": [{"material_id": 7, "quantity": "0.2", "unit": "l"}]},
        topic=RECIPES, key="recipe:1",
    )  # fmt: skip
    return [*rules, material, recipe]


def batches(quantity: str = "500") -> list[Record]:
    """Two batches of every stocked product, and one of milk, in every outlet."""
    items = [("product_id", n, f"B{n}{half}") for n in (1, 2, 3) for half in "ab"] + [("material_id", 7, "M7")]
    return [
        record("inventory.received",
               {"outlet_id": outlet, kind: n, "batch_number": batch, "quantity": quantity, "unit_cost": "1.25",
                "expiry_date": None if batch.endswith("b") else "2027-01-31", "occurred_at": "2026-11-01T00:00:00Z",
                "user_id": 17},
               topic=STOCK, key=str(outlet), name=f"received {outlet} {batch}")
        for outlet in OUTLETS for kind, n, batch in items
    ]  # fmt: skip


def sale(n: int, *, outlet: int | None = None, **changes: Any) -> Record:
    """Sale number n: three lines of three products, one of them a dish."""
    outlet = outlet or n % 3 + 1
    currency = OUTLETS[outlet]["currency"]
    price = PRICES[currency]
    lines = [
        {"line_id": k, "product_id": (n + k) % 4 + 1, "quantity": str(k), "unit_price": price} for k in (1, 2, 3)
    ]
    data = {
        "transaction_id": 9000 + n, "outlet_id": outlet, "register": "R1", "cashier_id": 17, "occurred_at": AT,
        "currency": currency, "prices_include_tax": outlet != 1, "lines": lines,
    } | changes  # fmt: skip
    return record("pos.sale.completed", data, topic=POS, key=str(outlet), name=f"sale {n}")


def sales(count: int, *, start: int = 0) -> list[Record]:
    return [sale(n) for n in range(start, start + count)]


def everything(count: int) -> list[Record]:
    return [*catalog(), *definitions(), *batches(), *sales(count)]
