-- What the inventory worker may do with its tables. Movements are only ever added (R10).
GRANT SELECT, INSERT, UPDATE ON coralserve_inventory.stock_items, coralserve_inventory.stock_levels,
    coralserve_inventory.suppliers, coralserve_inventory.purchase_orders, coralserve_inventory.purchase_order_items
    TO coralserve_inventory;
GRANT SELECT, INSERT ON coralserve_inventory.stock_movements TO coralserve_inventory;
