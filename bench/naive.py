"""The other way: an inventory worker as a newcomer would write it with FastStream and SQLAlchemy, a message at a time.

Decode with pydantic, lock the lots, take first expiry first, add the movements, commit, acknowledge. No deduplication,
no parking, no outbox: it does less than the mesh, and is here to be compared with. Runs as a process of its own and
prints when it began and ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import date, datetime
from decimal import Decimal

from aiokafka import ConsumerRecord
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from msgspec import Struct
from pydantic import BaseModel
from sqlalchemy import BigInteger, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from schemas import topics


class Order(Struct):
    """What the process is told on its command line, as JSON."""

    bootstrap: str
    database_url: str
    prefix: str
    messages: int


class Line(BaseModel):
    """A line of a sale."""

    line_id: int
    product_id: int
    quantity: Decimal
    unit_price: Decimal


class Sale(BaseModel):
    """A sale."""

    transaction_id: int
    outlet_id: int
    cashier_id: int
    occurred_at: datetime
    currency: str
    lines: list[Line]


MAPPED_TO = {"schema": "coralserve_inventory"}


class Base(DeclarativeBase):
    """The tables as this worker maps them."""


class StockItem(Base):
    """A lot."""

    __tablename__ = "stock_items"
    __table_args__ = MAPPED_TO
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    outlet_id: Mapped[int] = mapped_column(BigInteger)
    product_id: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[Decimal]
    unit_cost: Mapped[Decimal]
    expiry_date: Mapped[date | None]
    received_at: Mapped[datetime | None]


class StockMovement(Base):
    """What was taken from a lot."""

    __tablename__ = "stock_movements"
    __table_args__ = MAPPED_TO
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    stock_item_id: Mapped[int] = mapped_column(BigInteger)
    movement_type: Mapped[str]
    quantity: Mapped[Decimal]
    reference_id: Mapped[int] = mapped_column(BigInteger)
    reference_type: Mapped[str]
    unit_cost: Mapped[Decimal]
    total_value: Mapped[Decimal]
    created_by: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[str]
    line_id: Mapped[int]
    business_date: Mapped[date]


async def handle(session: AsyncSession, sale: Sale, event_id: str) -> None:
    """Take each line from the lots, first expiry first."""
    for line in sale.lines:
        lots = await session.scalars(
            select(StockItem)
            .where(
                StockItem.outlet_id == sale.outlet_id, StockItem.product_id == line.product_id, StockItem.quantity > 0
            )
            .order_by(StockItem.expiry_date.nulls_last(), StockItem.received_at, StockItem.id)
            .with_for_update()
        )
        missing = line.quantity
        for lot in lots:
            if not missing:
                break
            part = min(lot.quantity, missing)
            lot.quantity -= part
            missing -= part
            session.add(
                StockMovement(
                    stock_item_id=lot.id, movement_type="OUT", quantity=-part, reference_id=sale.transaction_id,
                    reference_type="TRANSACTION", unit_cost=lot.unit_cost,
                    total_value=round(-part * lot.unit_cost, 2), created_by=sale.cashier_id, event_id=event_id,
                    line_id=line.line_id, business_date=sale.occurred_at.date(),
                )
            )  # fmt: skip


async def run(order: Order) -> tuple[float, float]:
    """Handle so many messages; when the first and the last were committed."""
    engine = create_async_engine(order.database_url.replace("postgresql://", "postgresql+asyncpg://"))
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    broker = KafkaBroker(order.bootstrap, logger=None)
    app = FastStream(broker, logger=None)
    commits: list[float] = []

    @broker.subscriber(
        order.prefix + topics.POS_TRANSACTIONS,
        group_id=f"{order.prefix}naive",
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
    )
    async def on_sale(sale: Sale, message: KafkaMessage) -> None:
        assert isinstance(message.raw_message, ConsumerRecord), "one message at a time"
        identity = dict(message.raw_message.headers)["ce_id"].decode()
        async with sessions.begin() as session:
            await handle(session, sale, identity)
        await message.ack()
        commits.append(time.perf_counter())
        if len(commits) == order.messages:
            app.exit()

    await app.run()
    await engine.dispose()
    return commits[0], commits[order.messages - 1]


if __name__ == "__main__":
    import msgspec

    first, last = asyncio.run(run(msgspec.json.decode(sys.argv[1], type=Order)))
    print(json.dumps({"seconds": last - first}))
