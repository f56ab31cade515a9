-- Back-office tables of the staff service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_staff.staff_members
    FOR EACH ROW EXECUTE FUNCTION coralserve_staff.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_staff.staff_members
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_staff.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_staff.shifts
    FOR EACH ROW EXECUTE FUNCTION coralserve_staff.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_staff.shifts
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_staff.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_staff.attendance
    FOR EACH ROW EXECUTE FUNCTION coralserve_staff.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_staff.attendance
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_staff.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_staff.task_categories
    FOR EACH ROW EXECUTE FUNCTION coralserve_staff.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_staff.task_categories
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_staff.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_staff.tasks
    FOR EACH ROW EXECUTE FUNCTION coralserve_staff.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_staff.tasks
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_staff.refuse_truncate();
