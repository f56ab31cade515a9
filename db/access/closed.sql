-- A schema as it is before its grants: closed to PUBLIC and to the service's own role.
REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {role};
REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {role};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {role};
REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC, {role};
