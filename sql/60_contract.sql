-- 60_contract.sql - the contract language ACS for people: check a source, try it on given fields.
--
-- The language is in docs/contracts-acs.md. Everything here is a function of its arguments; nothing
-- is stored, nothing on the chain is read.

CREATE FUNCTION mes.check_contract(language text, source text)
  RETURNS TABLE (line integer, "column" integer, code text, message text, hint text, caret text)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'contract_check_sql';
COMMENT ON FUNCTION mes.check_contract(text, text) IS
  'the mistakes in a contract of language acs, or in a property file (acs_properties); no row when there is none';

CREATE FUNCTION mes.acs_evaluate(source text, self jsonb, operator jsonb DEFAULT '{}',
    gas bigint DEFAULT 10000000) RETURNS jsonb
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'contract_evaluate_sql';
COMMENT ON FUNCTION mes.acs_evaluate(text, jsonb, jsonb, bigint) IS
  'runs an ACS program on the fields of self and operator and tells its writes, legs of bound fields, return, gas_used and error; changes nothing';

CREATE FUNCTION mes.acs_max_gas(source text) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'contract_max_gas_sql';
COMMENT ON FUNCTION mes.acs_max_gas(text) IS
  'the most gas a run of the ACS program can use; null when it has a loop or does not compile';

CREATE FUNCTION mes.acs_properties(source text)
  RETURNS TABLE (key text, value text, is_program boolean, line integer)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'contract_properties_sql';
COMMENT ON FUNCTION mes.acs_properties(text) IS
  'the entries of a property file that holds ACS programs, with the line of each value';

CREATE FUNCTION mes.acs_builtins()
  RETURNS TABLE (name text, arguments text, result text, gas integer, gas_max integer,
    description text)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'contract_builtins_sql';
COMMENT ON FUNCTION mes.acs_builtins() IS
  'the functions an ACS program can call without writing them';

CREATE FUNCTION mes.acs_instructions()
  RETURNS TABLE (number integer, instruction text, gas integer, gas_max integer)
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 50
  AS 'MODULE_PATHNAME', 'contract_instructions_sql';
COMMENT ON FUNCTION mes.acs_instructions() IS
  'the gas of each instruction; gas_max counts the most that the size of a text can add';

REVOKE ALL ON FUNCTION
  mes.check_contract(text, text), mes.acs_evaluate(text, jsonb, jsonb, bigint),
  mes.acs_max_gas(text), mes.acs_properties(text), mes.acs_builtins(), mes.acs_instructions()
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  mes.check_contract(text, text), mes.acs_evaluate(text, jsonb, jsonb, bigint),
  mes.acs_max_gas(text), mes.acs_properties(text), mes.acs_builtins(), mes.acs_instructions()
  TO mes_reader, mes_member, mes_admin, mes_auditor, mes_engine;
