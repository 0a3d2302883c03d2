-- storage_seal: a sector sealed in SQL by the words of docs/storage-proofs.md, proven, verified; each refusal by its code
CREATE FUNCTION pg_temp.seal(sector_id bytea, lg_n int) RETURNS TABLE (layer int, index int, label bytea)
LANGUAGE plpgsql AS $$
DECLARE
  n int := 1 << lg_n;
  below bytea[];
  own bytea[];
  p bigint[];
  zero bytea := decode(repeat('00', 64), 'hex');
  bytes bytea;
BEGIN
  FOR l IN 0 .. 7 LOOP
    own := '{}';
    FOR i IN 0 .. n - 1 LOOP
      p := mes.seal_parents(lg_n, i);
      IF i = 0 THEN p := ARRAY[NULL, NULL]::bigint[] || p; END IF;
      bytes := sector_id || int8send(l::bigint) || int8send(i::bigint)
        || CASE WHEN i = 0 THEN zero ELSE own[p[1] + 1] || own[p[2] + 1] END;
      IF l > 0 THEN
        bytes := bytes || below[p[3] + 1] || below[p[4] + 1] || below[p[5] + 1]
          || below[p[6] + 1] || below[p[7] + 1] || below[p[8] + 1];
      END IF;
      own[i + 1] := sha256(bytes);
      layer := l; index := i; label := own[i + 1];
      RETURN NEXT;
    END LOOP;
    below := own;
  END LOOP;
END $$;

SELECT mes.seal_sector_id('0123456789abcdef', sha256('node'), 1, 10) AS sector_id \gset
SELECT :'sector_id'::bytea = sha256('mes.seal.v1'::bytea || '0123456789abcdef' || sha256('node') || int8send(1) || '\x0a') AS by_hand;

CREATE TEMP TABLE columns AS
SELECT index, string_agg(label, NULL ORDER BY layer) AS col, (array_agg(label ORDER BY layer DESC))[1] AS replica
  FROM pg_temp.seal(:'sector_id', 10) GROUP BY index;
CREATE TEMP TABLE sector AS
SELECT array_agg(col ORDER BY index) AS cols, array_agg(replica ORDER BY index) AS replicas,
       mes.merkle_root(array_agg(col ORDER BY index)) AS root_c, mes.merkle_root(array_agg(replica ORDER BY index)) AS root_r
  FROM columns;

-- a proof's header: kind, version, size, subject, challenge
CREATE FUNCTION pg_temp.header(kind text, lg_n int, root bytea, indexes bigint[]) RETURNS bytea LANGUAGE sql AS $$
  SELECT 'MS'::bytea || kind::bytea || '\x01' || int4send(lg_n)
    || substr(sha256('mes.proof.subject'::bytea || root || int8send(0)), 1, 8)
    || substr(sha256('mes.proof.indexes'::bytea || int8send(1::bigint << lg_n)
         || (SELECT string_agg(int8send(i), NULL ORDER BY i) FROM unnest(indexes) AS i)), 1, 8)
$$;
CREATE TEMP TABLE leaves AS
SELECT root_r, at, pg_temp.header('S', 10, root_r, at) || (SELECT string_agg(replicas[i + 1], NULL ORDER BY i) FROM unnest(at) AS i)
         || mes.merkle_prove(replicas, at) AS proof
  FROM sector, mes.seal_challenge('beacon', 1024, 66) AS at;
SELECT mes.seal_verify(root_r, 10, at, proof), mes.seal_status(root_r, 10, at, proof), octet_length(proof) FROM leaves;

-- all columns open: the column, its parents, and the replica leaf
CREATE TEMP TABLE opened AS
SELECT c.index, root_c, root_r, pg_temp.header('C', 10, sha256(:'sector_id'::bytea || root_c || root_r), ARRAY[c.index::bigint])
         || (SELECT string_agg(cols[i + 1], NULL ORDER BY i) FROM unnest(positions) AS i)
         || mes.merkle_prove(cols, positions) || c.replica || mes.merkle_prove(replicas, ARRAY[c.index::bigint]) AS proof
  FROM sector, columns AS c, LATERAL (SELECT array_agg(DISTINCT p ORDER BY p) AS positions
         FROM unnest(mes.seal_parents(10, c.index) || c.index::bigint) AS p) AS needed
 WHERE c.index IN (0, 1, 2, 3, 511, 512, 1000, 1023);
SELECT index, mes.seal_verify_column(:'sector_id', root_c, root_r, 10, index, proof) FROM opened ORDER BY index;

-- bad input
CREATE TEMP VIEW bad AS
SELECT label, status
  FROM leaves, LATERAL (VALUES
    ('truncated', mes.seal_status(root_r, 10, at, substr(proof, 1, 500))),
    ('empty', mes.seal_status(root_r, 10, at, '')),
    ('extended', mes.seal_status(root_r, 10, at, proof || '\x00')),
    ('all zero', mes.seal_status(root_r, 10, at, decode(repeat('00', octet_length(proof)), 'hex'))),
    ('one bit', mes.seal_status(root_r, 10, at, set_bit(proof, 999, 1 - get_bit(proof, 999)))),
    ('other challenge', mes.seal_status(root_r, 10, mes.seal_challenge('other', 1024, 66), proof)),
    ('other sector', mes.seal_status(sha256(root_r), 10, at, proof)),
    ('wrong lg_n', mes.seal_status(root_r, 11, at, proof)),
    ('duplicate index', mes.seal_status(root_r, 10, at[1:65] || at[65], proof)),
    ('index out of range', mes.seal_status(root_r, 10, at[1:65] || 1024::bigint, proof)),
    ('not ascending', mes.seal_status(root_r, 10, 1023::bigint || at[1:65], proof)),
    ('no index', mes.seal_status(root_r, 10, '{}', proof)),
    ('lg_n 9', mes.seal_status(root_r, 9, at, proof)),
    ('lg_n 33', mes.seal_status(root_r, 33, at, proof)),
    ('huge lg_n', mes.seal_status(root_r, 2147483647, at, proof)),
    ('declared 128 GiB', mes.seal_status(root_r, 32, at, pg_temp.header('S', 32, root_r, at))),
    ('too many indexes', mes.seal_status(root_r, 20, ARRAY(SELECT generate_series(0::bigint, 4096)), proof)),
    ('a proof of another kind', mes.seal_status(root_r, 10, at, overlay(proof PLACING 'P'::bytea FROM 3))),
    ('root too short', mes.seal_status('\x00', 10, at, proof))
  ) AS tried (label, status);
SELECT * FROM bad;

CREATE TEMP VIEW bad_columns AS
SELECT label, status
  FROM opened, LATERAL (VALUES
    ('truncated', mes.seal_column_status(:'sector_id', root_c, root_r, 10, 511, substr(proof, 1, 500))),
    ('extended', mes.seal_column_status(:'sector_id', root_c, root_r, 10, 511, proof || '\x00')),
    ('all zero', mes.seal_column_status(:'sector_id', root_c, root_r, 10, 511, decode(repeat('00', octet_length(proof)), 'hex'))),
    ('one bit', mes.seal_column_status(:'sector_id', root_c, root_r, 10, 511, set_bit(proof, 999, 1 - get_bit(proof, 999)))),
    ('other index', mes.seal_column_status(:'sector_id', root_c, root_r, 10, 512, proof)),
    ('other sector', mes.seal_column_status(sha256('x'), root_c, root_r, 10, 511, proof)),
    ('index out of range', mes.seal_column_status(:'sector_id', root_c, root_r, 10, 1024, proof)),
    ('negative index', mes.seal_column_status(:'sector_id', root_c, root_r, 10, -1, proof)),
    ('wrong lg_n', mes.seal_column_status(:'sector_id', root_c, root_r, 11, 511, proof)),
    ('lg_n 33', mes.seal_column_status(:'sector_id', root_c, root_r, 33, 511, proof)),
    ('a short root', mes.seal_column_status(:'sector_id', root_c, '\x01', 10, 511, proof))
  ) AS tried (label, status) WHERE index = 511;
SELECT * FROM bad_columns;

-- a lazy sealer: one label made up, under roots that are honest about it
CREATE TEMP TABLE lazy AS
SELECT array_agg(CASE WHEN index = 511 THEN overlay(col PLACING sha256('made up') FROM 65) ELSE col END ORDER BY index) AS cols
  FROM columns;
SELECT mes.seal_column_status(:'sector_id', root_c, s.root_r, 10, 511,
         pg_temp.header('C', 10, sha256(:'sector_id'::bytea || root_c || s.root_r), '{511}')
         || (SELECT string_agg(cols[i + 1], NULL ORDER BY i) FROM unnest(positions) AS i)
         || mes.merkle_prove(cols, positions) || replicas[512] || mes.merkle_prove(replicas, '{511}')) AS lazy_sealer
  FROM (SELECT l.cols, mes.merkle_root(l.cols) AS root_c, s.root_r, s.replicas FROM lazy AS l, sector AS s) AS s,
       (SELECT array_agg(DISTINCT p ORDER BY p) AS positions FROM unnest(mes.seal_parents(10, 511) || 511::bigint) AS p) AS needed;

-- what raises an error raises it with a code
CREATE FUNCTION pg_temp.refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT pg_temp.refusal(query) FROM (VALUES
  ($$SELECT mes.seal_sector_id('short', sha256('node'), 1, 10)$$),
  ($$SELECT mes.seal_sector_id('0123456789abcdef', 'short', 1, 10)$$),
  ($$SELECT mes.seal_sector_id('0123456789abcdef', sha256('node'), 1, 9)$$),
  ($$SELECT mes.seal_sector_id('0123456789abcdef', sha256('node'), -1, 10)$$),
  ($$SELECT mes.seal_parents(10, 1024)$$),
  ($$SELECT mes.seal_parents(40, 0)$$)
) AS tried (query);
