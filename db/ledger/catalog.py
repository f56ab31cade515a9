"""Reference schemas the ledger writes and every worker reads: smartoutlet_auth, _product and _outlet.

Legacy columns as dumped, widened; those the catalogue events cannot fill are nullable. Technical tables of the
legacy databases (error logs, login tokens) are not carried over.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, MetaData, Numeric, Table, Time, text

from db.columns import big, cost, index, instant, key, money, quantity, reference, varchar

YES = text("true")
NO = text("false")


def auth(metadata: MetaData) -> None:
    """Users and their roles; the password `!` lets nobody log in."""
    Table(
        "users",
        metadata,
        key(),
        varchar("username", 50, nullable=False, unique=True),
        varchar("email", 100, unique=True),
        varchar("password", 255, nullable=False, server_default="!"),
        varchar("first_name", 50),
        varchar("last_name", 50),
        varchar("phone_number", 20),
        Column("is_active", Boolean, server_default=YES),
        Column("is_verified", Boolean, server_default=NO),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        instant("last_login"),
    )
    Table(
        "roles",
        metadata,
        key(),
        varchar("name", 50, nullable=False, unique=True),
        varchar("description", 200),
        Column("is_active", Boolean, server_default=YES),
        instant("created_at", now=True, nullable=False),
        instant("updated_at", now=True),
        index("idx_roles_name", "name"),
    )
    Table(
        "permissions",
        metadata,
        key(),
        varchar("name", 100, nullable=False, unique=True),
        varchar("description", 200),
        varchar("resource", 50),
        varchar("action", 20),
        instant("created_at", now=True, nullable=False),
        index("idx_permissions_name", "name"),
    )
    users, roles, permissions = "smartoutlet_auth.users", "smartoutlet_auth.roles", "smartoutlet_auth.permissions"
    Table(
        "user_roles",
        metadata,
        big("user_id", primary_key=True, autoincrement=False),
        big("role_id", primary_key=True, autoincrement=False),
        reference("user_roles_user_id_fkey", "user_id", users, ondelete="CASCADE"),
        reference("user_roles_role_id_fkey", "role_id", roles, ondelete="CASCADE"),
        index("idx_user_roles_user_id", "user_id"),
    )
    Table(
        "role_permissions",
        metadata,
        big("role_id", primary_key=True, autoincrement=False),
        big("permission_id", primary_key=True, autoincrement=False),
        reference("role_permissions_role_id_fkey", "role_id", roles, ondelete="CASCADE"),
        reference("role_permissions_permission_id_fkey", "permission_id", permissions, ondelete="CASCADE"),
    )


def product(metadata: MetaData) -> None:
    """Products, categories and the legacy stock movements, which name no lot."""
    Table(
        "categories",
        metadata,
        key(),
        varchar("name", 100, nullable=False, unique=True),
        varchar("description", 500),
        big("parent_id"),
        Column("is_active", Boolean, server_default=YES),
        Column("sort_order", Integer, server_default=text("0")),
        instant("created_at", now=True),
        instant("updated_at", now=True),
    )
    Table(
        "products",
        metadata,
        key(),
        varchar("name", 200, nullable=False),
        varchar("description", 1000),
        varchar("sku", 50, unique=True),
        varchar("barcode", 100),
        money("price"),
        cost("cost_price"),
        quantity("stock_quantity", nullable=False, server_default=text("0")),
        quantity("min_stock_level", server_default=text("5")),
        quantity("max_stock_level", server_default=text("1000")),
        big("category_id"),
        varchar("unit_of_measure", 20, server_default="PIECE"),
        Column("weight", Numeric(18, 6)),
        varchar("dimensions", 100),
        varchar("brand", 100),
        varchar("supplier", 100),
        Column("is_active", Boolean, server_default=YES),
        Column("is_taxable", Boolean, server_default=YES),
        Column("tax_rate", Numeric(9, 6), server_default=text("0")),  # legacy percent; never read, tax_rules decide
        varchar("image_url", 500),
        varchar("tags", 500),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        Column("is_stocked", Boolean, nullable=False, server_default=YES),
        varchar("category", 100),
        reference("products_category_id_fkey", "category_id", "smartoutlet_product.categories"),
        index("idx_product_barcode", "barcode"),
        index("idx_product_brand", "brand"),
        index("idx_product_category", "category_id"),
        index("idx_product_is_active", "is_active"),
        index("idx_product_sku", "sku"),
        index("idx_product_supplier", "supplier"),
    )
    _legacy_movements(metadata)


def _legacy_movements(metadata: MetaData) -> None:
    Table(
        "stock_movements",
        metadata,
        key(),
        big("product_id", nullable=False),
        varchar("movement_type", 20, nullable=False),
        quantity("quantity", nullable=False),
        quantity("previous_stock"),
        quantity("new_stock"),
        varchar("reason", 200),
        varchar("reference_id", 100),
        varchar("reference_type", 50),
        big("outlet_id"),
        big("user_id"),
        instant("created_at", now=True),
        reference("stock_movements_product_id_fkey", "product_id", "smartoutlet_product.products"),
        index("idx_stock_movement_outlet", "outlet_id"),
        index("idx_stock_movement_product", "product_id"),
        index("idx_stock_movement_reference", "reference_id"),
        index("idx_stock_movement_type", "movement_type"),
    )


def outlet(metadata: MetaData) -> None:
    """Outlets with the zone, currency and jurisdiction the rules need (R1, R50), and who works where."""
    Table(
        "outlets",
        metadata,
        key(),
        varchar("name", 100, nullable=False),
        varchar("description", 500),
        varchar("address", 255),
        varchar("phone_number", 20),
        varchar("email", 100),
        big("manager_id"),
        varchar("manager_name", 100),
        varchar("postal_code", 20),
        varchar("city", 50),
        varchar("state", 50),
        varchar("country", 50),
        varchar("opening_hours", 255),
        Column("is_active", Boolean, server_default=YES),
        instant("created_at", now=True),
        instant("updated_at", now=True),
        varchar("country_code", 2),
        varchar("state_code", 10),
        varchar("county_code", 10),
        varchar("city_code", 10),
        varchar("timezone", 64),
        varchar("currency", 3),
        Column("business_day_cutoff", Time, nullable=False, server_default=text("'00:00'")),
        CheckConstraint("business_day_cutoff <= '12:00'", name="business_day_cutoff"),
        index("idx_outlets_city", "city"),
        index("idx_outlets_is_active", "is_active"),
        index("idx_outlets_name", "name"),
    )
    Table(
        "staff_assignments",
        metadata,
        key(),
        big("outlet_id", nullable=False),
        big("user_id", nullable=False),
        varchar("username", 50),
        varchar("user_email", 100),
        varchar("user_full_name", 100),
        varchar("role", 50),
        instant("assigned_at", now=True),
        Column("is_active", Boolean, server_default=YES),
        reference("staff_assignments_outlet_id_fkey", "outlet_id", "smartoutlet_outlet.outlets", ondelete="CASCADE"),
        index("idx_staff_assignments_outlet_id", "outlet_id"),
        index("idx_staff_assignments_user_id", "user_id"),
    )
