"""The till's own record, as the ledger keeps it: smartoutlet_pos, and the legacy expenses beside it.

Figures are the till's and are never recomputed (R59); a receipt without totals has NULL tax, not 0.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, MetaData, Numeric, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import big, cost, index, instant, key, money, one_of, quantity, reference, varchar

TRANSACTIONS = "smartoutlet_pos.transactions"


def pos(metadata: MetaData) -> None:
    """Transactions (sales and refunds, each under its own id), their lines and payments, and legacy customers."""
    _transactions(metadata)
    _lines(metadata)
    _customers(metadata)


def _transactions(metadata: MetaData) -> None:
    Table(
        "transactions",
        metadata,
        key(),
        varchar("transaction_number", 50, unique=True),
        big("outlet_id", nullable=False),
        varchar("outlet_name", 200),
        big("cashier_id"),
        varchar("cashier_name", 200),
        big("customer_id"),
        varchar("customer_name", 200),
        varchar("customer_email", 200),
        varchar("customer_phone", 50),
        varchar("transaction_type", 20, nullable=False),
        varchar("payment_method", 20),
        money("subtotal"),
        money("tax_amount"),
        money("discount_amount", server_default=text("0")),
        money("total_amount"),
        money("amount_paid"),
        money("change_amount"),
        varchar("status", 20, server_default="COMPLETED"),
        varchar("receipt_number", 50),
        varchar("notes", 1000),
        Column("loyalty_points_earned", Integer, server_default=text("0")),
        Column("loyalty_points_redeemed", Integer, server_default=text("0")),
        varchar("discount_code", 50),
        Column("discount_percentage", Numeric(5, 2)),
        instant("created_at", now=True, nullable=False),
        instant("updated_at", now=True),
        Column("version", Integer, nullable=False, server_default=text("1")),
        varchar("currency", 3),
        Column("business_date", Date),
        instant("occurred_at"),
        big("original_transaction_id"),
        Column("event_id", Text),
        varchar("register", 50),
        varchar("customer_ref", 200),
        varchar("dining_option", 20),
        Column("prices_include_tax", Boolean),
        money("tip_amount"),
        money("rounding_amount"),
        instant("voided_at"),
        varchar("void_reason", 500),
        index("idx_transactions_cashier_id", "cashier_id"),
        index("idx_transactions_created_at", "created_at"),
        index("idx_transactions_customer_id", "customer_id"),
        index("idx_transactions_outlet_id", "outlet_id"),
        index("idx_transactions_receipt_number", "receipt_number"),
        index("idx_transactions_status", "status"),
        index("idx_transactions_transaction_number", "transaction_number"),
        index(
            "idx_transactions_original",
            "original_transaction_id",
            postgresql_where=text("original_transaction_id IS NOT NULL"),
        ),
    )


def _lines(metadata: MetaData) -> None:
    Table(
        "transaction_items",
        metadata,
        key(),
        big("transaction_id", nullable=False),
        big("product_id", nullable=False),
        varchar("product_name", 200),
        varchar("product_sku", 50),
        quantity("quantity", nullable=False),
        cost("unit_price"),
        money("total_price"),
        money("discount_amount", server_default=text("0")),
        money("tax_amount"),
        money("final_price"),
        varchar("notes", 500),
        instant("created_at", now=True, nullable=False),
        Column("line_id", Integer),
        Column("original_line_id", Integer),
        varchar("disposition", 10),
        varchar("reason", 500),
        instant("prepared_at"),
        Column("modifiers", JSONB),
        one_of("disposition", "RESTOCK", "WASTE", "NONE"),
        UniqueConstraint("transaction_id", "line_id", name="transaction_items_line_key"),
        reference("transaction_items_transaction_id_fkey", "transaction_id", TRANSACTIONS, ondelete="CASCADE"),
        index("idx_transaction_items_product_id", "product_id"),
        index("idx_transaction_items_transaction_id", "transaction_id"),
    )
    Table(
        "payments",
        metadata,
        key(),
        big("transaction_id", nullable=False),
        Column("payment_number", Integer, nullable=False),
        varchar("method", 50, nullable=False),
        money("amount", nullable=False),
        instant("created_at", now=True, nullable=False),
        UniqueConstraint("transaction_id", "payment_number", name="payments_number_key"),
        reference("payments_transaction_id_fkey", "transaction_id", TRANSACTIONS, ondelete="CASCADE"),
    )


def _customers(metadata: MetaData) -> None:
    Table(
        "customers",
        metadata,
        key(),
        varchar("customer_number", 50, nullable=False, unique=True),
        varchar("first_name", 100, nullable=False),
        varchar("last_name", 100, nullable=False),
        varchar("email", 200),
        varchar("phone", 50),
        varchar("address", 500),
        varchar("city", 100),
        varchar("state", 100),
        varchar("zip_code", 20),
        varchar("country", 100),
        instant("date_of_birth"),
        varchar("gender", 10),
        Column("loyalty_points", Integer, server_default=text("0")),
        money("total_spent", server_default=text("0")),
        instant("last_visit"),
        varchar("status", 20, server_default="ACTIVE"),
        varchar("preferred_payment_method", 20),
        Column("marketing_consent", Boolean, server_default=text("false")),
        varchar("notes", 1000),
        instant("created_at", now=True, nullable=False),
        instant("updated_at", now=True),
        index("idx_customers_customer_number", "customer_number"),
        index("idx_customers_email", "email"),
        index("idx_customers_phone", "phone"),
        index("idx_customers_status", "status"),
    )


def expense(metadata: MetaData) -> None:
    """Expenses per outlet, as dumped."""
    Table(
        "expenses",
        metadata,
        key(),
        varchar("description", 255, nullable=False),
        money("amount", nullable=False),
        big("outlet_id", nullable=False),
        varchar("category", 100, nullable=False),
        varchar("created_by", 100, nullable=False),
        instant("created_at", now=True),
        index("idx_expenses_category", "category"),
        index("idx_expenses_created_at", "created_at"),
        index("idx_expenses_outlet_id", "outlet_id"),
    )
