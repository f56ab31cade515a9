"""Everything the database holds for the audit service: tables, migrations, grants."""
