-- What the ledger worker may do with its tables. It alone writes the till's schemas; an amendment replaces a transaction's lines and payments.
GRANT SELECT, INSERT ON coralserve_ledger.reference_versions TO coralserve_ledger;
GRANT USAGE ON SCHEMA smartoutlet_auth, smartoutlet_product, smartoutlet_outlet, smartoutlet_pos TO coralserve_ledger;
GRANT SELECT (id, username, email, first_name, last_name, phone_number, is_active, is_verified, created_at, updated_at),
    INSERT, UPDATE ON smartoutlet_auth.users TO coralserve_ledger;
GRANT SELECT, INSERT, UPDATE ON smartoutlet_auth.roles, smartoutlet_product.products, smartoutlet_product.categories,
    smartoutlet_outlet.outlets, smartoutlet_pos.transactions TO coralserve_ledger;
GRANT SELECT, INSERT, UPDATE, DELETE ON smartoutlet_auth.user_roles, smartoutlet_pos.transaction_items,
    smartoutlet_pos.payments TO coralserve_ledger;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA smartoutlet_auth, smartoutlet_product, smartoutlet_outlet, smartoutlet_pos
    TO coralserve_ledger;
