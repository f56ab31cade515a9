-- What the analytics worker may do with its tables. The cache is derived and may be dropped; a report may be deleted.
GRANT SELECT, INSERT, UPDATE, DELETE ON coralserve_analytics.analytics_cache, coralserve_analytics.forecast_models,
    coralserve_analytics.custom_reports TO coralserve_analytics;
