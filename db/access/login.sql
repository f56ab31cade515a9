-- A login role: its search path and its patience are fixed here, for every session it opens.
DO $$
DECLARE
    setting TEXT;
    wanted TEXT[] := ARRAY[
        'search_path={path}',
        'statement_timeout=60s',
        'lock_timeout=10s',
        'idle_in_transaction_session_timeout=60s'
    ];
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{role}') THEN
            CREATE ROLE {role} LOGIN NOINHERIT NOCREATEDB NOCREATEROLE NOREPLICATION;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
    FOREACH setting IN ARRAY wanted LOOP
        IF NOT EXISTS (
            SELECT FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
            WHERE r.rolname = '{role}' AND s.setdatabase = 0 AND setting = ANY (s.setconfig)
        ) THEN
            EXECUTE pg_catalog.format('ALTER ROLE {role} SET %s = %s', pg_catalog.split_part(setting, '=', 1),
                CASE WHEN setting LIKE 'search_path=%' THEN '{path}'
                     ELSE pg_catalog.quote_literal(pg_catalog.split_part(setting, '=', 2)) END);
        END IF;
    END LOOP;
END
$$;
