"""Connects: what the recipe worker subscribes to, and its desk."""

from __future__ import annotations

from consumers.recipe import store
from consumers.recipe.desk import RecipeDesk
from mesh.worker import Worker
from schemas import topics

DEFINITIONS = frozenset({"material.upserted", "recipe.upserted", "recipe.retired"})
UNDOS = frozenset({"pos.sale.amended", "pos.sale.refunded", "pos.sale.voided"})

WORKER = Worker(
    name="recipe",
    consumes={
        topics.POS_TRANSACTIONS: UNDOS | {"pos.sale.completed"},
        topics.BACKOFFICE_RECIPE: DEFINITIONS,
        topics.CORALSERVE_INVENTORY: frozenset({"material.cost-changed"}),
    },
    open_desk=RecipeDesk,
    unsupported=UNDOS,
    exclusive=DEFINITIONS,
    awaits=store.AWAITS,
)
