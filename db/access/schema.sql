-- A service's schema, its owner's; the creator needs CREATE on the database.
CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}_owner;
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC;
