"""Maps: a wrong one must be refused before a row is read, and say what to write."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from producers.sales_import.mapping import MapError, parse_map, read_map
from producers.sales_import.products import assign

READY_MAP = Path(__file__).resolve().parents[2] / "docs" / "examples" / "bakery-map.toml"


def test_decimals_are_exact_quoted_or_not(small_map: str) -> None:
    """TOML has floats; a price that passes through one would no longer be exact (R0)."""
    found = parse_map(small_map)
    assert found.items[0].price == Decimal("2.60")
    assert str(parse_map(small_map.replace('"2.50"', "0.1")).products.price) == "0.1"


def test_the_ready_map_is_valid() -> None:
    """The documentation hands this map out."""
    assert read_map(READY_MAP).outlet["currency"] == "GBP"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param('item = "item"', "", "item", id="column missing"),
        pytest.param('item = "item"', 'item = "item"\nprize = "p"', "prize", id="unknown key"),
        pytest.param('time = "time"', "", "either datetime, or date and time", id="date without time"),
        pytest.param('"Europe/London"', '"Europe/Londres"', "IANA", id="unknown zone"),
        pytest.param('"Europe/London"', '"../etc/passwd"', "IANA", id="a path is no zone"),
        pytest.param('currency = "GBP"', "", "outlet.currency", id="no currency"),
        pytest.param('name = "Coffee"', 'name = "Coffee"\nmatch = "C*"', "either name or match", id="name and match"),
        pytest.param('category = "Cakes"', "product_id = 5", "several items", id="an id for a pattern"),
        pytest.param('price = "2.50"', 'price = "cheap"', "price", id="no number"),
        pytest.param('source = "/imports/test"', 'source = ""', "source", id="no source"),
        pytest.param('item = "item"', 'item = "item"\ncashier = "who"', "cashiers", id="cashiers not named"),
        pytest.param("[outlet]", "[outlet", "TOML", id="not TOML"),
    ],
)
def test_a_wrong_map_is_refused_and_says_why(small_map: str, old: str, new: str, said: str) -> None:
    """Whoever wrote the map must find the key without reading our code."""
    assert old in small_map
    with pytest.raises(MapError, match=said):
        parse_map(small_map.replace(old, new))


def test_products_follow_from_sorted_names(small_map: str) -> None:
    """The same file read again, or its rows in another order, must give the same ids."""
    found = parse_map(small_map)
    products = assign(found, ["Tea", "Coffee", "Carrot Cake"], has_missing=True)
    assert {name: product.product_id for name, product in products.items()} == {
        None: 99,
        "Carrot Cake": 100,
        "Coffee": 101,
        "Tea": 102,
    }
    assert products["Carrot Cake"].price == Decimal("3.40")
    assert products["Carrot Cake"].category == "Cakes"
    assert products["Tea"].price == Decimal("2.50")


def test_hashed_ids_do_not_depend_on_other_names(small_map: str) -> None:
    """Next month's file has new items; yesterday's must keep their ids."""
    found = parse_map(small_map.replace("first_id = 100", 'first_id = 100\nnumbering = "hashed"'))
    alone = assign(found, ["Tea"], has_missing=False)["Tea"]
    assert assign(found, ["Apple", "Tea", "Zwieback"], has_missing=True)["Tea"] == alone


def test_sorted_ids_step_over_explicit_ones(small_map: str) -> None:
    """An id given by hand must not be given again by counting."""
    found = parse_map(small_map.replace("price = 2.60", "price = 2.60\nproduct_id = 100"))
    products = assign(found, ["Apple", "Coffee"], has_missing=False)
    assert (products["Coffee"].product_id, products["Apple"].product_id) == (100, 101)


def test_two_items_never_share_an_id(small_map: str) -> None:
    """They would be one product in every report."""
    found = parse_map(small_map.replace("price = 2.60", "price = 2.60\nproduct_id = 99"))
    with pytest.raises(MapError, match="99"):
        assign(found, ["Coffee"], has_missing=True)
