-- The catalogue's tables tell their changes through the ledger's outbox (R70). Frozen: a change is a new revision.

CALL coralserve_ledger.watch('smartoutlet_product.products');
CALL coralserve_ledger.watch('smartoutlet_product.categories');
CALL coralserve_ledger.watch('smartoutlet_outlet.outlets');
CALL coralserve_ledger.watch('smartoutlet_auth.users', 'password');
CALL coralserve_ledger.watch('smartoutlet_auth.roles');
CALL coralserve_ledger.watch('smartoutlet_auth.permissions');
CALL coralserve_ledger.watch('smartoutlet_outlet.staff_assignments');
CALL coralserve_ledger.watch('smartoutlet_expense.expenses');
CALL coralserve_ledger.watch('smartoutlet_auth.user_roles');
CALL coralserve_ledger.watch('smartoutlet_auth.role_permissions');
