"""What can still be made, and what it earns, is what a kitchen asks first (R36)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consumers.recipe.explosion import explode, needs
from consumers.recipe.fulfilment import Fulfilment, fulfil
from tests.consumers.recipe.kitchen import NOON, book, material, of, version

BEEF, SALT = 1, 2
STEW = book(
    material(BEEF),
    material(SALT, "g"),
    version(9, of(BEEF, "1.2", usable_yield="0.7"), of(SALT, "16", "g"), yields="8"),
)


def stew(beef, salt, price="9.50", currency="USD"):
    need = needs(STEW.materials, explode(STEW, STEW.in_force(9, NOON), at=NOON))
    return fulfil(
        need, on_hand={BEEF: Decimal(beef), SALT: Decimal(salt)}, unit_costs={BEEF: Decimal(8), SALT: Decimal("0.002")},
        currency=currency, price=None if price is None else Decimal(price),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("beef", "salt", "portions", "limiting"),
    [
        pytest.param("1.5", "1000", 7, BEEF, id="exactly seven: nothing lost to rounding"),
        pytest.param("1.499999", "1000", 6, BEEF, id="not quite seven"),
        pytest.param("100", "5", 2, SALT, id="salt ends first"),
        pytest.param("-3", "1000", 0, BEEF, id="a shortfall makes none"),
    ],
)
def test_whole_portions_until_the_first_material_ends(beef, salt, portions, limiting):
    """Half a portion cannot be sold."""
    made = stew(beef, salt)
    assert (made.portions, made.limiting_material_id) == (portions, limiting)


def test_cost_and_margin_of_a_portion():
    """0.15 ÷ 0.7 kg at 8.00 and 2 g at 0.002 are 1.718…, rounded once."""
    made = stew("1", "1")
    assert (made.cost_per_portion, made.margin, made.margin_rate) == (
        Decimal("1.72"),
        Decimal("7.78"),
        Decimal("0.8189"),
    )


@pytest.mark.parametrize("price", [None, "0"])
def test_no_price_no_margin(price):
    """A rate against nothing is no number."""
    assert stew("1", "1", price=price).margin_rate is None


def test_a_recipe_of_nothing_limits_nothing():
    """A glass of water can always be served."""
    assert fulfil({}, on_hand={}, unit_costs={}, currency="JPY") == Fulfilment(None, None, Decimal(0), None, None)
