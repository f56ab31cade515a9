-- Row changes told to audit (R70), the same in every service's schema. Frozen: a change is a new numbered file.
-- Payloads are canonical JSON (R72): keys by code point, compact, no escaping beyond JSON's need.

-- A document inside a row (a report's definition): its own numbers stay numbers.
CREATE FUNCTION {schema}.canonical_json(document JSONB) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE jsonb_typeof(document)
        WHEN 'object' THEN
            (SELECT '{' || coalesce(string_agg(to_jsonb(m.key)::text || ':' || {schema}.canonical_json(m.value), ','
                                               ORDER BY m.key COLLATE "C"), '') || '}'
             FROM jsonb_each(document) AS m)
        WHEN 'array' THEN
            (SELECT '[' || coalesce(string_agg({schema}.canonical_json(e.value), ',' ORDER BY e.position), '') || ']'
             FROM jsonb_array_elements(document) WITH ORDINALITY AS e(value, position))
        ELSE document::text
    END;
END
$$;

-- One cell of a row: ids and decimals are strings (an amount keeps two decimals), instants UTC with microseconds and Z.
CREATE FUNCTION {schema}.canonical_cell(name TEXT, type OID, modifier INTEGER, cell JSONB) RETURNS TEXT
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN cell IS NULL OR cell = 'null' THEN 'null'
        WHEN type = 'numeric'::regtype AND (modifier - 4) & 65535 = 4 AND scale(trim_scale((cell #>> '{}')::numeric)) < 2
            THEN '"' || round((cell #>> '{}')::numeric, 2) || '"'
        WHEN type = 'numeric'::regtype THEN '"' || trim_scale((cell #>> '{}')::numeric) || '"'
        WHEN type = 'timestamptz'::regtype
            THEN '"' || to_char((cell #>> '{}')::timestamptz, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
        WHEN name = 'id' OR name LIKE '%\_id' OR name LIKE '%\_by' OR name = 'assigned_to'
            THEN to_jsonb(cell #>> '{}')::text
        WHEN jsonb_typeof(cell) IN ('object', 'array') THEN {schema}.canonical_json(cell)
        ELSE cell::text
    END
$$;

-- What a statement did to a table's rows, one canonical payload each, up to the value of `ts`. Rows before and after
-- are matched by primary key. An UPDATE tells exactly the changed fields, and nothing where only `updated_at` changed.
CREATE FUNCTION {schema}.describe_changes(relation OID, olds JSONB[], news JSONB[], left_out TEXT[], author TEXT)
RETURNS TEXT[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    keys TEXT[] := ARRAY(SELECT a.attname FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid
                         AND a.attnum = ANY (i.indkey) WHERE i.indrelid = relation AND i.indisprimary);
    place TEXT := (SELECT '"schema":' || to_json(n.nspname) || ',"table":' || to_json(r.relname) || ',"ts":"'
                   FROM pg_class AS r JOIN pg_namespace AS n ON n.oid = r.relnamespace WHERE r.oid = relation);
    restored BOOLEAN := current_setting('coralserve.action', true) IS NOT DISTINCT FROM 'RESTORE';
BEGIN
    RETURN (
        WITH columns AS MATERIALIZED (
            SELECT row_number() OVER (ORDER BY a.attname::text COLLATE "C") AS number, a.attname::text AS name,
                   to_json(a.attname)::text AS member, a.atttypid AS type, a.atttypmod AS modifier
            FROM pg_attribute AS a
            WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (left_out)
        ), befores AS (
            SELECT ARRAY(SELECT u.row ->> k FROM unnest(keys) AS k) AS key, u.row, u.number
            FROM unnest(olds) WITH ORDINALITY AS u(row, number)
        ), afters AS (
            SELECT ARRAY(SELECT u.row ->> k FROM unnest(keys) AS k) AS key, u.row, u.number
            FROM unnest(news) WITH ORDINALITY AS u(row, number)
        ), changes AS (
            SELECT b.row AS was, a.row AS is_now, coalesce(a.row, b.row) AS known, coalesce(a.number, b.number) AS number,
                   CASE WHEN b.row IS NULL THEN 'CREATE' WHEN a.row IS NULL THEN 'DELETE' ELSE 'UPDATE' END AS action
            FROM befores AS b FULL JOIN afters AS a ON a.key = b.key
        )
        SELECT array_agg(
            '{"action":"' || CASE WHEN restored THEN 'RESTORE' ELSE c.action END || '",'
            || CASE WHEN c.action = 'UPDATE' THEN '"changed":[' || told.fields || '],' ELSE '' END
            || author
            || '"new":' || CASE WHEN c.action = 'DELETE' THEN 'null' ELSE '{' || told.is_now || '}' END
            || ',"old":' || CASE WHEN c.action = 'CREATE' THEN 'null' ELSE '{' || told.was || '}' END || ','
            || coalesce('"outlet_id":' || (c.known ->> 'outlet_id') || ',', '')
            || '"record_id":"' || coalesce(c.known ->> 'id', c.known ->> 'user_id', c.known ->> 'role_id') || '",'
            || place ORDER BY c.number, c.action DESC)
        FROM changes AS c CROSS JOIN LATERAL (
            SELECT string_agg(cells.member, ',' ORDER BY cells.number) AS fields,
                   string_agg(cells.member || ':' || cells.was, ',' ORDER BY cells.number) AS was,
                   string_agg(cells.member || ':' || cells.is_now, ',' ORDER BY cells.number) AS is_now
            FROM (
                SELECT k.number, k.name, k.member,
                       {schema}.canonical_cell(k.name, k.type, k.modifier, c.was -> k.name) AS was,
                       {schema}.canonical_cell(k.name, k.type, k.modifier, c.is_now -> k.name) AS is_now
                FROM columns AS k OFFSET 0
            ) AS cells
            WHERE c.action <> 'UPDATE' OR (cells.was <> cells.is_now AND cells.name <> 'updated_at')
        ) AS told
        WHERE told.fields IS NOT NULL
    );
END
$$;

-- A member of the payload taken from a session setting; NULL where it is not set.
CREATE FUNCTION {schema}.session_member(name TEXT) RETURNS TEXT
LANGUAGE sql STABLE AS $$
    SELECT '"' || name || '":' || to_json(nullif(current_setting('coralserve.' || name, true), ''))
$$;

-- Puts a statement's changes into the outbox on the lane `changes`, whose row is taken once and kept to the end.
-- The clock is read after that, so that `ts` and `seq` have one order.
CREATE FUNCTION {schema}.tell_changes(relation OID, olds JSONB[], news JSONB[], left_out TEXT[]) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
    author TEXT := concat({schema}.session_member('event_id') || ',', {schema}.session_member('ip_address') || ',');
    user_id BIGINT := nullif(current_setting('coralserve.user_id', true), '');
    tail TEXT := concat('"', ',' || {schema}.session_member('user_agent'), ',"user_id":' || user_id, '}');
    heads TEXT[] := {schema}.describe_changes(relation, olds, news, left_out, author);
    lane INTEGER;
    last_seq BIGINT;
BEGIN
    IF heads IS NULL THEN
        RETURN;
    END IF;
    UPDATE {schema}.lanes SET out_seq = out_seq + cardinality(heads)
    WHERE topic = 'changes' AND partition = 0 AND build = 'live' RETURNING id, out_seq INTO lane, last_seq;
    IF NOT FOUND THEN
        INSERT INTO {schema}.lanes AS l (topic, partition, next_offset, out_seq)
        VALUES ('changes', 0, 0, cardinality(heads))
        ON CONFLICT (topic, partition, build) DO UPDATE SET out_seq = l.out_seq + excluded.out_seq
        RETURNING l.id, l.out_seq INTO lane, last_seq;
    END IF;
    INSERT INTO {schema}.outbox (lane_id, seq, id, type, topic, key, headers, payload)
    SELECT lane, last_seq - cardinality(heads) + h.number, gen_random_uuid(), 'row.changed', 'coralserve.changes.v1',
           '0', '[]', convert_to(h.head || to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || tail, 'UTF8')
    FROM unnest(heads) WITH ORDINALITY AS h(head, number);
END
$$;

-- The statement trigger on every back-office table; its arguments are columns that are never told. The settings fixed
-- here hold for the functions above as well: nobody may call those alone.
CREATE FUNCTION {schema}.capture_change() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    olds JSONB[];
    news JSONB[];
BEGIN
    IF TG_OP <> 'INSERT' THEN
        olds := ARRAY(SELECT to_jsonb(o) FROM old_rows AS o);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        news := ARRAY(SELECT to_jsonb(n) FROM new_rows AS n);
    END IF;
    PERFORM {schema}.tell_changes(TG_RELID, olds, news, coalesce(TG_ARGV, '{}'));
    RETURN NULL;
END
$$;

-- A TRUNCATE would be a change nobody is told of.
CREATE FUNCTION {schema}.refuse_truncate() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'TRUNCATE of %.% would leave no audit trail: use DELETE', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Puts the triggers on a table.
CREATE PROCEDURE {schema}.watch(watched REGCLASS, never_told TEXT DEFAULT NULL)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    event TEXT;
BEGIN
    FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
        EXECUTE format(
            'CREATE TRIGGER capture_%s AFTER %s ON %s REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION %s(%s)',
            lower(event), event, watched,
            concat_ws(' ', CASE WHEN event <> 'INSERT' THEN 'OLD TABLE AS old_rows' END,
                      CASE WHEN event <> 'DELETE' THEN 'NEW TABLE AS new_rows' END),
            '{schema}.capture_change', quote_literal(never_told)
        );
    END LOOP;
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION %s()',
                   watched, '{schema}.refuse_truncate');
END
$$;

REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC;
