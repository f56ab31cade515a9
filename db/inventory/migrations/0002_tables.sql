-- The inventory service's tables, as db/inventory/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_inventory.suppliers (
    id BIGSERIAL NOT NULL,
    name VARCHAR(200) NOT NULL,
    contact_person VARCHAR(200),
    email VARCHAR(200),
    phone VARCHAR(50),
    address TEXT,
    city VARCHAR(100),
    state VARCHAR(100),
    zip_code VARCHAR(20),
    country VARCHAR(100),
    payment_terms VARCHAR(100),
    credit_limit NUMERIC(19, 4),
    status VARCHAR(20) DEFAULT 'ACTIVE',
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT suppliers_pkey PRIMARY KEY (id),
    CONSTRAINT suppliers_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUSPENDED'))
);
CREATE INDEX idx_suppliers_status ON coralserve_inventory.suppliers (status);

CREATE TABLE coralserve_inventory.purchase_orders (
    id BIGSERIAL NOT NULL,
    po_number VARCHAR(50) NOT NULL,
    supplier_id BIGINT NOT NULL,
    outlet_id BIGINT NOT NULL,
    order_date DATE NOT NULL,
    expected_delivery_date DATE,
    status VARCHAR(20) DEFAULT 'DRAFT',
    total_amount NUMERIC(19, 4) DEFAULT 0,
    notes TEXT,
    created_by BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT purchase_orders_pkey PRIMARY KEY (id),
    CONSTRAINT purchase_orders_po_number_key UNIQUE (po_number),
    CONSTRAINT fk_po_supplier FOREIGN KEY(supplier_id) REFERENCES coralserve_inventory.suppliers (id),
    CONSTRAINT purchase_orders_status_check CHECK (status IN ('DRAFT', 'ORDERED', 'PARTIALLY_RECEIVED', 'RECEIVED', 'CANCELLED'))
);
CREATE INDEX idx_purchase_orders_outlet ON coralserve_inventory.purchase_orders (outlet_id);
CREATE INDEX idx_purchase_orders_status ON coralserve_inventory.purchase_orders (status);
CREATE INDEX idx_purchase_orders_supplier ON coralserve_inventory.purchase_orders (supplier_id);

CREATE TABLE coralserve_inventory.purchase_order_items (
    id BIGSERIAL NOT NULL,
    purchase_order_id BIGINT NOT NULL,
    product_id BIGINT,
    quantity NUMERIC(18, 6) NOT NULL,
    unit_cost NUMERIC(18, 6) NOT NULL,
    total_cost NUMERIC(19, 4) NOT NULL,
    received_quantity NUMERIC(18, 6) DEFAULT 0,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    material_id BIGINT,
    line_id INTEGER,
    CONSTRAINT purchase_order_items_pkey PRIMARY KEY (id),
    CONSTRAINT purchase_order_items_one_item_check CHECK (num_nonnulls(product_id, material_id) = 1),
    CONSTRAINT fk_poi_purchase_order FOREIGN KEY(purchase_order_id) REFERENCES coralserve_inventory.purchase_orders (id),
    CONSTRAINT purchase_order_items_line_key UNIQUE (purchase_order_id, line_id)
);
CREATE INDEX idx_purchase_order_items_po ON coralserve_inventory.purchase_order_items (purchase_order_id);

CREATE TABLE coralserve_inventory.stock_items (
    id BIGSERIAL NOT NULL,
    product_id BIGINT,
    outlet_id BIGINT NOT NULL,
    batch_number VARCHAR(100),
    quantity NUMERIC(18, 6) DEFAULT 0 NOT NULL,
    unit_cost NUMERIC(18, 6),
    expiry_date DATE,
    status VARCHAR(20) DEFAULT 'FRESH',
    min_stock_level NUMERIC(18, 6) DEFAULT 0,
    max_stock_level NUMERIC(18, 6),
    reorder_point NUMERIC(18, 6),
    supplier_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    material_id BIGINT,
    received_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT stock_items_pkey PRIMARY KEY (id),
    CONSTRAINT stock_items_status_check CHECK (status IN ('FRESH', 'NEAR_EXPIRY', 'EXPIRED')),
    CONSTRAINT stock_items_shortfall_check CHECK (batch_number IS DISTINCT FROM 'SHORTFALL' OR quantity <= 0),
    CONSTRAINT stock_items_one_item_check CHECK (num_nonnulls(product_id, material_id) = 1)
);
CREATE INDEX idx_stock_items_expiry ON coralserve_inventory.stock_items (expiry_date);
CREATE INDEX idx_stock_items_here_material ON coralserve_inventory.stock_items (outlet_id, material_id) WHERE material_id IS NOT NULL;
CREATE INDEX idx_stock_items_here_product ON coralserve_inventory.stock_items (outlet_id, product_id);
CREATE INDEX idx_stock_items_material ON coralserve_inventory.stock_items (material_id) WHERE material_id IS NOT NULL;
CREATE INDEX idx_stock_items_outlet ON coralserve_inventory.stock_items (outlet_id);
CREATE INDEX idx_stock_items_product ON coralserve_inventory.stock_items (product_id);
CREATE INDEX idx_stock_items_status ON coralserve_inventory.stock_items (status);
CREATE UNIQUE INDEX uq_stock_items_shortfall ON coralserve_inventory.stock_items (outlet_id, product_id, material_id) NULLS NOT DISTINCT WHERE batch_number = 'SHORTFALL';

CREATE TABLE coralserve_inventory.stock_levels (
    id BIGSERIAL NOT NULL,
    outlet_id BIGINT NOT NULL,
    product_id BIGINT,
    material_id BIGINT,
    reorder_point NUMERIC(18, 6),
    min_level NUMERIC(18, 6),
    max_level NUMERIC(18, 6),
    low BOOLEAN DEFAULT false NOT NULL,
    depleted BOOLEAN DEFAULT false NOT NULL,
    last_counted_at TIMESTAMP WITH TIME ZONE,
    last_cost NUMERIC(18, 6),
    last_received_at TIMESTAMP WITH TIME ZONE,
    moving_average NUMERIC(18, 6),
    revision BIGINT DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT stock_levels_pkey PRIMARY KEY (id),
    CONSTRAINT stock_levels_outlet_material_key UNIQUE (outlet_id, material_id),
    CONSTRAINT stock_levels_outlet_product_key UNIQUE (outlet_id, product_id),
    CONSTRAINT stock_levels_one_item_check CHECK (num_nonnulls(product_id, material_id) = 1)
);

CREATE TABLE coralserve_inventory.stock_movements (
    id BIGSERIAL NOT NULL,
    stock_item_id BIGINT NOT NULL,
    movement_type VARCHAR(20) NOT NULL,
    quantity NUMERIC(18, 6) NOT NULL,
    from_outlet_id BIGINT,
    to_outlet_id BIGINT,
    reason VARCHAR(500),
    reference_id BIGINT,
    reference_type VARCHAR(50),
    unit_cost NUMERIC(18, 6),
    total_value NUMERIC(19, 4),
    created_by BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    event_id TEXT,
    line_id INTEGER,
    business_date DATE,
    adjusts_id BIGINT,
    cost_variance NUMERIC(19, 4),
    CONSTRAINT stock_movements_pkey PRIMARY KEY (id),
    CONSTRAINT fk_movement_adjusts FOREIGN KEY(adjusts_id) REFERENCES coralserve_inventory.stock_movements (id),
    CONSTRAINT stock_movements_movement_type_check CHECK (movement_type IN ('IN', 'OUT', 'TRANSFER', 'ADJUSTMENT', 'WASTE')),
    CONSTRAINT fk_movement_stock FOREIGN KEY(stock_item_id) REFERENCES coralserve_inventory.stock_items (id)
);
CREATE INDEX idx_stock_movements_created_at ON coralserve_inventory.stock_movements (created_at);
CREATE INDEX idx_stock_movements_reference ON coralserve_inventory.stock_movements (reference_id) WHERE reference_id IS NOT NULL;
CREATE INDEX idx_stock_movements_stock_item ON coralserve_inventory.stock_movements (stock_item_id);
CREATE INDEX idx_stock_movements_type ON coralserve_inventory.stock_movements (movement_type);
CREATE UNIQUE INDEX uq_stock_movements_once ON coralserve_inventory.stock_movements (event_id, line_id, stock_item_id, movement_type, adjusts_id) NULLS NOT DISTINCT WHERE event_id IS NOT NULL;

-- Rows that every sale updates keep room beside them, so that an update stays on its page and touches no index.
ALTER TABLE coralserve_inventory.stock_items SET (fillfactor = 70);
ALTER TABLE coralserve_inventory.stock_levels SET (fillfactor = 70);
