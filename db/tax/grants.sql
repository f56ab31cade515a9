-- What the tax worker may do with its tables. Tax rows, documents and variances are only ever added (R58).
GRANT SELECT, INSERT, UPDATE ON coralserve_tax.tax_rules, coralserve_tax.product_tax_mapping,
    coralserve_tax.tax_policies, coralserve_tax.tax_periods TO coralserve_tax;
GRANT SELECT, INSERT ON coralserve_tax.tax_transactions, coralserve_tax.tax_documents, coralserve_tax.tax_variances
    TO coralserve_tax;
