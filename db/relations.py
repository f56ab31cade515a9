"""Foreign keys from one service's schema to another's, kept as tables.py declares them. Adds, never drops.

They stand outside the histories: services may live in several databases (then there are none), their tables come in
any order, and NOT ENFORCED keys need PostgreSQL 18. An enforced key is added NOT VALID and validated after, so that
the tables it joins are locked only for a moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.services import Service

if TYPE_CHECKING:
    from asyncpg import Connection

NOT_ENFORCED_SINCE = 18
HAVE = """
SELECT n.nspname || '.' || r.relname AS owner, c.conname AS name, c.convalidated AS valid
FROM pg_catalog.pg_constraint AS c
JOIN pg_catalog.pg_class AS r ON r.oid = c.conrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE c.contype = 'f'
"""
TABLES = """
SELECT n.nspname || '.' || r.relname
FROM pg_catalog.pg_class AS r JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE r.relkind = 'r' AND (n.nspname LIKE 'coralserve\\_%' OR n.nspname LIKE 'smartoutlet\\_%')
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key of `table` to the `id` of `target`, both `schema.table`."""

    name: str
    table: str
    column: str
    target: str
    enforced: bool

    def added(self) -> str:
        """The statement that adds it."""
        how = "NOT VALID" if self.enforced else "NOT ENFORCED"
        return (
            f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name}"
            f" FOREIGN KEY ({self.column}) REFERENCES {self.target} (id) {how};"
        )

    def validated(self) -> str:
        """The statement that proves the rows there are."""
        return f"ALTER TABLE {self.table} VALIDATE CONSTRAINT {self.name};"


def declared(services: Iterable[Service]) -> Iterator[Relation]:
    """Every key that leaves the schemas of its service, in a stable order."""
    for service in services:
        for table in (table for metadata in service.metadata for table in metadata.tables.values()):
            for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name)):
                target = key.elements[0].target_fullname.rsplit(".", 1)[0]
                if target.split(".")[0] not in service.schemas:
                    yield Relation(str(key.name), table.fullname, key.column_keys[0], target, key.info["enforced"])


async def missing(connection: Connection, services: Iterable[Service]) -> list[Relation]:
    """Declared relations whose two tables are in this database, and which it lacks."""
    tables = {row[0] for row in await connection.fetch(TABLES)}
    have = {(row["owner"], row["name"]) for row in await connection.fetch(HAVE)}
    old = connection.get_server_version().major < NOT_ENFORCED_SINCE
    return [
        relation
        for relation in declared(services)
        if {relation.table, relation.target} <= tables
        and (relation.table, relation.name) not in have
        and (relation.enforced or not old)
    ]


async def relate(connection: Connection, services: Iterable[Service]) -> None:
    """Add what is missing, then validate what is not yet proven. Raises ForeignKeyViolationError where rows dangle."""
    services = tuple(services)
    lacking = await missing(connection, services)
    if lacking:
        await connection.execute("\n".join(relation.added() for relation in lacking))
    unproven = {(row["owner"], row["name"]) for row in await connection.fetch(HAVE) if not row["valid"]}
    for relation in declared(services):
        if relation.enforced and (relation.table, relation.name) in unproven:
            await connection.execute(relation.validated())
