"""Everything the database holds for the inventory service: tables, migrations, grants."""
