-- storage_merkle: trees and multiproofs over bytea[], and each refusal by its code
-- every function of the room can be folded, run in parallel and in an index, and says what it does
SELECT count(*) AS functions,
       count(*) FILTER (WHERE provolatile <> 'i' OR NOT proisstrict OR proparallel <> 's') AS not_pure,
       count(*) FILTER (WHERE obj_description(oid, 'pg_proc') IS NULL) AS not_described
  FROM pg_proc
 WHERE pronamespace = 'mes'::regnamespace AND proname ~ '^(merkle|rs|por|seal_[^t]|poc2|ccc|shabal256)';

SELECT encode(mes.merkle_root('{}'), 'hex') AS of_nothing,
       mes.merkle_root(ARRAY[''::bytea]) = sha256('\x00') AS of_an_empty_leaf;

-- RFC 6962 by hand: H(1 || H(1 || H(0 a) || H(0 b)) || H(0 c))
SELECT mes.merkle_root('{a,b,c}') = sha256('\x01'::bytea
    || sha256('\x01'::bytea || sha256('\x00'::bytea || 'a') || sha256('\x00'::bytea || 'b'))
    || sha256('\x00'::bytea || 'c')) AS by_hand;

CREATE TEMP TABLE tree AS
SELECT array_agg(i::text::bytea ORDER BY i) AS leaves, count(*) AS leaf_count
  FROM generate_series(1, 1000) AS i;

-- a proof of every single leaf, and of sets of leaves
SELECT count(*) AS proven
  FROM tree, generate_series(0, 999, 37) AS i
 WHERE mes.merkle_verify(mes.merkle_root(leaves), leaf_count, ARRAY[i::bigint], ARRAY[leaves[i + 1]],
                         mes.merkle_prove(leaves, ARRAY[i::bigint]));

CREATE TEMP TABLE given AS
SELECT mes.merkle_root(leaves) AS root, leaf_count, at AS indexes,
       ARRAY(SELECT leaves[i + 1] FROM unnest(at) AS i) AS leaves, mes.merkle_prove(leaves, at) AS proof
  FROM tree, (VALUES (ARRAY[0, 3, 4, 500, 999]::bigint[])) AS asked (at);
SELECT octet_length(proof) / 32 AS hashes, 5 * 10 AS hashes_of_five_single_proofs,
       mes.merkle_verify(root, leaf_count, indexes, leaves, proof), mes.merkle_status(root, leaf_count, indexes, leaves, proof)
  FROM given;

-- bad input: no error, false and a code
CREATE TEMP VIEW bad AS
SELECT label, status
  FROM given, LATERAL (VALUES
    ('truncated', mes.merkle_status(root, leaf_count, indexes, leaves, substr(proof, 2))),
    ('extended', mes.merkle_status(root, leaf_count, indexes, leaves, proof || '\x00')),
    ('one bit', mes.merkle_status(root, leaf_count, indexes, leaves, set_bit(proof, 77, 1 - get_bit(proof, 77)))),
    ('all zero', mes.merkle_status(root, leaf_count, indexes, leaves, decode(repeat('00', octet_length(proof)), 'hex'))),
    ('other leaf', mes.merkle_status(root, leaf_count, indexes, '{1,4,5,501,999}', proof)),
    ('other root', mes.merkle_status(sha256(root), leaf_count, indexes, leaves, proof)),
    ('root too short', mes.merkle_status(substr(root, 2), leaf_count, indexes, leaves, proof)),
    ('duplicate index', mes.merkle_status(root, leaf_count, '{0,3,3,500,999}', leaves, proof)),
    ('not ascending', mes.merkle_status(root, leaf_count, '{0,4,3,500,999}', leaves, proof)),
    ('index out of range', mes.merkle_status(root, leaf_count, '{0,3,4,500,1000}', leaves, proof)),
    ('negative index', mes.merkle_status(root, leaf_count, '{-1,3,4,500,999}', leaves, proof)),
    ('no index', mes.merkle_status(root, leaf_count, '{}', '{}', proof)),
    ('a leaf short', mes.merkle_status(root, leaf_count, indexes, leaves[1:4], proof)),
    ('no leaves', mes.merkle_status(root, 0, indexes, leaves, proof)),
    ('huge declared size', mes.merkle_status(root, 9223372036854775807, indexes, leaves, proof)),
    ('negative size', mes.merkle_status(root, -1, indexes, leaves, proof))
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
  ($$SELECT mes.merkle_prove('{a,b}', '{2}')$$),
  ($$SELECT mes.merkle_prove('{a,b}', '{1,1}')$$),
  ($$SELECT mes.merkle_root('{a,NULL}')$$),
  ($$SELECT mes.merkle_root('{{a},{b}}')$$)
) AS tried (query);
