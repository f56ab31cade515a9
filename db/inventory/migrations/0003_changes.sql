-- Back-office tables of the inventory service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_inventory.suppliers
    FOR EACH ROW EXECUTE FUNCTION coralserve_inventory.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_inventory.suppliers
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_inventory.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_inventory.purchase_orders
    FOR EACH ROW EXECUTE FUNCTION coralserve_inventory.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_inventory.purchase_orders
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_inventory.refuse_truncate();

CREATE TRIGGER capture_change AFTER INSERT OR UPDATE OR DELETE ON coralserve_inventory.purchase_order_items
    FOR EACH ROW EXECUTE FUNCTION coralserve_inventory.capture_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_inventory.purchase_order_items
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_inventory.refuse_truncate();

-- Only the levels people set are back-office data: a sale moves the other columns and is audited as a sale.
CREATE TRIGGER capture_creation AFTER INSERT ON coralserve_inventory.stock_levels
    FOR EACH ROW WHEN (num_nonnulls(NEW.reorder_point, NEW.min_level, NEW.max_level) > 0)
    EXECUTE FUNCTION coralserve_inventory.capture_change(
        'low', 'depleted', 'last_counted_at', 'last_cost', 'last_received_at', 'moving_average', 'revision');
CREATE TRIGGER capture_change AFTER DELETE OR UPDATE OF reorder_point, min_level, max_level
    ON coralserve_inventory.stock_levels
    FOR EACH ROW EXECUTE FUNCTION coralserve_inventory.capture_change(
        'low', 'depleted', 'last_counted_at', 'last_cost', 'last_received_at', 'moving_average', 'revision');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_inventory.stock_levels
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_inventory.refuse_truncate();
