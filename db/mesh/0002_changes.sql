-- Row changes told to audit (R70), the same in every service's schema. Frozen: a change is a new numbered file.

-- Canonical JSON (R72): keys by code point, compact, no escaping beyond JSON's need.
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

-- One cell as R72 writes it: ids and decimals are strings (an amount keeps two decimals), instants UTC with
-- microseconds and Z. What the caller may not be told of a type stays as JSON has it.
CREATE FUNCTION {schema}.canonical_cell(name TEXT, type OID, modifier INTEGER, cell JSONB) RETURNS JSONB
LANGUAGE plpgsql STABLE AS $$
DECLARE
    plain TEXT := cell #>> '{}';
    places INTEGER;
BEGIN
    IF plain IS NULL THEN
        RETURN 'null'::jsonb;
    ELSIF type = 'numeric'::regtype THEN
        places := CASE WHEN (modifier - 4) & 65535 = 4 THEN greatest(scale(trim_scale(plain::numeric)), 2) END;
        RETURN to_jsonb(coalesce(round(plain::numeric, places), trim_scale(plain::numeric))::text);
    ELSIF type = 'timestamptz'::regtype THEN
        RETURN to_jsonb(to_char(plain::timestamptz, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
    ELSIF name = 'id' OR name LIKE '%\_id' OR name LIKE '%\_by' OR name = 'assigned_to' THEN
        RETURN to_jsonb(plain);
    END IF;
    RETURN cell;
END
$$;

-- A row as an object of canonical cells, without the columns left out.
CREATE FUNCTION {schema}.canonical_row(relation OID, record JSONB, left_out TEXT[]) RETURNS JSONB
LANGUAGE sql STABLE AS $$
    SELECT jsonb_object_agg(a.attname, {schema}.canonical_cell(a.attname, a.atttypid, a.atttypmod, record -> a.attname))
    FROM pg_attribute AS a
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (left_out)
$$;

-- Puts a payload into the outbox on the lane `changes`, whose row it takes first and keeps to the end.
CREATE FUNCTION {schema}.tell_change(payload JSONB) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
    lane INTEGER;
    place BIGINT;
    told JSONB;
BEGIN
    UPDATE {schema}.lanes SET out_seq = out_seq + 1
    WHERE topic = 'changes' AND partition = 0 AND build = 'live' RETURNING id, out_seq INTO lane, place;
    IF NOT FOUND THEN
        INSERT INTO {schema}.lanes AS l (topic, partition, next_offset, out_seq) VALUES ('changes', 0, 0, 1)
        ON CONFLICT (topic, partition, build) DO UPDATE SET out_seq = l.out_seq + 1
        RETURNING l.id, l.out_seq INTO lane, place;
    END IF;
    told := payload || jsonb_build_object('ts', to_char(clock_timestamp(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
    INSERT INTO {schema}.outbox (lane_id, seq, id, type, topic, key, headers, payload)
    VALUES (lane, place, gen_random_uuid(), 'row.changed', 'coralserve.changes.v1', '0', '[]',
            convert_to({schema}.canonical_json(told), 'UTF8'));
END
$$;

-- The trigger on every back-office table; its arguments are columns that are never told. An UPDATE tells exactly the
-- changed fields, and nothing where nothing but `updated_at` changed. The author comes from session settings.
-- The settings fixed here hold for the functions above as well: nobody may call those alone.
CREATE FUNCTION {schema}.capture_change() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    left_out TEXT[] := coalesce(TG_ARGV, '{}');
    was JSONB := {schema}.canonical_row(TG_RELID, to_jsonb(OLD), left_out);
    is_now JSONB := {schema}.canonical_row(TG_RELID, to_jsonb(NEW), left_out);
    fields TEXT[];
    action TEXT := CASE TG_OP WHEN 'INSERT' THEN 'CREATE' ELSE TG_OP END;
    known JSONB;
BEGIN
    IF TG_OP = 'INSERT' THEN
        was := NULL;
    ELSIF TG_OP = 'DELETE' THEN
        is_now := NULL;
    END IF;
    known := coalesce(is_now, was);
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(m.key ORDER BY m.key COLLATE "C"), jsonb_object_agg(m.key, was -> m.key),
               jsonb_object_agg(m.key, m.value)
        INTO fields, was, is_now
        FROM jsonb_each(is_now) AS m WHERE m.value IS DISTINCT FROM was -> m.key AND m.key <> 'updated_at';
        IF fields IS NULL THEN
            RETURN NULL;
        END IF;
    END IF;
    IF current_setting('coralserve.action', true) = 'RESTORE' THEN
        action := 'RESTORE';
    END IF;
    PERFORM {schema}.tell_change(jsonb_strip_nulls(jsonb_build_object(
        'schema', TG_TABLE_SCHEMA, 'table', TG_TABLE_NAME, 'action', action,
        'record_id', coalesce(known ->> 'id', known ->> 'user_id', known ->> 'role_id'),
        'changed', to_jsonb(fields), 'outlet_id', known ->> 'outlet_id',
        'user_id', nullif(current_setting('coralserve.user_id', true), ''),
        'event_id', nullif(current_setting('coralserve.event_id', true), ''),
        'ip_address', nullif(current_setting('coralserve.ip_address', true), ''),
        'user_agent', nullif(current_setting('coralserve.user_agent', true), '')
    )) || jsonb_build_object('old', was, 'new', is_now));
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

REVOKE ALL ON FUNCTION {schema}.canonical_json(JSONB), {schema}.canonical_cell(TEXT, OID, INTEGER, JSONB),
    {schema}.canonical_row(OID, JSONB, TEXT[]), {schema}.tell_change(JSONB), {schema}.capture_change(),
    {schema}.refuse_truncate() FROM PUBLIC;
