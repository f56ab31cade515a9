-- The catalogue's tables tell their changes through the ledger's outbox (R70). Frozen: a change is a new revision.

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_product.products
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_product.products
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_product.categories
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_product.categories
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_outlet.outlets
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_outlet.outlets
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_auth.users
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change('password');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_auth.users
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_auth.roles
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_auth.roles
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_auth.permissions
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_auth.permissions
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_outlet.staff_assignments
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_outlet.staff_assignments
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_expense.expenses
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_expense.expenses
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_auth.user_roles
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_auth.user_roles
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON smartoutlet_auth.role_permissions
    FOR EACH ROW EXECUTE FUNCTION coralserve_ledger.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON smartoutlet_auth.role_permissions
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_ledger.refuse_truncate();
