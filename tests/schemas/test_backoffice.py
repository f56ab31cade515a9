"""Back-office and catalogue events: what they need, other names they come under, what is refused (CONTRACT §3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.errors import Reject
from tests.schemas.events import ABSENT, changed, read

OUTLET = {"outlet_id": 3, "name": "Pier", "country_code": "IND", "timezone": "Asia/Kolkata", "currency": "INR"}
ITEM = {"outlet_id": 3, "product_id": 42, "quantity": "5"}
ORDER = {
    "purchase_order_id": 8,
    "po_number": "PO-8",
    "supplier_id": 5,
    "outlet_id": 3,
    "order_date": "2026-11-01",
    "lines": [
        {"product_id": 42, "quantity": 1, "unit_cost": "0.049"},
        {"material_id": 7, "quantity": 1, "unit_cost": "1"},
    ],
}
MATERIAL = {"material_id": 7, "name": "Milk", "unit_of_measure": "l"}
RECIPE = {
    "recipe_id": 6,
    "product_id": 42,
    "name": "Latte",
    "yield_quantity": "8",
    "yield_unit": "portion",
    "ingredients": [{"material_id": 7, "quantity": "1.2", "unit": "l"}],
}
RULE = {
    "tax_rule_id": 4,
    "country_code": "CA",
    "state_code": "QC",
    "tax_type": "QST",
    "rate": "0.09975",
    "effective_date": "2013-01-01",
}
TRANSFER = {"from_outlet_id": 3, "to_outlet_id": 4, "product_id": 42, "quantity": 1}
KEYS = {
    "catalog.outlet.upserted": "outlet:3",
    "catalog.product.upserted": "product:42",
    "catalog.user.upserted": "user:17",
}

GOOD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("catalog.outlet.upserted", OUTLET, {"country_code": "IN", "is_active": True}),
    ("catalog.outlet.upserted", {**OUTLET, "business_day_cutoff": "12:00"}, {}),
    ("catalog.product.upserted", {"product_id": 42, "name": "Latte"}, {"is_stocked": True, "price": None}),
    ("catalog.user.upserted", {"user_id": 17, "username": "ana", "roles": ["CASHIER"]}, {"roles": ("CASHIER",)}),
    ("supplier.upserted", {"supplier_id": 5, "name": "Apple Inc.", "credit_limit": "1000.00"}, {"status": "ACTIVE"}),
    (
        "inventory.received",
        {**ITEM, "unit_cost": "0.049", "expiry_date": "2026-12-31"},
        {"unit_cost": Decimal("0.049")},
    ),
    ("inventory.received", {**ITEM, "purchase_order_id": 8, "line": 2}, {"purchase_order_line": 2}),
    ("inventory.received", {**ITEM, "purchase_order_id": 8, "line_id": 2}, {"purchase_order_line": 2}),
    ("inventory.adjusted", {**ITEM, "quantity": "-1.5", "batch_number": "SHORTFALL"}, {"quantity": Decimal("-1.5")}),
    ("inventory.counted", {**ITEM, "quantity": 0}, {"quantity": Decimal(0)}),
    (
        "inventory.counted",
        {"outlet_id": 3, "material_id": 7, "counted_quantity": "2.25"},
        {"quantity": Decimal("2.25")},
    ),
    ("inventory.wasted", ITEM, {"batch_number": None}),
    ("inventory.transferred", TRANSFER, {"to_outlet_id": 4}),
    ("inventory.levels-set", {"outlet_id": 3, "product_id": 42, "min": 1, "max": "9"}, {"max_stock_level": Decimal(9)}),
    ("purchase-order.created", ORDER, {"expected_delivery_date": None}),
    ("purchase-order.ordered", {"purchase_order_id": 8, "outlet_id": 3}, {}),
    ("purchase-order.cancelled", {"purchase_order_id": 8, "outlet_id": 3, "user_id": 0}, {"user_id": 0}),
    ("outlet.day-started", {"outlet_id": 3, "local_date": "2026-11-23"}, {}),
    ("material.upserted", {**MATERIAL, "density": "1.03", "min": 4}, {"min_stock_level": Decimal(4)}),
    ("recipe.upserted", RECIPE, {"serving_quantity": Decimal(1), "effective_from": None}),
    ("recipe.upserted", {**RECIPE, "effective_from": "2026-01-01", "created_by": 17}, {"user_id": 17}),
    ("recipe.retired", {"recipe_id": 6}, {}),
    (
        "tax-rule.upserted",
        RULE,
        {"tax_name": "QST", "stacking": "ADD", "applies_to": "ALL", "rate": Decimal("0.09975")},
    ),
    (
        "product-tax.mapped",
        {"mapping_id": 1, "product_id": 42, "tax_rule_id": 4, "is_exempt": True},
        {"is_exempt": True},
    ),
    ("tax-policy.set", {"country_code": "US", "state": "NY", "scope": "LINE"}, {"state_code": "NY", "mode": "HALF_UP"}),
    ("tax-period.closed", {"country_code": "US", "start_date": "2026-10-01", "end_date": "2026-10-31"}, {}),
    ("tax-period.reopened", {"country_code": "US", "period_start": "2026-10-01", "period_end": "2026-10-31"}, {}),
]


@pytest.mark.parametrize(("kind", "data", "expected"), GOOD, ids=[f"{row[0]} {n}" for n, row in enumerate(GOOD)])
def test_an_event_is_read_with_its_defaults(kind: str, data: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each type by its least and its usual form."""
    event = read(data, kind, key=KEYS.get(kind, "3"))
    assert {name: getattr(event.data, name) for name in expected} == expected


BAD: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("catalog.outlet.upserted", OUTLET, {"timezone": "Mars/Base"}, "UNKNOWN_ZONE", "timezone"),
    ("catalog.outlet.upserted", OUTLET, {"timezone": "../../etc/passwd"}, "UNKNOWN_ZONE", "timezone"),
    ("catalog.outlet.upserted", OUTLET, {"timezone": "localtime"}, "UNKNOWN_ZONE", "timezone"),
    ("catalog.outlet.upserted", OUTLET, {"country_code": "QQ"}, "UNKNOWN_COUNTRY", "country_code"),
    ("catalog.outlet.upserted", OUTLET, {"currency": "RUP"}, "UNKNOWN_CURRENCY", "currency"),
    ("catalog.outlet.upserted", OUTLET, {"business_day_cutoff": "12:01"}, "OUT_OF_RANGE", "business_day_cutoff"),
    ("catalog.outlet.upserted", OUTLET, {"business_day_cutoff": "25:00"}, "BAD_INSTANT", "business_day_cutoff"),
    ("catalog.outlet.upserted", OUTLET, {"name": " "}, "BAD_TEXT", "name"),
    ("catalog.user.upserted", {"user_id": 17, "username": "ana"}, {"roles": ["A", "b\u200b"]}, "BAD_TEXT", "roles[1]"),
    ("catalog.product.upserted", {"product_id": 42, "name": "x"}, {"price": "-1"}, "NEGATIVE_PRICE", "price"),
    ("inventory.received", ITEM, {"material_id": 7}, "ONE_ITEM_ONLY", "product_id"),
    ("inventory.received", ITEM, {"product_id": ABSENT}, "ONE_ITEM_ONLY", "product_id"),
    ("inventory.received", ITEM, {"quantity": "-5"}, "QUANTITY_NOT_POSITIVE", "quantity"),
    ("inventory.received", ITEM, {"batch_number": "SHORTFALL"}, "RESERVED_BATCH", "batch_number"),
    ("inventory.received", ITEM, {"batch_number": "count"}, "RESERVED_BATCH", "batch_number"),
    ("inventory.received", ITEM, {"unit_cost": "0.0000001"}, "TOO_MANY_DECIMALS", "unit_cost"),
    ("inventory.received", ITEM, {"unit_cost": "-1"}, "NEGATIVE_PRICE", "unit_cost"),
    ("inventory.received", ITEM, {"expiry_date": "2026-13-01"}, "BAD_INSTANT", "expiry_date"),
    ("inventory.received", ITEM, {"expiry_date": "2026-W01-1"}, "BAD_INSTANT", "expiry_date"),
    ("inventory.received", ITEM, {"line": 1}, "MISSING_FIELD", "purchase_order_id"),
    ("inventory.received", ITEM, {"line": 1, "line_id": 1}, "DUPLICATE_KEY", "purchase_order_line"),
    ("inventory.adjusted", ITEM, {"quantity": "0.0"}, "OUT_OF_RANGE", "quantity"),
    ("inventory.counted", ITEM, {"quantity": -1}, "OUT_OF_RANGE", "quantity"),
    ("inventory.transferred", TRANSFER, {"to_outlet_id": 3}, "SAME_OUTLET", "to_outlet_id"),
    ("inventory.levels-set", ITEM, {"min": 5, "max": 4}, "OUT_OF_RANGE", "max_stock_level"),
    ("purchase-order.created", ORDER, {"lines": []}, "NO_LINES", "lines"),
    ("purchase-order.created", ORDER, {"lines__1__product_id": 1}, "ONE_ITEM_ONLY", "lines[1].product_id"),
    ("purchase-order.created", ORDER, {"lines__1__line_id": 1}, "DUPLICATE_LINE", "lines[1].line_id"),
    ("material.upserted", MATERIAL, {"unit_of_measure": ABSENT}, "MISSING_FIELD", "unit_of_measure"),
    ("material.upserted", MATERIAL, {"density": "0"}, "QUANTITY_NOT_POSITIVE", "density"),
    (
        "material.upserted",
        MATERIAL,
        {"packs": [{"unit": "case", "quantity": 6}]},
        "MISSING_FIELD",
        "packs[0].content_unit",
    ),
    ("recipe.upserted", RECIPE, {"ingredients": []}, "NO_LINES", "ingredients"),
    ("recipe.upserted", RECIPE, {"ingredients__0__sub_recipe_id": 9}, "ONE_ITEM_ONLY", "ingredients[0].material_id"),
    ("recipe.upserted", RECIPE, {"ingredients__0__attrition": "1"}, "OUT_OF_RANGE", "ingredients[0].attrition"),
    ("recipe.upserted", RECIPE, {"ingredients__0__usable_yield": "0"}, "OUT_OF_RANGE", "ingredients[0].usable_yield"),
    ("recipe.upserted", RECIPE, {"yield_quantity": 0}, "QUANTITY_NOT_POSITIVE", "yield_quantity"),
    ("tax-rule.upserted", RULE, {"rate": "10"}, "OUT_OF_RANGE", "rate"),
    ("tax-rule.upserted", RULE, {"rate": "-0.01"}, "OUT_OF_RANGE", "rate"),
    ("tax-rule.upserted", RULE, {"expiry_date": "2012-12-31"}, "OUT_OF_RANGE", "expiry_date"),
    ("tax-rule.upserted", RULE, {"stacking": "MAYBE"}, "BAD_TEXT", "stacking"),
    ("outlet.day-started", {"outlet_id": 3}, {}, "MISSING_FIELD", "local_date"),
]


@pytest.mark.parametrize(
    ("kind", "data", "changes", "reason", "field"),
    BAD,
    ids=[f"{row[0]} {row[4]} {row[3]} {n}" for n, row in enumerate(BAD)],
)
def test_a_bad_event_is_refused(
    kind: str, data: dict[str, Any], changes: dict[str, Any], reason: str, field: str
) -> None:
    """The member at fault by its one name, whatever name it came under."""
    with pytest.raises(Reject) as refused:
        read(changed(data, changes), kind, key=KEYS.get(kind, "3"))
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_order_lines_are_numbered_by_place() -> None:
    """R19 receives per line, so each needs a number; the same order spelled out is the same content."""
    event = read(ORDER, "purchase-order.created")
    assert [line.line_id for line in event.data.lines] == [1, 2]
    spelled = changed(ORDER, {"lines__0__line_id": 1, "lines__1__line_id": 2})
    assert read(spelled, "purchase-order.created").content_hash == event.content_hash


@pytest.mark.parametrize(("kind", "key"), [("catalog.outlet.upserted", "3"), ("catalog.outlet.upserted", "outlet:4")])
def test_a_catalogue_key_names_its_entity(kind: str, key: str) -> None:
    """Compaction keeps the newest record of a key: a wrong key would delete another entity."""
    with pytest.raises(Reject, match="KEY_MISMATCH"):
        read(OUTLET, kind, key=key)


def test_events_without_an_outlet_take_any_key() -> None:
    """CONTRACT §2 keys by outlet; suppliers have none."""
    assert read({"supplier_id": 5, "name": "Apple"}, "supplier.upserted", key="anything").data.supplier_id == 5
