"""The vocabulary of the table definitions: the project's types, each with its one precision. Creates nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    Numeric,
    String,
    text,
)

NAMES = {
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "pk": "%(table_name)s_pkey",
}
"""As PostgreSQL itself names them, so that a definition and a dump read alike."""


def metadata(schema: str) -> MetaData:
    """An empty set of tables living in `schema`."""
    return MetaData(schema=schema, naming_convention=NAMES)


def key() -> Column[Any]:
    """A surrogate key, BIGSERIAL as in the seed; the sender's own id where an event gives one."""
    return Column("id", BigInteger, primary_key=True, autoincrement=True)


def identity(name: str = "id") -> Column[Any]:
    """A surrogate key no sender ever gives."""
    return Column(name, BigInteger, Identity(), primary_key=True)


def big(name: str, **options: Any) -> Column[Any]:
    """A BIGINT, the type of every id."""
    return Column(name, BigInteger, **options)


def varchar(name: str, length: int, **options: Any) -> Column[Any]:
    """Text of bounded length."""
    return Column(name, String(length), **options)


def money(name: str, **options: Any) -> Column[Any]:
    """An amount, quantised to its currency's minor units by the rules (R0); the column holds any currency."""
    return Column(name, Numeric(19, 4), **options)


def cost(name: str, **options: Any) -> Column[Any]:
    """A cost per unit, 6 decimals (R0)."""
    return Column(name, Numeric(18, 6), **options)


def quantity(name: str, **options: Any) -> Column[Any]:
    """A quantity of goods or material, 6 decimals (R0)."""
    return Column(name, Numeric(18, 6), **options)


def rate(name: str, **options: Any) -> Column[Any]:
    """A tax rate as a fraction: 0.09975 is 9.975%."""
    return Column(name, Numeric(9, 6), **options)


def instant(name: str, *, now: bool = False, **options: Any) -> Column[Any]:
    """An instant with zone; `now` defaults it to the transaction's start."""
    default = text("CURRENT_TIMESTAMP") if now else None
    return Column(name, DateTime(timezone=True), server_default=default, **options)


def created_at() -> Column[Any]:
    """When the row was written, by the database's clock."""
    return instant("created_at", now=True)


def updated_at() -> Column[Any]:
    """When the row was last written; alone it is never an audited change (R70)."""
    return instant("updated_at", now=True)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A CHECK that `column` is one of the named values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def fraction(column: str) -> CheckConstraint:
    """A CHECK that a rate is at least 0 and below 10."""
    return CheckConstraint(f"{column} >= 0 AND {column} < 10", name=column)


def exactly_one(*columns: str) -> CheckConstraint:
    """A CHECK that exactly one of the columns is set."""
    return CheckConstraint(f"num_nonnulls({', '.join(columns)}) = 1", name="one_item")


def reference(name: str, column: str, target: str, *, enforced: bool = True, **options: Any) -> ForeignKeyConstraint:
    """A foreign key to `target` (`schema.table`).

    `enforced=False` is declared NOT ENFORCED, and left out before PostgreSQL 18: another worker writes that row,
    in no fixed order, and `verify` proves the relation at rest.
    """
    return ForeignKeyConstraint([column], [f"{target}.id"], name=name, info={"enforced": enforced}, **options)


def index(name: str, *columns: str, **options: Any) -> Index:
    """A plain b-tree index, as the seed names it."""
    return Index(name, *columns, **options)


def once(name: str, *columns: str) -> Index:
    """The key that makes a second application of one event impossible (I6); rows without an event are free."""
    return Index(
        name,
        *columns,
        unique=True,
        postgresql_where=text("event_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
