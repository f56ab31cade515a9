"""Everything the database holds for the tax service: tables, migrations, grants."""
