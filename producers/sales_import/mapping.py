"""What a sales file means, as a TOML map: columns, formats, outlet, products, prices.

Validated whole before a row is read.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from schemas.errors import CoralServeError

MAX_MAP_BYTES = 1_000_000


class MapError(CoralServeError):
    """The map cannot be used; the message names the key and what to write there."""


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """How the bytes become cells."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """Header names. Either `datetime`, or `date` and `time`."""

    transaction: str
    item: str
    date: str = ""
    time: str = ""
    datetime: str = ""
    quantity: str = ""
    price: str = ""
    discount: str = ""
    cashier: str = ""

    def used(self) -> tuple[str, ...]:
        """The header names the file must have."""
        return tuple(name for name in msgspec.structs.astuple(self) if name)


class Formats(Struct, frozen=True, forbid_unknown_fields=True):
    """`strptime` formats, and what a local time that occurs twice or never (daylight saving) is read as."""

    date: str = "%Y-%m-%d"
    time: str = "%H:%M:%S"
    datetime: str = "%Y-%m-%d %H:%M:%S"
    ambiguous: Literal["earlier", "later", "refuse"] = "earlier"
    nonexistent: Literal["shift", "refuse"] = "shift"


class Transactions(Struct, frozen=True, forbid_unknown_fields=True):
    """How a transaction of the file becomes one of the chain's; ids share one number space over all outlets (R2)."""

    numbering: Literal["number", "hashed"] = "number"
    add: int = 0
    register: str = ""
    prices_include_tax: bool = False
    historic: bool = False


class Products(Struct, frozen=True, forbid_unknown_fields=True):
    """What holds for an item no rule names."""

    price: Decimal
    first_id: int = 1
    numbering: Literal["sorted", "hashed"] = "sorted"
    category: str = ""
    is_stocked: bool = True


class Item(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule for items: `name` is exact, `match` a pattern with * and ?, upper and lower case alike.

    The first that fits holds.
    """

    name: str = ""
    match: str = ""
    product_id: int = 0
    price: Decimal | None = None
    category: str = ""
    is_stocked: bool | None = None


class Missing(Struct, frozen=True, forbid_unknown_fields=True):
    """What a line without an item is sold as, so that its transaction is not lost."""

    values: tuple[str, ...] = ("",)
    name: str = "Unspecified item"
    product_id: int = 0
    price: Decimal = Decimal(0)
    is_stocked: bool = False


class Cashier(Struct, frozen=True, forbid_unknown_fields=True):
    """A person who sells: data of `catalog.user.upserted`."""

    user_id: int
    username: str
    roles: tuple[str, ...] = ("CASHIER",)


class Map(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole map. `source` names where the sales come from and is part of every event's id."""

    source: str
    columns: Columns
    outlet: dict[str, Any]
    products: Products
    file: File = File()
    formats: Formats = Formats()
    transactions: Transactions = Transactions()
    items: tuple[Item, ...] = ()
    missing: Missing = Missing()
    cashiers: tuple[Cashier, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The zone the file's local times are in: the outlet's."""
        return ZoneInfo(self.outlet["timezone"])


def read_map(path: Path) -> Map:
    """Read and check a map file. Raises MapError."""
    if path.stat().st_size > MAX_MAP_BYTES:
        raise MapError(f"{path} is over {MAX_MAP_BYTES} bytes: is it a map?")
    try:
        return parse_map(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise MapError(f"{path} is not UTF-8 text: {error}") from error


def parse_map(text: str) -> Map:
    """Check a map given as TOML text. Decimals stay exact, quoted or not (R0). Raises MapError."""
    try:
        found = msgspec.convert(tomllib.loads(text, parse_float=Decimal), Map)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"The map is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise MapError(f"The map does not fit: {error}") from error
    _check(found)
    return found


def _check(found: Map) -> None:
    if not found.source:
        raise MapError("source is empty: name where the sales come from, such as source = \"/imports/bakery\"")
    columns = found.columns
    if bool(columns.datetime) == bool(columns.date and columns.time):
        raise MapError("columns: give either datetime, or date and time")
    for key in ("outlet_id", "name", "timezone", "currency"):
        if not found.outlet.get(key):
            raise MapError(f"outlet.{key} is missing")
    try:
        found.zone  # noqa: B018
    except (KeyError, ValueError, OSError, TypeError) as error:
        zone = found.outlet["timezone"]
        raise MapError(f"outlet.timezone {zone!r} is no IANA zone, such as Europe/London") from error
    for item in found.items:
        if bool(item.name) == bool(item.match):
            raise MapError("items: each needs either name or match")
        if item.match and item.product_id:
            raise MapError(f"items: match = {item.match!r} may fit several items, so it cannot have a product_id")
    if columns.cashier and not found.cashiers:
        raise MapError("columns.cashier needs [[cashiers]], one for each person")
    if len(found.cashiers) > 1 and not columns.cashier:
        raise MapError("several [[cashiers]] need columns.cashier, which says who sold")
    _check_formats(found)


def _check_formats(found: Map) -> None:
    """A format that cannot read back what it wrote would refuse every row: say so at once."""
    moment = datetime(2016, 10, 30, 9, 58, 11, tzinfo=UTC)
    used = ("datetime",) if found.columns.datetime else ("date", "time")
    for key in used:
        form = getattr(found.formats, key)
        try:
            datetime.strptime(moment.strftime(form), form)  # noqa: DTZ007 - only whether it can be read
        except ValueError as error:
            raise MapError(f"formats.{key} = {form!r} is no date format: {error}") from error
