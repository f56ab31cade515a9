-- What the scheduler worker may do with its tables. A firing is recorded once.
GRANT SELECT, INSERT ON coralserve_scheduler.firings TO coralserve_scheduler;
