-- Nothing for PUBLIC: neither the database nor its schema `public`, where we own them.
DO $$
BEGIN
    IF pg_catalog.pg_has_role((SELECT datdba FROM pg_catalog.pg_database
                               WHERE datname = pg_catalog.current_database()), 'USAGE') THEN
        EXECUTE pg_catalog.format('REVOKE ALL ON DATABASE %I FROM PUBLIC', pg_catalog.current_database());
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public'
               AND pg_catalog.pg_has_role(nspowner, 'USAGE')) THEN
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
    END IF;
END
$$;
