-- What the audit worker may do with its tables. The log is only ever added to (R71); a chain's head moves by compare-and-set.
GRANT SELECT, INSERT ON coralserve_audit.audit_logs, coralserve_audit.heads TO coralserve_audit;
GRANT SELECT, INSERT, UPDATE ON coralserve_audit.chains, coralserve_audit.data_backups TO coralserve_audit;
