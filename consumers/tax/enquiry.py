"""A question to the tax engine from outside the mesh: one JSON document in, the tax of its sale out (CONTRACT, §6).

The same readers, book and rules as the worker's; no broker, no database, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Members
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Raw, Struct

from consumers.tax.definitions import mapping_of, policy_of, rule_of
from consumers.tax.facts import money_text
from consumers.tax.rules.book import Book, Entry, Page
from consumers.tax.rules.document import tax_document
from consumers.tax.rules.model import Mapping, Place, Policy, Rule
from schemas.clock import local_date
from schemas.currency import minor_units
from schemas.documents import parse, require_sound
from schemas.errors import Reject
from schemas.kinds import Country, Currency, Region, Zone
from schemas.numbers import text_of
from schemas.plan import plan_of, under
from schemas.pos import SaleCompleted
from schemas.readers import ANY_CURRENCY
from schemas.reasons import Reason
from schemas.tax import ProductTaxMapped, TaxPolicySet, TaxRuleUpserted
from schemas.wire import wire_of
from schemas.wire_errors import rejection_of
from schemas.zones import zone_of

EXPONENT = re.compile(r"[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]{1,2}")
FROM_THE_BEGINNING = "1900-01-01"
"""For a rule without `effective_date`: null is open (R50)."""
NUMBERS = ("rate", "unit_price_threshold")
LONGEST_NUMBER = 30
POLICY_MEMBERS = ("scope", "grouping", "mode")


class Shop(Struct, frozen=True):
    """What an enquiry says of the outlet."""

    country_code: Country
    timezone: Zone
    currency: Currency
    state_code: Region | None = None
    county_code: Region | None = None
    city_code: Region | None = None


class Enquiry(Struct, frozen=True):
    """A sale and everything its tax depends on."""

    shop: Shop
    page: Page
    sale: SaleCompleted


def read(raw: bytes) -> Enquiry:
    """The enquiry in a document. Raises Reject naming the member at fault, such as `rules[0].rate`."""
    require_sound(raw)
    document = _object(parse(raw), "")
    sale_raw = bytes(msgspec.json.decode(raw, type=dict[str, Raw]).get("sale", b""))
    shop = _model(Shop, _required(document, "outlet"), "outlet")
    sale = _sale(_required(document, "sale"), sale_raw, shop)
    place = Place(shop.country_code, shop.state_code, shop.county_code, shop.city_code)
    rules = [_rule(given, f"rules[{n}]") for n, given in enumerate(_list(document, "rules"))]
    mappings = [_mapping(given, f"mappings[{n}]", n) for n, given in enumerate(_list(document, "mappings"))]
    _require_distinct([rule.id for rule in rules])
    entries: list[Entry] = [*rules, *mappings, _policy(document.get("policy"), place)]
    page = Book(entries).page(place, local_date(sale.occurred_at, zone_of(shop.timezone)))
    return Enquiry(shop, page, sale)


def answer(enquiry: Enquiry) -> dict[str, Any]:
    """The sale's tax, amounts with exactly the currency's decimals, rows in (line_id, sequence, rule id) order."""
    sale, page, digits = enquiry.sale, enquiry.page, minor_units(enquiry.sale.currency)
    document = tax_document(
        page, sale.lines, dining_option=sale.dining_option, prices_include_tax=sale.prices_include_tax, digits=digits
    )
    text = money_text(digits)
    return {
        "net": text(document.net),
        "tax": text(document.tax),
        "gross": text(document.gross),
        "rows": [
            {
                "line_id": amount.line_id,
                "tax_rule_id": amount.charge.rule.id,
                "taxable_amount": text(amount.taxable),
                "tax_rate": text_of(amount.charge.rule.rate),
                "tax_amount": text(amount.tax),
                "exempt_amount": text(amount.exempt),
            }
            for amount in document.amounts
        ],
        "gaps": [] if page.has_rules else [page.place.country_code],
    }


def _sale(given: Any, raw: bytes, shop: Shop) -> SaleCompleted:
    """The sale from its own bytes, so that money sent as a JSON number is refused as in an event."""
    currency = _object(given, "sale").get("currency")
    if isinstance(currency, str) and currency != shop.currency:
        raise Reject(Reason.CURRENCY_MISMATCH, field="sale.currency", detail=f"the outlet trades in {shop.currency}")
    sale: SaleCompleted = _model(SaleCompleted, raw, "sale", decimals=minor_units(shop.currency))
    return sale


def _rule(given: Any, where: str) -> Rule:
    columns = {"effective_date": FROM_THE_BEGINNING} | _stated(given, where)
    columns |= {name: _without_exponent(columns[name]) for name in NUMBERS if name in columns}
    return rule_of(_model(TaxRuleUpserted, columns, where))


def _mapping(given: Any, where: str, place: int) -> Mapping:
    """A mapping's own id decides nothing here: its place stands for it."""
    columns = _stated(given, where)
    columns.pop("id", None)
    return mapping_of(_model(ProductTaxMapped, columns | {"mapping_id": place + 1}, where))


def _policy(given: Any, place: Place) -> Policy:
    """The policy given holds for the outlet; without one the default does (R54)."""
    stated = {} if given is None else _stated(given, "policy")
    columns = {name: stated[name] for name in POLICY_MEMBERS if name in stated}
    return policy_of(_model(TaxPolicySet, columns | {"country_code": place.country_code}, "policy"))


def _model(model: type[Struct], given: Any, where: str, *, decimals: int = ANY_CURRENCY) -> Any:
    """Read a model from a JSON object, or from its bytes. The member at fault is named from the top."""
    try:
        if isinstance(given, bytes):
            form = msgspec.json.decode(given, type=wire_of(model))
        else:
            form = msgspec.convert(_object(given, where), wire_of(model))
        return plan_of(model, decimals).read(form)[0]
    except msgspec.MsgspecError as error:
        raise under(where, rejection_of(error)) from None
    except Reject as error:
        raise under(where, error) from None


def _without_exponent(number: Any) -> Any:
    """A rate may be a JSON number, and programs write small ones as 5e-05. The value stays exact."""
    if isinstance(number, str) and len(number) < LONGEST_NUMBER and EXPONENT.fullmatch(number):
        return f"{Decimal(number):f}"
    return number


def _object(given: Any, where: str) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Reject(Reason.NOT_AN_OBJECT, field=where, detail="must be a JSON object")
    return given


def _stated(given: Any, where: str) -> dict[str, Any]:
    """The members that are not null."""
    return {name: value for name, value in _object(given, where).items() if value is not None}


def _required(document: Members[str, Any], name: str) -> Any:
    if document.get(name) is None:
        raise Reject(Reason.MISSING_FIELD, field=name, detail="required")
    return document[name]


def _list(document: Members[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    if found is not None and not isinstance(found, list):
        raise Reject(Reason.WRONG_TYPE, field=name, detail="must be an array")
    return found or []


def _require_distinct(rule_ids: list[int]) -> None:
    for place, rule_id in enumerate(rule_ids):
        if rule_id in rule_ids[:place]:
            raise Reject(Reason.DUPLICATE_KEY, field=f"rules[{place}].tax_rule_id", detail="used by a rule before")
