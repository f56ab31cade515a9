"""Migrations: a fresh install equals an upgraded one, in any order, at any time, by several at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import asyncpg
import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from db.columns import NAMES
from db.histories import history_of, run_history
from db.relations import declared
from db.services import UnknownServiceError, service_names, services
from db.upgrade import check, history, service_url, upgrade

FRESH_CPU_LIMIT_S = 2.0
FRESH_LIMIT_S = 30.0
MESH = {"lanes", "dedupe", "sales", "outbox", "parked", "journal", "revisions", "alembic_version"}


async def test_fresh_equals_stepwise(empty_database, fresh, catalogue):
    """An installation that grew revision by revision must be the one a newcomer gets, down to rights and triggers."""
    connection = await asyncpg.connect(empty_database)
    longest = max(len(history_of(service)) for service in services())
    for step in range(longest):
        for service in services():
            revisions = history_of(service)
            await run_history(connection, service, target=revisions[min(step, len(revisions) - 1)].revision)
    await connection.close()
    upgrade(empty_database)
    assert await catalogue(empty_database) == fresh


async def test_again_changes_nothing(database, catalogue, fresh):
    """`db upgrade` runs at every start of every node."""
    upgrade(database)
    assert await catalogue(database) == fresh


async def test_service_by_service_equals_all(empty_database, fresh, catalogue):
    """Each service can be deployed alone; the keys between them appear when the second end does."""
    for name in reversed(service_names()):
        upgrade(empty_database, services=[name])
    for name in service_names():
        upgrade(empty_database, services=[name])
    assert await catalogue(empty_database) == fresh


async def test_two_at_once(empty_database, fresh, catalogue):
    """Two nodes start together: both must come up, on one schema."""
    with ThreadPoolExecutor(3) as nodes:
        list(nodes.map(lambda _: upgrade(empty_database), range(3)))
    assert await catalogue(empty_database) == fresh


async def test_several_databases_at_once(empty_databases, fresh, catalogue):
    """Roles are the cluster's: upgrades of different databases want the same ones, and set the same passwords."""
    passwords = dict.fromkeys((*service_names(), "reader"), "p")
    with ThreadPoolExecutor(len(empty_databases)) as nodes:
        list(nodes.map(lambda url: upgrade(url, passwords=passwords), empty_databases))
    for url in empty_databases:
        assert await catalogue(url) == fresh


def test_fresh_is_fast(empty_database):
    """`./coralserve up` waits for it. The client's CPU is measured, because the machine may be busy with others."""
    began, worked = time.monotonic(), time.process_time()
    upgrade(empty_database)
    assert time.process_time() - worked < FRESH_CPU_LIMIT_S
    assert time.monotonic() - began < FRESH_LIMIT_S


def test_check_tells_what_is_left(empty_database, shared_database):
    """Before: every service is behind. After: none is, and no key is missing."""
    assert [(state.current, state.done) for state in check(empty_database)] == [(None, False)] * len(service_names())
    assert all(state.done for state in check(shared_database))


async def test_check_names_a_missing_key(database):
    """A foreign key somebody dropped is a finding, and the next upgrade brings it back."""
    connection = await asyncpg.connect(database)
    await connection.execute("ALTER TABLE coralserve_recipe.recipes DROP CONSTRAINT fk_recipe_product")
    await connection.close()
    behind = [state for state in check(database) if not state.done]
    assert [(state.service, state.missing_keys) for state in behind] == [("recipe", ("fk_recipe_product",))]
    upgrade(database)
    assert all(state.done for state in check(database))


async def test_without_cross_service_keys(empty_database, catalogue):
    """Services spread over several databases: no key may point into another service's schema."""
    upgrade(empty_database, cross_service_keys=False)
    names = {name.rsplit(".", 1)[1] for name in (await catalogue(empty_database))["constraint"]}
    assert not names & {relation.name for relation in declared(services())}
    assert all(state.done for state in check(empty_database, cross_service_keys=False))


def test_relations_are_enforced_as_decided(fresh):
    """To products, outlets and users: enforced and proven. To rows of another worker: NOT ENFORCED."""
    constraints = fresh["constraint"]
    for relation in declared(services()):
        text = constraints[f"{relation.table}.{relation.name}"]
        assert text.endswith(" t") == relation.enforced
        assert ("NOT ENFORCED" in text) != relation.enforced
        own = relation.target.startswith(("smartoutlet_product", "smartoutlet_outlet", "smartoutlet_auth"))
        assert relation.enforced == own


async def test_definitions_equal_the_database(empty_database, fresh, catalogue):
    """tables.py is what people read; it must say what the migrations made."""
    merged = MetaData(naming_convention=NAMES)
    for service in services():
        for metadata in service.metadata:
            for table in metadata.tables.values():
                table.to_metadata(merged)
    dialect = postgresql.dialect()
    connection = await asyncpg.connect(empty_database)
    for schema in {table.schema for table in merged.tables.values()}:
        await connection.execute(f"CREATE SCHEMA {schema}")
    for table in merged.sorted_tables:
        statements = [CreateTable(table), *(CreateIndex(index) for index in table.indexes)]
        await connection.execute(";".join(str(statement.compile(dialect=dialect)) for statement in statements))
    await connection.close()
    said, made = await catalogue(empty_database), fresh
    for part in ("column", "constraint", "index"):
        assert plain(part, said[part]) == plain(part, made[part]), part


def plain(part: str, entries: dict[str, str]) -> dict[str, str]:
    """Without the mesh's tables, and without what SQLAlchemy cannot say: NOT ENFORCED."""
    kept = {}
    for name, text in entries.items():
        if name.split(".")[1] in MESH or (
            part == "index" and text.split(" ON ")[1].split(".")[1].split(" ")[0] in MESH
        ):
            continue
        kept[name] = text.replace(" NOT ENFORCED f", " t")
    return kept


def test_history_has_a_title_for_every_revision():
    """`db history` is read by people."""
    assert set(history()) == set(service_names())
    assert all(revision.title.endswith(".") for steps in history().values() for revision in steps)


def test_unknown_service_is_refused(empty_database):
    """A typing error must not migrate everything, or nothing in silence."""
    with pytest.raises(UnknownServiceError, match="inventroy"):
        upgrade(empty_database, services=["inventroy"])


@pytest.mark.parametrize(
    ("admin_url", "expected"),
    [
        pytest.param("postgresql://a:b@h:5432/d", "postgresql://coralserve_tax:p%40%2F@h:5432/d", id="host"),
        pytest.param("postgresql://a@/d?host=/s", "postgresql://coralserve_tax:p%40%2F@/d?host=/s", id="socket"),
        pytest.param("postgresql://h/d", "postgresql://coralserve_tax:p%40%2F@h/d", id="no user"),
    ],
)
def test_service_url(admin_url, expected):
    """A password with any character in it must survive the trip into a URL."""
    assert service_url(admin_url, "tax", "p@/") == expected
    assert urlsplit(service_url(admin_url, "tax", None)).password is None


async def test_not_a_superuser(empty_database, catalogue, fresh):
    """A server of one's own often gives CREATEROLE and a database, nothing more: the result must be the same."""
    name = f"admin_{urlsplit(empty_database).path[-8:]}"
    root = await asyncpg.connect(empty_database)
    taken = await root.fetchval("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'coralserve\\_%'")
    await root.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'x'")
    for service in services():
        await root.execute(f"GRANT {service.role}_owner, {service.role} TO {name} WITH ADMIN TRUE, INHERIT TRUE")
    await root.execute(f'ALTER DATABASE "{urlsplit(empty_database).path[1:]}" OWNER TO {name}')
    parts = urlsplit(empty_database)
    upgrade(parts._replace(netloc=f"{name}:x@{parts.netloc.rpartition('@')[2]}").geturl())
    assert taken > 0
    assert await catalogue(empty_database) == fresh
    await root.execute(f'ALTER DATABASE "{urlsplit(empty_database).path[1:]}" OWNER TO CURRENT_USER')
    await root.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
    await root.close()
