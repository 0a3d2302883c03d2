-- storage_por: a file as Reed-Solomon shares, its audits, and each refusal by its code
-- 4 data shards of 40 leaves and 4 more shares: N = 4 shards in M = 2 replicas
CREATE TEMP TABLE file AS
SELECT mes.rs_encode(array_agg(shard ORDER BY s), 8) AS shares, 40960::bigint AS size
  FROM generate_series(0, 3) AS s,
       LATERAL (SELECT string_agg(sha256((s * 1000 + i)::text::bytea), NULL ORDER BY i) AS shard
                  FROM generate_series(1, 320) AS i) AS made;
SELECT mes.por_leaf_count(4, size), octet_length(shares[1]) / 256 AS leaves FROM file;

-- any four shares give the data back: all 70 choices
SELECT count(*) AS choices, bool_and(mes.rs_restore(4, 8, ARRAY[a, b, c, d],
         ARRAY[shares[a + 1], shares[b + 1], shares[c + 1], shares[d + 1]]) = shares[1:4]) AS restored
  FROM file, generate_series(0, 7) AS a, generate_series(a + 1, 7) AS b,
       generate_series(b + 1, 7) AS c, generate_series(c + 1, 7) AS d;

CREATE TEMP TABLE roots AS
SELECT array_agg(mes.por_share_root(s) ORDER BY n) AS share_roots
  FROM file, unnest(shares) WITH ORDINALITY AS s (s, n);
CREATE TEMP TABLE audit AS
SELECT mes.por_file_root(4, size, share_roots) AS file_root, size, share, seed,
       mes.por_prove(4, size, share_roots, share, shares[share + 1], seed, 10) AS proof
  FROM file, roots, generate_series(0, 7) AS share, (VALUES ('\x01'::bytea), ('beacon')) AS s (seed);
SELECT count(*), bool_and(mes.por_verify(file_root, 4, 8, size, share, seed, 10, proof)) AS verified FROM audit;

-- the draw, recomputed in SQL: Floyd's sampling on the first eight bytes of a hash
CREATE FUNCTION pg_temp.draw(tag text, seed bytea, leaf_count bigint, count int) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
  picked bigint[] := '{}';
  drawn bigint;
BEGIN
  FOR i IN 0 .. count - 1 LOOP
    drawn := floor((('x' || substr(encode(sha256(tag::bytea || seed || int8send(leaf_count) || int8send(i::bigint)), 'hex'), 1, 8))::bit(32)::bigint::numeric
        * 4294967296 + ('x' || substr(encode(sha256(tag::bytea || seed || int8send(leaf_count) || int8send(i::bigint)), 'hex'), 9, 8))::bit(32)::bigint)
        * (leaf_count - count + i + 1) / 18446744073709551616);
    IF drawn = ANY (picked) THEN drawn := leaf_count - count + i; END IF;
    picked := picked || drawn;
  END LOOP;
  RETURN ARRAY(SELECT p FROM unnest(picked) AS p ORDER BY p);
END $$;
SELECT count(*), bool_and(mes.por_challenge(seed, n, c) = pg_temp.draw('mes.por.challenge', seed, n, c)
                      AND mes.seal_challenge(seed, n, c) = pg_temp.draw('mes.seal.challenge', seed, n, c)) AS same
  FROM (SELECT sha256(i::text::bytea) AS seed, 40 + i::bigint * i * 1000003 AS n, 1 + i % 40 AS c
          FROM generate_series(1, 60) AS i) AS t;

-- bad input
CREATE TEMP VIEW bad AS
SELECT label, status
  FROM (SELECT * FROM audit WHERE share = 2 AND seed = 'beacon') AS a, LATERAL (VALUES
    ('as it is', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, proof)),
    ('truncated', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, substr(proof, 1, octet_length(proof) - 1))),
    ('empty', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, '')),
    ('extended', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, proof || '\x00')),
    ('all zero', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, decode(repeat('00', octet_length(proof)), 'hex'))),
    ('a bit of a leaf', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, set_bit(proof, 2400, 1 - get_bit(proof, 2400)))),
    ('a bit of the share root', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, set_bit(proof, 200, 1 - get_bit(proof, 200)))),
    ('other seed', mes.por_status(file_root, 4, 8, size, 2, 'other', 10, proof)),
    ('other count', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 11, proof)),
    ('other share', mes.por_status(file_root, 4, 8, size, 3, 'beacon', 10, proof)),
    ('other file', mes.por_status(sha256(file_root), 4, 8, size, 2, 'beacon', 10, proof)),
    ('other shape', mes.por_status(file_root, 4, 9, size, 2, 'beacon', 10, proof)),
    ('other kind', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 10, overlay(proof PLACING 'S'::bytea FROM 3))),
    ('share out of range', mes.por_status(file_root, 4, 8, size, 8, 'beacon', 10, proof)),
    ('negative share', mes.por_status(file_root, 4, 8, size, -1, 'beacon', 10, proof)),
    ('no such shape', mes.por_status(file_root, 0, 8, size, 2, 'beacon', 10, proof)),
    ('huge shape', mes.por_status(file_root, 2147483647, 2147483647, size, 2, 'beacon', 10, proof)),
    ('huge file', mes.por_status(file_root, 4, 8, 9223372036854775807, 2, 'beacon', 10, proof)),
    ('negative file', mes.por_status(file_root, 4, 8, -1, 2, 'beacon', 10, proof)),
    ('huge count', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 2147483647, proof)),
    ('no count', mes.por_status(file_root, 4, 8, size, 2, 'beacon', 0, proof)),
    ('no seed', mes.por_status(file_root, 4, 8, size, 2, '', 10, proof)),
    ('long seed', mes.por_status(file_root, 4, 8, size, 2, decode(repeat('00', 65), 'hex'), 10, proof)),
    ('root too long', mes.por_status(file_root || '\x00', 4, 8, size, 2, 'beacon', 10, proof))
  ) AS tried (label, status);
SELECT * FROM bad;

-- what raises an error raises it with a code
CREATE FUNCTION pg_temp.refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT pg_temp.refusal(query) FROM (VALUES
  ($$SELECT mes.rs_encode('{aa,b}', 4)$$),
  ($$SELECT mes.rs_encode('{a,b}', 256)$$),
  ($$SELECT mes.rs_encode('{a,b}', 1)$$),
  ($$SELECT mes.rs_restore(2, 4, '{1,1}', '{a,b}')$$),
  ($$SELECT mes.rs_restore(2, 4, '{1,4}', '{a,b}')$$),
  ($$SELECT mes.rs_restore(2, 4, '{1}', '{a}')$$),
  ($$SELECT mes.rs_restore(2, 4, '{1,2}', '{a}')$$),
  ($$SELECT mes.por_share_root('\x00')$$),
  ($$SELECT mes.por_challenge('s', 10, 11)$$),
  ($$SELECT mes.por_challenge('s', 9223372036854775807, 1)$$)
) AS tried (query);
