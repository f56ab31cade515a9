"""What back-office data must hold together within one event. Knows no other event and no reference data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any

from schemas import catalog, inventory, tax
from schemas import recipe as recipes
from schemas.checks_pos import require_lines
from schemas.errors import Reject
from schemas.reasons import Reason

LATEST_CUTOFF = time(12)


def outlet(model: catalog.OutletUpserted, _: int, __: int) -> None:
    """The business day is cut from 00:00 to 12:00 (R1)."""
    if model.business_day_cutoff > LATEST_CUTOFF:
        raise Reject(Reason.OUT_OF_RANGE, field="business_day_cutoff", detail="from 00:00 to 12:00")


def one_item(model: Any, _: int, __: int) -> None:
    """Exactly one of product and material."""
    _one_of(model.product_id, model.material_id, "product_id", "material_id")


def receipt(model: inventory.StockReceived, _: int, __: int) -> None:
    """One item; an order's line needs the order."""
    one_item(model, 0, 0)
    if model.purchase_order_line is not None and model.purchase_order_id is None:
        raise Reject(Reason.MISSING_FIELD, field="purchase_order_id", detail="a line of which order?")


def transfer(model: inventory.StockTransferred, _: int, __: int) -> None:
    """One item between two outlets."""
    one_item(model, 0, 0)
    if model.from_outlet_id == model.to_outlet_id:
        raise Reject(Reason.SAME_OUTLET, field="to_outlet_id", detail="must differ from from_outlet_id")


def levels(model: inventory.LevelsSet, _: int, __: int) -> None:
    """One item; the minimum is not above the maximum."""
    one_item(model, 0, 0)
    _minimum_below_maximum(model)


def order_line(model: inventory.OrderLine, place: int, _: int) -> Mapping[str, Any] | None:
    """One item; the line's number is its place, from 1, unless sent."""
    one_item(model, 0, 0)
    return {"line_id": place + 1} if model.line_id is None else None


def order(model: inventory.PurchaseOrderCreated, _: int, __: int) -> None:
    """Lines are there and distinct."""
    require_lines([line.line_id or 0 for line in model.lines])


def material(model: recipes.MaterialUpserted, _: int, __: int) -> None:
    """The minimum is not above the maximum."""
    _minimum_below_maximum(model)


def ingredient(model: recipes.Ingredient, _: int, __: int) -> None:
    """Exactly one of material and sub-recipe."""
    _one_of(model.material_id, model.sub_recipe_id, "material_id", "sub_recipe_id")


def recipe(model: recipes.RecipeUpserted, _: int, __: int) -> None:
    """At least one ingredient."""
    if not model.ingredients:
        raise Reject(Reason.NO_LINES, field="ingredients", detail="at least one ingredient")


def tax_rule(model: tax.TaxRuleUpserted, _: int, __: int) -> Mapping[str, Any] | None:
    """Dates in order; the name is the type's, unless sent."""
    in_force(model, 0, 0)
    return {"tax_name": model.tax_type} if model.tax_name is None else None


def in_force(model: Any, _: int, __: int) -> None:
    """The last day is not before the first."""
    if model.effective_date and model.expiry_date and model.expiry_date < model.effective_date:
        raise Reject(Reason.OUT_OF_RANGE, field="expiry_date", detail="before effective_date")


def period(model: tax.TaxPeriodClosed, _: int, __: int) -> None:
    """The last day is not before the first."""
    if model.end_date < model.start_date:
        raise Reject(Reason.OUT_OF_RANGE, field="end_date", detail="before start_date")


def _one_of(first: int | None, second: int | None, *names: str) -> None:
    if (first is None) == (second is None):
        raise Reject(Reason.ONE_ITEM_ONLY, field=names[0], detail=f"exactly one of {' and '.join(names)}")


def _minimum_below_maximum(model: Any) -> None:
    if model.min_stock_level is None or model.max_stock_level is None:
        return
    if model.min_stock_level > model.max_stock_level:
        raise Reject(Reason.OUT_OF_RANGE, field="max_stock_level", detail="below min_stock_level")
