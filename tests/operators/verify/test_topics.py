"""The checker proven with mutants of the log: what was told, and what it is compared with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from operators.verify.events import identity
from operators.verify.log import Lane, Log
from tests.operators.verify.conftest import Settled
from tests.support.world import CATALOG, POS, RECIPES, STOCK

Change = Callable[[Any], list[Any]]


class Tampered(Log):
    """A log of which one record, the first of a type in a topic, is another, missing, or there twice."""

    def __init__(self, log: Log, topic: str, event_type: str, change: Change) -> None:
        self.__dict__.update(log.__dict__)
        self._log, self._topic, self._type, self._change = log, topic, event_type, change

    async def measure(self, names: Any) -> dict[Lane, int]:
        """With room for one record more in every partition."""
        ends = await self._log.measure(names)
        self.starts = self._log.starts
        self.ends = {lane: end + (lane[0] == self._topic) for lane, end in ends.items()}
        return self.ends

    async def batches(self, topic: str) -> AsyncIterator[list[tuple[int, Any]]]:
        changed = False
        async for batch in self._log.batches(topic):
            seen, more = [], []
            for partition, record in batch:
                if topic == self._topic and not changed and self._type in ("", identity(record)[0]):
                    first, *rest = [*self._change(record), None]
                    changed = True
                    seen += [(partition, first)] if first is not None else []
                    end = self._log.ends[topic, partition]
                    more += [(partition, replace(other, offset=end)) for other in rest if other is not None]
                else:
                    seen.append((partition, record))
            yield seen + more
        assert changed or topic != self._topic


def missing(record: Any) -> list[Any]:
    return []


def twice(record: Any) -> list[Any]:
    return [record, record]


def valued(**members: Any) -> Change:
    return lambda record: [replace(record, value=json.dumps(json.loads(record.value) | members).encode())]


def headed(name: str, value: bytes) -> Change:
    return lambda record: [replace(record, headers=[(n, value if n == name else v) for n, v in record.headers])]


def sold_more(record: Any) -> list[Any]:
    data = json.loads(record.value)
    for line in data["lines"]:
        line["quantity"] = "7"
    return [replace(record, value=json.dumps(data).encode())]


def another(record: Any) -> list[Any]:
    return [replace(record, value=record.value + b" ")]


TAX, LEDGER, RECIPE, INVENTORY = (f"coralserve.{name}.v1" for name in ("tax", "ledger", "recipe", "inventory"))
SALE, CHANGED, CONSUMED = "pos.sale.completed", "row.changed", "recipe.materials-consumed"
MUTANTS: list[tuple[str, str, str, str, Change]] = [
    ("I10", "tax-twice", TAX, "tax.computed", twice),
    ("I10", "tax-missing", TAX, "tax.computed", missing),
    ("I10", "ledger-missing", LEDGER, "ledger.transaction-recorded", missing),
    ("I10", "reference-missing", LEDGER, "ledger.reference-recorded", missing),
    ("I10", "reference-twice", LEDGER, "ledger.reference-recorded", twice),
    ("I10", "consumption-missing", RECIPE, CONSUMED, missing),
    ("I10", "stock-missing", INVENTORY, "inventory.stock-changed", missing),
    ("I10", "cost-twice", INVENTORY, "material.cost-changed", twice),
    ("I10", "without-cause", TAX, "tax.computed", headed("ce_causationid", b"")),
    ("I10", "of-no-cause", TAX, "tax.computed", headed("ce_causationid", b"no-such-event")),
    ("I10", "under-another-id", TAX, "tax.computed", headed("ce_id", b"0193a1c2-0000-7000-8000-000000000001")),
    ("I10", "told-otherwise", TAX, "tax.computed", valued(tax="99.00")),
    ("I10", "materials-otherwise", RECIPE, CONSUMED, valued(lines=[])),
    ("I10", "letter-missing", "coralserve.tax.dlq", "", missing),
    ("I10", "letter-twice", "coralserve.audit.dlq", "", twice),
    ("I10", "letter-otherwise", "coralserve.recipe.dlq", "", another),
    ("I10", "change-twice", "coralserve.changes.v1", CHANGED, twice),
    ("I1", "sold-more", POS, SALE, sold_more),
    ("I1", "received-more", STOCK, "inventory.received", valued(quantity="999")),
    ("I1", "consumed-nothing", RECIPE, CONSUMED, valued(lines=[])),
    ("I2", "sold-more", POS, SALE, sold_more),
    ("I2", "recipe-otherwise", RECIPES, "recipe.upserted", valued(yield_quantity="7")),
    ("I3", "sold-more", POS, SALE, sold_more),
    ("I4", "sold-more", POS, SALE, sold_more),
    ("I5", "sale-vanished", POS, SALE, missing),
    ("I5", "receipt-vanished", STOCK, "inventory.received", missing),
    ("I6", "sold-more", POS, SALE, sold_more),
    ("I11", "sold-more", POS, SALE, sold_more),
    ("I11", "row-change-otherwise", "coralserve.changes.v1", CHANGED, valued(new={"name": "x"})),
    ("I11", "row-change-vanished", "coralserve.changes.v1", CHANGED, missing),
]  # fmt: skip


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(
    ("name", "topic", "event_type", "change"), [(m[0], *m[2:]) for m in MUTANTS], ids=[f"{m[0]}-{m[1]}" for m in MUTANTS]
)
async def test_a_defect_in_the_log_is_named(
    settled: Settled, name: str, topic: str, event_type: str, change: Change
) -> None:
    """Each seeded defect breaks the invariant it is a defect of."""
    verdict = await settled.verdict(log=Tampered(settled.log, topic, event_type, change))
    assert name in verdict.broken


@pytest.mark.asyncio(loop_scope="session")
async def test_a_record_not_handled_yet_breaks_nothing(settled: Settled) -> None:
    """Beside live traffic there is always something under way; that is lag, not loss."""
    tampered = Tampered(settled.log, POS, SALE, twice)
    verdict = await settled.verdict(log=tampered)
    assert verdict.broken == []
    assert verdict.lag["tax"] > 0


@pytest.mark.asyncio(loop_scope="session")
async def test_a_compacted_catalog_is_no_loss(settled: Settled) -> None:
    """Compaction takes older versions away by design; what cannot be proven any more is said, not accused."""
    verdict = await settled.verdict(log=Tampered(settled.log, CATALOG, "catalog.product.upserted", missing))
    assert "I5" not in verdict.broken
