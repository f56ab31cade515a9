"""After an event: settles each touched item's alert state and tells the world what moved (R20, R34)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from consumers.inventory.levels import LOW, Level, alerts, is_low
from consumers.inventory.posting import Cause
from consumers.inventory.rules import ZERO
from consumers.inventory.state import Changes, Item, Settings
from schemas.derived import ItemChange, MaterialCostChanged, StockChanged, StockLevelCrossed

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.worker import Delivery

MEMO_LIMIT = 20_000
ONE = Decimal(1)
encode = msgspec.json.Encoder(decimal_format="string").encode


class Plain(dict[Decimal, Decimal]):
    """Figures as they are written: no exponent, no trailing zeros; the same text whatever way they were reached."""

    def __missing__(self, figure: Decimal) -> Decimal:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        shortest = figure.normalize()
        tidy = self[figure] = shortest.quantize(ONE) if "E" in str(shortest) else shortest
        return tidy


plain = Plain()


def tell(changes: Changes, batch: Batch, delivery: Delivery, cause: Cause, seen: Mapping[Item, Level]) -> None:
    """One `inventory.stock-changed` per cause and outlet, and what was crossed, once (R20).

    `seen` holds the items the event touched, all of one outlet, each with its level before the event.
    """
    event = delivery.event
    moved = []
    for item, before in seen.items():
        after = item.level(cause.local_date)
        if not quiet(item.settings, before, after):
            settle_alerts(changes, batch, delivery, cause, item, before=before, after=after)
        on_hand = after.on_hand
        moved.append(ItemChange(plain[on_hand - before.on_hand], plain[on_hand], item.product_id, item.material_id))
    outlet_id = event.data.outlet_id
    transaction_id = cause.reference_id if cause.reference_type in ("TRANSACTION", "CONSUMPTION") else None
    told = StockChanged(outlet_id, event.id, event.type, tuple(moved), transaction_id, cause.occurred_at)
    outlet = str(outlet_id)
    batch.emit(delivery, "inventory.stock-changed", outlet, outlet, encode(told))


def quiet(settings: Settings, before: Level, after: Level) -> bool:
    """Whether an item neither crosses nor stands beyond anything, so that there is nothing to settle (R20)."""
    available, point = after.available, settings.reorder_point
    return (
        available > ZERO
        and (point is None or available > point)
        and not (settings.low or settings.depleted)
        and after.shortfall >= before.shortfall
    )


def settle_alerts(
    changes: Changes, batch: Batch, delivery: Delivery, cause: Cause, item: Item, *, before: Level, after: Level
) -> None:
    """Tell what an event crossed, and keep the item's alert state (R20)."""
    settings = item.settings
    low = is_low(
        before=before.available,
        after=after.available,
        reorder_point=settings.reorder_point,
        was_low=settings.low,
    )
    crossed = alerts(before, after)
    if low and not settings.low:
        crossed = (LOW, *crossed)
    depleted = after.available <= ZERO
    if low is not settings.low or depleted is not settings.depleted:
        item.settings = replace(settings, low=low, depleted=depleted)
        changes.of_item(item).settings = item.settings
    for event_type in crossed:
        key = item.key
        told = StockLevelCrossed(
            key.outlet_id, plain[after.available], item.product_id, item.material_id, settings.reorder_point,
            cause.occurred_at,
        )  # fmt: skip
        batch.emit(delivery, event_type, f"{key.outlet_id}:{key.label}", str(key.outlet_id), encode(told))


def tell_cost(batch: Batch, delivery: Delivery, cause: Cause, item: Item, *, currency: str) -> None:
    """`material.cost-changed`: a material's moving average at an outlet (R34)."""
    key, average = item.key, item.settings.moving_average
    assert item.material_id is not None, "only materials have a moving average"
    assert average is not None, "a receipt gives a material its moving average"
    told = MaterialCostChanged(key.outlet_id, item.material_id, plain[average], currency, cause.occurred_at)
    batch.emit(delivery, "material.cost-changed", f"{key.outlet_id}:{key.label}", str(key.outlet_id), encode(told))
