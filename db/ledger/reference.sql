-- Reference data every service reads and only the ledger writes. The column `password` is nobody's to read.
GRANT USAGE ON SCHEMA coralserve_ledger, smartoutlet_auth, smartoutlet_product, smartoutlet_outlet TO {role};
GRANT SELECT ON coralserve_ledger.reference_versions, coralserve_ledger.revisions TO {role};
GRANT SELECT ON smartoutlet_product.products, smartoutlet_product.categories, smartoutlet_outlet.outlets,
    smartoutlet_auth.roles, smartoutlet_auth.user_roles TO {role};
GRANT SELECT (id, username, email, first_name, last_name, is_active, is_verified, created_at, updated_at)
    ON smartoutlet_auth.users TO {role};
