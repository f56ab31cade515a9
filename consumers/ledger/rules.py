"""What the ledger writes: the till's own figures, and reference rows. Recomputes nothing, corrects nothing (R59)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from schemas.catalog import OutletUpserted, ProductUpserted, UserUpserted
from schemas.errors import Reject
from schemas.event import Event
from schemas.pos import Modifier, Payment, SaleCompleted, SaleLine
from schemas.reasons import Reason

if TYPE_CHECKING:
    from mesh.reference import Outlet, Product

ZERO = Decimal(0)
LATEST_CUTOFF = time(12)
MIXED = "MIXED"
OTHER = "OTHER"
METHOD_LENGTH = 20
OUTLET_NAME_LENGTH = 100
USERNAME_LENGTH = 50
MODIFIERS_REMEMBERED = 4_096

Row = tuple[Any, ...]


class Recorded(NamedTuple):
    """The rows of one sale, cells in the order of `store.TRANSACTIONS`, `store.ITEMS` and `store.PAYMENTS`."""

    transaction: Row
    items: list[Row]
    payments: list[Row]


class Figures(NamedTuple):
    """The receipt's amounts. `subtotal + tax − discount = total`, as on the legacy receipts; unknown ones are None."""

    subtotal: Decimal | None
    discount: Decimal
    tax: Decimal | None
    total: Decimal | None
    paid: Decimal | None
    change: Decimal | None
    tip: Decimal | None
    rounding: Decimal | None


def figures(sale: SaleCompleted) -> Figures:
    """The till's figures. What the till left out follows only where the lines alone say it; tax never does (R59)."""
    totals, lines = sale.totals, sale.lines
    net = tax = gross = tip = rounding = None
    if totals is not None:
        net, tax, gross, tip, rounding = totals.net, totals.tax, totals.gross, totals.tip, totals.rounding
    if (gross if sale.prices_include_tax else net) is None:
        of_lines = sum((line.total or ZERO for line in lines), ZERO)
        net, gross = (net, of_lines) if sale.prices_include_tax else (of_lines, gross)
    if tax is not None:
        net = gross - tax if net is None and gross is not None else net
        gross = net + tax if gross is None and net is not None else gross
    discount = ZERO
    for line in lines:
        discount += line.discount
    paid = sum((payment.amount for payment in sale.payments), ZERO) if sale.payments else None
    return Figures(
        None if net is None else net + discount,
        discount,
        tax,
        gross,
        paid,
        None if paid is None else ZERO,
        tip,
        rounding,
    )


def record_sale(event: Event, *, outlet: Outlet, day: date, products: Mapping[int, Product]) -> Recorded:
    """The rows of a completed sale. A product or cashier not known yet stays the number the till sent.

    `day` is the business date (R1), fixed here: a later change of the outlet moves no history.
    """
    sale: SaleCompleted = event.data
    number, moment, payments = sale.transaction_id, sale.occurred_at, sale.payments or ()
    subtotal, discount, tax, total, paid, change, tip, rounding = figures(sale)
    receipt = f"CS-{number}"
    transaction = (
        number, receipt, sale.outlet_id, outlet.name, sale.cashier_id, "SALE", method_of(payments), subtotal, tax,
        discount, total, paid, change, sale.receipt_number or receipt, moment, sale.version, sale.currency, day,
        moment, event.id, sale.register, sale.customer_ref, sale.dining_option, sale.prices_include_tax, tip, rounding,
    )  # fmt: skip
    return Recorded(
        transaction,
        [_item(number, line, products.get(line.product_id)) for line in sale.lines],
        [(number, place, payment.method, payment.amount) for place, payment in enumerate(payments, start=1)],
    )


def method_of(payments: tuple[Payment, ...]) -> str | None:
    """The one way it was paid, MIXED for several; the payments table keeps each. The legacy column is short."""
    if not payments:
        return None
    method = payments[0].method
    if len(payments) > 1 and any(payment.method != method for payment in payments):
        return MIXED
    return method if len(method) <= METHOD_LENGTH else OTHER


def _item(number: int, line: SaleLine, product: Product | None) -> Row:
    total, discount = line.total or ZERO, line.discount
    return (
        number, line.product_id, None if product is None else product.name, line.quantity, line.unit_price,
        total + discount if discount else total, discount, total, line.line_id, line.prepared_at,
        modifiers_json(line.modifiers) if line.modifiers else None,
    )  # fmt: skip


@lru_cache(maxsize=MODIFIERS_REMEMBERED)
def modifiers_json(modifiers: tuple[Modifier, ...]) -> bytes:
    """A line's options as JSON, absent members left out."""
    return msgspec.json.encode([_present(msgspec.structs.asdict(modifier)) for modifier in modifiers])


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def recorded_json(sale: SaleCompleted, kind: str) -> bytes:
    """The data of `ledger.transaction-recorded`."""
    return b'{"kind":"%b","occurred_at":"%b","outlet_id":%d,"transaction_id":%d,"version":%d}' % (
        kind.encode(), _instant(sale.occurred_at), sale.outlet_id, sale.transaction_id, sale.version,
    )  # fmt: skip


def _instant(moment: datetime) -> bytes:
    return moment.isoformat(timespec="microseconds")[:26].encode() + b"Z"


class Claims:
    """Who has which unique name (SKU, username), and that an upsert gives up the one it had."""

    def __init__(self) -> None:
        self._owners: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def note(self, name: str | None, owner: int) -> None:
        """The owner has this name and no other from now on."""
        former = self._names.pop(owner, None)
        if former is not None and self._owners.get(former) == owner:
            del self._owners[former]
        if name is not None:
            self._owners[name], self._names[owner] = owner, name

    def owner(self, name: str | None) -> int | None:
        """Who has the name, or None."""
        return None if name is None else self._owners.get(name)


class OutletState(NamedTuple):
    """What the ledger holds of an outlet already."""

    currency: str | None
    has_sales: bool


def product_row(product: ProductUpserted, *, sku_owner: int | None) -> Row:
    """A product's reference row. Raises Reject where another product has its SKU."""
    if sku_owner is not None and sku_owner != product.product_id:
        raise Reject(Reason.CONFLICT, field="sku", detail=f"{product.sku} is product {sku_owner}")
    return (
        product.product_id, product.name, product.sku, product.price, product.is_stocked, product.is_active,
        product.category,
    )  # fmt: skip


def outlet_row(outlet: OutletUpserted, *, known: OutletState | None) -> Row:
    """An outlet's reference row. One currency per outlet: once it has sales, another one is refused."""
    if len(outlet.name) > OUTLET_NAME_LENGTH:
        raise Reject(Reason.BAD_TEXT, field="name", detail=f"more than {OUTLET_NAME_LENGTH} characters")
    if outlet.business_day_cutoff > LATEST_CUTOFF:
        raise Reject(Reason.OUT_OF_RANGE, field="business_day_cutoff", detail="00:00 to 12:00 (R1)")
    if known is not None and known.has_sales and known.currency not in (None, outlet.currency):
        raise Reject(Reason.CURRENCY_MISMATCH, field="currency", detail=f"its sales are in {known.currency}")
    return (
        outlet.outlet_id, outlet.name, outlet.country_code, outlet.state_code, outlet.county_code, outlet.city_code,
        outlet.timezone, outlet.currency, outlet.business_day_cutoff, outlet.manager_id, outlet.is_active,
    )  # fmt: skip


def user_row(user: UserUpserted, *, name_owner: int | None) -> Row:
    """A user's reference row and roles. Raises Reject where another user has the name."""
    if len(user.username) > USERNAME_LENGTH:
        raise Reject(Reason.BAD_TEXT, field="username", detail=f"more than {USERNAME_LENGTH} characters")
    if name_owner is not None and name_owner != user.user_id:
        raise Reject(Reason.CONFLICT, field="username", detail=f"{user.username} is user {name_owner}")
    return user.user_id, user.username, user.is_active, tuple(dict.fromkeys(user.roles))


def reference_json(kind: str, entity_id: int, revision: int) -> bytes:
    """The data of `ledger.reference-recorded`."""
    return b'{"id":%d,"kind":"%b","revision":%d}' % (entity_id, kind.encode(), revision)
