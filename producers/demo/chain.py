"""The demo chain's figures: outlets, products, materials, recipes, taxes.

Plain tables; the events are made elsewhere.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

FIRST_TRANSACTION_ID = 9001


class Outlet(NamedTuple):
    """An outlet and how its tills price. `currency_digits` are the minor units of `currency`."""

    id: int
    name: str
    country_code: str
    state_code: str | None
    county_code: str | None
    city_code: str | None
    timezone: str
    currency: str
    currency_digits: int
    cutoff: str
    prices_include_tax: bool
    manager_id: int


class Product(NamedTuple):
    """A product, its price per outlet (in that outlet's currency) and how often it is asked for."""

    id: int
    name: str
    category: str
    is_stocked: bool
    prices: tuple[str, str, str]
    weight: int


class Material(NamedTuple):
    """A material: cost a unit per outlet, what a delivery brings, and when it spoils (days; None = never)."""

    id: int
    name: str
    unit: str
    density: str | None
    pack: tuple[str, str, str] | None
    costs: tuple[str, str, str]
    delivery: str
    keeps_days: int | None


class Recipe(NamedTuple):
    """A recipe. Ingredients: (material, quantity, unit, usable yield, optional)."""

    id: int
    product_id: int
    name: str
    yield_quantity: str
    ingredients: tuple[tuple[int, str, str, str, bool], ...]
    steps: tuple[str, ...]


class TaxRule(NamedTuple):
    """A tax rule. `mapped` lists the products it is mapped to; empty = it applies to all (R50)."""

    id: int
    country_code: str
    state_code: str | None
    county_code: str | None
    city_code: str | None
    tax_type: str
    name: str
    rate: str
    effective: str
    dining_option: str | None = None
    price_threshold: str | None = None
    mapped: tuple[int, ...] = ()


USERS = ((1, "nora", "MANAGER"), (2, "emil", "MANAGER"), (3, "haruka", "MANAGER"),
         (11, "jordan", "CASHIER"), (12, "lena", "CASHIER"), (13, "sota", "CASHIER"))  # fmt: skip

OUTLETS = (
    Outlet(1, "Hudson Coffee, New York", "US", "NY", "NEWYORK", "NYC", "America/New_York", "USD", 2, "04:00", False, 1),
    Outlet(2, "Spree Café, Berlin", "DE", "BE", None, "BERLIN", "Europe/Berlin", "EUR", 2, "03:00", True, 2),
    Outlet(3, "Sumida Kissa, Tokyo", "JP", "13", None, "SUMIDA", "Asia/Tokyo", "JPY", 0, "00:00", True, 3),
)

LATTE, CAPPUCCINO, ESPRESSO, TOAST, CROISSANT, MUFFIN, JUICE, MUG, SHIRT = range(42, 51)
FOOD = (TOAST, CROISSANT, MUFFIN)
TAKEN_HOME = (LATTE, CAPPUCCINO, ESPRESSO, TOAST, CROISSANT, MUFFIN, JUICE)

PRODUCTS = (
    Product(LATTE, "latte", "Coffee", False, ("4.50", "4.20", "520"), 30),
    Product(CAPPUCCINO, "cappuccino", "Coffee", False, ("4.25", "3.90", "490"), 18),
    Product(ESPRESSO, "espresso", "Coffee", False, ("3.00", "2.60", "380"), 14),
    Product(TOAST, "avocado toast", "Kitchen", False, ("9.50", "8.90", "980"), 7),
    Product(CROISSANT, "croissant", "Bakery", True, ("3.75", "2.90", "320"), 15),
    Product(MUFFIN, "blueberry muffin", "Bakery", True, ("3.50", "3.20", "340"), 9),
    Product(JUICE, "orange juice", "Drinks", True, ("5.00", "3.80", "450"), 8),
    Product(MUG, "mug", "Merchandise", True, ("14.00", "12.50", "1800"), 1),
    Product(SHIRT, "T-shirt", "Merchandise", True, ("25.00", "22.00", "2900"), 1),
)

STOCKED_COSTS = {CROISSANT: "0.95", MUFFIN: "0.80", JUICE: "1.60", MUG: "5.20", SHIRT: "7.90"}
STOCKED_DELIVERY = {CROISSANT: "240", MUFFIN: "160", JUICE: "160", MUG: "40", SHIRT: "40"}
STOCKED_KEEPS_DAYS = {CROISSANT: 3, MUFFIN: 5, JUICE: 21, MUG: None, SHIRT: None}
YEN_PER_UNIT = Decimal(150)

MILK, BEANS, SUGAR, OAT_MILK, AVOCADO, BREAD, CUP = 1, 2, 7, 3, 4, 5, 6

MATERIALS = (
    Material(MILK, "milk", "ml", "1.03", ("carton", "1", "l"), ("0.0011", "0.00095", "0.21"), "80000", 9),
    Material(BEANS, "espresso beans", "g", None, ("bag", "1", "kg"), ("0.022", "0.019", "3.4"), "12000", 180),
    Material(OAT_MILK, "oat milk", "ml", "1.03", ("carton", "1", "l"), ("0.0024", "0.0019", "0.36"), "12000", 60),
    Material(AVOCADO, "avocado", "g", None, None, ("0.0085", "0.0078", "1.35"), "9000", 6),
    Material(BREAD, "sourdough", "slice", None, ("loaf", "14", "slice"), ("0.42", "0.31", "48"), "140", 4),
    Material(CUP, "paper cup", "pcs", None, ("sleeve", "50", "pcs"), ("0.09", "0.08", "12"), "1000", None),
    Material(SUGAR, "sugar", "g", None, ("bag", "1", "kg"), ("0.0018", "0.0012", "0.28"), "5000", None),
)

RECIPES = (
    Recipe(1, LATTE, "Latte", "1", ((MILK, "200", "ml", "1", False), (BEANS, "18", "g", "1", False),
        (CUP, "1", "pcs", "1", False), (SUGAR, "5", "g", "1", True)),
        ("Pull a double shot.", "Steam the milk to 65 °C.", "Pour and serve.")),
    Recipe(2, CAPPUCCINO, "Cappuccino", "1", ((MILK, "0.12", "l", "1", False), (BEANS, "18", "g", "1", False),
        (CUP, "1", "pcs", "1", False)), ("Pull a double shot.", "Foam the milk.", "Pour and serve.")),
    Recipe(3, ESPRESSO, "Espresso", "1", ((BEANS, "9", "g", "1", False),), ("Pull a shot.",)),
    Recipe(4, TOAST, "Avocado toast", "4", ((AVOCADO, "0.6", "kg", "0.7", False), (BREAD, "8", "slice", "1", False)),
        ("Stone and mash the avocado.", "Toast the bread.", "Spread and serve.")),
)  # fmt: skip

TAX_RULES = (
    TaxRule(1, "US", "NY", None, None, "SALES_TAX", "New York State sales tax", "0.04", "2005-06-01"),
    TaxRule(2, "US", "NY", "NEWYORK", "NYC", "SALES_TAX", "New York City sales tax", "0.045", "2009-08-01"),
    TaxRule(3, "US", "NY", None, None, "MCTD", "Metropolitan commuter district", "0.00375", "2005-06-01"),
    TaxRule(4, "US", "NY", None, None, "SALES_TAX", "State tax, clothing from 110", "0.04", "2012-04-01",
        price_threshold="110", mapped=(SHIRT,)),
    TaxRule(5, "US", "NY", "NEWYORK", "NYC", "SALES_TAX", "City tax, clothing from 110", "0.045", "2012-04-01",
        price_threshold="110", mapped=(SHIRT,)),
    TaxRule(6, "US", "NY", None, None, "MCTD", "Commuter district, clothing from 110", "0.00375", "2012-04-01",
        price_threshold="110", mapped=(SHIRT,)),
    TaxRule(11, "DE", None, None, None, "VAT", "Umsatzsteuer", "0.19", "2007-01-01"),
    TaxRule(12, "DE", None, None, None, "VAT", "Umsatzsteuer, ermäßigt", "0.07", "2026-01-01", mapped=FOOD),
    TaxRule(21, "JP", None, None, None, "CONSUMPTION_TAX", "Consumption tax", "0.10", "2019-10-01"),
    TaxRule(22, "JP", None, None, None, "CONSUMPTION_TAX", "Consumption tax, eaten here", "0.10", "2019-10-01",
        dining_option="DINE_IN", mapped=TAKEN_HOME),
    TaxRule(23, "JP", None, None, None, "CONSUMPTION_TAX", "Consumption tax, taken home", "0.08", "2019-10-01",
        dining_option="TAKE_AWAY", mapped=TAKEN_HOME),
)  # fmt: skip

TAX_POLICIES = (("US", "NY", "DOCUMENT", "AGGREGATE", "HALF_UP"), ("DE", None, "DOCUMENT", "RULE", "HALF_UP"),
                ("JP", None, "DOCUMENT", "RULE", "DOWN"))  # fmt: skip
