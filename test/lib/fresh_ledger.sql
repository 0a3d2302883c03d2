-- fresh_ledger.sql - a database "ledger" made anew with a ledger of one member, running; for \i.
SET client_min_messages = error;
\c postgres
DROP DATABASE IF EXISTS ledger;
CREATE DATABASE ledger;
ALTER DATABASE ledger SET jit = off; -- compiling takes seconds where a query takes milliseconds
\c ledger
SET client_min_messages = error;
CREATE EXTENSION meschain CASCADE;
SELECT mes.create_node_key();
SELECT mes.create_genesis() IS NOT NULL AS created;
DO $$ BEGIN
  FOR i IN 1 .. 1000 LOOP
    EXIT WHEN (SELECT mode = 'voting' FROM mes.status);
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;
SELECT mes.stat_reset();
RESET client_min_messages;
-- names instead of random addresses, and what a refusal is called
CREATE FUNCTION who(address text) RETURNS text LANGUAGE sql AS
  $$ SELECT coalesce((SELECT a.name FROM mes_internal.account_rows AS a
                       WHERE a.address = mes_internal.address_bytes($1)), 'somebody') WHERE $1 IS NOT NULL $$;
CREATE FUNCTION refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text;
BEGIN
  EXECUTE statement;
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
  RETURN coalesce((SELECT name FROM mes.error_codes WHERE code = state), state);
END $$;
