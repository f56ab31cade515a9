"""Tables of the analytics service: cached metrics, forecast models, saved reports."""

from __future__ import annotations

from sqlalchemy import Column, Date, Numeric, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from db.columns import big, created_at, index, instant, key, metadata, one_of, reference, updated_at, varchar

SCHEMA = "coralserve_analytics"
METADATA = metadata(SCHEMA)

ANALYTICS_CACHE = Table(
    "analytics_cache",
    METADATA,
    key(),
    varchar("metric_name", 100, nullable=False),
    big("outlet_id"),
    varchar("date_range", 20, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    Column("metric_value", JSONB, nullable=False),
    instant("calculated_at", now=True),
    instant("expires_at", nullable=False),
    big("revision", nullable=False, server_default=text("0")),
    UniqueConstraint(
        "metric_name",
        "outlet_id",
        "date_range",
        "start_date",
        "end_date",
        name="analytics_cache_metric_key",
        postgresql_nulls_not_distinct=True,
    ),
    reference("fk_analytics_cache_outlet", "outlet_id", "smartoutlet_outlet.outlets"),
    index("idx_analytics_cache_metric", "metric_name"),
    index("idx_analytics_cache_outlet", "outlet_id"),
    index("idx_analytics_cache_date_range", "date_range"),
    index("idx_analytics_cache_expires", "expires_at"),
)

FORECAST_MODELS = Table(
    "forecast_models",
    METADATA,
    key(),
    varchar("model_type", 50, nullable=False),
    big("outlet_id"),
    varchar("model_name", 100, nullable=False),
    Column("model_data", JSONB, nullable=False),
    Column("accuracy_score", Numeric(5, 4)),
    instant("training_date", nullable=False),
    instant("last_updated", now=True),
    varchar("status", 20, server_default="ACTIVE"),
    one_of("status", "ACTIVE", "INACTIVE", "TRAINING"),
    reference("fk_forecast_models_outlet", "outlet_id", "smartoutlet_outlet.outlets"),
    index("idx_forecast_models_type", "model_type"),
    index("idx_forecast_models_outlet", "outlet_id"),
    index("idx_forecast_models_status", "status"),
)

CUSTOM_REPORTS = Table(
    "custom_reports",
    METADATA,
    key(),
    varchar("name", 200, nullable=False),
    Column("description", Text),
    varchar("report_type", 50, nullable=False),
    Column("query_config", JSONB, nullable=False),
    Column("schedule_config", JSONB),
    big("created_by", nullable=False),
    created_at(),
    updated_at(),
    reference("fk_custom_reports_created_by", "created_by", "smartoutlet_auth.users"),
    index("idx_custom_reports_type", "report_type"),
    index("idx_custom_reports_created_by", "created_by"),
)
