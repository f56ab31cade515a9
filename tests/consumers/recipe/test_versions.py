"""Which version a sale is cooked by decides every quantity of it, also of sales that come late (R30, R35)."""

from __future__ import annotations

import pytest

from consumers.recipe.book import FROM_THE_BEGINNING, Recipe
from consumers.recipe.versions import retired, start_of, with_version
from tests.consumers.recipe.kitchen import book, day, of, part, version

FLOUR = 1


def define(*starts, product=9, recipe=9):
    """A recipe defined at these starts, in this order; each version's quantity is its place in the order."""
    made = None
    for place, start in enumerate(starts, start=1):
        draft = version(recipe, of(FLOUR, str(place)), starts=start, number=100 * recipe + place)
        made = with_version(made, draft, product_id=product, is_active=True)
    return made


def spans(recipe):
    return [(v.id, v.starts_at, v.ends_at) for v in recipe.versions]


def test_another_start_closes_the_former_there():
    """One version in force at a time."""
    assert spans(define(day(1), day(5))) == [(901, day(1), day(5)), (902, day(5), None)]


def test_a_start_between_two_ends_at_the_next():
    """A definition sent late takes its place and leaves the newer one alone."""
    assert spans(define(day(1), day(9), day(5))) == [(901, day(1), day(5)), (903, day(5), day(9)), (902, day(9), None)]


def test_the_same_start_replaces_and_keeps_the_id():
    """Consumption written before still names the version it was cooked by."""
    recipe = define(day(1), day(1))
    assert spans(recipe) == [(901, day(1), None)]
    assert recipe.versions[0].ingredients[0].quantity == 2


def test_an_inactive_version_serves_nobody_and_closes_the_former():
    """A recipe put aside is not cooked, and can be taken up again by the same start."""
    aside = with_version(define(day(1)), version(9, starts=day(5), number=902), product_id=9, is_active=False)
    assert spans(aside) == [(901, day(1), day(5)), (902, day(5), day(5))]
    back = with_version(aside, version(9, starts=day(5), number=903), product_id=9, is_active=True)
    assert spans(back)[1] == (902, day(5), None)


def test_retiring_ends_what_is_open_and_keeps_what_was():
    """A sale of yesterday is still cooked by yesterday's recipe."""
    assert spans(retired(define(day(1), day(5)), day(3))) == [(901, day(1), day(3)), (902, day(5), day(5))]


@pytest.mark.parametrize(
    ("said", "former", "start"),
    [
        pytest.param(day(4), define(day(1)), day(4), id="as it says"),
        pytest.param(None, None, FROM_THE_BEGINNING, id="first, without a date: from the beginning"),
        pytest.param(None, define(day(1), day(5)), day(5), id="without a date: replaces the one of the day"),
        pytest.param(None, define(day(1), day(20)), day(1), id="not one of the future"),
    ],
)
def test_where_a_definition_starts(said, former, start):
    """A recipe sent again without a date corrects what is in force, it does not leave it beside."""
    assert start_of(said, former, said_at=day(10)) == start


@pytest.mark.parametrize(
    ("recipes", "at", "chosen"),
    [
        pytest.param([define(day(1), day(5))], day(3), 901, id="the older one"),
        pytest.param([define(day(1), day(5))], day(5), 902, id="from its start on"),
        pytest.param([define(day(2))], day(1), None, id="before the first"),
        pytest.param([define(day(1)), define(day(5), recipe=3)], day(6), 301, id="newest start of the product"),
        pytest.param([define(day(1)), define(day(1), recipe=3)], day(6), 901, id="then the highest id"),
        pytest.param([define(day(1), recipe=3), define(day(1))], day(6), 901, id="in whatever order they came"),
        pytest.param([retired(define(day(1)), day(4))], day(4), None, id="not at the instant it ends"),
        pytest.param([define(day(1)), retired(define(day(2), recipe=3), day(4))], day(6), 901, id="not a retired one"),
        pytest.param([define(day(1)), retired(define(day(2), recipe=3), day(4))], day(3), 301, id="before it was"),
        pytest.param([define(day(1), product=8)], day(6), None, id="of another product"),
    ],
)
def test_the_version_in_force(recipes, at, chosen):
    """R30: newest effective_from at or before the instant, then highest id."""
    found = book(*recipes).in_force(9, at)
    assert (found and found.id) == chosen


def test_a_recipe_that_changes_its_product_leaves_the_former():
    """An upsert with the same id replaces."""
    made = book(define(day(1), product=8))
    made.put_recipe(define(day(1), product=9))
    assert made.in_force(8, day(2)) is None
    assert made.in_force(9, day(2)).id == 901


def test_boundaries_are_those_of_everything_within():
    """Between two of them an explosion may be remembered."""
    dish = Recipe(9, 9, (version(9, part(8, "1"), starts=day(2)),))
    made = book(dish, define(day(1), day(5), product=8, recipe=8))
    assert made.boundaries(9) == [day(1), day(2), day(5)]
