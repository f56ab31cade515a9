"""Which rules across members hold for which model. The rules are in `checks_pos` and `checks_backoffice`.

A check takes (model, place in its list from 0, decimals of the document's currency). It raises Reject with a field
relative to the model, or returns wire values for members that were left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas import checks_backoffice as backoffice
from schemas import checks_pos as pos

Check = Callable[[Any, int, int], Mapping[str, Any] | None]

_CHECKS: dict[str, Check] = {
    "Modifier": pos.modifier,
    "SaleLine": pos.sale_line,
    "SaleCompleted": pos.sale,
    "SaleAmended": pos.sale,
    "SaleRefunded": pos.refund,
    "OutletUpserted": backoffice.outlet,
    "StockReceived": backoffice.receipt,
    "StockAdjusted": backoffice.one_item,
    "StockCounted": backoffice.one_item,
    "StockWasted": backoffice.one_item,
    "StockTransferred": backoffice.transfer,
    "LevelsSet": backoffice.levels,
    "OrderLine": backoffice.order_line,
    "PurchaseOrderCreated": backoffice.order,
    "MaterialUpserted": backoffice.material,
    "Ingredient": backoffice.ingredient,
    "RecipeUpserted": backoffice.recipe,
    "TaxRuleUpserted": backoffice.tax_rule,
    "ProductTaxMapped": backoffice.in_force,
    "TaxPeriodClosed": backoffice.period,
    "TaxPeriodReopened": backoffice.period,
}


def check_of(model: type) -> Check | None:
    """The check of a model, if its members depend on each other."""
    return _CHECKS.get(model.__name__)
