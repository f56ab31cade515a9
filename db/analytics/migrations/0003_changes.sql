-- Back-office tables of the analytics service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_analytics.custom_reports
    FOR EACH ROW EXECUTE FUNCTION coralserve_analytics.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_analytics.custom_reports
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_analytics.refuse_truncate();
