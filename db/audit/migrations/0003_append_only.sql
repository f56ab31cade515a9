-- The log is append-only (R71): whoever asks, with or without replica mode, is refused. Frozen: a change is a new revision.

CREATE FUNCTION coralserve_audit.refuse_change() RETURNS TRIGGER
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
REVOKE ALL ON FUNCTION coralserve_audit.refuse_change() FROM PUBLIC;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coralserve_audit.audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_audit.refuse_change();
ALTER TABLE coralserve_audit.audit_logs ENABLE ALWAYS TRIGGER append_only;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON coralserve_audit.heads
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_audit.refuse_change();
ALTER TABLE coralserve_audit.heads ENABLE ALWAYS TRIGGER append_only;
