-- 01_roles.sql - the roles of the extension.
--
-- Roles belong to the whole server while an extension belongs to one database. So a role is made
-- only where it is missing, is refused where someone uses the name for a superuser or a login, and
-- is never dropped: another database may hold the extension too (rule P10).

DO LANGUAGE plpgsql $roles$
DECLARE
  wanted record;
  existing record;
BEGIN
  FOR wanted IN
    SELECT * FROM (VALUES
      ('mes_admin', 'meschain: runs this node: keys, peers, pause and resume, repair'),
      ('mes_member', 'meschain: submits transactions for the accounts it owns'),
      ('mes_reader', 'meschain: reads the ledger relations of schema mes'),
      ('mes_bi', 'meschain: reads the reporting relations of schema mes_bi'),
      ('mes_auditor', 'meschain: reads everything, runs verify and makes proofs'),
      ('mes_peer', 'meschain: groups the roles by which other members deliver messages'),
      ('mes_engine', 'meschain: owns what the background workers write')
    ) AS role (name, purpose)
  LOOP
    SELECT r.rolsuper, r.rolcanlogin INTO existing
      FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) wanted.name;
    IF NOT FOUND THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', wanted.name);
      EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', wanted.name, wanted.purpose);
    ELSIF existing.rolsuper OR existing.rolcanlogin THEN
      RAISE EXCEPTION 'role "%" exists and %', wanted.name,
          CASE WHEN existing.rolsuper THEN 'is a superuser' ELSE 'can log in' END
        USING ERRCODE = 'duplicate_object',
          HINT = 'meschain uses this name for a group of privileges. Rename the existing role, '
            'then run CREATE EXTENSION again.';
    END IF;
  END LOOP;
END
$roles$;

GRANT USAGE ON SCHEMA mes TO mes_reader, mes_member, mes_auditor, mes_admin;
GRANT USAGE ON SCHEMA mes_bi TO mes_bi, mes_auditor;
GRANT USAGE ON SCHEMA mes_internal TO mes_engine, mes_peer, mes_auditor;
