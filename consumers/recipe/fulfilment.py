"""What a recipe can still make and what it earns (R36). Takes needs, stock and costs; knows no outlet and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from consumers.recipe.book import ZERO
from consumers.recipe.explosion import Need, half_up
from schemas.currency import minor_units


class Fulfilment(Struct, frozen=True):
    """`portions` is None where the recipe needs nothing; margins are None without a price above 0."""

    portions: int | None
    limiting_material_id: int | None
    cost_per_portion: Decimal
    margin: Decimal | None
    margin_rate: Decimal | None


def fulfil(
    needs: Mapping[int, Need],
    *,
    on_hand: Mapping[int, Decimal],
    unit_costs: Mapping[int, Decimal],
    currency: str,
    price: Decimal | None = None,
) -> Fulfilment:
    """Whole portions from stock, the material that ends first (ties: lowest id), cost and margin of one (R36)."""
    portions, limiting = min(
        ((_portions(need, on_hand.get(material, ZERO)), material) for material, need in needs.items() if need.gross),
        default=(None, None),
    )
    exact = sum((need.gross * Fraction(unit_costs.get(material, ZERO)) for material, need in needs.items()), Fraction())
    cost = half_up(exact, minor_units(currency))
    if not price:
        return Fulfilment(portions, limiting, cost, None, None)
    margin = price - cost
    return Fulfilment(portions, limiting, cost, margin, half_up(Fraction(margin) / Fraction(price), 4))


def _portions(need: Need, on_hand: Decimal) -> int:
    """Whole portions out of a stock that a shortfall may have driven below zero."""
    return max(int(Fraction(on_hand) // need.gross), 0)
