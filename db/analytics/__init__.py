"""Everything the database holds for the analytics service: tables, migrations, grants."""
