"""Simulated tills: they sell by themselves, if asked take things back, and are stocked up.

A till has a clock (R6).
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from producers.demo import chain
from producers.demo.events import CloudEvent, back_office, catalogue
from producers.demo.pantry import Pantry
from producers.demo.prices import Line, money, totals
from producers.ids import event_id
from producers.sender import Sender
from producers.validate import record_of

TICK_S = 0.05
RECENT_SALES = 50
REFUND_SHARE = 0.02
VOID_SHARE = 0.01
DISCOUNT_SHARE = 0.08
MAX_SALES_A_TICK = 500
CARD_OR_CASH = ("CARD", "CARD", "CARD", "CASH")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Tills:
    """The tills of all demo outlets. The same seed, numbers and clock give the same events."""

    def __init__(self, *, seed: int = 1, numbers: Iterator[int] | None = None, undo: bool = True) -> None:
        """`undo`: also refund and void now and then. `numbers`: fresh transaction ids."""
        self._random = random.Random(seed)
        self._numbers = numbers or count(chain.FIRST_TRANSACTION_ID)
        self._undo = undo
        self._pantry = Pantry()
        self._recent: deque[tuple[chain.Outlet, int, tuple[Line, ...]]] = deque(maxlen=RECENT_SALES)

    def sell(self, now: datetime) -> Iterator[CloudEvent]:
        """One sale, and what goes with it: a delivery before it, an undo of an earlier sale after it."""
        outlet = self._random.choice(chain.OUTLETS)
        transaction_id = next(self._numbers)
        lines = self._lines(outlet)
        yield from self._pantry.sell(outlet, lines, at=now, number=transaction_id)
        yield self._sale(outlet, transaction_id, lines, now)
        if self._undo:
            yield from self._undo_one(now)
        self._recent.append((outlet, transaction_id, lines))

    def _lines(self, outlet: chain.Outlet) -> tuple[Line, ...]:
        wanted = self._random.choices(chain.PRODUCTS, [product.weight for product in chain.PRODUCTS], k=3)
        products = list(dict.fromkeys(wanted))[: self._random.choice((1, 1, 2, 2, 3))]
        return tuple(self._line(outlet, number, product) for number, product in enumerate(products, 1))

    def _line(self, outlet: chain.Outlet, line_id: int, product: chain.Product) -> Line:
        quantity = Decimal(self._random.choice((1, 1, 1, 2, 2, 3)))
        price = Decimal(product.prices[outlet.id - 1])
        tenth = money(quantity * price / 10, outlet)
        discount = tenth if self._random.random() < DISCOUNT_SHARE else Decimal(0)
        return Line(line_id, product.id, quantity, price, discount, quantity * price - discount)

    def _sale(self, outlet: chain.Outlet, transaction_id: int, lines: tuple[Line, ...], now: datetime) -> CloudEvent:
        dining = self._random.choice(("DINE_IN", "TAKE_AWAY"))
        figures = totals(outlet, lines, dining)
        data = {
            "transaction_id": transaction_id,
            "version": 1,
            "outlet_id": outlet.id,
            "register": "R1",
            "cashier_id": 10 + outlet.id,
            "occurred_at": _instant(outlet, now),
            "currency": outlet.currency,
            "prices_include_tax": outlet.prices_include_tax,
            "dining_option": dining,
            "lines": [_line_data(line) for line in lines],
            "payments": [{"method": self._random.choice(CARD_OR_CASH), "amount": format(figures.gross, "f")}],
            "totals": {name: format(value, "f") for name, value in figures._asdict().items()},
        }
        return _event(outlet, "pos.sale.completed", transaction_id, data)

    def _undo_one(self, now: datetime) -> Iterator[CloudEvent]:
        """A sale is undone once at most: it leaves the recent ones."""
        draw = self._random.random()
        if not self._recent or draw >= REFUND_SHARE + VOID_SHARE:
            return
        place = self._random.randrange(len(self._recent))
        outlet, transaction_id, lines = self._recent[place]
        del self._recent[place]
        data: dict[str, Any] = {"outlet_id": outlet.id, "occurred_at": _instant(outlet, now)}
        if draw < VOID_SHARE:
            yield _event(outlet, "pos.sale.voided", transaction_id, {"transaction_id": transaction_id, **data})
            return
        line = self._random.choice(lines)
        refund_id = next(self._numbers)
        back = {"line_id": 1, "original_line_id": line.line_id, "quantity": "1", "reason": "changed their mind",
                "disposition": "RESTOCK" if line.product_id in chain.STOCKED_COSTS else "WASTE"}  # fmt: skip
        names = {"transaction_id": refund_id, "original_transaction_id": transaction_id, "currency": outlet.currency}
        yield _event(outlet, "pos.sale.refunded", refund_id, {**names, "lines": [back], **data})


async def open_chain(sender: Sender, *, now: datetime | None = None) -> int:
    """Publish the demo chain; returns the number of events. Again on the same day changes nothing."""
    now = now or _utc_now()
    published = 0
    for wave in (catalogue(), back_office(now)):
        for event in wave:
            await sender.send(_record(event, now))
            published += 1
        await sender.flush()
    return published


async def run(
    bootstrap: str,
    *,
    sales_limit: int | None = None,
    rate: float = 3.0,
    seed: int = 1,
    numbers: Iterator[int] | None = None,
    security: Mapping[str, Any] | None = None,
    on_sale: Callable[[CloudEvent], None] = lambda event: None,
    stop: asyncio.Event | None = None,
    clock: Callable[[], datetime] = _utc_now,
    prefix: str = "",
    undo: bool = False,
) -> int:
    """Sell `rate` sales a second until `sales_limit` or `stop`. Returns the number of sales. Raises SendError.

    `undo`: also refund and void now and then, for workers that can do so.
    """
    tills = Tills(seed=seed, numbers=numbers, undo=undo)
    stop = stop or asyncio.Event()
    sold = 0
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with Sender(bootstrap, security=security, prefix=prefix) as sender:
        while not stop.is_set() and (sales_limit is None or sold < sales_limit):
            due = int((loop.time() - started) * rate) + 1 - sold
            if sales_limit is not None:
                due = min(due, sales_limit - sold)
            for _ in range(min(due, MAX_SALES_A_TICK)):
                now = clock()
                for event in tills.sell(now):
                    await sender.send(_record(event, now))
                    if event["type"] == "pos.sale.completed":
                        on_sale(event)
                sold += 1
            await sender.flush()
            await _pause(stop)
    return sold


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), TICK_S)
    except TimeoutError:
        return


def _record(event: CloudEvent, now: datetime) -> Any:
    return record_of(event, at_ms=int(now.timestamp() * 1000))


def _instant(outlet: chain.Outlet, now: datetime) -> str:
    return now.astimezone(ZoneInfo(outlet.timezone)).isoformat(timespec="milliseconds")


def _line_data(line: Line) -> dict[str, Any]:
    data = {name: format(value, "f") if isinstance(value, Decimal) else value for name, value in line._asdict().items()}
    return data if line.discount else {name: value for name, value in data.items() if name != "discount"}


def _event(outlet: chain.Outlet, type_: str, transaction_id: int, data: dict[str, Any]) -> CloudEvent:
    source = f"/outlets/{outlet.id}/registers/R1"
    return {
        "specversion": "1.0",
        "id": event_id(source, type_, transaction_id, data["occurred_at"]),
        "source": source,
        "type": type_,
        "time": data["occurred_at"],
        "data": data,
    }
