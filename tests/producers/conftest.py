"""What the producers' tests share: the real sales file where it is present, and a small map."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BAKERY = ROOT.parent / "shared" / "data" / "bakery.csv"

SMALL_MAP = """
source = "/imports/test"
[columns]
date = "date"
time = "time"
transaction = "transaction"
item = "item"
[transactions]
add = 1000
[outlet]
outlet_id = 7
name = "Test Bakery"
country_code = "GB"
timezone = "Europe/London"
currency = "GBP"
[products]
first_id = 100
price = "2.50"
[missing]
values = ["NONE"]
product_id = 99
[[items]]
name = "Coffee"
price = 2.60
[[items]]
match = "*cake*"
price = "3.40"
category = "Cakes"
"""


@pytest.fixture
def bakery() -> Path:
    """A real bakery's sales; never part of the project, so a test without it is skipped."""
    if not BAKERY.exists():
        pytest.skip(f"{BAKERY} is not here")
    return BAKERY


@pytest.fixture
def small_map() -> str:
    """A map for `date,time,transaction,item` files."""
    return SMALL_MAP
