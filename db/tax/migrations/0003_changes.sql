-- Back-office tables of the tax service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CALL coralserve_tax.watch('coralserve_tax.tax_rules');
CALL coralserve_tax.watch('coralserve_tax.product_tax_mapping');
CALL coralserve_tax.watch('coralserve_tax.tax_policies');
CALL coralserve_tax.watch('coralserve_tax.tax_periods');
