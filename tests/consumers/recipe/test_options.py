"""Options are what the guest changed; a wrong one takes the wrong milk from stock (R32)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from consumers.recipe.explosion import explode, needs
from consumers.recipe.options import with_options
from schemas.errors import Reject, Wait
from tests.consumers.recipe.kitchen import NOON, add, book, bottle, material, of, part, remove, swap, version

MILK, OAT, COFFEE, SYRUP, CREAM, RED, WHITE, HONEY = 1, 2, 3, 4, 5, 6, 7, 8

FOAM = version(80, of(MILK, "100", "ml"), of(CREAM, "10", "ml", is_optional=True), yields="100", unit="ml")
LATTE = version(
    90,
    of(COFFEE, "18", "g", usable_yield="0.9"),
    of(MILK, "200", "ml", usable_yield="0.8"),
    of(OAT, "180", "ml", usable_yield="0.5", is_optional=True),
    of(SYRUP, "20", "ml", is_optional=True, usable_yield="0.5"),
    part(80, "50", "ml"),
)
SANGRIA = version(91, of(RED, "125", "ml"), of(COFFEE, "1", "g"))
CAFE = book(
    material(MILK, "l", density=Decimal("1.03")), material(OAT, "l"), material(COFFEE, "g"), material(SYRUP, "l"),
    material(CREAM, "l"), material(RED, "bottle", packs=(bottle("0.75"),)),
    material(WHITE, "bottle", packs=(bottle("1"),)), material(HONEY, "kg"), FOAM, LATTE, SANGRIA,
)  # fmt: skip
PLAIN = {COFFEE: Fraction(20), MILK: Fraction("0.25") + Fraction("0.05")}


def taken(*modifiers, dish=LATTE):
    uses = explode(CAFE, dish, at=NOON)
    used = with_options(uses, modifiers, version=dish, materials=CAFE.materials, field="lines[0].modifiers")
    return {number: need.gross for number, need in needs(CAFE.materials, used).items()}


@pytest.mark.parametrize(
    ("modifiers", "gross"),
    [
        pytest.param((), PLAIN, id="as written, optional ones out"),
        pytest.param((add(SYRUP),), PLAIN | {SYRUP: Fraction("0.04")}, id="optional: the recipe's quantity"),
        pytest.param((add(SYRUP, "10", "ml"),), PLAIN | {SYRUP: Fraction("0.02")}, id="optional: the line's quantity"),
        pytest.param((add(SYRUP, "0.01"),), PLAIN | {SYRUP: Fraction("0.02")}, id="no unit: the material's own"),
        pytest.param((add(CREAM),), PLAIN | {CREAM: Fraction("0.005")}, id="optional inside a part"),
        pytest.param((add(COFFEE, "9"),), PLAIN | {COFFEE: Fraction(30)}, id="more of what is there"),
        pytest.param((add(HONEY, "5", "g"),), PLAIN | {HONEY: Fraction("0.005")}, id="outside the recipe: as it is"),
        pytest.param((remove(MILK),), {COFFEE: Fraction(20)}, id="removed, parts included"),
        pytest.param((remove(HONEY),), PLAIN, id="removing what is absent"),
        pytest.param((remove(SYRUP),), PLAIN, id="removing an optional one not added"),
        pytest.param((remove(999),), PLAIN, id="removing what nobody knows"),
        pytest.param(
            (swap(MILK, OAT),), {COFFEE: Fraction(20), OAT: Fraction("0.4") + Fraction("0.05")},
            id="same net, own yield in that recipe, else all usable",
        ),
        pytest.param((swap(HONEY, OAT),), PLAIN, id="swapping what is absent"),
        pytest.param((swap(SYRUP, HONEY),), PLAIN, id="swapping an optional one not added"),
        pytest.param((swap(999, 998),), PLAIN, id="swapping what nobody knows"),
        pytest.param(
            (add(SYRUP), swap(SYRUP, CREAM)), PLAIN | {CREAM: Fraction("0.02")}, id="in order: added, swapped"
        ),
        pytest.param(
            (remove(MILK), add(MILK, "0.1")), {COFFEE: Fraction(20), MILK: Fraction("0.125")}, id="removed, added"
        ),
        pytest.param((add(MILK, "0.1"), remove(MILK)), {COFFEE: Fraction(20)}, id="added, removed"),
    ],
)  # fmt: skip
def test_what_a_latte_takes(modifiers, gross):
    """Each kind of option on a dish with optional ingredients, losses and a part (R32)."""
    assert taken(*modifiers) == gross


def test_adding_what_is_both_wanted_and_optional_adds_the_optional():
    """Sugar on the doughnut comes with it; more of it was the guest's choice, by the recipe's measure."""
    dish = version(92, of(HONEY, "1"), of(HONEY, "5", is_optional=True))
    assert taken(add(HONEY), dish=dish) == {HONEY: 6}


def test_adding_what_is_there_anyway_doubles_it():
    """Without a quantity the recipe's own is meant: extra cheese."""
    assert taken(add(COFFEE)) == PLAIN | {COFFEE: 40}


def test_a_swap_keeps_the_quantity_as_it_was_written():
    """125 ml stay 125 ml, whatever the bottles hold."""
    assert taken(swap(RED, WHITE), dish=SANGRIA)[WHITE] == Fraction(1, 8)


def test_a_swap_may_go_by_the_former_material_s_density():
    """200 ml of milk weigh 206 g, and honey is kept by weight."""
    assert taken(swap(MILK, HONEY))[HONEY] == Fraction("0.206") + Fraction("0.0515")


@pytest.mark.parametrize(
    ("modifiers", "error", "said"),
    [
        pytest.param((add(999, "1"),), Wait, "material:999", id="added material unknown"),
        pytest.param((swap(MILK, 999),), Wait, "material:999", id="swapped-in material unknown"),
        pytest.param((add(HONEY),), Reject, "lines[0].modifiers[0].quantity", id="outside the recipe without quantity"),
        pytest.param((add(OAT), add(HONEY, "1", "l")), Reject, "lines[0].modifiers[1].unit", id="no way to its unit"),
        pytest.param((swap(COFFEE, OAT),), Reject, "lines[0].modifiers[0].with_material_id", id="no way for its net"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_says_where(modifiers, error, said):
    """A person has to find the one bad option of a sale."""
    with pytest.raises(error) as refused:
        taken(*modifiers)
    assert said in (getattr(refused.value, "key", ""), refused.value.field)
