-- The ledger service's tables, as db/ledger/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_ledger.reference_versions (
    revision BIGINT NOT NULL,
    kind TEXT NOT NULL,
    id BIGINT NOT NULL,
    data JSONB NOT NULL,
    event_id TEXT,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT reference_versions_pkey PRIMARY KEY (revision),
    CONSTRAINT reference_versions_kind_check CHECK (kind IN ('outlet', 'product', 'user'))
);
CREATE INDEX idx_reference_versions_entity ON coralserve_ledger.reference_versions (kind, id, revision);

INSERT INTO coralserve_ledger.revisions (name, revision) VALUES ('reference', 0);
