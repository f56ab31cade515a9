-- The till's schemas, as db/ledger/catalog.py and db/ledger/sales.py define them. Frozen: a change is a new revision.

CREATE TABLE smartoutlet_auth.permissions (
    id BIGSERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description VARCHAR(200),
    resource VARCHAR(50),
    action VARCHAR(20),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT permissions_pkey PRIMARY KEY (id),
    CONSTRAINT permissions_name_key UNIQUE (name)
);
CREATE INDEX idx_permissions_name ON smartoutlet_auth.permissions (name);

CREATE TABLE smartoutlet_auth.roles (
    id BIGSERIAL NOT NULL,
    name VARCHAR(50) NOT NULL,
    description VARCHAR(200),
    is_active BOOLEAN DEFAULT true,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_name_key UNIQUE (name)
);
CREATE INDEX idx_roles_name ON smartoutlet_auth.roles (name);

CREATE TABLE smartoutlet_auth.users (
    id BIGSERIAL NOT NULL,
    username VARCHAR(50) NOT NULL,
    email VARCHAR(100),
    password VARCHAR(255) DEFAULT '!' NOT NULL,
    first_name VARCHAR(50),
    last_name VARCHAR(50),
    phone_number VARCHAR(20),
    is_active BOOLEAN DEFAULT true,
    is_verified BOOLEAN DEFAULT false,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    last_login TIMESTAMP WITH TIME ZONE,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_username_key UNIQUE (username),
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE smartoutlet_expense.expenses (
    id BIGSERIAL NOT NULL,
    description VARCHAR(255) NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    outlet_id BIGINT NOT NULL,
    category VARCHAR(100) NOT NULL,
    created_by VARCHAR(100) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT expenses_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_expenses_category ON smartoutlet_expense.expenses (category);
CREATE INDEX idx_expenses_created_at ON smartoutlet_expense.expenses (created_at);
CREATE INDEX idx_expenses_outlet_id ON smartoutlet_expense.expenses (outlet_id);

CREATE TABLE smartoutlet_outlet.outlets (
    id BIGSERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description VARCHAR(500),
    address VARCHAR(255),
    phone_number VARCHAR(20),
    email VARCHAR(100),
    manager_id BIGINT,
    manager_name VARCHAR(100),
    postal_code VARCHAR(20),
    city VARCHAR(50),
    state VARCHAR(50),
    country VARCHAR(50),
    opening_hours VARCHAR(255),
    is_active BOOLEAN DEFAULT true,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    country_code VARCHAR(2),
    state_code VARCHAR(10),
    county_code VARCHAR(10),
    city_code VARCHAR(10),
    timezone VARCHAR(64),
    currency VARCHAR(3),
    business_day_cutoff TIME WITHOUT TIME ZONE DEFAULT '00:00' NOT NULL,
    CONSTRAINT outlets_pkey PRIMARY KEY (id),
    CONSTRAINT outlets_business_day_cutoff_check CHECK (business_day_cutoff <= '12:00')
);
CREATE INDEX idx_outlets_city ON smartoutlet_outlet.outlets (city);
CREATE INDEX idx_outlets_is_active ON smartoutlet_outlet.outlets (is_active);
CREATE INDEX idx_outlets_name ON smartoutlet_outlet.outlets (name);

CREATE TABLE smartoutlet_pos.customers (
    id BIGSERIAL NOT NULL,
    customer_number VARCHAR(50) NOT NULL,
    first_name VARCHAR(100) NOT NULL,
    last_name VARCHAR(100) NOT NULL,
    email VARCHAR(200),
    phone VARCHAR(50),
    address VARCHAR(500),
    city VARCHAR(100),
    state VARCHAR(100),
    zip_code VARCHAR(20),
    country VARCHAR(100),
    date_of_birth TIMESTAMP WITH TIME ZONE,
    gender VARCHAR(10),
    loyalty_points INTEGER DEFAULT 0,
    total_spent NUMERIC(19, 4) DEFAULT 0,
    last_visit TIMESTAMP WITH TIME ZONE,
    status VARCHAR(20) DEFAULT 'ACTIVE',
    preferred_payment_method VARCHAR(20),
    marketing_consent BOOLEAN DEFAULT false,
    notes VARCHAR(1000),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT customers_pkey PRIMARY KEY (id),
    CONSTRAINT customers_customer_number_key UNIQUE (customer_number)
);
CREATE INDEX idx_customers_customer_number ON smartoutlet_pos.customers (customer_number);
CREATE INDEX idx_customers_email ON smartoutlet_pos.customers (email);
CREATE INDEX idx_customers_phone ON smartoutlet_pos.customers (phone);
CREATE INDEX idx_customers_status ON smartoutlet_pos.customers (status);

CREATE TABLE smartoutlet_pos.transactions (
    id BIGSERIAL NOT NULL,
    transaction_number VARCHAR(50),
    outlet_id BIGINT NOT NULL,
    outlet_name VARCHAR(200),
    cashier_id BIGINT,
    cashier_name VARCHAR(200),
    customer_id BIGINT,
    customer_name VARCHAR(200),
    customer_email VARCHAR(200),
    customer_phone VARCHAR(50),
    transaction_type VARCHAR(20) NOT NULL,
    payment_method VARCHAR(20),
    subtotal NUMERIC(19, 4),
    tax_amount NUMERIC(19, 4),
    discount_amount NUMERIC(19, 4) DEFAULT 0,
    total_amount NUMERIC(19, 4),
    amount_paid NUMERIC(19, 4),
    change_amount NUMERIC(19, 4),
    status VARCHAR(20) DEFAULT 'COMPLETED',
    receipt_number VARCHAR(50),
    notes VARCHAR(1000),
    loyalty_points_earned INTEGER DEFAULT 0,
    loyalty_points_redeemed INTEGER DEFAULT 0,
    discount_code VARCHAR(50),
    discount_percentage NUMERIC(5, 2),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    version INTEGER DEFAULT 1 NOT NULL,
    currency VARCHAR(3),
    business_date DATE,
    occurred_at TIMESTAMP WITH TIME ZONE,
    original_transaction_id BIGINT,
    event_id TEXT,
    register VARCHAR(50),
    customer_ref VARCHAR(200),
    dining_option VARCHAR(20),
    prices_include_tax BOOLEAN,
    tip_amount NUMERIC(19, 4),
    rounding_amount NUMERIC(19, 4),
    voided_at TIMESTAMP WITH TIME ZONE,
    void_reason VARCHAR(500),
    CONSTRAINT transactions_pkey PRIMARY KEY (id),
    CONSTRAINT transactions_transaction_number_key UNIQUE (transaction_number)
);
CREATE INDEX idx_transactions_cashier_id ON smartoutlet_pos.transactions (cashier_id);
CREATE INDEX idx_transactions_created_at ON smartoutlet_pos.transactions (created_at);
CREATE INDEX idx_transactions_customer_id ON smartoutlet_pos.transactions (customer_id);
CREATE INDEX idx_transactions_original ON smartoutlet_pos.transactions (original_transaction_id) WHERE original_transaction_id IS NOT NULL;
CREATE INDEX idx_transactions_outlet_id ON smartoutlet_pos.transactions (outlet_id);
CREATE INDEX idx_transactions_receipt_number ON smartoutlet_pos.transactions (receipt_number);
CREATE INDEX idx_transactions_status ON smartoutlet_pos.transactions (status);
CREATE INDEX idx_transactions_transaction_number ON smartoutlet_pos.transactions (transaction_number);

CREATE TABLE smartoutlet_product.categories (
    id BIGSERIAL NOT NULL,
    name VARCHAR(100) NOT NULL,
    description VARCHAR(500),
    parent_id BIGINT,
    is_active BOOLEAN DEFAULT true,
    sort_order INTEGER DEFAULT 0,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT categories_pkey PRIMARY KEY (id),
    CONSTRAINT categories_name_key UNIQUE (name)
);

CREATE TABLE smartoutlet_auth.role_permissions (
    role_id BIGINT NOT NULL,
    permission_id BIGINT NOT NULL,
    CONSTRAINT role_permissions_pkey PRIMARY KEY (role_id, permission_id),
    CONSTRAINT role_permissions_role_id_fkey FOREIGN KEY(role_id) REFERENCES smartoutlet_auth.roles (id) ON DELETE CASCADE,
    CONSTRAINT role_permissions_permission_id_fkey FOREIGN KEY(permission_id) REFERENCES smartoutlet_auth.permissions (id) ON DELETE CASCADE
);

CREATE TABLE smartoutlet_auth.user_roles (
    user_id BIGINT NOT NULL,
    role_id BIGINT NOT NULL,
    CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role_id),
    CONSTRAINT user_roles_role_id_fkey FOREIGN KEY(role_id) REFERENCES smartoutlet_auth.roles (id) ON DELETE CASCADE,
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY(user_id) REFERENCES smartoutlet_auth.users (id) ON DELETE CASCADE
);
CREATE INDEX idx_user_roles_user_id ON smartoutlet_auth.user_roles (user_id);

CREATE TABLE smartoutlet_outlet.staff_assignments (
    id BIGSERIAL NOT NULL,
    outlet_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    username VARCHAR(50),
    user_email VARCHAR(100),
    user_full_name VARCHAR(100),
    role VARCHAR(50),
    assigned_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    is_active BOOLEAN DEFAULT true,
    CONSTRAINT staff_assignments_pkey PRIMARY KEY (id),
    CONSTRAINT staff_assignments_outlet_id_fkey FOREIGN KEY(outlet_id) REFERENCES smartoutlet_outlet.outlets (id) ON DELETE CASCADE
);
CREATE INDEX idx_staff_assignments_outlet_id ON smartoutlet_outlet.staff_assignments (outlet_id);
CREATE INDEX idx_staff_assignments_user_id ON smartoutlet_outlet.staff_assignments (user_id);

CREATE TABLE smartoutlet_pos.payments (
    id BIGSERIAL NOT NULL,
    transaction_id BIGINT NOT NULL,
    payment_number INTEGER NOT NULL,
    method VARCHAR(50) NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT payments_pkey PRIMARY KEY (id),
    CONSTRAINT payments_transaction_id_fkey FOREIGN KEY(transaction_id) REFERENCES smartoutlet_pos.transactions (id) ON DELETE CASCADE,
    CONSTRAINT payments_number_key UNIQUE (transaction_id, payment_number)
);

CREATE TABLE smartoutlet_pos.transaction_items (
    id BIGSERIAL NOT NULL,
    transaction_id BIGINT NOT NULL,
    product_id BIGINT NOT NULL,
    product_name VARCHAR(200),
    product_sku VARCHAR(50),
    quantity NUMERIC(18, 6) NOT NULL,
    unit_price NUMERIC(18, 6),
    total_price NUMERIC(19, 4),
    discount_amount NUMERIC(19, 4) DEFAULT 0,
    tax_amount NUMERIC(19, 4),
    final_price NUMERIC(19, 4),
    notes VARCHAR(500),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    line_id INTEGER,
    original_line_id INTEGER,
    disposition VARCHAR(10),
    reason VARCHAR(500),
    prepared_at TIMESTAMP WITH TIME ZONE,
    modifiers JSONB,
    CONSTRAINT transaction_items_pkey PRIMARY KEY (id),
    CONSTRAINT transaction_items_line_key UNIQUE (transaction_id, line_id),
    CONSTRAINT transaction_items_transaction_id_fkey FOREIGN KEY(transaction_id) REFERENCES smartoutlet_pos.transactions (id) ON DELETE CASCADE,
    CONSTRAINT transaction_items_disposition_check CHECK (disposition IN ('RESTOCK', 'WASTE', 'NONE'))
);
CREATE INDEX idx_transaction_items_product_id ON smartoutlet_pos.transaction_items (product_id);
CREATE INDEX idx_transaction_items_transaction_id ON smartoutlet_pos.transaction_items (transaction_id);

CREATE TABLE smartoutlet_product.products (
    id BIGSERIAL NOT NULL,
    name VARCHAR(200) NOT NULL,
    description VARCHAR(1000),
    sku VARCHAR(50),
    barcode VARCHAR(100),
    price NUMERIC(19, 4),
    cost_price NUMERIC(18, 6),
    stock_quantity NUMERIC(18, 6) DEFAULT 0 NOT NULL,
    min_stock_level NUMERIC(18, 6) DEFAULT 5,
    max_stock_level NUMERIC(18, 6) DEFAULT 1000,
    category_id BIGINT,
    unit_of_measure VARCHAR(20) DEFAULT 'PIECE',
    weight NUMERIC(18, 6),
    dimensions VARCHAR(100),
    brand VARCHAR(100),
    supplier VARCHAR(100),
    is_active BOOLEAN DEFAULT true,
    is_taxable BOOLEAN DEFAULT true,
    tax_rate NUMERIC(9, 6) DEFAULT 0,
    image_url VARCHAR(500),
    tags VARCHAR(500),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    is_stocked BOOLEAN DEFAULT true NOT NULL,
    category VARCHAR(100),
    CONSTRAINT products_pkey PRIMARY KEY (id),
    CONSTRAINT products_sku_key UNIQUE (sku),
    CONSTRAINT products_category_id_fkey FOREIGN KEY(category_id) REFERENCES smartoutlet_product.categories (id)
);
CREATE INDEX idx_product_barcode ON smartoutlet_product.products (barcode);
CREATE INDEX idx_product_brand ON smartoutlet_product.products (brand);
CREATE INDEX idx_product_category ON smartoutlet_product.products (category_id);
CREATE INDEX idx_product_is_active ON smartoutlet_product.products (is_active);
CREATE INDEX idx_product_sku ON smartoutlet_product.products (sku);
CREATE INDEX idx_product_supplier ON smartoutlet_product.products (supplier);

CREATE TABLE smartoutlet_product.stock_movements (
    id BIGSERIAL NOT NULL,
    product_id BIGINT NOT NULL,
    movement_type VARCHAR(20) NOT NULL,
    quantity NUMERIC(18, 6) NOT NULL,
    previous_stock NUMERIC(18, 6),
    new_stock NUMERIC(18, 6),
    reason VARCHAR(200),
    reference_id VARCHAR(100),
    reference_type VARCHAR(50),
    outlet_id BIGINT,
    user_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT stock_movements_pkey PRIMARY KEY (id),
    CONSTRAINT stock_movements_product_id_fkey FOREIGN KEY(product_id) REFERENCES smartoutlet_product.products (id)
);
CREATE INDEX idx_stock_movement_outlet ON smartoutlet_product.stock_movements (outlet_id);
CREATE INDEX idx_stock_movement_product ON smartoutlet_product.stock_movements (product_id);
CREATE INDEX idx_stock_movement_reference ON smartoutlet_product.stock_movements (reference_id);
CREATE INDEX idx_stock_movement_type ON smartoutlet_product.stock_movements (movement_type);

-- Rows whose event names nobody carry this user; the password lets nobody log in.
INSERT INTO smartoutlet_auth.users (id, username, password, is_verified) VALUES (0, 'system', '!', true);
