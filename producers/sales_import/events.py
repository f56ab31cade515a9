"""The events an import publishes: catalogue first, then sales. Their ids follow from source and transaction (R2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from producers.ids import event_id, upsert_id
from producers.sales_import.mapping import Map
from producers.sales_import.products import Product
from producers.sales_import.rows import Row

CloudEvent = dict[str, Any]


def catalogue(found: Map, products: Mapping[str | None, Product]) -> Iterator[CloudEvent]:
    """Outlet, people and products, so that no sale has to wait for one."""
    outlet_id = found.outlet["outlet_id"]
    yield _upsert(found, "catalog.outlet.upserted", f"outlet:{outlet_id}", dict(found.outlet))
    for who in found.cashiers:
        data = {"user_id": who.user_id, "username": who.username, "roles": list(who.roles)}
        yield _upsert(found, "catalog.user.upserted", f"user:{who.user_id}", data)
    for product in sorted(products.values(), key=lambda product: product.product_id):
        yield product_event(found, product)


def product_event(found: Map, product: Product) -> CloudEvent:
    """One product of the catalogue."""
    data: dict[str, Any] = {
        "product_id": product.product_id,
        "name": product.name,
        "price": format(product.price, "f"),
        "is_stocked": product.is_stocked,
        "is_active": True,
    }
    if product.category:
        data["category"] = product.category
    return _upsert(found, "catalog.product.upserted", f"product:{product.product_id}", data)


def sale(found: Map, rows: Sequence[Row], products: Mapping[str | None, Product]) -> CloudEvent:
    """One transaction as `pos.sale.completed`: a line per row of the file, at the instant of its latest row."""
    transaction_id = rows[0].transaction_id
    rule = found.transactions
    occurred_at = max(row.at for row in rows).astimezone(found.zone).isoformat()
    data: dict[str, Any] = {
        "transaction_id": transaction_id,
        "version": 1,
        "outlet_id": found.outlet["outlet_id"],
        "occurred_at": occurred_at,
        "currency": found.outlet["currency"],
        "prices_include_tax": rule.prices_include_tax,
        "lines": [_line(number, row, products[row.item]) for number, row in enumerate(rows, start=1)],
    }
    if rule.register:
        data["register"] = rule.register
    if rows[0].cashier_id is not None:
        data["cashier_id"] = rows[0].cashier_id
    if rule.historic:
        data["historic"] = True
    identity = event_id(found.source, "sale", transaction_id)
    return _event(found, "pos.sale.completed", identity, data) | {"time": occurred_at}


def _line(line_id: int, row: Row, product: Product) -> dict[str, Any]:
    price = product.price if row.price is None else row.price
    line = {
        "line_id": line_id,
        "product_id": product.product_id,
        "quantity": format(row.quantity, "f"),
        "unit_price": format(price, "f"),
    }
    if row.discount:
        line["discount"] = format(row.discount, "f")
    return line


def _upsert(found: Map, type_: str, subject: str, data: dict[str, Any]) -> CloudEvent:
    return _event(found, type_, upsert_id(found.source, subject, data=data), data)


def _event(found: Map, type_: str, id_: str, data: dict[str, Any]) -> CloudEvent:
    return {"specversion": "1.0", "id": id_, "source": found.source, "type": type_, "data": data}
