-- ledger_layout: relations as measured to be fast and restorable: no foreign keys, keys on leaves alone, integers as keys.

-- P15: no foreign keys among the ledger's relations: no row
SELECT conrelid::regclass AS relation, conname
  FROM pg_constraint WHERE contype = 'f' AND connamespace = 'mes_internal'::regnamespace ORDER BY 1, 2;

-- P9, P15: a key or an index on a partitioned parent cannot be dumped and restored: no row
SELECT indrelid::regclass AS parent, indexrelid::regclass AS index
  FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
 WHERE relkind = 'p' AND relnamespace = 'mes_internal'::regnamespace ORDER BY 1, 2;

-- P15: no row falls into a default partition, and the next leaf is there before it is needed
SELECT partrelid::regclass AS parent FROM pg_partitioned_table
 WHERE partdefid <> 0 AND partrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'mes_internal'::regnamespace);
SELECT inhparent::regclass AS parent, count(*) BETWEEN 2 AND 4 AS leaves
  FROM pg_inherits JOIN pg_class ON pg_class.oid = inhparent
 WHERE relnamespace = 'mes_internal'::regnamespace GROUP BY 1 ORDER BY min(inhparent::regclass::text COLLATE "C");

-- P15: outputs and spends have the same cuts, so that a spend is unique everywhere when it is in its leaf
SELECT bool_and(pg_get_expr(o.relpartbound, o.oid) = pg_get_expr(s.relpartbound, s.oid)) AS same_cuts,
       bool_and(EXISTS (SELECT FROM pg_index WHERE indrelid = s.oid AND indisunique)) AS unique_spends
  FROM pg_class AS o JOIN pg_class AS s ON s.relname = replace(o.relname, 'output', 'spend')
 WHERE o.relname ~ '^output_rows_\d+$' AND o.relispartition AND s.relispartition;

-- P31: what every payment probes is indexed by integers: relation, columns of the index, their types
SELECT regexp_replace(c.relname, '_\d+$', '') AS relation, i.indisunique AS u,
       string_agg(a.attname || ' ' || format_type(a.atttypid, NULL), ', ' ORDER BY k.n) AS columns
  FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid,
       unnest(i.indkey::int[]) WITH ORDINALITY AS k (attnum, n), pg_attribute AS a
 WHERE c.relispartition AND c.relnamespace = 'mes_internal'::regnamespace
   AND c.relname ~ '^(output|spend|transaction)_rows_0+1$'
   AND a.attrelid = c.oid AND a.attnum = k.attnum
 GROUP BY c.relname, i.indexrelid, i.indisunique ORDER BY 1, 3, 2;

-- P20: nothing that people read is lost in a crash or missing on a standby: no row
SELECT oid::regclass AS unlogged FROM pg_class
 WHERE relnamespace IN ('mes'::regnamespace, 'mes_bi'::regnamespace, 'mes_internal'::regnamespace)
   AND relpersistence <> 'p' ORDER BY 1;
