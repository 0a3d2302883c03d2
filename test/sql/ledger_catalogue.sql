-- ledger_catalogue: what people rely on by name: errors, settings, operations, parameters, comments.

-- every refusal, as a diff that someone reviews
SELECT code, name, transient AS t, message, hint FROM mes.error_codes ORDER BY code;

SELECT name, unit, context, vartype, boot_val, min_val, max_val, enumvals
  FROM pg_settings WHERE name LIKE 'meschain.%' AND name NOT LIKE 'meschain.test%' ORDER BY name COLLATE "C";
SELECT name FROM pg_settings WHERE name LIKE 'meschain.%' AND name NOT LIKE 'meschain.test%' AND short_desc = '';
SET meschain.no_such_setting = 1;

TABLE mes.operation_kinds;
SELECT name, type, minimum, maximum, default_value, unit FROM mes.parameters;

-- everything public has a comment: no row
SELECT c.oid::regclass AS uncommented
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE n.nspname IN ('mes', 'mes_bi', 'mes_internal') AND c.relkind IN ('r', 'p', 'v', 'm')
   AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL ORDER BY 1;
SELECT a.attrelid::regclass || '.' || a.attname AS uncommented
  FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE (n.nspname IN ('mes', 'mes_bi') OR n.nspname = 'mes_internal' AND c.relkind <> 'v')
   AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
   AND a.attnum > 0 AND NOT a.attisdropped AND col_description(a.attrelid, a.attnum) IS NULL ORDER BY 1;
SELECT p.oid::regprocedure AS uncommented
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('mes', 'mes_bi', 'mes_internal') AND obj_description(p.oid, 'pg_proc') IS NULL ORDER BY p.oid::regprocedure::text COLLATE "C";

-- P10: definer's rights come with a fixed search_path, and no function is everybody's by accident
SELECT p.oid::regprocedure AS unsafe
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('mes', 'mes_bi', 'mes_internal') AND p.prosecdef
   AND NOT coalesce(p.proconfig::text, '') ~ 'search_path' ORDER BY p.oid::regprocedure::text COLLATE "C";
SELECT p.oid::regprocedure AS public_function
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname IN ('mes', 'mes_bi', 'mes_internal')
   AND (p.proacl IS NULL OR p.proacl::text ~ '[{,]=X') ORDER BY p.oid::regprocedure::text COLLATE "C";
