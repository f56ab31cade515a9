"""Tables of the audit service: the append-only log with its chains (R71, R72), and the catalogue of backups (R74)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Integer, LargeBinary, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB

from db.columns import big, created_at, index, instant, key, metadata, one_of, reference, varchar

SCHEMA = "coralserve_audit"
METADATA = metadata(SCHEMA)

AUDIT_LOGS = Table(
    "audit_logs",
    METADATA,
    key(),
    varchar("table_name", 100, nullable=False),
    big("record_id", nullable=False),
    varchar("action_type", 20, nullable=False),
    Column("old_values", JSONB),
    Column("new_values", JSONB),
    Column("changed_fields", ARRAY(Text)),
    big("user_id"),
    Column("ip_address", INET),
    Column("user_agent", Text),
    created_at(),
    big("chain", nullable=False),
    big("seq", nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    instant("ts", nullable=False),
    big("outlet_id"),
    Column("event_id", Text),
    Column("topic", Text),
    Column("partition", Integer),
    big("offset"),
    one_of("action_type", "CREATE", "UPDATE", "DELETE", "RESTORE"),
    UniqueConstraint("chain", "seq", name="audit_logs_chain_key"),
    index("idx_audit_logs_table", "table_name"),
    index("idx_audit_logs_record", "record_id"),
    index("idx_audit_logs_action", "action_type"),
    index("idx_audit_logs_user", "user_id"),
    index("idx_audit_logs_created_at", "created_at"),
)

CHAINS = Table(
    "chains",
    METADATA,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    big("seq", nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

HEADS = Table(
    "heads",
    METADATA,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("date", Date, primary_key=True),
    big("seq", nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
"""What was published of each chain, and for which day: a chain cut behind one of them is found (R72)."""

DATA_BACKUPS = Table(
    "data_backups",
    METADATA,
    key(),
    varchar("backup_name", 200, nullable=False),
    varchar("table_name", 100, nullable=False),
    varchar("backup_type", 20, nullable=False),
    varchar("file_path", 500),
    big("file_size"),
    Column("record_count", Integer),
    instant("backup_date", nullable=False),
    varchar("status", 20, server_default="SUCCESS"),
    big("created_by"),
    created_at(),
    one_of("backup_type", "FULL", "INCREMENTAL", "DIFFERENTIAL"),
    one_of("status", "SUCCESS", "FAILED", "IN_PROGRESS"),
    reference("fk_data_backups_created_by", "created_by", "smartoutlet_auth.users"),
    index("idx_data_backups_table", "table_name"),
    index("idx_data_backups_date", "backup_date"),
    index("idx_data_backups_status", "status"),
)
