-- Back-office tables of the analytics service whose row changes are told to audit (R70). Frozen: a change is a new revision.

CALL coralserve_analytics.watch('coralserve_analytics.custom_reports');
