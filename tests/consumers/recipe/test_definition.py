"""What is refused when it is defined cannot fail a sale later (R30, R31)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from consumers.recipe.book import FROM_THE_BEGINNING
from consumers.recipe.definition import check_material, check_recipe
from consumers.recipe.versions import with_version
from schemas.errors import Reject, Wait
from tests.consumers.recipe.kitchen import book, bottle, day, material, of, part, version

FLOUR, MILK, WINE = 1, 2, 3
PANTRY = (
    material(FLOUR, sku="F1"), material(MILK, "l", density=Decimal("1.03")),
    material(WINE, "bottle", packs=(bottle("0.75"),)),
)  # fmt: skip


def define(made, recipe_id, *ingredients, starts: datetime = FROM_THE_BEGINNING, **facts):
    """Check a version as the desk does, and put it into the book."""
    draft = version(recipe_id, *ingredients, starts=starts, number=len(made.recipes) + 1000, **facts)
    recipe = with_version(made.recipes.get(recipe_id), draft, product_id=recipe_id, is_active=True)
    check_recipe(made, recipe, recipe.version_at(starts))
    made.put_recipe(recipe)


def refusal(call, *arguments, **facts):
    with pytest.raises((Reject, Wait)) as refused:
        call(*arguments, **facts)
    return str(refused.value.reason), refused.value.field


@pytest.mark.parametrize(
    ("ingredients", "refused"),
    [
        pytest.param([of(99, "1")], ("UNKNOWN_MATERIAL", "ingredients[0].material_id"), id="unknown material"),
        pytest.param(
            [of(FLOUR, "1"), part(99, "1")], ("UNKNOWN_RECIPE", "ingredients[1].sub_recipe_id"), id="unknown part"
        ),
        pytest.param([part(9, "1")], ("CYCLIC_RECIPE", "ingredients[0].sub_recipe_id"), id="itself"),
        pytest.param([of(FLOUR, "1", "ml")], ("NO_UNIT_PATH", "ingredients[0].unit"), id="volume without density"),
        pytest.param([of(WINE, "1", "g")], ("NO_UNIT_PATH", "ingredients[0].unit"), id="pack of a volume, by weight"),
        pytest.param([of(FLOUR, "1"), of(FLOUR, "1", "pinch")], ("NO_UNIT_PATH", "ingredients[1].unit"), id="a pinch"),
        pytest.param([part(8, "1", "kg")], ("NO_UNIT_PATH", "ingredients[0].unit"), id="a part by another unit"),
    ],
)
def test_a_recipe_is_refused_by_the_first_thing_wrong(ingredients, refused):
    """A person reads the field and knows what to mend."""
    made = book(*PANTRY, version(8, of(FLOUR, "1"), unit="l"))
    assert refusal(define, made, 9, *ingredients) == refused
    assert 9 not in made.recipes


@pytest.mark.parametrize(
    "ingredient",
    [of(FLOUR, "1", "lb"), of(MILK, "1", "kg"), of(WINE, "2", "cl"), part(8, "2", "ml")],
    ids=["mass", "density", "pack", "part in its yield unit"],
)
def test_a_way_to_the_unit_is_enough(ingredient):
    """R31's ways: table, density, pack sizes, and a part's yield unit."""
    define(book(*PANTRY, version(8, of(FLOUR, "1"), unit="l")), 9, ingredient)


def test_a_longer_cycle_is_refused():
    """A stew of a stock of the stew would never end."""
    made = book(*PANTRY)
    define(made, 7, of(FLOUR, "1"))
    define(made, 8, part(7, "1"))
    define(made, 9, part(8, "1"), part(7, "1"))
    assert refusal(define, made, 7, part(9, "1")) == ("CYCLIC_RECIPE", "ingredients")
    assert refusal(define, made, 7, part(9, "1"), starts=day(5)) == ("CYCLIC_RECIPE", "ingredients")


def test_a_cycle_of_no_instant_is_none():
    """What was a part once may contain the other today."""
    made = book(*PANTRY)
    define(made, 7, of(FLOUR, "1"))
    define(made, 8, part(7, "1"), starts=day(1))
    define(made, 8, of(FLOUR, "1"), starts=day(5))
    define(made, 7, part(8, "1"), starts=day(5))
    assert refusal(define, made, 7, part(8, "1"), starts=day(4))[0] == "CYCLIC_RECIPE"


def test_a_cycle_that_a_part_closes_later_is_refused():
    """The part contains this one only from the fifth on; this one would still contain the part then."""
    made = book(*PANTRY)
    define(made, 7, of(FLOUR, "1"), starts=day(1))
    define(made, 8, of(FLOUR, "1"), starts=day(1))
    define(made, 8, part(7, "1"), starts=day(5))
    assert refusal(define, made, 7, part(8, "1"), starts=day(2))[0] == "CYCLIC_RECIPE"
    define(made, 7, of(FLOUR, "2"), starts=day(4))
    define(made, 7, part(8, "1"), starts=day(2))


def test_recipes_nested_too_deep_are_refused():
    """A bound on the recursion of every sale."""
    made = book(*PANTRY)
    define(made, 100, of(FLOUR, "1"))
    for number in range(101, 132):
        define(made, number, part(number - 1, "1"))
    assert refusal(define, made, 132, part(131, "1"))[0] == "OUT_OF_RANGE"


def test_a_part_cannot_change_its_unit_under_those_that_use_it():
    """The recipes that take it by the litre would have no way left."""
    made = book(*PANTRY, version(8, of(FLOUR, "1"), unit="l"))
    define(made, 9, part(8, "200", "ml"))
    assert refusal(define, made, 8, of(FLOUR, "1"), unit="kg") == ("NO_UNIT_PATH", "yield_unit")
    define(made, 8, of(FLOUR, "1"), unit="cl")
    define(made, 9, of(FLOUR, "1"), starts=day(5))
    define(made, 8, of(FLOUR, "1"), unit="kg", starts=day(5))


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        pytest.param(material(FLOUR, "g"), ("UNIT_IN_USE", "unit_of_measure"), id="another unit"),
        pytest.param(material(MILK, "l"), ("NO_UNIT_PATH", "density"), id="no density any more"),
        pytest.param(material(WINE, "bottle"), ("NO_UNIT_PATH", "packs"), id="no pack any more"),
        pytest.param(material(MILK, "l", density=Decimal(1), sku="F1"), ("CONFLICT", "sku"), id="another's number"),
    ],
)
def test_a_material_in_use_keeps_what_recipes_rely_on(changed, refused):
    """Stock and consumption of it are written in that unit (R31)."""
    made = book(*PANTRY, version(9, of(FLOUR, "1", "lb"), of(MILK, "1", "kg"), of(WINE, "1", "ml")))
    assert refusal(check_material, made, changed) == refused


@pytest.mark.parametrize(
    "changed",
    [
        material(FLOUR, "Kilograms", cost="3", sku="F1"),
        material(5, "l"),
        material(WINE, "bottle", packs=(bottle("1"),)),
    ],
    ids=["another spelling", "new", "another size of pack"],
)
def test_a_material_may_change_otherwise(changed):
    """Names, costs and sizes are facts of today."""
    check_material(book(*PANTRY, version(9, of(FLOUR, "1"), of(WINE, "1", "ml"))), changed)


def test_an_unused_material_may_change_its_unit():
    """R31 protects what refers to it; nothing does."""
    check_material(book(*PANTRY), material(FLOUR, "l"))
