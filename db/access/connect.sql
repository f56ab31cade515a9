-- Logging in to this database; temporary tables for the sets a batch writes.
DO $$
BEGIN
    EXECUTE pg_catalog.format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO {role}', pg_catalog.current_database());
END
$$;
