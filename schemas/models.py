"""Every event type with a model: its newest version, its outlet, its entity. Types without one are not read here."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from schemas import catalog, derived, inventory, pos, recipe, tax


class Model(Struct, frozen=True):
    """A type. `outlet` names the member with its outlet; `entity` how its key begins, `key` the member after it."""

    type: str
    model: Any
    outlet: str = ""
    entity: str = ""
    key: str = ""
    version: int = 1


def _outlets(type_: str, model: Any) -> Model:
    return Model(type_, model, outlet="outlet_id")


MODELS: tuple[Model, ...] = (
    _outlets("pos.sale.completed", pos.SaleCompleted),
    _outlets("pos.sale.amended", pos.SaleAmended),
    _outlets("pos.sale.refunded", pos.SaleRefunded),
    _outlets("pos.sale.voided", pos.SaleVoided),
    Model("catalog.product.upserted", catalog.ProductUpserted, entity="product", key="product_id"),
    Model("catalog.outlet.upserted", catalog.OutletUpserted, entity="outlet", key="outlet_id"),
    Model("catalog.user.upserted", catalog.UserUpserted, entity="user", key="user_id"),
    Model("supplier.upserted", inventory.SupplierUpserted, entity="supplier", key="supplier_id"),
    _outlets("inventory.received", inventory.StockReceived),
    _outlets("inventory.adjusted", inventory.StockAdjusted),
    _outlets("inventory.counted", inventory.StockCounted),
    _outlets("inventory.wasted", inventory.StockWasted),
    Model("inventory.transferred", inventory.StockTransferred, outlet="from_outlet_id"),
    _outlets("inventory.levels-set", inventory.LevelsSet),
    _outlets("purchase-order.created", inventory.PurchaseOrderCreated),
    _outlets("purchase-order.ordered", inventory.PurchaseOrderOrdered),
    _outlets("purchase-order.cancelled", inventory.PurchaseOrderCancelled),
    _outlets("outlet.day-started", inventory.DayStarted),
    Model("material.upserted", recipe.MaterialUpserted, entity="material", key="material_id"),
    Model("recipe.upserted", recipe.RecipeUpserted, entity="recipe", key="recipe_id"),
    Model("recipe.retired", recipe.RecipeRetired, entity="recipe", key="recipe_id"),
    Model("tax-rule.upserted", tax.TaxRuleUpserted, entity="tax-rule", key="tax_rule_id"),
    Model("product-tax.mapped", tax.ProductTaxMapped, entity="product-tax", key="mapping_id"),
    Model("tax-policy.set", tax.TaxPolicySet, entity="tax-policy", key="country_code"),
    Model("tax-period.closed", tax.TaxPeriodClosed, entity="tax-period", key="country_code"),
    Model("tax-period.reopened", tax.TaxPeriodReopened, entity="tax-period", key="country_code"),
    _outlets("inventory.stock-changed", derived.StockChanged),
    _outlets("stock.low", derived.StockLevelCrossed),
    _outlets("stock.depleted", derived.StockLevelCrossed),
    _outlets("stock.oversold", derived.StockLevelCrossed),
    _outlets("stock.expiring", derived.StockAgeing),
    _outlets("stock.expired", derived.StockAgeing),
    _outlets("material.cost-changed", derived.MaterialCostChanged),
    _outlets("recipe.materials-consumed", derived.MaterialsConsumed),
    _outlets("recipe.materials-returned", derived.MaterialsReturned),
    _outlets("tax.computed", derived.TaxComputed),
    _outlets("tax.gap", derived.TaxGap),
    Model("audit.head-published", derived.HeadPublished, entity="chain", key="chain"),
    _outlets("ledger.transaction-recorded", derived.TransactionRecorded),
    Model("ledger.reference-recorded", derived.ReferenceRecorded, entity="reference", key="id"),
    Model("row.changed", derived.RowChanged),
)
BY_TYPE: dict[str, Model] = {model.type: model for model in MODELS}
