"""The explosion is the bill of materials of everything sold: a wrong factor here is wrong in every row (R30, R31)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.recipe.explosion import Need, explode, half_up, needs
from schemas.errors import Reject
from tests.consumers.recipe.kitchen import NOON, book, bottle, day, material, of, part, version

BEEF, WINE, FLOUR, MILK, SALT = 1, 2, 3, 4, 5


def needs_of(made, recipe_id=9, at=NOON):
    return needs(made.materials, explode(made, made.recipes[recipe_id].version_at(at), at=at))


def test_a_portion_of_beef_takes_what_is_trimmed_too():
    """R30's worked example, exact before any rounding: net 0.15, gross 0.15 ÷ 0.7 a portion."""
    made = book(material(BEEF), version(9, of(BEEF, "1.2", usable_yield="0.7"), yields="8"))
    assert needs_of(made) == {BEEF: Need(Fraction("0.15"), Fraction("0.15") / Fraction("0.7"))}


def test_three_portions_of_beef_trim_to_the_example():
    """R30's figures for 3 sold: net 0.45, gross 0.642857, trim loss 0.192857 kg."""
    need = needs_of(book(material(BEEF), version(9, of(BEEF, "1.2", usable_yield="0.7"), yields="8")))[BEEF]
    net, gross = 3 * need.net, 3 * need.gross
    figures = [half_up(value, 6) for value in (net, gross, gross - net)]
    assert figures == [Decimal("0.45"), Decimal("0.642857"), Decimal("0.192857")]


@pytest.mark.parametrize(
    ("kept", "ingredient", "gross"),
    [
        pytest.param(
            material(WINE, "bottle", packs=(bottle("0.75"),)), of(WINE, "125", "ml"), Fraction(1, 6), id="pack"
        ),
        pytest.param(
            material(MILK, "kg", density=Decimal("1.03")), of(MILK, "200", "ml"), Fraction("0.206"), id="density"
        ),
        pytest.param(material(SALT, "g"), of(SALT, "0.002", "kg"), Fraction(2), id="mass"),
        pytest.param(material(MILK, "l"), of(MILK, "250", "ml"), Fraction(1, 4), id="volume"),
        pytest.param(material(FLOUR), of(FLOUR, "1", attrition="0.2"), Fraction(5, 4), id="attrition"),
        pytest.param(
            material(FLOUR),
            of(FLOUR, "1", usable_yield="0.5", attrition="0.2"),
            Fraction(5, 2),
            id="yield and attrition",
        ),
    ],
)
def test_units_and_losses_convert_exactly(kept, ingredient, gross):
    """A conversion that rounds drifts away from the stock it is taken from (R31)."""
    assert needs_of(book(kept, version(9, ingredient)))[kept.id].gross == gross


def test_125_ml_of_a_bottle_is_stored_as_the_example():
    """R31's figure: 125 ml of a 0.75 l bottle = 0.166667 bottle."""
    made = book(material(WINE, "bottle", packs=(bottle("0.75"),)), version(9, of(WINE, "125", "ml")))
    assert half_up(needs_of(made)[WINE].gross, 6) == Decimal("0.166667")


def test_serving_quantity_scales_the_product_and_not_a_part_of_it():
    """A soup served by 0.3 l is used by the litre inside another dish (R30)."""
    soup = version(8, of(FLOUR, "2"), yields="4", unit="l", serving="0.3")
    made = book(material(FLOUR), soup, version(9, part(8, "500", "ml"), serving="2"))
    assert needs_of(made, 8)[FLOUR].gross == Fraction("0.15")
    assert needs_of(made, 9)[FLOUR].gross == Fraction("0.5")


def test_losses_of_a_part_reach_its_materials():
    """Half of a sauce left in the pot doubles what was bought for it (R30)."""
    made = book(
        material(FLOUR),
        version(8, of(FLOUR, "0.3", usable_yield="0.75"), yields="2", unit="kg"),
        version(9, part(8, "1", "kg", usable_yield="0.5")),
    )
    assert needs_of(made)[FLOUR].gross == Fraction(1) / Fraction("0.5") / 2 * Fraction("0.3") / Fraction("0.75")


def test_a_material_met_twice_is_summed():
    """One row per material, so two uses are one sum (R33)."""
    made = book(material(FLOUR), version(8, of(FLOUR, "100", "g")), version(9, of(FLOUR, "1"), part(8, "2")))
    assert needs_of(made)[FLOUR].gross == Fraction("1.2")


def test_optional_parts_and_materials_take_nothing():
    """What nobody asked for was not used (R32)."""
    made = book(
        material(FLOUR), material(SALT), version(8, of(SALT, "1")),
        version(9, of(FLOUR, "1"), part(8, "1", is_optional=True)),
    )  # fmt: skip
    assert set(needs_of(made)) == {FLOUR}


@pytest.mark.parametrize(
    ("at", "gross"),
    [(day(3), 1), (day(5), 2), (NOON, 2), (day(1), 1)],
    ids=["former", "from its start", "later", "before there was one: the first"],
)
def test_a_part_is_taken_as_it_was_at_the_instant(at, gross):
    """A sale that comes late is cooked by that day's sub-recipe (R30, R35)."""
    made = book(material(FLOUR), version(9, part(8, "1")))
    former = version(8, of(FLOUR, "1"), starts=day(2), ends=day(5))
    newer = version(8, of(FLOUR, "2"), starts=day(5), number=801)
    made.put_recipe(type(made.recipes[9])(8, 8, (former, newer)))
    assert needs_of(made, at=at)[FLOUR].gross == gross


def test_a_dish_that_grew_out_of_all_bounds_is_rejected():
    """Parts may grow after the dish was defined; one sale must not hold up the worker."""
    made = book(material(FLOUR), version(100, *[of(FLOUR, "1")] * 18))
    for number in range(101, 104):
        made.put_recipe(type(made.recipes[100])(number, number, (version(number, *[part(number - 1, "1")] * 18),)))
    with pytest.raises(Reject) as refused:
        needs_of(made, 103)
    assert refused.value.reason == "OUT_OF_RANGE"


@pytest.mark.parametrize(
    ("value", "places", "stored"),
    [
        ("-5.625", 2, "-5.63"), ("5.625", 2, "5.63"), ("0.0000005", 6, "0.000001"), ("1e30", 2, "1e30"), ("0", 6, "0"),
    ],
)  # fmt: skip
def test_halves_go_away_from_zero(value, places, stored):
    """PostgreSQL's numeric rounds so, and Python's round() does not (R0)."""
    assert half_up(Fraction(value), places) == Decimal(stored)


AMOUNTS = st.decimals(min_value="0.000001", max_value="9999", places=6)
YIELDS = st.decimals(min_value="0.01", max_value="1", places=2)


@given(quantity=AMOUNTS, yields=AMOUNTS, serving=AMOUNTS, usable=YIELDS, times=st.integers(1, 50))
def test_explosion_is_linear_in_the_serving(quantity, yields, serving, usable, times):
    """Two portions take exactly twice what one takes, or undoing a part of a sale would leave a rest (R4)."""
    dish = [of(FLOUR, str(quantity), usable_yield=str(usable))]
    one = book(material(FLOUR), version(9, *dish, yields=str(yields), serving=str(serving)))
    many = book(material(FLOUR), version(9, *dish, yields=str(yields), serving=str(serving * times)))
    assert needs_of(many)[FLOUR].gross == times * needs_of(one)[FLOUR].gross


@given(parts=st.lists(AMOUNTS, min_size=1, max_size=6))
def test_explosion_is_additive(parts):
    """A recipe is the sum of its ingredients, however they are split over lines."""
    split = book(material(FLOUR), version(9, *(of(FLOUR, str(quantity)) for quantity in parts), yields="7"))
    whole = book(material(FLOUR), version(9, of(FLOUR, str(sum(parts))), yields="7"))
    assert needs_of(split) == needs_of(whole)


@given(quantity=AMOUNTS, yields=AMOUNTS, used=AMOUNTS, usable=YIELDS)
def test_a_part_written_out_takes_the_same(quantity, yields, used, usable):
    """Whether the sauce is a recipe of its own or written into the dish is a matter of taste (R30)."""
    nested = book(
        material(FLOUR),
        version(8, of(FLOUR, str(quantity), usable_yield=str(usable)), yields=str(yields), unit="l"),
        version(9, part(8, str(used), "l")),
    )
    flat = Fraction(used) / Fraction(yields) * Fraction(quantity) / Fraction(usable)
    assert needs_of(nested)[FLOUR].gross == flat
