"""The desk against a real PostgreSQL: what it decides is what is stored, and what is stored is what it decides by."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest

from consumers.recipe import store
from consumers.recipe.desk import RecipeDesk
from consumers.recipe.worker import WORKER
from mesh.batch import Batch
from mesh.lane import Lane
from mesh.reference import Reference
from mesh.worker import Delivery
from schemas.derived import MaterialCostChanged
from schemas.errors import Reject, Retry, Wait
from schemas.event import Event
from schemas.pos import SaleCompleted
from schemas.recipe import Instruction, MaterialUpserted, RecipeRetired, RecipeUpserted
from tests.consumers.recipe.kitchen import NOON, add, bottle, day, line, of, part

BEEF, WINE, SALT, LATE = 1, 2, 3, 77
STEW, PASTA, NOTHING = 42, 43, 44
REFERENCE = """
INSERT INTO smartoutlet_auth.users (id, username) VALUES (7, 'cook');
INSERT INTO smartoutlet_product.products (id, name) VALUES (42, 'Stew'), (43, 'Pasta'), (44, 'Postcard');
INSERT INTO smartoutlet_outlet.outlets (id, name, country_code, timezone, currency, business_day_cutoff)
VALUES (3, 'Harbour', 'US', 'America/New_York', 'USD', '04:00'), (5, 'Hill', 'JP', 'Asia/Tokyo', 'JPY', '00:00');
"""
ROWS = """
SELECT event_id, line_id, recipe_id, material_id, quantity_consumed::text AS quantity, unit, unit_cost::text AS each,
       total_cost::text AS total
FROM coralserve_recipe.material_consumption ORDER BY id
"""


class Kitchen:
    """The desk on its worker's own role, fed by hand-made deliveries, one batch a call."""

    def __init__(self, db: asyncpg.Connection, reference: Reference) -> None:
        self.db, self.desk, self.sent = db, RecipeDesk(reference), 0
        self.batch = Batch("recipe")

    async def handle(self, *data: Any, occurred_at: datetime = NOON) -> list[object]:
        """Decide all in one batch, commit it, and return what each was refused with (None: effected)."""
        deliveries = [self.delivery(facts, occurred_at) for facts in data]
        self.batch = Batch("recipe")
        self.batch.tally_of(Lane(1, "topic", 0, 1, 0, 0, frozenset()))
        await self.desk.load(self.db, deliveries)
        answers = [self.decide(delivery) for delivery in deliveries]
        async with self.db.transaction():
            await self.desk.save(self.db, self.batch)
        return answers

    def decide(self, delivery: Delivery) -> object:
        try:
            self.desk.decide(delivery, self.batch)
        except (Reject, Wait) as refused:
            return refused.reason if isinstance(refused, Reject) else refused.key
        return None

    def delivery(self, data: Any, occurred_at: datetime) -> Delivery:
        self.sent += 1
        event = Event(
            f"e{self.sent}", TYPES[type(data)], data, b"", hashlib.sha256(str(self.sent).encode()).digest(),
            getattr(data, "occurred_at", None) or occurred_at,
        )  # fmt: skip
        return Delivery(event, "topic", 0, self.sent, 1)

    def told(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(row[5]) for rows in self.batch.outbox.values() for row in rows]

    async def rows(self) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.db.fetch(ROWS)]


TYPES = {
    MaterialUpserted: "material.upserted",
    RecipeUpserted: "recipe.upserted",
    RecipeRetired: "recipe.retired",
    SaleCompleted: "pos.sale.completed",
    MaterialCostChanged: "material.cost-changed",
}


@pytest.fixture
async def kitchen(database: str) -> AsyncIterator[Kitchen]:
    """A desk logged in as the worker, in a database with two outlets, three products and a cook."""
    admin = await asyncpg.connect(database)
    await admin.execute(REFERENCE)
    reference = Reference()
    await reference.refresh(admin)
    await admin.execute("SET ROLE coralserve_recipe")
    yield Kitchen(admin, reference)
    await admin.close()


def beef(**facts: Any) -> MaterialUpserted:
    return MaterialUpserted(BEEF, "Beef", "kg", cost_per_unit=Decimal("8.00"), sku="B1", **facts)


def wine(**facts: Any) -> MaterialUpserted:
    return MaterialUpserted(WINE, "Wine", "bottle", packs=(bottle("0.75"),), cost_per_unit=Decimal(6), **facts)


def stew(*ingredients: Any, **facts: Any) -> RecipeUpserted:
    listed = ingredients or (of(BEEF, "1.2", usable_yield="0.7"),)
    facts = {"yield_quantity": Decimal(8)} | facts
    return RecipeUpserted(9, STEW, "Stew", listed, user_id=7, **facts)


def sale(number: int, *lines: Any, outlet: int = 3, at: datetime = NOON, **facts: Any) -> SaleCompleted:
    return SaleCompleted(number, outlet, at, "JPY" if outlet == 5 else "USD", lines, **facts)


def average(material_id: int, cost: str, outlet: int = 3) -> MaterialCostChanged:
    return MaterialCostChanged(outlet, material_id, Decimal(cost), "USD")


async def test_a_sale_is_stored_and_told_as_the_example(kitchen):
    """R30 and R33 to the cent, through role, COPY and constraints; defined and sold in one batch."""
    assert await kitchen.handle(beef(), stew(), sale(9001, line(STEW, "3"))) == [None] * 3
    assert await kitchen.rows() == [("e3", 1, 9, BEEF, "0.642857", "kg", "8.000000", "5.1400")]
    (told,) = kitchen.told()
    assert told == {
        "transaction_id": 9001, "outlet_id": 3, "occurred_at": "2025-01-09T12:00:00Z", "business_date": "2025-01-09",
        "lines": [{
            "line_id": 1, "recipe_id": 9, "material_id": BEEF, "quantity": "0.642857", "unit": "kg", "product_id": STEW,
        }],
        "version": 1,
    }  # fmt: skip


async def test_a_row_knows_its_version_day_and_quantity_per_unit(kitchen):
    """An undo replays it later from the row alone (R4), and reports go by business date (R1)."""
    await kitchen.handle(beef(), stew(), sale(1, line(STEW), at=day(9).replace(hour=8, minute=30)))
    row = await kitchen.db.fetchrow(
        "SELECT c.transaction_id, c.outlet_id, c.consumption_date, c.business_date, c.quantity_per_unit, v.recipe_id"
        " FROM coralserve_recipe.material_consumption c"
        " JOIN coralserve_recipe.recipe_versions v ON v.id = c.recipe_version"
    )
    early = date(2025, 1, 8)
    assert tuple(row) == (1, 3, early, early, Decimal("0.214285714285714286"), 9)


async def test_the_same_rows_come_from_a_book_read_back(kitchen):
    """Restarted, the worker must cook by exactly what it was told: every fact survives the database."""
    sauce = RecipeUpserted(
        8, PASTA, "Sauce", (of(WINE, "125", "ml", attrition="0.1"), of(SALT, "3", is_optional=True)),
        yield_quantity=Decimal("0.4"), yield_unit="l", serving_quantity=Decimal("0.2"),
    )  # fmt: skip
    salt = MaterialUpserted(SALT, "Salt", "g", density=Decimal("2.16"))
    dish = stew(of(BEEF, "1.2", usable_yield="0.7"), part(8, "50", "ml"))
    lines = (line(STEW, "3"), line(PASTA, "2", add(SALT, "1", "ml"), line_id=2))
    await kitchen.handle(beef(), wine(), salt, sauce, dish, sale(1, *lines))
    before = await kitchen.rows()
    kitchen.desk.forget()
    await kitchen.handle(sale(2, *lines))
    after = (await kitchen.rows())[len(before) :]
    assert len(before) == 4
    assert [row[1:] for row in after] == [row[1:] for row in before]


async def test_each_version_serves_its_own_time(kitchen):
    """R35: another start closes the former, also in what is stored; the same start replaces for sales after it."""
    await kitchen.handle(
        beef(), stew(of(BEEF, "8"), effective_from=day(1)), stew(of(BEEF, "16"), effective_from=day(5))
    )
    await kitchen.handle(sale(1, line(STEW), at=day(4)), sale(2, line(STEW), at=day(5)))
    kitchen.desk.forget()
    await kitchen.handle(
        stew(of(BEEF, "24"), effective_from=day(5)), sale(3, line(STEW)), sale(4, line(STEW), at=day(4))
    )
    assert [row[4] for row in await kitchen.rows()] == ["1.000000", "2.000000", "3.000000", "1.000000"]
    spans = await kitchen.db.fetch(
        "SELECT effective_from, effective_to FROM coralserve_recipe.recipe_versions ORDER BY id"
    )
    assert [tuple(span) for span in spans] == [(day(1), day(5)), (day(5), None)]
    assert await kitchen.db.fetchval("SELECT count(*) FROM coralserve_recipe.recipe_ingredients") == 2


async def test_what_was_computed_before_a_change_is_not_used_after_it(kitchen):
    """The menu remembers explosions and costs; a definition in the same batch must reach the next sale."""
    dearer = MaterialUpserted(BEEF, "Beef", "kg", cost_per_unit=Decimal(10))
    other = MaterialUpserted(WINE, "Wine", "l", cost_per_unit=Decimal(1))
    sold = line(STEW, "8")
    await kitchen.handle(beef(), other, stew(of(BEEF, "1")))
    assert kitchen.batch.own_changed
    await kitchen.handle(sale(1, sold), dearer, sale(2, sold), stew(of(BEEF, "2")), sale(3, sold))
    await kitchen.handle(sale(4, sold), sale(5, line(STEW, "8", add(WINE, "1"))), sale(6, sold))
    taken = [(row[3], row[4], row[7]) for row in await kitchen.rows()]
    assert taken == [
        (BEEF, "1.000000", "8.0000"), (BEEF, "1.000000", "10.0000"), (BEEF, "2.000000", "20.0000"),
        (BEEF, "2.000000", "20.0000"), (BEEF, "2.000000", "20.0000"), (WINE, "8.000000", "8.0000"),
        (BEEF, "2.000000", "20.0000"),
    ]  # fmt: skip


async def test_a_retired_recipe_takes_nothing_from_its_end_on(kitchen):
    """What was sold before still takes its materials."""
    await kitchen.handle(beef(), stew(), RecipeRetired(9, effective_to=day(5)))
    for _ in range(2):
        await kitchen.handle(sale(1, line(STEW), at=day(4)), sale(2, line(STEW), at=day(6)))
        kitchen.desk.forget()
    assert [row[0] for row in await kitchen.rows()] == ["e4", "e6"]
    assert await kitchen.db.fetchval("SELECT status FROM coralserve_recipe.recipes") == "INACTIVE"


async def test_consumption_is_costed_by_the_outlet_s_average(kitchen):
    """R34: what inventory says of that outlet, the start value elsewhere; in the outlet's own currency."""
    await kitchen.handle(beef(), stew(), sale(1, line(STEW, "3")), average(BEEF, "9.123456"), sale(2, line(STEW, "3")))
    await kitchen.handle(average(BEEF, "9.5"), average(BEEF, "10"))
    kitchen.desk.forget()
    await kitchen.handle(sale(3, line(STEW, "3")), sale(4, line(STEW, "3"), outlet=5))
    assert [row[6:] for row in await kitchen.rows()] == [
        ("8.000000", "5.1400"), ("9.123456", "5.8700"), ("10.000000", "6.4300"), ("8.000000", "5.0000"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sold", "answer"),
    [
        pytest.param([line(LATE)], "product:77", id="unknown product"),
        pytest.param(
            [line(STEW), line(NOTHING, "1", add(LATE, "1"), line_id=2)], None, id="option of a product without recipe"
        ),
        pytest.param([line(NOTHING), line(STEW, "1", add(LATE, "1"), line_id=2)], "material:77", id="unknown material"),
        pytest.param([line(STEW, "1", add(WINE, "1", "kg"))], "NO_UNIT_PATH", id="no way to the unit"),
        pytest.param([line(STEW, line_id=2**31)], "OUT_OF_RANGE", id="line id beyond the column"),
    ],
)
async def test_a_sale_that_cannot_go_on_leaves_nothing(kitchen, sold, answer):
    """Parked or dead, none of its lines may have taken anything; the next sale is untouched."""
    await kitchen.handle(beef(), wine(), stew())
    assert await kitchen.handle(sale(1, *sold)) == [answer]
    assert len(await kitchen.rows()) == (answer is None)
    assert await kitchen.handle(sale(2, line(STEW))) == [None]


@pytest.mark.parametrize(
    "ignored",
    [sale(1, line(NOTHING)), sale(1, line(STEW), historic=True), sale(1, line(STEW), at=day(1))],
    ids=["no recipe", "historic", "before the recipe"],
)
async def test_what_has_nothing_to_do_here_is_counted_as_ignored(kitchen, ignored):
    """I5: every event has exactly one disposition, and this is not an effect."""
    await kitchen.handle(beef(), stew(effective_from=day(2)))
    assert await kitchen.handle(ignored) == [None]
    assert kitchen.batch.tallies[1].ignored == 1
    assert await kitchen.rows() == []
    assert kitchen.told() == []


@pytest.mark.parametrize(
    ("defined", "answer"),
    [
        pytest.param(stew(of(LATE, "1")), "material:77", id="unknown material"),
        pytest.param(stew(part(LATE, "1")), "recipe:77", id="unknown part"),
        pytest.param(RecipeUpserted(8, LATE, "Late", ()), "product:77", id="unknown product"),
        pytest.param(RecipeUpserted(8, STEW, "Whose", (), user_id=LATE), "user:77", id="unknown user"),
        pytest.param(RecipeRetired(LATE), "recipe:77", id="retired before it was known"),
        pytest.param(average(LATE, "1"), "material:77", id="cost of an unknown material"),
        pytest.param(stew(part(9, "1")), "CYCLIC_RECIPE", id="itself"),
        pytest.param(MaterialUpserted(BEEF, "Beef", "l"), "UNIT_IN_USE", id="another unit"),
        pytest.param(MaterialUpserted(LATE, "Veal", "kg", sku="B1"), "CONFLICT", id="another's article number"),
    ],
)
async def test_a_definition_refused_changes_nothing(kitchen, defined, answer):
    """Neither in memory nor in the database (R3)."""
    await kitchen.handle(beef(), stew())
    assert await kitchen.handle(defined) == [answer]
    assert not kitchen.batch.own_changed
    await kitchen.handle(sale(1, line(STEW, "3")))
    assert [row[4] for row in await kitchen.rows()] == ["0.642857"]


async def test_what_a_parked_event_waits_for_is_found(kitchen):
    """The sweep asks these queries; one that never answers would park for ever."""
    await kitchen.handle(beef(), stew())
    for kind, there in (("material", str(BEEF)), ("recipe", "9")):
        rows = await kitchen.db.fetch(WORKER.awaits[kind], [there, "77"])
        assert [row[0] for row in rows] == [there]


async def test_definitions_are_told_with_their_event_and_user(kitchen):
    """Audit writes who changed a recipe by which event (R70)."""
    await kitchen.handle(
        beef(user_id=7),
        stew(
            instructions=(Instruction(1, "Cut."), Instruction(2, "Stew.", 90)),
        ),
    )
    told = await kitchen.db.fetch(
        "SELECT payload FROM coralserve_recipe.outbox WHERE type = 'row.changed' ORDER BY seq"
    )
    rows = [msgspec.json.decode(row["payload"]) for row in told]
    assert [(row["table"], row["event_id"], int(row["user_id"])) for row in rows] == [
        ("raw_materials", "e1", 7), ("recipes", "e2", 7), ("recipe_versions", "e2", 7),
        ("recipe_ingredients", "e2", 7), ("recipe_instructions", "e2", 7), ("recipe_instructions", "e2", 7),
    ]  # fmt: skip


async def test_a_book_dropped_under_a_batch_is_not_guessed_at(kitchen):
    """Another batch was rolled back while this one was deciding: decide again from the database."""
    await kitchen.handle(beef(), stew())
    kitchen.desk.forget()
    with pytest.raises(Retry):
        kitchen.decide(kitchen.delivery(sale(1, line(STEW)), NOON))


async def test_a_second_application_is_impossible(kitchen):
    """I6, should everything above fail: the unique key of the ledger."""
    await kitchen.handle(beef(), stew(), sale(1, line(STEW)))
    rows = kitchen.batch.rows(store.CONSUMPTION)
    with pytest.raises(asyncpg.UniqueViolationError):
        await store.CONSUMPTION.write(kitchen.db, rows)
