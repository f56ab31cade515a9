"""Claims about the till's record: its figures are the till's own, and reference rows are checked by name (R1, R59)."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal

import pytest

from consumers.ledger import rules, store
from consumers.ledger.rules import Claims, OutletState
from schemas.catalog import ProductUpserted, UserUpserted
from schemas.errors import Reject
from schemas.pos import Modifier, Payment, SaleCompleted
from tests.consumers.ledger.samples import event, line, money, outlet, outlet_upserted, paid, reference, sale, totals

DAY = date(2026, 11, 23)


def recorded(data: SaleCompleted) -> rules.Recorded:
    return rules.record_sale(event(data), outlet=outlet(), day=DAY, products=reference().products)


def cells(data: SaleCompleted) -> dict[str, object]:
    """The transaction's row by column name."""
    return dict(zip(store.TRANSACTIONS.columns, recorded(data).transaction, strict=True))


INCLUSIVE = {"prices_include_tax": True, "lines": (line(quantity="1", price="10.80", discount="0.80"),)}


@pytest.mark.parametrize(
    ("data", "subtotal", "discount", "tax", "total"),
    [
        pytest.param(sale(), "9.00", "0.50", "0.68", "9.18", id="contract-example"),
        pytest.param(sale(totals=None), "9.00", "0.50", None, None, id="no-totals"),
        pytest.param(sale(totals=totals(None, "0.68", None)), "9.00", "0.50", "0.68", "9.18", id="tax-only"),
        pytest.param(sale(totals=totals("8.50", "0.00", "8.50")), "9.00", "0.50", "0.00", "8.50", id="till-says-zero"),
        pytest.param(
            sale(totals=totals("9.26", "0.74", "10.00"), **INCLUSIVE), "10.06", "0.80", "0.74", "10.00", id="inc"
        ),
        pytest.param(sale(totals=None, **INCLUSIVE), None, "0.80", None, "10.00", id="inclusive-no-totals"),
        pytest.param(
            sale(totals=totals(None, "0.74", None), **INCLUSIVE), "10.06", "0.80", "0.74", "10.00", id="inc-tax"
        ),
        pytest.param(
            sale(totals=totals("8.50", "0.70", "9.21")), "9.00", "0.50", "0.70", "9.21", id="as-sent-even-if-odd"
        ),
    ],
)
def test_the_figures_are_the_tills(data: SaleCompleted, subtotal: str, discount: str, tax: str, total: str) -> None:
    """A receipt without totals has NULL tax, not 0; what is there is never recomputed (R59)."""
    found = rules.figures(data)
    assert (found.subtotal, found.discount) == (money(subtotal), money(discount))
    assert (found.tax, found.total) == (money(tax), money(total))


@pytest.mark.parametrize(
    ("payments", "method", "amount", "change"),
    [
        pytest.param(paid("9.18"), "CASH", "9.18", "0", id="one"),
        pytest.param(paid("4.18", "5.00"), "CASH", "9.18", "0", id="twice-the-same-way"),
        pytest.param((*paid("4.18"), Payment("CARD", Decimal(5))), "MIXED", "9.18", "0", id="two-ways"),
        pytest.param(
            paid("9.18", method="A-WALLET-WITH-A-LONG-NAME"), "OTHER", "9.18", "0", id="too-long-for-the-column"
        ),
        pytest.param(None, None, None, None, id="not-told"),
        pytest.param((), None, None, None, id="empty"),
    ],
)
def test_how_it_was_paid(
    payments: tuple[Payment, ...] | None, method: str | None, amount: str | None, change: str | None
) -> None:
    """The legacy column holds one way of paying; the payments keep each."""
    row = cells(sale(payments=payments))
    assert (row["payment_method"], row["amount_paid"], row["change_amount"]) == (method, money(amount), money(change))
    assert [payment[2] for payment in recorded(sale(payments=payments)).payments] == [p.method for p in payments or ()]


def test_a_sale_row_names_what_the_till_said() -> None:
    """The ledger is what legacy screens read: names as known at the time, numbers as the till sent them."""
    row = cells(sale())
    assert row["id"] == 9001
    assert row["transaction_number"] == row["receipt_number"] == "CS-9001"
    assert (row["outlet_name"], row["cashier_id"], row["register"], row["business_date"]) == ("Harbour", 17, "R1", DAY)
    assert cells(sale(receipt_number="A-7"))["receipt_number"] == "A-7"


def test_an_unknown_product_stays_a_number() -> None:
    """Unknown product: the ledger proceeds on the priced line, without a name."""
    items = recorded(sale(lines=(line(), line(2, product_id=777)))).items
    assert [(item[1], item[2]) for item in items] == [(42, "Latte"), (777, None)]


def test_a_lines_price_before_and_after_discount() -> None:
    """`total_price − discount_amount = final_price`, as on the legacy lines, for a total given by the till too."""
    rows = recorded(sale(lines=(line(discount="0.50", total=Decimal("8.49")),))).items
    item = dict(zip(store.ITEMS.columns, rows[0], strict=True))
    found = item["total_price"], item["discount_amount"], item["final_price"]
    assert found == (Decimal("8.99"), Decimal("0.50"), Decimal("8.49"))


def test_options_are_kept_without_what_is_absent() -> None:
    """A kitchen reads the line's options from the record; decimals stay strings."""
    option = Modifier("ADD", 7, quantity=Decimal("0.01"), unit="kg")
    assert rules.modifiers_json((option,)) == b'[{"action":"ADD","material_id":7,"quantity":"0.01","unit":"kg"}]'


@pytest.mark.parametrize(
    ("members", "known", "field"),
    [
        pytest.param({"business_day_cutoff": time(12, 1)}, None, "business_day_cutoff", id="cutoff-after-noon"),
        pytest.param({"name": "n" * 101}, None, "name", id="name-too-long"),
        pytest.param({"currency": "EUR"}, OutletState("USD", has_sales=True), "currency", id="currency-after-sales"),
    ],
)
def test_an_impossible_outlet_is_refused_by_name(
    members: dict[str, object], known: OutletState | None, field: str
) -> None:
    """One currency per outlet; a cutoff is 00:00 to 12:00 (R1)."""
    with pytest.raises(Reject) as refused:
        rules.outlet_row(outlet_upserted(**members), known=known)
    assert refused.value.field == field


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(None, id="new"),
        pytest.param(OutletState("EUR", has_sales=False), id="no-sales-yet"),
        pytest.param(OutletState("USD", has_sales=True), id="same"),
        pytest.param(OutletState(None, has_sales=True), id="legacy-without"),
    ],
)
def test_a_possible_outlet_is_kept(known: OutletState | None) -> None:
    """Until something was sold there, a wrong currency can be put right."""
    row = rules.outlet_row(outlet_upserted(business_day_cutoff=time(12)), known=known)
    assert (row[0], row[7], row[8]) == (3, "USD", time(12))


def test_a_unique_name_belongs_to_one() -> None:
    """A second owner is refused by name instead of failing the batch; the first may repeat its own."""
    product, user = ProductUpserted(42, "Latte", sku="L-1"), UserUpserted(7, "ann")
    assert rules.product_row(product, sku_owner=42)[2] == "L-1"
    assert rules.user_row(user, name_owner=None)[1] == "ann"
    for refuse in (lambda: rules.product_row(product, sku_owner=43), lambda: rules.user_row(user, name_owner=8)):
        with pytest.raises(Reject):
            refuse()


def test_a_username_longer_than_its_column_is_refused() -> None:
    """The column would refuse it for the whole batch."""
    with pytest.raises(Reject):
        rules.user_row(UserUpserted(7, "u" * 51), name_owner=None)


def test_a_name_given_up_is_free() -> None:
    """Renaming a product must free its old SKU for another in the same batch."""
    claims = Claims()
    claims.note("A", 1)
    claims.note("B", 1)
    assert (claims.owner("A"), claims.owner("B"), claims.owner(None)) == (None, 1, None)
    claims.note("A", 2)
    claims.note(None, 1)
    assert (claims.owner("A"), claims.owner("B")) == (2, None)
