-- Back-office tables of the inventory service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CALL coralserve_inventory.watch('coralserve_inventory.suppliers');
CALL coralserve_inventory.watch('coralserve_inventory.purchase_orders');
CALL coralserve_inventory.watch('coralserve_inventory.purchase_order_items');

-- Only the levels people set are back-office data: a sale moves the other columns, and is audited as a sale. So these
-- triggers stand on columns and rows, where no statement that sets no level meets them.
CREATE FUNCTION coralserve_inventory.capture_levels() RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    olds JSONB[] := CASE WHEN TG_OP <> 'INSERT' THEN ARRAY[to_jsonb(OLD)] END;
    news JSONB[] := CASE WHEN TG_OP <> 'DELETE' THEN ARRAY[to_jsonb(NEW)] END;
BEGIN
    PERFORM coralserve_inventory.tell_changes(TG_RELID, olds, news, ARRAY[
        'low', 'depleted', 'last_counted_at', 'last_cost', 'last_received_at', 'moving_average', 'revision']);
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION coralserve_inventory.capture_levels() FROM PUBLIC;
CREATE TRIGGER capture_insert AFTER INSERT ON coralserve_inventory.stock_levels
    FOR EACH ROW WHEN (num_nonnulls(NEW.reorder_point, NEW.min_level, NEW.max_level) > 0)
    EXECUTE FUNCTION coralserve_inventory.capture_levels();
CREATE TRIGGER capture_update AFTER UPDATE OF reorder_point, min_level, max_level ON coralserve_inventory.stock_levels
    FOR EACH ROW EXECUTE FUNCTION coralserve_inventory.capture_levels();
CREATE TRIGGER capture_delete AFTER DELETE ON coralserve_inventory.stock_levels
    FOR EACH ROW EXECUTE FUNCTION coralserve_inventory.capture_levels();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON coralserve_inventory.stock_levels
    FOR EACH STATEMENT EXECUTE FUNCTION coralserve_inventory.refuse_truncate();
