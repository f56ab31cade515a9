"""What a till may not send, and what it may (RELIABILITY §5, CONTRACT §3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.errors import Reject
from tests.schemas.events import ABSENT, least, read, sale

MANY = [{"line_id": number, "product_id": 1, "quantity": 1, "unit_price": "1"} for number in range(1, 502)]

BAD: list[tuple[str, dict[str, Any], str, str]] = [
    # numbers
    ("boolean as integer", {"transaction_id": True}, "WRONG_TYPE", "transaction_id"),
    ("text as integer", {"outlet_id": "3"}, "WRONG_TYPE", "outlet_id"),
    ("number as text", {"register": 1}, "WRONG_TYPE", "register"),
    ("number as boolean", {"prices_include_tax": 1}, "WRONG_TYPE", "prices_include_tax"),
    ("integral float as integer", {"outlet_id": 3.0}, "WRONG_TYPE", "outlet_id"),
    ("boolean quantity", {"lines__0__quantity": True}, "WRONG_TYPE", "lines[0].quantity"),
    ("float quantity", {"lines__0__quantity": 1.5}, "WRONG_TYPE", "lines[0].quantity"),
    ("float money", {"lines__0__unit_price": 4.5}, "WRONG_TYPE", "lines[0].unit_price"),
    ("integer money", {"lines__0__unit_price": 4}, "WRONG_TYPE", "lines[0].unit_price"),
    ("full-width digits", {"lines__0__quantity": "２"}, "BAD_NUMBER", "lines[0].quantity"),
    ("underscore", {"lines__0__unit_price": "1_000"}, "BAD_NUMBER", "lines[0].unit_price"),
    ("NaN text", {"lines__0__quantity": "NaN"}, "BAD_NUMBER", "lines[0].quantity"),
    ("Infinity text", {"lines__0__quantity": "Infinity"}, "BAD_NUMBER", "lines[0].quantity"),
    ("exponent", {"lines__0__quantity": "1e3"}, "BAD_NUMBER", "lines[0].quantity"),
    ("exponent beyond Decimal", {"totals__tax": "1e999999999999"}, "BAD_NUMBER", "totals.tax"),
    ("plus sign", {"lines__0__quantity": "+2"}, "BAD_NUMBER", "lines[0].quantity"),
    ("leading zero", {"lines__0__quantity": "02"}, "BAD_NUMBER", "lines[0].quantity"),
    ("blank number", {"lines__0__unit_price": " 4.50"}, "BAD_NUMBER", "lines[0].unit_price"),
    ("empty number", {"lines__0__unit_price": ""}, "BAD_NUMBER", "lines[0].unit_price"),
    ("thousands comma", {"lines__0__unit_price": "1,000.00"}, "BAD_NUMBER", "lines[0].unit_price"),
    ("newline behind", {"lines__0__unit_price": "4.50\n"}, "BAD_NUMBER", "lines[0].unit_price"),
    ("quantity 0", {"lines__0__quantity": "0"}, "QUANTITY_NOT_POSITIVE", "lines[0].quantity"),
    ("quantity 0.000", {"lines__0__quantity": "-0.000"}, "QUANTITY_NOT_POSITIVE", "lines[0].quantity"),
    ("negative quantity", {"lines__0__quantity": -2}, "QUANTITY_NOT_POSITIVE", "lines[0].quantity"),
    ("negative price", {"lines__0__unit_price": "-4.50"}, "NEGATIVE_PRICE", "lines[0].unit_price"),
    ("quantity over limit", {"lines__0__quantity": "1000000000000.1"}, "OUT_OF_RANGE", "lines[0].quantity"),
    ("huge integer", {"lines__0__quantity": 10**200}, "OUT_OF_RANGE", "lines[0].quantity"),
    ("huge text", {"lines__0__quantity": "9" * 61}, "OUT_OF_RANGE", "lines[0].quantity"),
    ("price over limit", {"lines__0__unit_price": "1000000000000000"}, "OUT_OF_RANGE", "lines[0].unit_price"),
    ("bigint overflow", {"transaction_id": 2**63}, "OUT_OF_RANGE", "transaction_id"),
    ("id 0", {"transaction_id": 0}, "OUT_OF_RANGE", "transaction_id"),
    ("negative id", {"lines__0__product_id": -1}, "OUT_OF_RANGE", "lines[0].product_id"),
    ("version 0", {"version": 0}, "OUT_OF_RANGE", "version"),
    ("3 decimals of USD", {"lines__0__unit_price": "4.505"}, "TOO_MANY_DECIMALS", "lines[0].unit_price"),
    ("payment of 3 decimals", {"payments__0__amount": "9.181"}, "TOO_MANY_DECIMALS", "payments[0].amount"),
    ("7 decimals of quantity", {"lines__0__quantity": "2.0000001"}, "TOO_MANY_DECIMALS", "lines[0].quantity"),
    ("negative tax", {"totals__tax": "-0.68"}, "OUT_OF_RANGE", "totals.tax"),
    # text
    ("escaped NUL", {"register": "R\u00001"}, "BAD_TEXT", "register"),
    ("control character", {"register": "R\u001b1"}, "BAD_TEXT", "register"),
    ("bidi override", {"register": "R\u202e1"}, "BAD_TEXT", "register"),
    ("zero-width", {"register": "R\u200b1"}, "BAD_TEXT", "register"),
    ("non-ASCII identifier", {"customer_ref": "Jürgen"}, "BAD_TEXT", "customer_ref"),
    ("path", {"customer_ref": "../../etc/passwd"}, "BAD_TEXT", "customer_ref"),
    ("Windows path", {"register": "C:\\tills"}, "BAD_TEXT", "register"),
    ("empty identifier", {"register": ""}, "BAD_TEXT", "register"),
    ("long identifier", {"register": "R" * 51}, "BAD_TEXT", "register"),
    ("card number", {"customer_ref": "4111111111111111"}, "CARD_NUMBER", "customer_ref"),
    ("card number, spaced", {"customer_ref": "4111 1111 1111 1111"}, "CARD_NUMBER", "customer_ref"),
    (
        "card number in a text",
        {"payments__0__reference": "amex 3782-822463-10005"},
        "CARD_NUMBER",
        "payments[0].reference",
    ),
    ("value not of the list", {"lines__0__modifiers__0__action": "MORE"}, "BAD_TEXT", "lines[0].modifiers[0].action"),
    # lines and totals
    ("no lines", {"lines": []}, "NO_LINES", "lines"),
    ("501 lines", {"lines": MANY}, "TOO_MANY_LINES", "lines"),
    ("lines null", {"lines": None}, "MISSING_FIELD", "lines"),
    ("line null", {"lines": [None]}, "WRONG_TYPE", "lines[0]"),
    ("duplicate line", {"lines": [MANY[0], MANY[1], MANY[0]]}, "DUPLICATE_LINE", "lines[2].line_id"),
    ("discount too large", {"lines__0__discount": "9.01"}, "DISCOUNT_OUT_OF_RANGE", "lines[0].discount"),
    ("negative discount", {"lines__0__discount": "-0.01"}, "DISCOUNT_OUT_OF_RANGE", "lines[0].discount"),
    ("line total", {"lines__0__total": "8.51"}, "LINE_TOTAL_MISMATCH", "lines[0].total"),
    ("net total", {"totals__net": "8.51"}, "TOTAL_MISMATCH", "totals.net"),
    ("gross total where prices include tax", {"prices_include_tax": True}, "TOTAL_MISMATCH", "totals.gross"),
    ("payments", {"payments__0__amount": "9.17"}, "PAYMENT_MISMATCH", "payments"),
    ("no payment of a due", {"payments": []}, "PAYMENT_MISMATCH", "payments"),
    (
        "swap without its other",
        {"lines__0__modifiers__0__action": "SWAP"},
        "MISSING_FIELD",
        "lines[0].modifiers[0].with_material_id",
    ),
    ("unknown currency", {"currency": "XXZ"}, "UNKNOWN_CURRENCY", "currency"),
    ("lower-case currency", {"currency": "usd"}, "UNKNOWN_CURRENCY", "currency"),
    # time
    ("no offset", {"occurred_at": "2026-11-23T12:30:05"}, "BAD_INSTANT", "occurred_at"),
    ("week date", {"occurred_at": "2026-W48-1T12:30:05Z"}, "BAD_INSTANT", "occurred_at"),
    ("leap second", {"occurred_at": "2016-12-31T23:59:60Z"}, "BAD_INSTANT", "occurred_at"),
    ("infinity", {"occurred_at": "infinity"}, "BAD_INSTANT", "occurred_at"),
    ("year out of range", {"occurred_at": "0001-01-01T00:00:00Z"}, "BAD_INSTANT", "occurred_at"),
    ("before 1990", {"occurred_at": "1989-12-31T23:59:59Z"}, "BAD_INSTANT", "occurred_at"),
    ("year of five digits", {"occurred_at": "12026-11-23T12:30:05Z"}, "BAD_INSTANT", "occurred_at"),
    ("date only", {"occurred_at": "2026-11-23"}, "BAD_INSTANT", "occurred_at"),
    ("no such day", {"occurred_at": "2026-02-30T12:00:00Z"}, "BAD_INSTANT", "occurred_at"),
    ("24:00", {"occurred_at": "2026-11-23T24:00:00Z"}, "BAD_INSTANT", "occurred_at"),
    ("offset of a day", {"occurred_at": "2026-11-23T12:00:00+24:00"}, "BAD_INSTANT", "occurred_at"),
    ("epoch number", {"occurred_at": 1795500000}, "WRONG_TYPE", "occurred_at"),
    ("six minutes ahead", {"occurred_at": "2026-11-24T06:06:00Z"}, "IN_THE_FUTURE", "occurred_at"),
    # members
    ("no transaction id", {"transaction_id": ABSENT}, "MISSING_FIELD", "transaction_id"),
    ("null outlet", {"outlet_id": None}, "MISSING_FIELD", "outlet_id"),
    ("no currency", {"currency": ABSENT}, "MISSING_FIELD", "currency"),
    ("no instant", {"occurred_at": ABSENT}, "MISSING_FIELD", "occurred_at"),
    ("no product", {"lines__0__product_id": ABSENT}, "MISSING_FIELD", "lines[0].product_id"),
    ("no price", {"lines__0__unit_price": ABSENT}, "MISSING_FIELD", "lines[0].unit_price"),
    ("payment without amount", {"payments__0__amount": ABSENT}, "MISSING_FIELD", "payments[0].amount"),
]


@pytest.mark.parametrize(("changes", "reason", "field"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_sale_is_refused_and_the_member_named(changes: dict[str, Any], reason: str, field: str) -> None:
    """A dead letter is only useful if it says what is wrong and where."""
    with pytest.raises(Reject) as refused:
        read(sale(**changes))
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_number_beyond_a_float_is_refused() -> None:
    """1e400 is sound JSON, so it must not pass as a parser's infinity."""
    with pytest.raises(Reject) as refused:
        read(b'{"transaction_id":1e400}')
    assert (refused.value.reason, refused.value.field) == ("BAD_NUMBER", "transaction_id")


@pytest.mark.parametrize("card", ["4111111111111111", "5500000000000004", "6011 1111 1111 1117"])
def test_a_card_number_is_never_repeated(card: str) -> None:
    """The rejection itself is stored and shown (I20)."""
    with pytest.raises(Reject) as refused:
        read(sale(customer_ref=card))
    assert card not in f"{refused.value} {refused.value.detail}"


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("as the contract shows", {}),
    ("no totals", {"totals": None}),
    ("no payments", {"payments": None}),
    ("net unknown", {"totals": {"tax": "0.68", "gross": "9.18"}}),
    ("the till's tax is its own", {"totals": {"net": "8.50", "tax": "9.99", "gross": "9.18"}}),
    ("tip and cash rounding", {"totals__tip": "1.00", "totals__rounding": "-0.03", "payments__0__amount": "10.15"}),
    (
        "change as a second tender",
        {"payments": [{"method": "CASH", "amount": "10"}, {"method": "CASH", "amount": "-0.82"}]},
    ),
    ("four minutes ahead", {"occurred_at": "2026-11-24T06:04:59Z"}),
    ("back-dated", {"occurred_at": "2019-02-01T10:00:00+01:00"}),
    ("user 0", {"cashier_id": 0}),
    ("free line", {"lines__0__discount": "9.00", "lines__0__total": "0.00", "totals": None, "payments": None}),
    ("minus zero", {"lines__0__discount": "-0.00", "lines__0__total": "9.00", "totals": None}),
    ("a long number that is no card", {"customer_ref": "4111111111111112"}),
    ("a customer's UUID", {"customer_ref": "11111111-1111-4111-8111-111111111111"}),
    ("moved history", {"historic": True}),
]


@pytest.mark.parametrize("changes", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_sale_that_is_merely_unusual_is_accepted(changes: dict[str, Any]) -> None:
    """A completed sale is a fact; refusing one that is only odd would lose it."""
    assert read(sale(**changes)).data.transaction_id == 9001


def test_absent_members_get_their_defaults() -> None:
    """Workers never ask whether a default was sent (CONTRACT §3)."""
    data = read(least()).data
    assert (data.version, data.prices_include_tax, data.historic) == (1, False, False)
    assert (data.lines[0].discount, data.lines[0].total) == (Decimal(0), Decimal(9))
    assert data.totals is None
    assert data.lines[0].modifiers == ()


@pytest.mark.parametrize(
    ("currency", "quantity", "price", "total"),
    [
        pytest.param("USD", "0.333", "1.99", "0.66", id="USD rounds down"),
        pytest.param("USD", "0.5", "0.25", "0.13", id="USD rounds a half up"),
        pytest.param("JPY", "0.5", "101", "51", id="JPY has no decimals"),
        pytest.param("KWD", "0.333", "1.234", "0.411", id="KWD has three"),
        pytest.param("USD", "0.000001", "999999999999999.99", "1000000000", id="exact however wide"),
    ],
)
def test_an_absent_line_total_is_rounded_once(currency: str, quantity: str, price: str, total: str) -> None:
    """R0: from the exact product, half away from zero, to the currency's minor unit."""
    data = read(least(currency=currency, lines__0__quantity=quantity, lines__0__unit_price=price)).data
    assert data.lines[0].total == Decimal(total)


def test_a_given_line_total_may_round_its_own_way() -> None:
    """Less than one minor unit off is the till's rounding, one unit off is an error."""
    weighed = {"lines__0__quantity": "0.333", "lines__0__unit_price": "1.99"}
    assert read(least(**weighed, lines__0__total="0.67")).data.lines[0].total == Decimal("0.67")
    with pytest.raises(Reject, match="LINE_TOTAL_MISMATCH"):
        read(least(**weighed, lines__0__total="0.68"))


def test_equal_lines_of_other_currencies_are_not_confused() -> None:
    """Lines are remembered by content; the currency's decimals are part of what was checked."""
    line = {"line_id": 1, "product_id": 1, "quantity": 1, "unit_price": "1.25"}
    assert read(least(lines=[line])).data.lines[0].total == Decimal("1.25")
    with pytest.raises(Reject, match="TOO_MANY_DECIMALS"):
        read(least(lines=[line], currency="JPY"))


REFUND = {
    "transaction_id": 9100,
    "original_transaction_id": 9001,
    "outlet_id": 3,
    "occurred_at": "2026-11-23T13:00:00Z",
    "currency": "USD",
    "lines": [{"line_id": 1, "original_line_id": 1, "quantity": "1"}],
}


def test_a_refund_restocks_unless_it_says_otherwise() -> None:
    """R14's default disposition."""
    assert read(REFUND, "pos.sale.refunded").data.lines[0].disposition == "RESTOCK"


@pytest.mark.parametrize(
    ("lines", "reason", "field"),
    [
        pytest.param([], "NO_LINES", "lines", id="none"),
        pytest.param(REFUND["lines"] * 2, "DUPLICATE_LINE", "lines[1].line_id", id="twice"),
        pytest.param(
            [{"line_id": 1, "original_line_id": 1, "quantity": 0}],
            "QUANTITY_NOT_POSITIVE",
            "lines[0].quantity",
            id="zero",
        ),
        pytest.param([{"line_id": 1, "quantity": 1}], "MISSING_FIELD", "lines[0].original_line_id", id="of nothing"),
        pytest.param(
            [{"line_id": 1, "original_line_id": 1, "quantity": 1, "disposition": "BIN"}],
            "BAD_TEXT",
            "lines[0].disposition",
            id="where to",
        ),
    ],
)
def test_a_bad_refund_is_refused(lines: Any, reason: str, field: str) -> None:
    """What a refund gives back must be nameable."""
    with pytest.raises(Reject) as refused:
        read({**REFUND, "lines": lines}, "pos.sale.refunded")
    assert (refused.value.reason, refused.value.field) == (reason, field)


def test_a_void_needs_no_reason() -> None:
    """The till's least void (CONTRACT §3)."""
    void = {"transaction_id": 9001, "outlet_id": 3, "occurred_at": "2026-11-23T13:00:00Z"}
    assert read(void, "pos.sale.voided").data.reason is None
