"""The chain the bench sells for: outlets, products that are stocked and also dishes, rules, batches, sales.

The figures fix what a sale of three lines costs: 3 stock movements, 8 rows of consumption, 6 tax rows, one payment.
The same number gives the same sale.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from producers.sender import Record
from schemas import topics

OUTLETS = 60
PRODUCTS = 42
MATERIALS = 12
CASHIERS = 20
LINES = 3
INGREDIENTS = (3, 3, 2)
"""Materials of a product's recipe, by the product's number modulo 3; a sale has one product of each kind."""
KIND = range(PRODUCTS // 3)
POPULARITY = [1 / (n + 1) for n in KIND]
"""As in a shop, a few products sell most: the n-th of a kind weighs 1/n."""
LOTS = ((30, "1.2500"), (None, "1.3100"))
"""Batches of every item in every outlet: days until it expires, unit cost."""
LOT_QUANTITY = "1000000"
SALE_EVERY_S = 0.05
CENT = Decimal("0.01")
PLACES: tuple[dict[str, Any], ...] = (
    {"country_code": "US", "state_code": "NY", "timezone": "America/New_York", "currency": "USD"},
    {"country_code": "US", "state_code": "CA", "timezone": "America/Los_Angeles", "currency": "USD"},
    {"country_code": "CA", "state_code": "QC", "timezone": "America/Toronto", "currency": "CAD"},
)
RATES = (("0.04", "0.045"), ("0.0725", "0.01"), ("0.05", "0.09975"))
"""Two rules a jurisdiction, both on every line: 6 rows a sale."""


def opening(now: datetime) -> datetime:
    """When the bench's sales begin: yesterday, so that none of them lies in the future."""
    return datetime(now.year, now.month, now.day, 12, tzinfo=UTC) - timedelta(days=1)


def catalogue() -> Iterator[Record]:
    """People, outlets, products."""
    for n in range(1, CASHIERS + 1):
        data = {"user_id": n, "username": f"cashier{n}", "roles": ["CASHIER"]}
        yield _record("catalog.user.upserted", data, topic=topics.POS_CATALOG, key=f"user:{n}")
    for n in range(1, OUTLETS + 1):
        data = {"outlet_id": n, "name": f"Outlet {n}", "is_active": True, "business_day_cutoff": "04:00"}
        yield _record(
            "catalog.outlet.upserted", data | PLACES[n % 3], topic=topics.POS_CATALOG, key=f"outlet:{n}"
        )
    for n in range(1, PRODUCTS + 1):
        data = {"product_id": n, "name": f"Product {n}", "sku": f"SKU-{n:04}", "price": _price(n), "category": "Food"}
        yield _record("catalog.product.upserted", data, topic=topics.POS_CATALOG, key=f"product:{n}")


def definitions() -> Iterator[Record]:
    """Tax rules and materials."""
    for n, place in enumerate(PLACES):
        for which, rate in enumerate(RATES[n]):
            data = {
                "tax_rule_id": n * 2 + which + 1, "country_code": place["country_code"],
                "state_code": place["state_code"], "tax_type": f"SALES_{which}", "tax_name": f"Tax {which}",
                "rate": rate, "effective_date": "2020-01-01",
            }  # fmt: skip
            yield _record("tax-rule.upserted", data, topic=topics.BACKOFFICE_TAX, key=f"tax-rule:{n * 2 + which + 1}")
    for n in range(1, MATERIALS + 1):
        data = {"material_id": n, "name": f"Material {n}", "unit_of_measure": "g", "cost_per_unit": "0.0123"}
        yield _record("material.upserted", data, topic=topics.BACKOFFICE_RECIPE, key=f"material:{n}")


def recipes() -> Iterator[Record]:
    """A dish of every product; its materials are to be known before."""
    for n in range(1, PRODUCTS + 1):
        parts = [
            {"material_id": (n + k * 5) % MATERIALS + 1, "quantity": f"{10 * (k + 1)}.5", "unit": "g"}
            for k in range(INGREDIENTS[n % 3])
        ]
        data = {
            "recipe_id": n, "product_id": n, "name": f"Product {n}", "yield_quantity": "1", "yield_unit": "portion",
            "effective_from": "2020-01-01T00:00:00Z", "ingredients": parts,
        }  # fmt: skip
        yield _record("recipe.upserted", data, topic=topics.BACKOFFICE_RECIPE, key=f"recipe:{n}")


def receipts(opened: datetime) -> Iterator[Record]:
    """Two batches of every product and material in every outlet: enough for any bench."""
    items = [("product_id", n) for n in range(1, PRODUCTS + 1)] + [("material_id", n) for n in range(1, MATERIALS + 1)]
    for outlet in range(1, OUTLETS + 1):
        for kind, n in items:
            for lot, (days, cost) in enumerate(LOTS):
                data = {
                    "outlet_id": outlet, kind: n, "batch_number": f"{kind[0].upper()}{n}-{lot}",
                    "quantity": LOT_QUANTITY, "unit_cost": cost, "user_id": 1,
                    "expiry_date": None if days is None else (opened + timedelta(days=days)).date().isoformat(),
                    "occurred_at": (opened - timedelta(days=3)).isoformat(),
                }  # fmt: skip
                yield _record("inventory.received", data, topic=topics.BACKOFFICE_INVENTORY, key=str(outlet))


def sales(count: int, opened: datetime, *, start: int = 0) -> Iterator[Record]:
    """Sales `start` to `start + count`."""
    for n in range(start, start + count):
        yield sale(n, opened)


def sale(n: int, opened: datetime) -> Record:
    """Sale number n: three lines, the till's totals and one payment, all valid."""
    chance = random.Random(n)
    outlet = chance.randrange(OUTLETS) + 1
    lines = []
    net = Decimal(0)
    for line in range(LINES):
        product = chance.choices(KIND, POPULARITY)[0] * 3 + line + 1
        quantity, price = chance.choice((1, 1, 1, 2, 3)), _price(product)
        total = quantity * Decimal(price)
        net += total
        lines.append({"line_id": line + 1, "product_id": product, "quantity": str(quantity), "unit_price": price,
                      "total": str(total)})  # fmt: skip
    tax = sum(((net * Decimal(rate)).quantize(CENT, ROUND_HALF_UP) for rate in RATES[outlet % 3]), Decimal(0))
    at = opened + timedelta(seconds=n * SALE_EVERY_S)
    data = {
        "transaction_id": 1_000_000 + n, "outlet_id": outlet, "register": f"R{n % 4 + 1}",
        "cashier_id": n % CASHIERS + 1, "occurred_at": at.isoformat(timespec="milliseconds"),
        "currency": PLACES[outlet % 3]["currency"], "lines": lines, "receipt_number": f"B-{n:08}",
        "totals": {"net": str(net), "tax": str(tax), "gross": str(net + tax)},
        "payments": [{"method": chance.choice(("CARD", "CARD", "CASH")), "amount": str(net + tax)}],
    }  # fmt: skip
    return _record("pos.sale.completed", data, topic=topics.POS_TRANSACTIONS, key=str(outlet), name=f"sale {n}")


@lru_cache(maxsize=PRODUCTS)
def _price(product: int) -> str:
    return f"{Decimal(250 + product * 35) / 100:.2f}"


def _record(event_type: str, data: dict[str, Any], *, topic: str, key: str, name: str = "") -> Record:
    body = json.dumps(data, separators=(",", ":")).encode()
    identity = str(uuid5(NAMESPACE_OID, name or f"{event_type} {body.decode()}"))
    headers = [
        ("ce_specversion", b"1.0"), ("ce_id", identity.encode()), ("ce_source", b"/bench"),
        ("ce_type", event_type.encode()), ("content-type", b"application/json"),
    ]  # fmt: skip
    return topic, key.encode(), body, headers
