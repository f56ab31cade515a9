"""The ledger's turns: a sale becomes the till's record, an upsert a reference row with its version (R1, R59)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from consumers.ledger import rules, store
from consumers.ledger.rules import Claims, OutletState
from schemas.clock import business_date

if TYPE_CHECKING:
    from asyncpg import Connection

    from mesh.batch import Batch
    from mesh.reference import Reference
    from mesh.worker import Delivery

SALE = "pos.sale.completed"
PRODUCT = "catalog.product.upserted"
OUTLET = "catalog.outlet.upserted"
USER = "catalog.user.upserted"
TRANSACTION_RECORDED = "ledger.transaction-recorded"
REFERENCE_RECORDED = "ledger.reference-recorded"


class LedgerDesk:
    """Holds the newest revision, which runs ahead of the database by the batches under way, and what upserts meet."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference
        self._revision = -1
        self._outlets: dict[int, OutletState] = {}
        self._skus = Claims()
        self._usernames = Claims()

    async def load(self, db: Connection, deliveries: Sequence[Delivery]) -> None:
        """Read what upserts are checked against; sales need nothing."""
        upserts = [delivery.event for delivery in deliveries if delivery.event.type != SALE]
        if not upserts:
            return
        if self._revision < 0:
            self._revision = await store.load_revision(db)
        if outlets := {event.data.outlet_id for event in upserts if event.type == OUTLET}:
            self._outlets = await store.load_outlets(db, outlets)
        if products := [(event.data.sku, event.data.product_id) for event in upserts if event.type == PRODUCT]:
            self._skus = await store.load_names(db, store.SKUS, products)
        if users := [(event.data.username, event.data.user_id) for event in upserts if event.type == USER]:
            self._usernames = await store.load_names(db, store.USERNAMES, users)

    def decide(self, delivery: Delivery, batch: Batch) -> None:
        """The rows of one sale or of one upsert."""
        event = delivery.event
        if event.type == SALE:
            self._record_sale(delivery, batch)
        elif event.type == PRODUCT:
            self._record_product(delivery, batch)
        elif event.type == OUTLET:
            row = rules.outlet_row(event.data, known=self._outlets.get(event.data.outlet_id))
            batch.add(store.OUTLETS, row)
            self._record_version(delivery, batch, kind="outlet", entity_id=event.data.outlet_id)
        else:
            self._record_user(delivery, batch)

    def _record_sale(self, delivery: Delivery, batch: Batch) -> None:
        event, sale = delivery.event, delivery.event.data
        outlet = self._reference.outlet(sale.outlet_id)
        day = business_date(sale.occurred_at, outlet.zone, outlet.cutoff)
        recorded = rules.record_sale(event, outlet=outlet, day=day, products=self._reference.products)
        batch.rows(store.TRANSACTIONS).append(recorded.transaction)
        batch.rows(store.ITEMS).extend(recorded.items)
        batch.rows(store.PAYMENTS).extend(recorded.payments)
        if not sale.historic:
            told = rules.recorded_json(sale, "SALE")
            batch.emit(delivery, TRANSACTION_RECORDED, str(sale.transaction_id), str(sale.outlet_id), told)

    def _record_product(self, delivery: Delivery, batch: Batch) -> None:
        product = delivery.event.data
        batch.add(store.PRODUCTS, rules.product_row(product, sku_owner=self._skus.owner(product.sku)))
        self._skus.note(product.sku, product.product_id)
        self._record_version(delivery, batch, kind="product", entity_id=product.product_id)

    def _record_user(self, delivery: Delivery, batch: Batch) -> None:
        user = delivery.event.data
        batch.add(store.USERS, rules.user_row(user, name_owner=self._usernames.owner(user.username)))
        self._usernames.note(user.username, user.user_id)
        self._record_version(delivery, batch, kind="user", entity_id=user.user_id)

    def _record_version(self, delivery: Delivery, batch: Batch, *, kind: str, entity_id: int) -> None:
        self._revision += 1
        event = delivery.event
        batch.add(store.VERSIONS, (self._revision, kind, entity_id, event.canonical, event.id))
        key = str(entity_id) if kind == "outlet" else f"{kind}:{entity_id}"
        told = rules.reference_json(kind, entity_id, self._revision)
        batch.emit(delivery, REFERENCE_RECORDED, f"{kind}:{entity_id}", key, told)

    async def save(self, tx: Connection, batch: Batch) -> None:
        """Sales by COPY; reference rows under the lock of their revision."""
        await store.save_sales(
            tx,
            transactions=batch.rows(store.TRANSACTIONS),
            items=batch.rows(store.ITEMS),
            payments=batch.rows(store.PAYMENTS),
        )
        if versions := batch.rows(store.VERSIONS):
            await store.save_versions(tx, versions)
        if rows := batch.rows(store.PRODUCTS):
            await store.save_products(tx, rows)
        if rows := batch.rows(store.OUTLETS):
            await store.save_outlets(tx, rows)
        if rows := batch.rows(store.USERS):
            await store.save_users(tx, rows)

    def forget(self) -> None:
        """Drop what runs ahead of the database; the rest is read again with every upsert."""
        self._revision = -1
