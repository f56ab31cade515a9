"""What the checker is tried on: the small chain and beside it everything that makes a sale awkward."""

from __future__ import annotations

from tests.support.mesh import Record
from tests.support.world import (
    AT,
    CATALOG,
    POS,
    RECIPES,
    STOCK,
    TAX,
    catalog,
    definitions,
    event_id,
    record,
    sale,
    sales,
)

SALES = 40
AWKWARD = 20
POISON = event_id("poison")
REFUND = event_id("refund")
LATE_PRODUCT = 77


def opening() -> list[Record]:
    """Reference data, rules that compound, include and exempt, nested recipes, and too little stock."""
    rule = {"country_code": "US", "state_code": "NY", "tax_type": "CITY", "tax_name": "city", "rate": "0.015"}
    rules = [
        record("tax-rule.upserted", rule | {"tax_rule_id": 11, "effective_date": "2020-01-01", "is_compound": True,
                                            "sequence": 2}, topic=TAX, key="tax-rule:11"),
        record("product-tax.mapped", {"mapping_id": 1, "product_id": 2, "tax_rule_id": 2, "is_exempt": True,
                                      "exemption_reason": "books", "effective_date": "2020-01-01"},
               topic=TAX, key="product-tax:1"),
        record("tax-policy.set", {"country_code": "JP", "scope": "LINE", "grouping": "RULE", "mode": "DOWN",
                                  "effective_date": "2020-01-01"}, topic=TAX, key="tax-policy:JP"),
    ]  # fmt: skip
    return [*catalog(), *definitions(), *rules, *_recipes(), *_stock()]


def _recipes() -> list[Record]:
    beans = {"material_id": 8, "name": "beans", "unit_of_measure": "kg", "cost_per_unit": "12.5", "supplier_id": 5}
    syrup = {"material_id": 9, "name": "syrup", "unit_of_measure": "bottle", "cost_per_unit": "4",
             "density": "1.3", "packs": [{"unit": "bottle", "quantity": "0.75", "content_unit": "l"}]}  # fmt: skip
    base = {"recipe_id": 2, "product_id": 3, "name": "shot", "yield_quantity": "8", "yield_unit": "portion",
            "effective_from": "2020-01-01",
            "ingredients": [{"material_id": 8, "quantity": "150", "unit": "g", "usable_yield": "0.7",
                             "attrition": "0.02"}]}  # fmt: skip
    mocha = {"recipe_id": 3, "product_id": 1, "name": "mocha", "serving_quantity": "1", "yield_quantity": "3",
             "effective_from": "2021-05-01T00:00:00Z",
             "ingredients": [{"sub_recipe_id": 2, "quantity": "2", "unit": "portion"},
                             {"material_id": 7, "quantity": "400", "unit": "g"},
                             {"material_id": 9, "quantity": "30", "unit": "ml", "is_optional": True}]}  # fmt: skip
    milk = {"material_id": 7, "name": "milk", "unit_of_measure": "ml", "cost_per_unit": "0.0012", "density": "1.03"}
    return [
        record("supplier.upserted", {"supplier_id": 5, "name": "Roasters"}, topic=STOCK, key="supplier:5"),
        *(record("material.upserted", m, topic=RECIPES, key=f"material:{m['material_id']}")
          for m in (milk, beans, syrup)),
        *(record("recipe.upserted", r, topic=RECIPES, key=f"recipe:{r['recipe_id']}") for r in (base, mocha)),
    ]  # fmt: skip


def _stock() -> list[Record]:
    items = [("product_id", 1, "30"), ("product_id", 2, "12.5"), ("product_id", 3, "1000"), ("material_id", 7, "900"),
             ("material_id", 8, "0.5")]  # fmt: skip
    return [
        record("inventory.received",
               {"outlet_id": outlet, kind: n, "batch_number": f"B{n}{half}", "quantity": quantity, "unit_cost": "1.25",
                "expiry_date": "2027-01-31" if half == "a" else None, "occurred_at": f"2026-11-0{day}T00:00:00Z"},
               topic=STOCK, key=str(outlet), name=f"received {outlet} {kind} {n}{half}")
        for outlet in (1, 2, 3) for kind, n, quantity in items for day, half in ((1, "a"), (2, "b"))
    ]  # fmt: skip


def trading() -> list[Record]:
    """Sales, sold again, with options and totals, refused, waiting, and a delivery after the shelves ran empty."""
    return [
        *sales(SALES), *sales(5), *awkward(), *_refused(), *_waiting(),
        record("inventory.received", {"outlet_id": 1, "product_id": 1, "batch_number": "C", "quantity": "40",
                                      "unit_cost": "1.75", "occurred_at": "2026-11-23T00:00:00Z"},
               topic=STOCK, key="1", name="received late"),
    ]  # fmt: skip


def awkward() -> list[Record]:
    """Sales with options, discounts, payments and the till's own tax."""
    return [_optioned(SALES + n) for n in range(AWKWARD)]


def _optioned(n: int) -> Record:
    lines = [
        {"line_id": 1, "product_id": 1, "quantity": "2", "unit_price": "4.50", "discount": "0.50", "total": "8.50",
         "modifiers": [{"action": "ADD", "material_id": 9}, {"action": "REMOVE", "material_id": 7}]},
        {"line_id": 2, "product_id": 4, "quantity": "1.25", "unit_price": "3.33", "prepared_at": AT,
         "modifiers": [{"action": "SWAP", "material_id": 7, "with_material_id": 9},
                       {"action": "ADD", "material_id": 8, "quantity": "0.01", "unit": "kg"}]},
    ]  # fmt: skip
    totals = {"net": "12.66", "tax": "1.00", "gross": "13.66", "tip": "0.50"}
    payments = [{"method": "CASH", "amount": "10.00"}, {"method": "CARD", "amount": "4.16"}]
    return sale(n, outlet=1, lines=lines, totals=totals, payments=payments, dining_option="DINE_IN")


def _refused() -> list[Record]:
    """One that is no JSON, one whose payments do not add up, one in a currency that is not the outlet's."""
    headers = [("ce_specversion", b"1.0"), ("ce_id", POISON.encode()), ("ce_source", b"/tests"),
               ("ce_type", b"pos.sale.completed"), ("x-bytes", b"\xff\xfe"), ("x-null", None)]  # fmt: skip
    return [
        (POS, b"1", b'{"broken":', headers),  # type: ignore[list-item]
        sale(900, outlet=1, totals={"net": "1.00"}),
        sale(901, outlet=2, currency="USD"),
    ]


def _waiting() -> list[Record]:
    """A refund, which nobody can handle yet, and a sale of a product that comes later."""
    refund = {"transaction_id": 9990, "original_transaction_id": 9001, "outlet_id": 2, "occurred_at": AT,
              "currency": "EUR", "lines": [{"line_id": 1, "original_line_id": 1, "quantity": "1"}]}  # fmt: skip
    line = {"line_id": 1, "product_id": LATE_PRODUCT, "quantity": "3", "unit_price": "2.00"}
    return [
        record("pos.sale.refunded", refund, topic=POS, key="2", name="refund"),
        sale(800, outlet=1, lines=[line]),
    ]


def late() -> list[Record]:
    """What was waited for."""
    product = {"product_id": LATE_PRODUCT, "name": "Late", "sku": "LATE", "is_stocked": True}
    return [record("catalog.product.upserted", product, topic=CATALOG, key=f"product:{LATE_PRODUCT}")]
