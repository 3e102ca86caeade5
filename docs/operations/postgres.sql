-- The two roles of the hub, its database, and what each may do there. For a superuser's psql, as often as you like:
--
--   psql -v owner_password=… -v hub_password=… -f postgres.sql
--
-- hub_owner owns everything and migrates. hub serves: it reads and writes rows, owns nothing, and can neither
-- change nor empty the audit log.
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['hub_owner', 'hub']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE hub_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE hub LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'hub_password';

SELECT 'CREATE DATABASE hub OWNER hub_owner'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'hub') \gexec
ALTER DATABASE hub OWNER TO hub_owner;
REVOKE ALL ON DATABASE hub FROM PUBLIC;
GRANT CONNECT ON DATABASE hub TO hub;

\connect hub
ALTER SCHEMA public OWNER TO hub_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hub;

-- What is there already, and what a migration makes later.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO hub;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO hub;
ALTER DEFAULT PRIVILEGES FOR ROLE hub_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hub;
ALTER DEFAULT PRIVILEGES FOR ROLE hub_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO hub;

-- The migration that guards the audit log takes these away itself where the roles were there first.
SELECT 'REVOKE UPDATE, DELETE, TRUNCATE ON hub_notifications_auditentry FROM hub'
WHERE to_regclass('public.hub_notifications_auditentry') IS NOT NULL \gexec
