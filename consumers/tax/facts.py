"""What the tax worker tells the world, `tax.computed` and `tax.gap`, and the rule's snapshot beside a row (R56)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from consumers.tax.rules.document import Document, money
from consumers.tax.rules.model import Place, Rule
from schemas.instants import instant_text
from schemas.numbers import text_of

COMPUTED, NO_RULE = "COMPUTED", "NO_RULE"
TEXT_MEMO = 65_536

_encode = msgspec.json.Encoder(order="sorted").encode
_rate_text = lru_cache(TEXT_MEMO)(text_of)


@lru_cache(TEXT_MEMO)
def money_text(units: int, digits: int) -> str:
    """An amount with exactly the currency's decimals, as events carry it."""
    return f"{money(units, digits):f}"


def jurisdiction(place: Place) -> str:
    """The codes of a place as one text: `US/NY//NYC`, trailing empty ones left out."""
    return "/".join(code or "" for code in place).rstrip("/")


def snapshot(rule: Rule) -> bytes:
    """The rule as it stood when it was applied, so that no report ever derives it again (R56)."""
    members: dict[str, Any] = {"id": rule.id}
    for name in Rule.__struct_fields__:
        value = getattr(rule, name)
        if name != "id" and value is not None:
            members[name] = text_of(value) if isinstance(value, Decimal) else value
    return _encode(members)


def computed(
    sale: Any, document: Document, *, status: str, local_date: date, business_date: date, digits: int
) -> bytes:
    """The data of `tax.computed`: the whole document with its rows, amounts in the sale's currency."""
    rows = ",".join(
        [
            f'{{"line_id":{a.line_id},"tax_rule_id":{a.charge.rule.id},'
            f'"taxable_amount":"{money_text(a.taxable, digits)}","tax_rate":"{_rate_text(a.charge.rule.rate)}",'
            f'"tax_amount":"{money_text(a.tax, digits)}","exempt_amount":"{money_text(a.exempt, digits)}"}}'
            for a in document.amounts
        ]
    )
    return (
        f'{{"transaction_id":{sale.transaction_id},"version":{sale.version},"outlet_id":{sale.outlet_id},'
        f'"occurred_at":"{instant_text(sale.occurred_at)}","local_date":"{local_date}","business_date":"{business_date}",'
        f'"currency":"{sale.currency}","net":"{money_text(document.net, digits)}",'
        f'"tax":"{money_text(document.tax, digits)}","gross":"{money_text(document.gross, digits)}",'
        f'"status":"{status}","rows":[{rows}]}}'
    ).encode()


def gap(sale: Any, *, country_code: str, local_date: date) -> bytes:
    """The data of `tax.gap`: no rule of the country was in force that day (R56)."""
    return _encode(
        {
            "transaction_id": sale.transaction_id,
            "outlet_id": sale.outlet_id,
            "country_code": country_code,
            "local_date": local_date,
        }
    )
