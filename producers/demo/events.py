"""The demo chain as events, in the order a new system needs them.

The same day gives the same events, so again is nothing new.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from producers.demo import chain
from producers.ids import upsert_id

CloudEvent = dict[str, Any]
SOURCE = "/demo"
SUPPLIER_ID = 1


def catalogue() -> Iterator[CloudEvent]:
    """People, outlets, products: first, so that nothing has to wait for them."""
    for user_id, name, role in chain.USERS:
        yield _event("catalog.user.upserted", f"user:{user_id}", user_id=user_id, username=name, roles=[role])
    for outlet in chain.OUTLETS:
        yield _event(
            "catalog.outlet.upserted",
            f"outlet:{outlet.id}",
            outlet_id=outlet.id,
            name=outlet.name,
            country_code=outlet.country_code,
            state_code=outlet.state_code,
            county_code=outlet.county_code,
            city_code=outlet.city_code,
            timezone=outlet.timezone,
            currency=outlet.currency,
            business_day_cutoff=outlet.cutoff,
            manager_id=outlet.manager_id,
            is_active=True,
        )
    for product in chain.PRODUCTS:
        yield _event(
            "catalog.product.upserted",
            f"product:{product.id}",
            product_id=product.id,
            name=product.name,
            price=product.prices[0],
            is_stocked=product.is_stocked,
            is_active=True,
            category=product.category,
        )


def back_office(now: datetime) -> Iterator[CloudEvent]:
    """Supplier, materials, recipes, taxes, levels, and what each outlet received on its local date at `now`."""
    yield _event("supplier.upserted", "supplier:1", supplier_id=SUPPLIER_ID, name="Good Mornings Wholesale")
    yield from _materials()
    yield from _recipes()
    yield from _taxes()
    for outlet in chain.OUTLETS:
        today = now.astimezone(ZoneInfo(outlet.timezone)).date()
        for item, _, unit in items(outlet):
            yield _event("inventory.levels-set", f"levels:{outlet.id}:{item}", outlet_id=outlet.id, **item_key(item),
                reorder_point=format(unit / 5, "f"))  # fmt: skip
        for item, cost, amount in items(outlet):
            yield receipt(outlet, item, quantity=amount * 2, unit_cost=cost, day=today, number=f"{today:%y%m%d}")


def receipt(
    outlet: chain.Outlet, item: str, *, quantity: Decimal, unit_cost: str, day: date, number: str,
    at: datetime | None = None,
) -> CloudEvent:  # fmt: skip
    """A delivery of one item, such as "material:1"; `at` None = the first moment of the local day."""
    kind, identity = item.split(":")
    keeps = _keeps_days(kind, int(identity))
    moment = at or datetime.combine(day, time(0), ZoneInfo(outlet.timezone))
    return _event(
        "inventory.received",
        f"receipt:{outlet.id}:{item}:{number}",
        outlet_id=outlet.id,
        **item_key(item),
        batch_number=f"{kind[0].upper()}{identity}-{number}",
        quantity=format(quantity, "f"),
        unit_cost=unit_cost,
        expiry_date=None if keeps is None else (day + timedelta(days=keeps)).isoformat(),
        supplier_id=SUPPLIER_ID,
        occurred_at=moment.isoformat(timespec="milliseconds"),
    )


def items(outlet: chain.Outlet) -> Iterator[tuple[str, str, Decimal]]:
    """Everything an outlet keeps: item, unit cost in its currency, size of a delivery."""
    place = outlet.id - 1
    for material in chain.MATERIALS:
        yield f"material:{material.id}", material.costs[place], Decimal(material.delivery)
    for product_id, cost in chain.STOCKED_COSTS.items():
        local = Decimal(cost) * chain.YEN_PER_UNIT if outlet.currency == "JPY" else Decimal(cost)
        yield f"product:{product_id}", format(local, "f"), Decimal(chain.STOCKED_DELIVERY[product_id])


def item_key(item: str) -> dict[str, int]:
    """`material:1` as the member of an event that names it."""
    kind, identity = item.split(":")
    return {f"{kind}_id": int(identity)}


def _keeps_days(kind: str, identity: int) -> int | None:
    if kind == "product":
        return chain.STOCKED_KEEPS_DAYS[identity]
    return next(material.keeps_days for material in chain.MATERIALS if material.id == identity)


def _materials() -> Iterator[CloudEvent]:
    for material in chain.MATERIALS:
        packs = [dict(zip(("unit", "quantity", "content_unit"), material.pack, strict=True))] if material.pack else []
        yield _event(
            "material.upserted",
            f"material:{material.id}",
            material_id=material.id,
            name=material.name,
            unit_of_measure=material.unit,
            cost_per_unit=material.costs[0],
            density=material.density,
            packs=packs,
            expiry_days=material.keeps_days,
            supplier_id=SUPPLIER_ID,
        )


def _recipes() -> Iterator[CloudEvent]:
    names = ("material_id", "quantity", "unit", "usable_yield", "is_optional")
    for recipe in chain.RECIPES:
        yield _event(
            "recipe.upserted",
            f"recipe:{recipe.id}",
            recipe_id=recipe.id,
            product_id=recipe.product_id,
            name=recipe.name,
            yield_quantity=recipe.yield_quantity,
            yield_unit="portion",
            serving_quantity="1",
            effective_from="2026-01-01T00:00:00Z",
            ingredients=[dict(zip(names, ingredient, strict=True)) for ingredient in recipe.ingredients],
            instructions=[{"step_number": number, "instruction": step} for number, step in enumerate(recipe.steps, 1)],
        )


def _taxes() -> Iterator[CloudEvent]:
    for country, state, scope, grouping, mode in chain.TAX_POLICIES:
        yield _event("tax-policy.set", f"policy:{country}", country_code=country, state_code=state, scope=scope,
            grouping=grouping, mode=mode)  # fmt: skip
    mapping_id = 0
    for rule in chain.TAX_RULES:
        yield _event(
            "tax-rule.upserted",
            f"rule:{rule.id}",
            tax_rule_id=rule.id,
            country_code=rule.country_code,
            state_code=rule.state_code,
            county_code=rule.county_code,
            city_code=rule.city_code,
            tax_type=rule.tax_type,
            tax_name=rule.name,
            rate=rule.rate,
            effective_date=rule.effective,
            dining_option=rule.dining_option,
            unit_price_threshold=rule.price_threshold,
            applies_to="MAPPED" if rule.mapped else "ALL",
        )
        for product_id in rule.mapped:
            mapping_id += 1
            yield _event("product-tax.mapped", f"mapping:{mapping_id}", mapping_id=mapping_id, product_id=product_id,
                tax_rule_id=rule.id, effective_date=rule.effective)  # fmt: skip


def _event(type_: str, subject: str, **data: Any) -> CloudEvent:
    said = {name: value for name, value in data.items() if value is not None}
    identity = upsert_id(SOURCE, subject, data=said)
    return {"specversion": "1.0", "id": identity, "source": SOURCE, "type": type_, "data": said}
