"""Binary COPY: what goes in comes out of PostgreSQL, to the last digit."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from db.copy import Table

TABLE = Table(
    "pg_temp.cells", a="int8", b="text", c="numeric", d="date", e="timestamptz", f="jsonb", g="bool", h="bytea",
    i="uuid", j="text[]", k="int4", l="label",
)  # fmt: skip
CREATE = """
CREATE TEMP TABLE cells (a bigint, b text, c numeric, d date, e timestamptz, f jsonb, g boolean, h bytea, i uuid,
                         j text[], k integer, l text)
"""


async def round_trip(url: str, rows: list[tuple]) -> list[tuple]:
    db = await asyncpg.connect(url)
    try:
        await db.execute(CREATE)
        schema = await db.fetchval("SELECT nspname FROM pg_namespace WHERE oid = pg_my_temp_schema()")
        TABLE.schema = schema
        await TABLE.write(db, rows)
        return [tuple(row) for row in await db.fetch("SELECT * FROM cells")]
    finally:
        await db.close()


async def test_every_kind_of_cell_comes_back(postgres_url: str) -> None:
    """A wrong byte in an encoder would be a wrong cent in a ledger."""
    row = (
        2**63 - 1, "naïve ☃", Decimal("-12345678901234.000001"), date(1999, 12, 31),
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), b'{"a": 1}', True, b"\x00\xff", uuid4(), ["a", "b"], -1, "x",
    )  # fmt: skip
    empty = (None,) * 12
    found = await round_trip(postgres_url, [row, empty])
    assert found == [row[:5] + ('{"a": 1}',) + row[6:], empty]


@pytest.mark.parametrize("seed", range(3))
async def test_decimals_come_back_digit_for_digit(postgres_url: str, seed: int) -> None:
    """Numeric's base-10,000 form is easy to get wrong at group borders: try many shapes."""
    rng = random.Random(seed)
    numbers = [
        Decimal(rng.randrange(-(10 ** rng.randrange(1, 25)), 10 ** rng.randrange(1, 25))).scaleb(-rng.randrange(0, 19))
        for _ in range(2_000)
    ]
    numbers += [Decimal(0), Decimal("0.0000"), Decimal("1E+5"), Decimal("-0.0001"), Decimal("10000"), Decimal("9999.9999")]
    rows = [(None, None, number, *(None,) * 9) for number in numbers]
    found = await round_trip(postgres_url, rows)
    assert [row[2] for row in found] == numbers


def test_not_a_number_is_refused() -> None:
    """NaN in a ledger would make every sum NaN."""
    with pytest.raises(ValueError, match="not a finite number"):
        TABLE.encode([(None, None, Decimal("NaN"), *(None,) * 9)])
