"""The tax worker's desk: keeps the book in memory, enters what people define, taxes what tills sell. Writes no SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from consumers.tax import facts, store
from consumers.tax.definitions import mapping_of, period_of, policy_of, rule_of
from consumers.tax.rules.book import Book, Entry
from consumers.tax.rules.document import Document, minor, money
from consumers.tax.rules.model import Place, Rule
from consumers.tax.taxed import Baskets, Taxed
from schemas.clock import business_date, local_date
from schemas.currency import minor_units
from schemas.errors import Wait
from schemas.reasons import Reason

if TYPE_CHECKING:
    from asyncpg import Connection

    from db.copy import Table
    from mesh.batch import Batch
    from mesh.reference import Reference
    from mesh.worker import Delivery
    from schemas.event import Event

SALE = "SALE"


class TaxDesk:
    """One per process. The book is loaded whole; an upsert shows to every later event, of the same batch too."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._book: Book | None = None
        self._snapshots: dict[int, tuple[Rule, bytes]] = {}
        self._baskets = Baskets(self._snapshot)
        self._decide: dict[str, Callable[[Delivery, Batch], None]] = {
            "pos.sale.completed": self._sale_completed,
            "tax-rule.upserted": self._rule_upserted,
            "product-tax.mapped": self._product_mapped,
            "tax-policy.set": self._policy_set,
            "tax-period.closed": self._period_set,
            "tax-period.reopened": self._period_set,
        }

    async def load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        """Read the book, where it is not in memory."""
        if self._book is None:
            self._book = await store.load_book(db)

    def decide(self, delivery: Delivery, batch: Batch) -> None:
        """Decide one event. Raises Wait before anything was added or changed."""
        self._decide[delivery.event.type](delivery, batch)

    async def save(self, tx: Connection, batch: Batch) -> None:
        """Write the batch's entries and rows."""
        await store.save(tx, batch)

    def forget(self) -> None:
        """Drop the book: it is read again before the next batch is decided."""
        self._book = None
        self._snapshots.clear()
        self._baskets.clear()

    @property
    def book(self) -> Book:
        """The book in memory; `load` comes first."""
        assert self._book is not None, "decided before load"
        return self._book

    def _sale_completed(self, delivery: Delivery, batch: Batch) -> None:
        """Tax a sale by the outlet's rules of its local date: rows, document, variance, what is told (R50–R56, R59).

        Raises Wait UNKNOWN_OUTLET, and CLOSED_PERIOD where the date's period takes no more rows.
        """
        sale = delivery.event.data
        outlet = self._reference.outlet(sale.outlet_id)
        day = local_date(sale.occurred_at, outlet.zone)
        place = Place(outlet.country_code, outlet.state_code, outlet.county_code, outlet.city_code)
        page = self.book.page(place, day)
        if page.is_closed:
            key = f"tax-period-open:{facts.jurisdiction(place)}:{day}"
            raise Wait(key, reason=Reason.CLOSED_PERIOD, field="occurred_at")
        digits = minor_units(sale.currency)
        taxed = self._baskets[page, sale.lines, sale.dining_option, sale.prices_include_tax, sale.currency]
        status = facts.COMPUTED if page.has_rules else facts.NO_RULE
        business_day = business_date(sale.occurred_at, outlet.zone, outlet.cutoff)
        _add_rows(batch, delivery.event, taxed, place=place, local=day, business=business_day)
        _add_document(batch, delivery.event, taxed, status=status, local=day)
        _add_variance(batch, delivery.event, taxed.document, digits=digits)
        if sale.historic:
            return
        target, key = str(sale.transaction_id), str(sale.outlet_id)
        told = facts.computed(
            sale, taxed.document, taxed.told_rows, status=status, local_date=day, business_date=business_day,
            digits=digits,
        )  # fmt: skip
        batch.emit(delivery, "tax.computed", target, key, told)
        if not page.has_rules:
            told = facts.gap(sale, country_code=place.country_code, local_date=day)
            batch.emit(delivery, "tax.gap", target, key, told)

    def _snapshot(self, rule: Rule) -> bytes:
        kept = self._snapshots.get(rule.id)
        if kept is None or kept[0] is not rule:
            kept = self._snapshots[rule.id] = (rule, facts.snapshot(rule))
        return kept[1]

    def _rule_upserted(self, delivery: Delivery, batch: Batch) -> None:
        """Enter a rule; one with the same id is replaced for sales processed afterwards."""
        rule = rule_of(delivery.event.data)
        row = (
            rule.id, *rule.codes, rule.tax_type, rule.tax_name, rule.rate, rule.effective_date, rule.expiry_date,
            rule.is_compound, rule.is_exempt, rule.description, rule.status, rule.sequence, rule.stacking,
            rule.applies_to, rule.unit_price_threshold, rule.dining_option,
        )  # fmt: skip
        self._enter(batch, delivery.event, rule, store.RULES, row)

    def _product_mapped(self, delivery: Delivery, batch: Batch) -> None:
        """Map a product to a rule, or exempt it. Raises Wait where either is not known yet."""
        mapping = mapping_of(delivery.event.data)
        if mapping.tax_rule_id not in self.book.rules:
            raise Wait(f"tax-rule:{mapping.tax_rule_id}", reason=Reason.UNKNOWN_RULE, field="tax_rule_id")
        self._reference.product(mapping.product_id)
        row = (
            mapping.id, mapping.product_id, mapping.tax_rule_id, mapping.is_exempt, mapping.exemption_reason,
            mapping.effective_date or date.min, mapping.expiry_date,
        )  # fmt: skip
        self._enter(batch, delivery.event, mapping, store.MAPPINGS, row)

    def _policy_set(self, delivery: Delivery, batch: Batch) -> None:
        """Set how a jurisdiction rounds from a day on (R54)."""
        policy = policy_of(delivery.event.data)
        row = (*policy.codes, policy.scope, policy.grouping, policy.mode, policy.effective_date or date.min)
        self._enter(batch, delivery.event, policy, store.POLICIES, row)

    def _period_set(self, delivery: Delivery, batch: Batch) -> None:
        """Close a jurisdiction's period to further rows, or open it again (R58)."""
        event = delivery.event
        period = period_of(event.data)
        status = "CLOSED" if period.is_closed else "OPEN"
        row = (*period.codes, period.start_date, period.end_date, status, event.occurred_at, event.data.reason)
        self._enter(batch, event, period, store.PERIODS, row)

    def _enter(self, batch: Batch, event: Event, entry: Entry, table: Table, row: tuple[Any, ...]) -> None:
        """The last step of every definition: nothing may fail after the book was changed."""
        batch.add(table, (event.id, str(event.data.user_id or 0), *row))
        batch.changed_own()
        self.book.put(entry)
        self._baskets.clear()


def _add_rows(batch: Batch, event: Event, taxed: Taxed, *, place: Place, local: date, business: date) -> None:
    """One row per (event, line, rule) with a snapshot of the rule (R56)."""
    sale, event_id = event.data, event.id
    transaction_id, version, outlet_id, currency = sale.transaction_id, sale.version, sale.outlet_id, sale.currency
    jurisdiction = facts.jurisdiction(place)
    batch.rows(store.TRANSACTIONS).extend([
        (
            transaction_id, rule_id, taxable, tax, rate, event_id, version, line_id, outlet_id, product_id, currency,
            local, business, SALE, exempt, reason, jurisdiction, snapshot,
        )
        for rule_id, taxable, tax, rate, line_id, product_id, exempt, reason, snapshot in taxed.rows
    ])  # fmt: skip


def _add_document(batch: Batch, event: Event, taxed: Taxed, *, status: str, local: date) -> None:
    sale = event.data
    batch.add(store.DOCUMENTS, (
        sale.transaction_id, sale.version, sale.outlet_id, sale.currency, taxed.net, taxed.tax, taxed.gross, status,
        local, event.id,
    ))  # fmt: skip


def _add_variance(batch: Batch, event: Event, document: Document, *, digits: int) -> None:
    """Where the till sent its own tax and it differs (R59)."""
    sale = event.data
    if sale.totals is None or sale.totals.tax is None:
        return
    till, amount_of = minor(sale.totals.tax, digits), money(digits)
    if till != document.tax:
        batch.add(store.VARIANCES, (
            sale.transaction_id, sale.version, amount_of(till), amount_of(document.tax),
            amount_of(till - document.tax), event.id,
        ))  # fmt: skip
