"""What the demo outlets probably have left, so that a delivery comes before the milk runs out.

A guess, not stock keeping.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from producers.demo import chain
from producers.demo.events import CloudEvent, items, receipt
from producers.demo.prices import Line

THOUSAND = Decimal(1000)
IN_BASE_UNITS = {"kg": THOUSAND, "l": THOUSAND}


class Pantry:
    """Counts what was sold since the last delivery, per outlet and item; orders at half a delivery."""

    def __init__(self) -> None:
        self._sold: dict[tuple[int, str], Decimal] = {}
        self._items = {
            outlet.id: {item: (cost, size) for item, cost, size in items(outlet)} for outlet in chain.OUTLETS
        }

    def sell(self, outlet: chain.Outlet, lines: tuple[Line, ...], *, at: datetime, number: int) -> Iterator[CloudEvent]:
        """Take note of a sale; yields the deliveries it makes necessary. `number` makes their batch numbers unique."""
        for line in lines:
            for item, quantity in _used(line):
                cost, size = self._items[outlet.id][item]
                sold = self._sold.get((outlet.id, item), Decimal(0)) + quantity
                if sold >= size / 2:
                    day = at.astimezone(ZoneInfo(outlet.timezone)).date()
                    yield receipt(outlet, item, quantity=size / 2, unit_cost=cost, day=day,
                        number=f"{day:%y%m%d}-{number}", at=at)  # fmt: skip
                    sold -= size / 2
                self._sold[outlet.id, item] = sold


def _used(line: Line) -> Iterator[tuple[str, Decimal]]:
    if line.product_id in chain.STOCKED_COSTS:
        yield f"product:{line.product_id}", line.quantity
        return
    for recipe in chain.RECIPES:
        if recipe.product_id != line.product_id:
            continue
        for material_id, quantity, unit, usable, optional in recipe.ingredients:
            if not optional:
                net = Decimal(quantity) * IN_BASE_UNITS.get(unit, Decimal(1)) / Decimal(recipe.yield_quantity)
                yield f"material:{material_id}", net * line.quantity / Decimal(usable)
