"""Everything the database holds for the staff service: tables, migrations, grants."""
