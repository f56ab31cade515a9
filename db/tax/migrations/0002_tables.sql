-- The tax service's tables, as db/tax/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_tax.tax_periods (
    id BIGSERIAL NOT NULL,
    country_code VARCHAR(3) NOT NULL,
    state_code VARCHAR(10),
    county_code VARCHAR(10),
    city_code VARCHAR(10),
    start_date DATE NOT NULL,
    end_date DATE NOT NULL,
    status VARCHAR(10) DEFAULT 'CLOSED' NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by BIGINT,
    reopened_at TIMESTAMP WITH TIME ZONE,
    reopened_by BIGINT,
    reason VARCHAR(500),
    event_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT tax_periods_pkey PRIMARY KEY (id),
    CONSTRAINT tax_periods_dates_check CHECK (end_date >= start_date),
    CONSTRAINT tax_periods_status_check CHECK (status IN ('OPEN', 'CLOSED')),
    CONSTRAINT tax_periods_jurisdiction_key UNIQUE NULLS NOT DISTINCT (country_code, state_code, county_code, city_code, start_date, end_date)
);

CREATE TABLE coralserve_tax.tax_policies (
    id BIGSERIAL NOT NULL,
    country_code VARCHAR(3) NOT NULL,
    state_code VARCHAR(10),
    county_code VARCHAR(10),
    city_code VARCHAR(10),
    scope VARCHAR(10) DEFAULT 'DOCUMENT' NOT NULL,
    grouping VARCHAR(10) DEFAULT 'RULE' NOT NULL,
    mode VARCHAR(10) DEFAULT 'HALF_UP' NOT NULL,
    effective_date DATE DEFAULT '0001-01-01' NOT NULL,
    event_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT tax_policies_pkey PRIMARY KEY (id),
    CONSTRAINT tax_policies_scope_check CHECK (scope IN ('LINE', 'DOCUMENT')),
    CONSTRAINT tax_policies_mode_check CHECK (mode IN ('HALF_UP', 'HALF_EVEN', 'UP', 'DOWN')),
    CONSTRAINT tax_policies_grouping_check CHECK (grouping IN ('RULE', 'AGGREGATE')),
    CONSTRAINT tax_policies_jurisdiction_key UNIQUE NULLS NOT DISTINCT (country_code, state_code, county_code, city_code, effective_date)
);

CREATE TABLE coralserve_tax.tax_rules (
    id BIGSERIAL NOT NULL,
    country_code VARCHAR(3) NOT NULL,
    state_code VARCHAR(10),
    city_code VARCHAR(10),
    tax_type VARCHAR(50) NOT NULL,
    tax_name VARCHAR(100) NOT NULL,
    rate NUMERIC(9, 6) NOT NULL,
    effective_date DATE NOT NULL,
    expiry_date DATE,
    is_compound BOOLEAN DEFAULT false,
    is_exempt BOOLEAN DEFAULT false,
    description TEXT,
    status VARCHAR(20) DEFAULT 'ACTIVE',
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    county_code VARCHAR(10),
    sequence INTEGER,
    stacking VARCHAR(10) DEFAULT 'ADD' NOT NULL,
    applies_to VARCHAR(10) DEFAULT 'ALL' NOT NULL,
    unit_price_threshold NUMERIC(19, 4),
    dining_option VARCHAR(20),
    CONSTRAINT tax_rules_pkey PRIMARY KEY (id),
    CONSTRAINT tax_rules_applies_to_check CHECK (applies_to IN ('ALL', 'MAPPED')),
    CONSTRAINT tax_rules_stacking_check CHECK (stacking IN ('ADD', 'REPLACE')),
    CONSTRAINT tax_rules_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'EXPIRED')),
    CONSTRAINT tax_rules_rate_check CHECK (rate >= 0 AND rate < 10)
);
CREATE INDEX idx_tax_rules_country ON coralserve_tax.tax_rules (country_code);
CREATE INDEX idx_tax_rules_effective_date ON coralserve_tax.tax_rules (effective_date);
CREATE INDEX idx_tax_rules_state ON coralserve_tax.tax_rules (state_code);
CREATE INDEX idx_tax_rules_type ON coralserve_tax.tax_rules (tax_type);

CREATE TABLE coralserve_tax.tax_documents (
    id BIGSERIAL NOT NULL,
    transaction_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    outlet_id BIGINT NOT NULL,
    currency VARCHAR(3) NOT NULL,
    net NUMERIC(19, 4) NOT NULL,
    tax NUMERIC(19, 4) NOT NULL,
    gross NUMERIC(19, 4) NOT NULL,
    status VARCHAR(20) NOT NULL,
    local_date DATE NOT NULL,
    event_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT tax_documents_pkey PRIMARY KEY (id),
    CONSTRAINT tax_documents_status_check CHECK (status IN ('COMPUTED', 'NO_RULE')),
    CONSTRAINT tax_documents_sum_check CHECK (gross = net + tax),
    CONSTRAINT tax_documents_version_key UNIQUE (transaction_id, version)
);
CREATE INDEX idx_tax_documents_outlet ON coralserve_tax.tax_documents (outlet_id, local_date);

CREATE TABLE coralserve_tax.tax_transactions (
    id BIGSERIAL NOT NULL,
    transaction_id BIGINT NOT NULL,
    tax_rule_id BIGINT NOT NULL,
    taxable_amount NUMERIC(19, 4) NOT NULL,
    tax_amount NUMERIC(19, 4) NOT NULL,
    tax_rate NUMERIC(9, 6) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    event_id TEXT,
    version INTEGER,
    line_id INTEGER,
    outlet_id BIGINT,
    product_id BIGINT,
    currency VARCHAR(3),
    local_date DATE,
    business_date DATE,
    kind VARCHAR(20) DEFAULT 'SALE' NOT NULL,
    adjusts_id BIGINT,
    exempt_amount NUMERIC(19, 4) DEFAULT 0 NOT NULL,
    exemption_reason VARCHAR(200),
    jurisdiction VARCHAR(60),
    rule_snapshot JSONB,
    CONSTRAINT tax_transactions_pkey PRIMARY KEY (id),
    CONSTRAINT tax_transactions_tax_rate_check CHECK (tax_rate >= 0 AND tax_rate < 10),
    CONSTRAINT fk_tax_transaction_rule FOREIGN KEY(tax_rule_id) REFERENCES coralserve_tax.tax_rules (id),
    CONSTRAINT tax_transactions_kind_check CHECK (kind IN ('SALE', 'REFUND', 'VOID', 'AMENDMENT', 'CORRECTION')),
    CONSTRAINT fk_tax_transaction_adjusts FOREIGN KEY(adjusts_id) REFERENCES coralserve_tax.tax_transactions (id)
);
CREATE INDEX idx_tax_transactions_rule ON coralserve_tax.tax_transactions (tax_rule_id);
CREATE INDEX idx_tax_transactions_transaction ON coralserve_tax.tax_transactions (transaction_id);
CREATE UNIQUE INDEX uq_tax_transactions_once ON coralserve_tax.tax_transactions (event_id, line_id, tax_rule_id, kind, adjusts_id) NULLS NOT DISTINCT WHERE event_id IS NOT NULL;

CREATE TABLE coralserve_tax.tax_variances (
    id BIGSERIAL NOT NULL,
    transaction_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    till_tax NUMERIC(19, 4) NOT NULL,
    computed_tax NUMERIC(19, 4) NOT NULL,
    difference NUMERIC(19, 4) NOT NULL,
    event_id TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT tax_variances_pkey PRIMARY KEY (id),
    CONSTRAINT tax_variances_difference_check CHECK (difference = till_tax - computed_tax),
    CONSTRAINT tax_variances_version_key UNIQUE (transaction_id, version)
);

CREATE TABLE coralserve_tax.product_tax_mapping (
    id BIGSERIAL NOT NULL,
    product_id BIGINT NOT NULL,
    tax_rule_id BIGINT NOT NULL,
    is_exempt BOOLEAN DEFAULT false,
    exemption_reason VARCHAR(200),
    effective_date DATE NOT NULL,
    expiry_date DATE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT product_tax_mapping_pkey PRIMARY KEY (id),
    CONSTRAINT fk_tax_mapping_rule FOREIGN KEY(tax_rule_id) REFERENCES coralserve_tax.tax_rules (id)
);
CREATE INDEX idx_product_tax_mapping_product ON coralserve_tax.product_tax_mapping (product_id);
CREATE INDEX idx_product_tax_mapping_rule ON coralserve_tax.product_tax_mapping (tax_rule_id);
