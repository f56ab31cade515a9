-- The analytics service's tables, as db/analytics/tables.py defines them; keys to other schemas are added by db/relations.py. Frozen: a change is a new revision.

CREATE TABLE coralserve_analytics.analytics_cache (
    id BIGSERIAL NOT NULL,
    metric_name VARCHAR(100) NOT NULL,
    outlet_id BIGINT,
    date_range VARCHAR(20) NOT NULL,
    start_date DATE NOT NULL,
    end_date DATE NOT NULL,
    metric_value JSONB NOT NULL,
    calculated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revision BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT analytics_cache_pkey PRIMARY KEY (id),
    CONSTRAINT analytics_cache_metric_key UNIQUE NULLS NOT DISTINCT (metric_name, outlet_id, date_range, start_date, end_date)
);
CREATE INDEX idx_analytics_cache_date_range ON coralserve_analytics.analytics_cache (date_range);
CREATE INDEX idx_analytics_cache_expires ON coralserve_analytics.analytics_cache (expires_at);
CREATE INDEX idx_analytics_cache_metric ON coralserve_analytics.analytics_cache (metric_name);
CREATE INDEX idx_analytics_cache_outlet ON coralserve_analytics.analytics_cache (outlet_id);

CREATE TABLE coralserve_analytics.custom_reports (
    id BIGSERIAL NOT NULL,
    name VARCHAR(200) NOT NULL,
    description TEXT,
    report_type VARCHAR(50) NOT NULL,
    query_config JSONB NOT NULL,
    schedule_config JSONB,
    created_by BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT custom_reports_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_custom_reports_created_by ON coralserve_analytics.custom_reports (created_by);
CREATE INDEX idx_custom_reports_type ON coralserve_analytics.custom_reports (report_type);

CREATE TABLE coralserve_analytics.forecast_models (
    id BIGSERIAL NOT NULL,
    model_type VARCHAR(50) NOT NULL,
    outlet_id BIGINT,
    model_name VARCHAR(100) NOT NULL,
    model_data JSONB NOT NULL,
    accuracy_score NUMERIC(5, 4),
    training_date TIMESTAMP WITH TIME ZONE NOT NULL,
    last_updated TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP,
    status VARCHAR(20) DEFAULT 'ACTIVE',
    CONSTRAINT forecast_models_pkey PRIMARY KEY (id),
    CONSTRAINT forecast_models_status_check CHECK (status IN ('ACTIVE', 'INACTIVE', 'TRAINING'))
);
CREATE INDEX idx_forecast_models_outlet ON coralserve_analytics.forecast_models (outlet_id);
CREATE INDEX idx_forecast_models_status ON coralserve_analytics.forecast_models (status);
CREATE INDEX idx_forecast_models_type ON coralserve_analytics.forecast_models (model_type);
