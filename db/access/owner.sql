-- The owner of a service's schema: nobody logs in as it. Roles are the cluster's, databases are many: a role that
-- another database's upgrade has just made is as good as ours.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}_owner') THEN
        CREATE ROLE {role}_owner NOLOGIN NOCREATEDB NOCREATEROLE NOREPLICATION;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
DO $$
BEGIN
    IF NOT pg_catalog.pg_has_role('{role}_owner', 'SET') OR NOT pg_catalog.pg_has_role('{role}_owner', 'USAGE') THEN
        GRANT {role}_owner TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
    END IF;
END
$$;
