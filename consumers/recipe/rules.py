"""What a sold line takes and what it costs (R30, R32, R33, R4). Takes book, line and costs, returns facts of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal

from msgspec import Struct

from consumers.recipe.book import ZERO, Book, Material, Version
from consumers.recipe.explosion import explode, half_up, needs
from consumers.recipe.options import with_options
from schemas.currency import quantise
from schemas.errors import Reject
from schemas.pos import Modifier
from schemas.reasons import Reason

STORED_PLACES = 6
PER_UNIT_PLACES = 18
SIX_PLACES = Decimal("0.000001")
QUANTITY_LIMIT = Decimal(10) ** 12
AMOUNT_LIMIT = Decimal(10) ** 15
EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
"""Wide enough that a product of two stored numbers is never cut before its one rounding."""


class Consumption(Struct, frozen=True):
    """What one line took of one material, in the material's unit."""

    material_id: int
    unit: str
    quantity: Decimal
    quantity_per_unit: Decimal


def consume(
    book: Book, version: Version, *, at: datetime, quantity: Decimal, modifiers: Sequence[Modifier], field: str
) -> tuple[Consumption, ...]:
    """The materials of a line, a row each (R33). Raises as `with_options` does."""
    uses = explode(book, version, at=at)
    used = with_options(uses, modifiers, version=version, materials=book.materials, field=field)
    rows = []
    for material_id, need in needs(book.materials, used).items():
        per_unit = half_up(need.gross, PER_UNIT_PLACES)
        rows.append(Consumption(material_id, book.materials[material_id].unit, taken(per_unit, quantity), per_unit))
    return tuple(rows)


def taken(quantity_per_unit: Decimal, sold: Decimal) -> Decimal:
    """f(m) of R4: what a sale of m stores. Raises Reject OUT_OF_RANGE beyond what a column holds."""
    product = EXACT.multiply(quantity_per_unit, sold)
    if product >= QUANTITY_LIMIT or quantity_per_unit >= QUANTITY_LIMIT:
        raise Reject(Reason.OUT_OF_RANGE, field="quantity", detail=f"{sold} units take {product:.6f}")
    return EXACT.quantize(product, SIX_PLACES)


def cost(quantity: Decimal, unit_cost: Decimal, *, currency: str) -> Decimal:
    """`round(stored quantity × unit cost)` to the currency's minor units (R33)."""
    total = EXACT.multiply(quantity, unit_cost)
    if total >= AMOUNT_LIMIT:
        raise Reject(Reason.OUT_OF_RANGE, field="quantity", detail=f"{quantity} at {unit_cost}")
    return quantise(total, currency)


def unit_cost(material: Material, average: Decimal | None) -> Decimal:
    """The moving average at the outlet; before the first receipt the material's own; 0 where nobody gave one (R34)."""
    if average is not None:
        return average
    return ZERO if material.cost_per_unit is None else material.cost_per_unit
