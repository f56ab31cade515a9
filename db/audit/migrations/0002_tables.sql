-- The audit service's tables, as db/audit/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_audit.audit_logs (
    id BIGSERIAL NOT NULL,
    table_name VARCHAR(100) NOT NULL,
    record_id BIGINT NOT NULL,
    action_type VARCHAR(20) NOT NULL,
    old_values JSONB,
    new_values JSONB,
    changed_fields TEXT[],
    user_id BIGINT,
    ip_address INET,
    user_agent TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    chain BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    ts TIMESTAMP WITH TIME ZONE NOT NULL,
    outlet_id BIGINT,
    event_id TEXT,
    topic TEXT,
    partition INTEGER,
    "offset" BIGINT,
    CONSTRAINT audit_logs_pkey PRIMARY KEY (id),
    CONSTRAINT audit_logs_action_type_check CHECK (action_type IN ('CREATE', 'UPDATE', 'DELETE', 'RESTORE')),
    CONSTRAINT audit_logs_chain_key UNIQUE (chain, seq)
);
CREATE INDEX idx_audit_logs_action ON coralserve_audit.audit_logs (action_type);
CREATE INDEX idx_audit_logs_created_at ON coralserve_audit.audit_logs (created_at);
CREATE INDEX idx_audit_logs_record ON coralserve_audit.audit_logs (record_id);
CREATE INDEX idx_audit_logs_table ON coralserve_audit.audit_logs (table_name);
CREATE INDEX idx_audit_logs_user ON coralserve_audit.audit_logs (user_id);

CREATE TABLE coralserve_audit.chains (
    chain BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT chains_pkey PRIMARY KEY (chain)
);

CREATE TABLE coralserve_audit.heads (
    chain BIGINT NOT NULL,
    date DATE NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT heads_pkey PRIMARY KEY (chain, date)
);

CREATE TABLE coralserve_audit.data_backups (
    id BIGSERIAL NOT NULL,
    backup_name VARCHAR(200) NOT NULL,
    table_name VARCHAR(100) NOT NULL,
    backup_type VARCHAR(20) NOT NULL,
    file_path VARCHAR(500),
    file_size BIGINT,
    record_count INTEGER,
    backup_date TIMESTAMP WITH TIME ZONE NOT NULL,
    status VARCHAR(20) DEFAULT 'SUCCESS',
    created_by BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT data_backups_pkey PRIMARY KEY (id),
    CONSTRAINT data_backups_backup_type_check CHECK (backup_type IN ('FULL', 'INCREMENTAL', 'DIFFERENTIAL')),
    CONSTRAINT data_backups_status_check CHECK (status IN ('SUCCESS', 'FAILED', 'IN_PROGRESS'))
);
CREATE INDEX idx_data_backups_date ON coralserve_audit.data_backups (backup_date);
CREATE INDEX idx_data_backups_status ON coralserve_audit.data_backups (status);
CREATE INDEX idx_data_backups_table ON coralserve_audit.data_backups (table_name);
