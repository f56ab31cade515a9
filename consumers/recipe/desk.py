"""The recipe worker's desk: the book in memory, a decision per event, rows and facts into the batch. Runs no SQL."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

from consumers.recipe import store
from consumers.recipe.book import Material, Version
from consumers.recipe.definition import check_material, check_recipe
from consumers.recipe.menu import Menu, Taken
from consumers.recipe.store import Author, MaterialDefined, RecipeDefined, RecipeEnded
from consumers.recipe.versions import retired, start_of, with_version
from schemas.clock import business_date
from schemas.derived import MaterialsConsumed
from schemas.errors import Reject, Retry, Wait
from schemas.reasons import Reason

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.batch import Batch
    from mesh.reference import Reference
    from mesh.worker import Delivery
    from schemas.event import Event
    from schemas.pos import SaleCompleted

CONSUMED = "recipe.materials-consumed"
LINE_ID_LIMIT = 2**31


class RecipeDesk:
    """One per process. What is defined in a batch is in force for what comes after it in the same batch (R35)."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._menu: Menu | None = None
        self._version_ids: deque[int] = deque()
        self._forgotten = 0
        self._by_type = {
            "pos.sale.completed": self._sell,
            "material.upserted": self._define_material,
            "recipe.upserted": self._define_recipe,
            "recipe.retired": self._retire_recipe,
            "material.cost-changed": self._take_average,
        }

    async def load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        """The book, if it is not in memory; averages of outlets not met before; ids for versions to be defined."""
        if self._menu is None:
            forgotten = self._forgotten
            menu = Menu(await store.load_book(db))
            if forgotten != self._forgotten:
                raise Retry("the book changed while it was read")
            self._menu = menu
        menu = self._menu
        outlets = {getattr(delivery.event.data, "outlet_id", None) for delivery in deliveries}
        unmet = [outlet for outlet in outlets if outlet is not None and not menu.has_averages(outlet)]
        if unmet:
            for outlet_id, averages in (await store.load_averages(db, unmet)).items():
                menu.put_averages(outlet_id, averages)
        wanted = sum(delivery.event.type == "recipe.upserted" for delivery in deliveries) - len(self._version_ids)
        if wanted > 0:
            self._version_ids += await store.new_version_ids(db, wanted)

    def decide(self, delivery: Delivery, batch: Batch) -> None:
        """One event. Raises Wait for what is unknown, Reject for what cannot be, Retry where the book was dropped."""
        if self._menu is None:
            raise Retry("the book was dropped by another batch")
        self._by_type[delivery.event.type](delivery, batch, self._menu)

    async def save(self, tx: Connection, batch: Batch) -> None:
        """All rows of the batch, in its transaction."""
        await store.save(tx, batch)

    def forget(self) -> None:
        """Drop the book and everything computed from it."""
        self._menu = None
        self._forgotten += 1

    def _sell(self, delivery: Delivery, batch: Batch, menu: Menu) -> None:
        """A row per line and material, one fact per sale (R33, R34); nothing for old sales brought over."""
        event = delivery.event
        sale = event.data
        if sale.historic:
            batch.ignored(delivery)
            return
        outlet = self._reference.outlet(sale.outlet_id)
        lines = self._take(sale, menu)
        if not any(taken.rows for _, taken in lines):
            batch.ignored(delivery)
            return
        day = business_date(sale.occurred_at, outlet.zone, outlet.cutoff)
        rows = batch.rows(store.CONSUMPTION)
        told: list[Raw] = []
        for line_id, taken in lines:
            head = (event.id, sale.transaction_id, sale.outlet_id, day, day, line_id)
            rows += [head + row for row in taken.rows]
            numbered = b'{"line_id":%d' % line_id
            told += [Raw(numbered + fact) for fact in taken.told]
        if told:
            place = (sale.transaction_id, sale.outlet_id, sale.occurred_at, day)
            fact = MaterialsConsumed(*place, told, sale.version)  # type: ignore[arg-type]
            batch.emit(delivery, CONSUMED, str(sale.transaction_id), str(sale.outlet_id), msgspec.json.encode(fact))

    def _take(self, sale: SaleCompleted, menu: Menu) -> list[tuple[int, Taken]]:
        products, at, outlet_id, currency = self._reference.products, sale.occurred_at, sale.outlet_id, sale.currency
        lines = []
        for index, line in enumerate(sale.lines):
            if line.product_id not in products:
                self._reference.product(line.product_id, field=f"lines[{index}].product_id")
            taken = menu.take(line, index=index, at=at, outlet_id=outlet_id, currency=currency)
            if taken.rows and line.line_id >= LINE_ID_LIMIT:
                raise Reject(Reason.OUT_OF_RANGE, field=f"lines[{index}].line_id")
            lines.append((line.line_id, taken))
        return lines

    def _define_material(self, delivery: Delivery, batch: Batch, menu: Menu) -> None:
        """A material, new or replaced (R31)."""
        data = delivery.event.data
        material = Material(
            data.material_id, data.unit_of_measure, data.cost_per_unit, data.density, data.packs, data.sku
        )
        check_material(menu.book, material)
        menu.put_material(material)
        batch.add(store.DEFINITIONS, (MaterialDefined(_author(delivery.event), data),))
        batch.changed_own()

    def _define_recipe(self, delivery: Delivery, batch: Batch, menu: Menu) -> None:
        """A recipe's version, new or replaced (R35), once everything it names is known."""
        event = delivery.event
        data = event.data
        self._reference.product(data.product_id)
        self._reference.user(data.user_id)
        former = menu.book.recipes.get(data.recipe_id)
        starts_at = start_of(data.effective_from, former, said_at=event.occurred_at)
        draft = Version(
            self._version_ids[0], data.recipe_id, starts_at, None, data.yield_quantity, data.yield_unit,
            data.serving_quantity, data.ingredients,
        )  # fmt: skip
        recipe = with_version(former, draft, product_id=data.product_id, is_active=data.status == "ACTIVE")
        version = recipe.version_at(starts_at)
        check_recipe(menu.book, recipe, version)
        if version.id == draft.id:
            self._version_ids.popleft()
        ended = recipe.moved_ends(former)
        menu.put_recipe(recipe)
        batch.add(store.DEFINITIONS, (RecipeDefined(_author(event), data, version, ended),))
        batch.changed_own()

    def _retire_recipe(self, delivery: Delivery, batch: Batch, menu: Menu) -> None:
        """No version of the recipe is in force from the instant on; what was sold before keeps its version."""
        event = delivery.event
        data = event.data
        former = menu.book.recipes.get(data.recipe_id)
        if former is None:
            raise Wait(f"recipe:{data.recipe_id}", reason=Reason.UNKNOWN_RECIPE, field="recipe_id")
        recipe = retired(former, data.effective_to or event.occurred_at)
        menu.put_recipe(recipe)
        ended = RecipeEnded(_author(event), recipe.id, recipe.moved_ends(former))
        batch.add(store.DEFINITIONS, (ended,))
        batch.changed_own()

    def _take_average(self, delivery: Delivery, batch: Batch, menu: Menu) -> None:
        """What inventory says a material costs at an outlet now (R34)."""
        data = delivery.event.data
        if data.material_id not in menu.book.materials:
            raise Wait(f"material:{data.material_id}", reason=Reason.UNKNOWN_MATERIAL, field="material_id")
        menu.put_average(data.outlet_id, data.material_id, data.unit_cost)
        batch.add(store.AVERAGES, (data.outlet_id, data.material_id, data.unit_cost))


def _author(event: Event) -> Author:
    return Author(event.id, getattr(event.data, "user_id", None) or 0)
