-- What a worker may do with the mesh's own tables. The journal is written once; parked events are kept for ever.
GRANT USAGE ON SCHEMA {schema} TO {role};
GRANT SELECT ON {schema}.alembic_version TO {role};
GRANT SELECT, INSERT, UPDATE ON {schema}.lanes, {schema}.sales, {schema}.parked, {schema}.revisions TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.outbox TO {role};
GRANT SELECT, INSERT, DELETE ON {schema}.dedupe TO {role};
GRANT SELECT, INSERT ON {schema}.journal TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role};
