-- shard: one shard held by all, then a map of shards and committees, and every refusal by its code.

-- a bucket is the first 16 bits of SHA-256; pgcrypto is the independent hand (P11)
SELECT mes.bucket_of('abc'), to_hex(mes.bucket_of('abc')) AS hex, mes.bucket_of('');
SELECT count(*) AS differences
  FROM generate_series(1, 2000) AS i, LATERAL (SELECT int4send(i) AS key) AS k
 WHERE mes.bucket_of(key) <>
       (get_byte(digest(key, 'sha256'), 0) << 8) + get_byte(digest(key, 'sha256'), 1);

-- nobody is known yet: the shard is an answer all the same
TABLE mes.shards;
SELECT * FROM mes.route('abc');
SELECT * FROM mes.committee(1);
SELECT mes.shard_of('abc'), mes.shard_of(NULL);

-- four banks and no map: one shard, generation 1, held by all; two nodes of one bank stand together
INSERT INTO mes_internal.shard_addresses VALUES
  ('ash', 'node1', 'ash.example', 7101), ('birch', 'node2', 'birch.example', 7102),
  ('cedar', 'node3', 'cedar.example', 7103), ('cedar', 'spare', 'spare.cedar.example', 7103),
  ('elm', 'node4', 'elm.example', 7104);
TABLE mes.shards;
SELECT * FROM mes.route('abc');
SELECT member, node, preference FROM mes.route('another key');
SELECT * FROM mes.committee(1);
SELECT * FROM mes.committee(1, 12345);

-- the first choice of many keys is spread over the banks
SELECT member, count(*) BETWEEN 2300 AND 2700 AS a_fair_part
  FROM generate_series(1, 10000) AS i, LATERAL mes.route(int4send(i)) AS r
 WHERE preference = 1 GROUP BY member ORDER BY member;

-- a change that is rolled back is forgotten
BEGIN;
DELETE FROM mes_internal.shard_addresses WHERE member <> 'ash';
SELECT member FROM mes.route('abc');
ROLLBACK;
SELECT count(*) FROM mes.route('abc');

-- eight members, four seats a committee, one fault; the map changes epoch by epoch
CREATE FUNCTION pg_temp.salt(epoch integer) RETURNS bytea
  RETURN sha256(convert_to('salt ' || epoch, 'UTF8'));
INSERT INTO mes_internal.shard_maps
  SELECT 0, mes_internal.shard_map_create(
    ARRAY['ash', 'birch', 'cedar', 'elm', 'fir', 'hazel', 'larch', 'oak'], 1, 4, pg_temp.salt(0));
INSERT INTO mes_internal.shard_maps
  SELECT 1, mes_internal.shard_map_resalt(mes_internal.shard_map_split(map, 1), pg_temp.salt(1))
    FROM mes_internal.shard_maps WHERE epoch = 0;
INSERT INTO mes_internal.shard_maps
  SELECT 2, mes_internal.shard_map_resalt(mes_internal.shard_map_split(map, 3), pg_temp.salt(2))
    FROM mes_internal.shard_maps WHERE epoch = 1;
TABLE mes.shards;
SELECT m.epoch, r.shard, r.generation, r.members
  FROM mes_internal.shard_maps AS m, LATERAL mes_internal.shard_map_rows(m.map) AS r
 ORDER BY m.epoch, r.first_bucket;
SELECT * FROM mes.committee(2);
SELECT * FROM mes.committee(1, 0);
SELECT mes.shard_of('abc'), to_hex(mes.bucket_of('abc')) AS bucket;
SELECT shard, generation, member, node, preference, held_by FROM mes.route('abc');

-- every key is in one shard, whose buckets hold the key's
SELECT count(*) AS keys, count(*) FILTER (WHERE mes.bucket_of(key) BETWEEN first_bucket AND last_bucket)
       AS inside
  FROM generate_series(1, 2000) AS i, LATERAL (SELECT int4send(i) AS key) AS k
  JOIN mes.shards AS s ON s.shard = mes.shard_of(key);

-- a parallel worker routes as its leader does
CREATE TABLE shard_keys AS SELECT int4send(i) AS key FROM generate_series(1, 1000) AS i;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
SET force_parallel_mode = on;
SELECT mes.shard_of(key) AS shard, count(*) FROM shard_keys GROUP BY 1 ORDER BY 1;
RESET ALL;
DROP TABLE shard_keys;

-- what each refusal says
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
  EXECUTE command;
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || ' ' || SQLERRM || coalesce(nullif(' / ' || hint, ' / '), '');
END $$;
SELECT pg_temp.refusal(command) FROM (VALUES
  -- [1, 0, [2, [[3, 2]]], 0, 0, ["a"], [[0]]]: buckets 0 to 32767 belong to nobody
  (1, $$SELECT mes_internal.shard_map_epoch('\x8701008202818203020000816161818100')$$),
  -- [1, 0, [2, [[1, 1], [3, 2]]], 0, 0, ["a"], [[0], [0]]]
  (2, $$SELECT mes_internal.shard_map_epoch('\x87010082028282010182030200008161618281008100')$$),
  (3, $$SELECT mes_internal.shard_map_epoch('')$$),
  (4, $$SELECT mes_internal.shard_map_create(ARRAY['a', 'b', 'c'], 1, 4, pg_temp.salt(0))$$),
  (5, $$SELECT mes_internal.shard_map_create(ARRAY['a', 'b', 'c', 'd'], 1, 3, pg_temp.salt(0))$$),
  (6, $$SELECT mes_internal.shard_map_create('{}', 0, 0, pg_temp.salt(0))$$),
  (7, $$SELECT mes_internal.shard_map_create(ARRAY['a', 'a'], 0, 0, pg_temp.salt(0))$$),
  (8, $$SELECT mes_internal.shard_map_create(ARRAY['a', NULL], 0, 0, pg_temp.salt(0))$$),
  (9, $$SELECT mes_internal.shard_map_create(ARRAY['a'], -1, 0, pg_temp.salt(0))$$),
  (10, $$SELECT mes_internal.shard_map_create(ARRAY['a'], 0, 0, 'short')$$),
  (11, $$SELECT mes_internal.shard_map_split(map, 1) FROM mes_internal.shard_maps WHERE epoch = 2$$),
  (12, $$SELECT mes_internal.shard_map_split(map, -1) FROM mes_internal.shard_maps$$),
  (13, $$SELECT mes_internal.shard_map_merge(map, 2, pg_temp.salt(0))
           FROM mes_internal.shard_maps WHERE epoch = 2$$),
  (14, $$SELECT mes_internal.shard_map_remove(map, 'nobody', pg_temp.salt(0))
           FROM mes_internal.shard_maps$$),
  (15, $$INSERT INTO mes_internal.shard_maps
           SELECT 9, map FROM mes_internal.shard_maps WHERE epoch = 2$$),
  (16, $$SELECT * FROM mes.committee(1)$$),
  (17, $$SELECT * FROM mes.committee(-5)$$),
  (18, $$SELECT * FROM mes.committee(1, -1)$$)
) AS bad (line, command) ORDER BY line;
DELETE FROM mes_internal.shard_maps WHERE epoch = 0;
SELECT pg_temp.refusal($$SELECT * FROM mes.committee(1, 0)$$);

-- readers route and see; they do not write
SET ROLE mes_reader;
SELECT count(*) FROM mes.route('abc');
SELECT count(*) FROM mes.shards;
SELECT pg_temp.refusal($$DELETE FROM mes_internal.shard_maps$$);
RESET ROLE;
DELETE FROM mes_internal.shard_maps;
DELETE FROM mes_internal.shard_addresses;
