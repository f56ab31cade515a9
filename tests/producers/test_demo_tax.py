"""The demo's tills and the tax engine agree to the cent, so that a variance in the demo would be worth looking at."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from consumers.tax import enquiry
from producers.demo import chain
from producers.demo.events import back_office
from producers.demo.tills import Tills

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PLACE = ("country_code", "state_code", "county_code", "city_code", "timezone", "currency")


def definitions(type_: str) -> list[dict[str, Any]]:
    """What the demo publishes of one type."""
    return [event["data"] for event in back_office(NOW) if event["type"] == type_]


def test_tills_and_engine_agree() -> None:
    """Hundreds of sales in three countries, eaten here and taken home, with discounts (R50 to R54)."""
    rules, mappings = definitions("tax-rule.upserted"), definitions("product-tax.mapped")
    policies = {policy["country_code"]: policy for policy in definitions("tax-policy.set")}
    outlets = {outlet.id: {name: getattr(outlet, name) for name in PLACE} for outlet in chain.OUTLETS}
    tills, seen = Tills(seed=7, undo=False), Counter[int]()
    for event in (event for _ in range(400) for event in tills.sell(NOW)):
        if event["type"] != "pos.sale.completed":
            continue
        sale = event["data"]
        outlet = outlets[sale["outlet_id"]]
        policy = {name: policies[outlet["country_code"]][name] for name in ("scope", "grouping", "mode")}
        asked = {"outlet": outlet, "policy": policy, "rules": rules, "mappings": mappings, "sale": sale}
        found = enquiry.answer(enquiry.read(json.dumps(asked).encode()))
        assert {name: found[name] for name in ("net", "tax", "gross")} == sale["totals"], sale
        seen[sale["outlet_id"]] += 1
    assert min(seen.values()) > 50
