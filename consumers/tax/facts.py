"""What the tax worker tells the world, `tax.computed` and `tax.gap`, and the rule's snapshot beside a row (R56)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

import msgspec

from consumers.tax.rules.document import Document, money
from consumers.tax.rules.model import Place, Rule
from schemas.instants import instant_text
from schemas.memo import Memo
from schemas.numbers import text_of

COMPUTED, NO_RULE = "COMPUTED", "NO_RULE"

_encode = msgspec.json.Encoder(order="sorted").encode
_rate_text = Memo(text_of).__getitem__


@cache
def money_text(digits: int) -> Callable[[int], str]:
    """How minor units are written in events: with exactly the currency's decimals."""
    amount = money(digits)
    return Memo(lambda units: f"{amount(units):f}").__getitem__


@lru_cache(4_096)
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


def rows(document: Document, *, digits: int) -> str:
    """The rows of `tax.computed`, as JSON without the brackets; amounts in the sale's currency."""
    text = money_text(digits)
    return ",".join(
        [
            f'{{"line_id":{a.line_id},"tax_rule_id":{a.charge.rule.id},'
            f'"taxable_amount":"{text(a.taxable)}","tax_rate":"{_rate_text(a.charge.rule.rate)}",'
            f'"tax_amount":"{text(a.tax)}","exempt_amount":"{text(a.exempt)}"}}'
            for a in document.amounts
        ]
    )


def computed(
    sale: Any, document: Document, told_rows: str, *, status: str, local_date: date, business_date: date, digits: int
) -> bytes:
    """The data of `tax.computed`: the whole document with its rows."""
    text = money_text(digits)
    return (
        f'{{"transaction_id":{sale.transaction_id},"version":{sale.version},"outlet_id":{sale.outlet_id},'
        f'"occurred_at":"{instant_text(sale.occurred_at)}","local_date":"{local_date}","business_date":"{business_date}",'
        f'"currency":"{sale.currency}","net":"{text(document.net)}",'
        f'"tax":"{text(document.tax)}","gross":"{text(document.gross)}",'
        f'"status":"{status}","rows":[{told_rows}]}}'
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
