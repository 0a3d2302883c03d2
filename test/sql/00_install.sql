-- 00_install (P10): the extension can be created, dropped without a trace in this database, and created again.

-- a role of ours that someone uses for something else is refused, by name
CREATE ROLE mes_bi LOGIN;
CREATE EXTENSION meschain CASCADE;
ALTER ROLE mes_bi NOLOGIN SUPERUSER;
CREATE EXTENSION meschain CASCADE;
DROP ROLE mes_bi;

-- the first time all roles are made, none of them a login or a superuser
CREATE EXTENSION meschain CASCADE;
SELECT rolname, rolcanlogin, rolsuper,
       shobj_description(oid, 'pg_authid') IS NOT NULL AS described
  FROM pg_roles WHERE rolname LIKE 'mes\_%' ORDER BY rolname COLLATE "C";
SELECT nspname, obj_description(oid, 'pg_namespace') IS NOT NULL AS described
  FROM pg_namespace WHERE nspname LIKE 'mes%' ORDER BY nspname COLLATE "C";

-- dropping needs no CASCADE and leaves no schema; roles belong to the server and stay
DROP EXTENSION meschain;
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'mes%';
SELECT count(*) AS roles_left FROM pg_roles WHERE rolname LIKE 'mes\_%';

-- the second time the roles are there already
CREATE EXTENSION meschain;
SELECT extname, extrelocatable FROM pg_extension WHERE extname = 'meschain';
