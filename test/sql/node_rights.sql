-- The engine's look-ups run with the owner's rights: nothing of the caller's runs in that name.  -- P10
\i test/lib/fresh_ledger.sql
CREATE ROLE rights_member;
GRANT mes_member, mes_reader TO rights_member;
CREATE SCHEMA rights_trap AUTHORIZATION rights_member;
SET ROLE rights_member;
CREATE FUNCTION rights_trap.trap_text(text, text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the trap ran as %', current_user; END $$;
CREATE FUNCTION rights_trap.trap_bytea(bytea, bytea) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'the trap ran as %', current_user; END $$;
CREATE OPERATOR rights_trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = rights_trap.trap_text);
CREATE OPERATOR rights_trap.<> (LEFTARG = text, RIGHTARG = text, FUNCTION = rights_trap.trap_text);
CREATE OPERATOR rights_trap.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = rights_trap.trap_bytea);
SET search_path = rights_trap, pg_catalog;
SELECT pg_catalog.length(mes.create_account('rights_member')) AS address_length;
SELECT mes.issue_asset('RIGHTS', 10, 0) IS NOT NULL AS issued;
SELECT mes.transfer(mes.create_account('rights_other'), 'RIGHTS', 3) IS NOT NULL AS paid;
SELECT count(*) FROM mes.receipt_of('00000000-0000-4000-8000-000000000000');
RESET search_path;
SET client_min_messages = warning;
RESET ROLE;
DROP SCHEMA rights_trap CASCADE;
DROP OWNED BY rights_member;
DROP ROLE rights_member;
