-- The reader sees every table of a schema and changes nothing.
GRANT USAGE ON SCHEMA {schema} TO coralserve_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO coralserve_reader;
