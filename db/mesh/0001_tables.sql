-- The mesh's own tables, the same in every service's schema. Frozen: a change is a new numbered file.

-- Positions (I7): the truth about how far each partition was handled; raised by compare-and-set with the epoch.
CREATE TABLE {schema}.lanes (
    id          INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic       TEXT    NOT NULL,
    partition   INTEGER NOT NULL,
    build       TEXT    NOT NULL DEFAULT 'live',
    next_offset BIGINT,
    epoch       BIGINT  NOT NULL DEFAULT 0,
    out_seq     BIGINT  NOT NULL DEFAULT 0,
    topic_id    TEXT,
    owner       TEXT,
    claimed_at  TIMESTAMPTZ,
    CONSTRAINT lanes_topic_key UNIQUE (topic, partition, build)
);

-- Event ids seen (I6). Not partitioned: a partition key would have to join the unique key.
CREATE TABLE {schema}.dedupe (
    event_id     TEXT        PRIMARY KEY,
    content_hash BYTEA       NOT NULL,
    seen_at      TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- Sales and refunds seen, from which alone the life cycle is decided (R5).
CREATE TABLE {schema}.sales (
    transaction_id          BIGINT  PRIMARY KEY,
    kind                    TEXT    NOT NULL CONSTRAINT sales_kind_check CHECK (kind IN ('SALE', 'REFUND')),
    version                 INTEGER NOT NULL,
    outlet_id               BIGINT  NOT NULL,
    currency                TEXT    NOT NULL,
    occurred_at             TIMESTAMPTZ NOT NULL,
    event_id                TEXT    NOT NULL,
    content_hash            BYTEA   NOT NULL,
    lines                   JSONB   NOT NULL,
    voided                  BOOLEAN NOT NULL DEFAULT false,
    original_transaction_id BIGINT
);
CREATE INDEX sales_original_idx ON {schema}.sales (original_transaction_id) WHERE original_transaction_id IS NOT NULL;

-- Outgoing events (I10); `seq` is gapless per lane because the lane row serialises its writers.
CREATE TABLE {schema}.outbox (
    lane_id    INTEGER     NOT NULL,
    seq        BIGINT      NOT NULL,
    id         UUID        NOT NULL,
    type       TEXT        NOT NULL,
    topic      TEXT        NOT NULL,
    key        BYTEA,
    headers    JSONB,
    payload    BYTEA,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT outbox_pkey PRIMARY KEY (lane_id, seq)
);

-- Waiting and dead events, byte for byte (I5, I17).
CREATE TABLE {schema}.parked (
    id           BIGINT      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state        TEXT        NOT NULL,
    reason       TEXT        NOT NULL,
    field        TEXT,
    detail       TEXT,
    waits_for    TEXT,
    blocking_key TEXT,
    lane_id      INTEGER     NOT NULL,
    topic        TEXT        NOT NULL,
    partition    INTEGER     NOT NULL,
    "offset"     BIGINT      NOT NULL,
    key          BYTEA,
    value        BYTEA,
    headers      JSONB,
    broker_time  TIMESTAMPTZ,
    event_id     TEXT,
    event_type   TEXT,
    attempts     INTEGER     NOT NULL DEFAULT 1,
    parked_at    TIMESTAMPTZ NOT NULL DEFAULT now(),
    resolved_at  TIMESTAMPTZ,
    CONSTRAINT parked_state_check CHECK (state IN ('WAITING', 'DEAD', 'RELEASED', 'DISCARDED')),
    CONSTRAINT parked_position_key UNIQUE (topic, partition, "offset")
);
CREATE INDEX parked_waits_for_idx ON {schema}.parked (state, waits_for);
CREATE INDEX parked_blocking_key_idx ON {schema}.parked (state, blocking_key);

-- Committed batches in order: what a rebuild follows (I12) and the accounting (I17).
CREATE TABLE {schema}.journal (
    id                 BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic              TEXT    NOT NULL,
    partition          INTEGER NOT NULL,
    build              TEXT    NOT NULL DEFAULT 'live',
    first_offset       BIGINT,
    last_offset        BIGINT,
    next_offset        BIGINT,
    consumed           INTEGER NOT NULL DEFAULT 0,
    effected           INTEGER NOT NULL DEFAULT 0,
    duplicate          INTEGER NOT NULL DEFAULT 0,
    stale              INTEGER NOT NULL DEFAULT 0,
    ignored            INTEGER NOT NULL DEFAULT 0,
    parked             INTEGER NOT NULL DEFAULT 0,
    dead               INTEGER NOT NULL DEFAULT 0,
    released           JSONB,
    revision           BIGINT,
    reference_revision BIGINT,
    committed_at       TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

-- Counters that tell every process to reload what it holds in memory: `own`, and `reference` in the ledger's schema.
CREATE TABLE {schema}.revisions (
    name     TEXT   PRIMARY KEY,
    revision BIGINT NOT NULL DEFAULT 0
);
INSERT INTO {schema}.revisions (name, revision) VALUES ('own', 0);
