"""The kinds of value an event may hold, as annotations of the event models. Says what is allowed; reads nothing.

A model annotates each member with one of these names. The wire form, the checks, the canonical text and the JSON
Schema of the member all follow from it, so a model is the one definition of its event.
"""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated

from msgspec import Struct

MONEY_LIMIT = Decimal(10) ** 15
QUANTITY_LIMIT = Decimal(10) ** 12
ID_LIMIT = 2**63 - 1


class Kind(Struct, frozen=True):
    """One kind of value: which reader reads it, and the limits that reader holds it to."""

    reader: str
    decimals: int = 6
    least: Decimal | None = None
    above: Decimal | None = None
    most: Decimal | None = None
    below: Decimal | None = None
    nonzero: bool = False
    length: int = 0
    too_low: str = "OUT_OF_RANGE"


class Also(Struct, frozen=True):
    """Other names the same member may be sent under."""

    names: tuple[str, ...]


class ClosedSet(Struct, frozen=True):
    """Marks a member whose values are listed; the values are those of the Literal beside it."""


_ZERO = Decimal(0)
_CURRENCYS_OWN = -1

Id = Annotated[int, Kind("id", least=Decimal(1), most=Decimal(ID_LIMIT))]
LineId = Annotated[int, Kind("id", least=Decimal(1), most=Decimal(2**31 - 1))]
UniqueId = Annotated[int, Kind("unique_id", least=Decimal(1), most=Decimal(ID_LIMIT))]
UserId = Annotated[int, Kind("id", least=_ZERO, most=Decimal(ID_LIMIT))]
Version = Annotated[int, Kind("whole", least=Decimal(1), most=Decimal(2**31 - 1))]
Count = Annotated[int, Kind("whole", least=_ZERO, most=Decimal(2**31 - 1))]
BigCount = Annotated[int, Kind("whole", least=_ZERO, most=Decimal(ID_LIMIT))]
Whole = Annotated[int, Kind("whole", least=Decimal(-(2**31)), most=Decimal(2**31 - 1))]

Money = Annotated[Decimal, Kind("money", _CURRENCYS_OWN, least=_ZERO, below=MONEY_LIMIT)]
Price = Annotated[Decimal, Kind("money", _CURRENCYS_OWN, least=_ZERO, below=MONEY_LIMIT, too_low="NEGATIVE_PRICE")]
Discount = Annotated[
    Decimal, Kind("money", _CURRENCYS_OWN, least=_ZERO, below=MONEY_LIMIT, too_low="DISCOUNT_OUT_OF_RANGE")
]
SignedMoney = Annotated[Decimal, Kind("money", _CURRENCYS_OWN, above=-MONEY_LIMIT, below=MONEY_LIMIT)]
ListPrice = Annotated[Decimal, Kind("decimal", 4, least=_ZERO, below=MONEY_LIMIT, too_low="NEGATIVE_PRICE")]
UnitCost = Annotated[Decimal, Kind("decimal", least=_ZERO, below=QUANTITY_LIMIT, too_low="NEGATIVE_PRICE")]
Quantity = Annotated[Decimal, Kind("decimal", above=_ZERO, most=QUANTITY_LIMIT, too_low="QUANTITY_NOT_POSITIVE")]
Change = Annotated[Decimal, Kind("decimal", least=-QUANTITY_LIMIT, most=QUANTITY_LIMIT, nonzero=True)]
OnHand = Annotated[Decimal, Kind("decimal", least=-QUANTITY_LIMIT, most=QUANTITY_LIMIT)]
Level = Annotated[Decimal, Kind("decimal", least=_ZERO, most=QUANTITY_LIMIT)]
Rate = Annotated[Decimal, Kind("decimal", least=_ZERO, below=Decimal(10))]
Yield = Annotated[Decimal, Kind("decimal", above=_ZERO, most=Decimal(1))]
Attrition = Annotated[Decimal, Kind("decimal", least=_ZERO, below=Decimal(1))]
Celsius = Annotated[Decimal, Kind("decimal", 2, least=Decimal(-273), most=Decimal(999))]
Exact = Annotated[Decimal, Kind("decimal", 18, above=-MONEY_LIMIT, below=MONEY_LIMIT)]

Instant = Annotated[datetime, Kind("instant")]
FromInstant = Annotated[datetime, Kind("from_instant")]
LocalDate = Annotated[date, Kind("date")]
WallTime = Annotated[time, Kind("time")]

Code = Annotated[str, Kind("identifier", length=50)]
Reference = Annotated[str, Kind("identifier", length=128)]
Sku = Annotated[str, Kind("sku", length=50)]
Batch = Annotated[str, Kind("batch", length=100)]
AnyBatch = Annotated[str, Kind("identifier", length=100)]
Unit = Annotated[str, Kind("unit", length=20)]
Name = Annotated[str, Kind("text", length=200)]
Line = Annotated[str, Kind("optional_text", length=500)]
Prose = Annotated[str, Kind("prose", length=10_000)]
Phone = Annotated[str, Kind("phone", length=50)]
Currency = Annotated[str, Kind("currency", length=3)]
Country = Annotated[str, Kind("country", length=3)]
Region = Annotated[str, Kind("identifier", length=10)]
Zone = Annotated[str, Kind("zone", length=64)]
