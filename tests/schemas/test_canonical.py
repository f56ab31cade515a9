"""Same content, same hash; other content, other hash (R2, R72)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.schemas.events import least, read, sale

EXAMPLE = (
    '{"cashier_id":"17","currency":"USD","dining_option":"DINE_IN","historic":false,"lines":[{"discount":"0.5",'
    '"line_id":"1","modifiers":[{"action":"ADD","material_id":"7","quantity":"0.01","unit":"kg"}],"product_id":"42",'
    '"quantity":"2","total":"8.5","unit_price":"4.5"}],"occurred_at":"2026-11-23T07:00:05.120000Z","outlet_id":"3",'
    '"payments":[{"amount":"9.18","method":"CASH"}],"prices_include_tax":false,"register":"R1",'
    '"totals":{"gross":"9.18","net":"8.5","rounding":"0","tax":"0.68","tip":"0"},"transaction_id":"9001","version":1}'
)


def test_the_contracts_example_has_this_canonical_form() -> None:
    """Audit chains and content hashes rest on these very bytes; a change of them is a change of history."""
    event = read(sale())
    assert event.canonical.decode() == EXAMPLE
    assert event.content_hash == hashlib.sha256(EXAMPLE.encode()).digest()


SAME: list[tuple[str, dict[str, Any]]] = [
    ("defaults spelled out", {"version": 1, "historic": False, "prices_include_tax": False}),
    ("null for a default", {"version": None}),
    ("quantity as text", {"lines__0__quantity": "2"}),
    ("quantity with decimals", {"lines__0__quantity": "2.000"}),
    ("price shorter", {"lines__0__unit_price": "4.5"}),
    ("price longer", {"lines__0__unit_price": "4.500"}),
    ("discount minus zero", {"lines__0__discount": "-0.00"}),
    ("total spelled out", {"lines__0__total": "9.00"}),
    ("another offset", {"occurred_at": "2026-11-23T12:30:05+05:30"}),
    ("fraction of zero", {"occurred_at": "2026-11-23t07:00:05.000z"}),
    ("unknown member", {"till_software": "9.1"}),
]


@pytest.mark.parametrize("changes", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_spelling_does_not_change_the_hash(changes: dict[str, Any]) -> None:
    """A till that resends after an update of its JSON library must not be a conflict."""
    assert read(least(**changes)).content_hash == read(least()).content_hash


OTHER: list[tuple[str, dict[str, Any]]] = [
    ("quantity", {"lines__0__quantity": 3}),
    ("price", {"lines__0__unit_price": "4.51"}),
    ("product", {"lines__0__product_id": 43}),
    ("instant", {"occurred_at": "2026-11-23T07:00:05.000001Z"}),
    ("cashier", {"cashier_id": 1}),
    ("tax in the prices", {"prices_include_tax": True}),
    ("order of lines", {"lines": [{"line_id": 2, "product_id": 42, "quantity": 2, "unit_price": "4.50"}]}),
]


@pytest.mark.parametrize("changes", [row[1] for row in OTHER], ids=[row[0] for row in OTHER])
def test_another_fact_has_another_hash(changes: dict[str, Any]) -> None:
    """Otherwise a conflict would pass as a duplicate and a sale be lost."""
    assert read(least(**changes)).content_hash != read(least()).content_hash


def test_canonical_json_is_sorted_compact_and_unescaped() -> None:
    """R72, also where names are not ASCII: NFC, no escaping beyond JSON's need."""
    product = {"product_id": 42, "name": 'Cafe\u0301 "crème" </b>', "sku": "4006381333931", "price": "3.50"}
    event = read(product, "catalog.product.upserted", key="product:42")
    parsed = json.loads(event.canonical)
    assert event.canonical.decode() == json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert parsed["name"] == 'Café "crème" </b>'
    assert event.data.name == parsed["name"]
