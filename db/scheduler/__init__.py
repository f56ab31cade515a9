"""Everything the database holds for the scheduler service: tables, migrations, grants."""
