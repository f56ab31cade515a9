"""Everything the database holds for the ledger service: tables, migrations, grants."""
