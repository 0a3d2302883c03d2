-- bi_model: the shape of mes_bi that tools rely on: names, types, keys, comments in two languages.
-- \d of every relation is an interface: a change of this output is a change for every report.
SELECT c.relname AS relation, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ||
         CASE WHEN a.attnotnull THEN '' ELSE ' null' END, E'\n' ORDER BY a.attnum) AS columns
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind IN ('r', 'v', 'p') AND a.attnum > 0
 GROUP BY 1 ORDER BY c.relname COLLATE "C";

-- foreign keys, so that a tool joins by itself
SELECT k.conrelid::regclass AS relation, a.attname AS "column", k.confrelid::regclass AS refers_to
  FROM pg_constraint AS k JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
 WHERE k.contype = 'f' AND k.connamespace = 'mes_bi'::regnamespace ORDER BY 1, a.attnum;

-- every table has a primary key of one bigint, every other key is a bigint too: no row
SELECT c.oid::regclass AS without_key FROM pg_class AS c
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind = 'r'
   AND NOT EXISTS (SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = c.oid AND i.indisprimary AND i.indnatts = 1 AND a.atttypid = 'bigint'::regtype);
SELECT a.attrelid::regclass AS relation, a.attname FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind = 'r' AND a.attname LIKE '%\_key' AND a.atttypid <> 'bigint'::regtype;

-- no type that a tool cannot show, filter or join: no row
SELECT a.attrelid::regclass AS relation, a.attname, format_type(a.atttypid, a.atttypmod) AS type
  FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
   AND format_type(a.atttypid, a.atttypmod) NOT IN
       ('bigint', 'integer', 'text', 'boolean', 'date', 'timestamp with time zone', 'numeric(28,8)');

-- a fact says when and in which block it happened: no row
SELECT c.relname, n.name AS missing FROM pg_class AS c, (VALUES ('height'), ('block_time'), ('date_key')) AS n (name)
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relname LIKE 'fact\_%' AND c.relkind = 'r'
   AND NOT EXISTS (SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = n.name);

-- a comment in English and Chinese on every table, column and function: no row
SELECT c.oid::regclass AS relation, a.attname, coalesce(col_description(c.oid, a.attnum), '') AS comment
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind IN ('r', 'v')
   AND coalesce(col_description(c.oid, a.attnum), '') !~ '[a-z].* · .*[一-龥]';
SELECT c.oid::regclass AS relation FROM pg_class AS c
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND c.relkind IN ('r', 'v')
   AND coalesce(obj_description(c.oid, 'pg_class'), '') !~ '[a-z].* · .*[一-龥]';
SELECT p.oid::regprocedure AS function FROM pg_proc AS p
 WHERE p.pronamespace = 'mes_bi'::regnamespace AND coalesce(obj_description(p.oid, 'pg_proc'), '') !~ '[a-z].* · .*[一-龥]';

-- names that need no quotes, in any tool: no row
SELECT word, a.attrelid::regclass AS relation FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_get_keywords() AS k ON k.word = a.attname AND k.catcode IN ('R', 'T')
 WHERE c.relnamespace = 'mes_bi'::regnamespace AND a.attnum > 0;

-- the dimensions that never change
SELECT count(*) AS days, min(calendar_date), max(calendar_date) FROM mes_bi.dim_date;
SELECT * FROM mes_bi.dim_date WHERE date_key = 20261231 \gx
SELECT count(*) AS territories, count(DISTINCT name_en) AS english, count(DISTINCT name_zh) AS chinese FROM mes_bi.dim_territory;
SELECT * FROM mes_bi.dim_territory WHERE iso_code IN ('NONE', 'WORLD', 'CN', 'FR', 'HK', 'US') ORDER BY territory_key;
SELECT iso_code AS wrong_key FROM mes_bi.dim_territory
 WHERE territory_key > 1 AND iso_code <> chr(64 + (territory_key / 100)::integer) || chr(64 + (territory_key % 100)::integer);
TABLE mes_bi.dim_medium;
TABLE mes_bi.dim_licence_kind;
