"""Everything the database holds for the recipe service: tables, migrations, grants."""
