-- Back-office tables of the tax service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_tax.tax_rules
    FOR EACH ROW EXECUTE FUNCTION coralserve_tax.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_tax.tax_rules
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_tax.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_tax.product_tax_mapping
    FOR EACH ROW EXECUTE FUNCTION coralserve_tax.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_tax.product_tax_mapping
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_tax.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_tax.tax_policies
    FOR EACH ROW EXECUTE FUNCTION coralserve_tax.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_tax.tax_policies
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_tax.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_tax.tax_periods
    FOR EACH ROW EXECUTE FUNCTION coralserve_tax.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_tax.tax_periods
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_tax.refuse_truncate();
