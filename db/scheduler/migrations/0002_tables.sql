-- The scheduler service's tables, as db/scheduler/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_scheduler.firings (
    timer TEXT NOT NULL,
    subject TEXT NOT NULL,
    due TEXT NOT NULL,
    event_id TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT firings_pkey PRIMARY KEY (timer, subject, due)
);
