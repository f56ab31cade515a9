"""Which product each item of a file is: ids, prices, names. Deterministic; the same names give the same products."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fnmatch import fnmatchcase

from msgspec import Struct

from producers.ids import stable_number
from producers.sales_import.mapping import Item, Map, MapError

HASHED_SPAN = 10**9


class Product(Struct, frozen=True):
    """A product of the catalogue as the import publishes it."""

    product_id: int
    name: str
    price: Decimal
    category: str
    is_stocked: bool


def assign(found: Map, names: Iterable[str], *, has_missing: bool) -> dict[str | None, Product]:
    """A product for every item name, and under None the one for lines without an item.

    Raises MapError on clashing ids.
    """
    products: dict[str | None, Product] = {}
    taken: dict[int, str] = {}
    free: list[tuple[str, Item | None]] = []

    def place(key: str | None, product: Product) -> None:
        if product.product_id in taken:
            raise MapError(
                f"Product id {product.product_id} is both {taken[product.product_id]!r} and {product.name!r}: "
                "give one of them its own product_id in the map"
            )
        taken[product.product_id] = product.name
        products[key] = product

    if has_missing and found.missing.product_id:
        place(None, _unspecified(found, found.missing.product_id))
    for name in sorted(names):
        rule = _rule(found, name)
        if rule is not None and rule.product_id:
            place(name, _product(found, name, rule, rule.product_id))
        else:
            free.append((name, rule))
    next_id = found.products.first_id
    for name, rule in free:
        if found.products.numbering == "hashed":
            place(name, _product(found, name, rule, _hashed(found, name)))
            continue
        while next_id in taken:
            next_id += 1
        place(name, _product(found, name, rule, next_id))
    if has_missing and None not in products:
        while next_id in taken:
            next_id += 1
        place(None, _unspecified(found, _hashed(found, "") if found.products.numbering == "hashed" else next_id))
    return products


def _hashed(found: Map, name: str) -> int:
    return found.products.first_id + stable_number(found.source, name, span=HASHED_SPAN)


def _rule(found: Map, name: str) -> Item | None:
    for item in found.items:
        if item.name == name or (item.match and fnmatchcase(name.casefold(), item.match.casefold())):
            return item
    return None


def _product(found: Map, name: str, rule: Item | None, product_id: int) -> Product:
    default = found.products
    return Product(
        product_id=product_id,
        name=name,
        price=default.price if rule is None or rule.price is None else rule.price,
        category=rule.category if rule is not None and rule.category else default.category,
        is_stocked=default.is_stocked if rule is None or rule.is_stocked is None else rule.is_stocked,
    )


def _unspecified(found: Map, product_id: int) -> Product:
    missing = found.missing
    return Product(product_id, missing.name, missing.price, found.products.category, missing.is_stocked)
