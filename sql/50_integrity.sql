-- integrity: verify the ledger from its rows, prove transactions, check both with other means

CREATE FUNCTION mes.verify(from_height bigint DEFAULT 1, to_height bigint DEFAULT NULL, jobs integer DEFAULT 1,
                           sample_ppm integer DEFAULT 1000000,
                           OUT height bigint, OUT object text, OUT problem text, OUT detail text)
RETURNS SETOF record LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS 'MODULE_PATHNAME', 'mes_verify';
COMMENT ON FUNCTION mes.verify(bigint, bigint, integer, integer) IS 're-derives everything the ledger''s rows say about a range of blocks and returns what is wrong, nothing when intact; sample_ppm of a million signatures are checked';

CREATE FUNCTION mes_internal.verify_progress(OUT pid integer, OUT datid oid, OUT started_at timestamptz,
                                             OUT from_height bigint, OUT to_height bigint, OUT jobs integer,
                                             OUT blocks_done bigint, OUT transactions_done bigint,
                                             OUT problems bigint)
RETURNS SETOF record LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'mes_internal_verify_progress';
COMMENT ON FUNCTION mes_internal.verify_progress() IS 'running verifications, from shared memory';

CREATE VIEW mes.stat_progress_verify AS
  SELECT p.pid, d.datname, p.started_at, p.from_height, p.to_height, p.to_height - p.from_height + 1 AS blocks_total,
         p.blocks_done, p.transactions_done, p.problems, p.jobs
    FROM mes_internal.verify_progress() AS p
    LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) p.datid;
COMMENT ON VIEW mes.stat_progress_verify IS 'one row a running mes.verify()';
COMMENT ON COLUMN mes.stat_progress_verify.pid IS 'backend that runs it';
COMMENT ON COLUMN mes.stat_progress_verify.datname IS 'database';
COMMENT ON COLUMN mes.stat_progress_verify.started_at IS 'when it began';
COMMENT ON COLUMN mes.stat_progress_verify.from_height IS 'first block';
COMMENT ON COLUMN mes.stat_progress_verify.to_height IS 'last block';
COMMENT ON COLUMN mes.stat_progress_verify.blocks_total IS 'blocks to verify';
COMMENT ON COLUMN mes.stat_progress_verify.blocks_done IS 'blocks done so far';
COMMENT ON COLUMN mes.stat_progress_verify.transactions_done IS 'transactions in them';
COMMENT ON COLUMN mes.stat_progress_verify.problems IS 'problems found so far, before consequences are left out';
COMMENT ON COLUMN mes.stat_progress_verify.jobs IS 'processes asked for';

-- what run_verify keeps; local, no part of the ledger
CREATE TABLE mes_internal.verify_run_rows (
  run_id bigint GENERATED ALWAYS AS IDENTITY,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  finished_at timestamptz,
  from_height bigint NOT NULL,
  to_height bigint NOT NULL,
  verified_height bigint NOT NULL,
  jobs integer NOT NULL,
  sample_ppm integer NOT NULL,
  problem_count bigint NOT NULL DEFAULT 0,
  problems jsonb NOT NULL DEFAULT '[]'
);
SELECT pg_catalog.pg_extension_config_dump('mes_internal.verify_run_rows', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.verify_run_rows_run_id_seq', '');
CREATE UNIQUE INDEX verify_run_rows_id ON mes_internal.verify_run_rows (run_id);
COMMENT ON TABLE mes_internal.verify_run_rows IS 'runs of mes.run_verify(); local, no part of the ledger';
COMMENT ON COLUMN mes_internal.verify_run_rows.run_id IS 'number of the run';
COMMENT ON COLUMN mes_internal.verify_run_rows.started_at IS 'when it began';
COMMENT ON COLUMN mes_internal.verify_run_rows.updated_at IS 'when its last chunk was done';
COMMENT ON COLUMN mes_internal.verify_run_rows.finished_at IS 'when it ended, null while it runs or after it was stopped';
COMMENT ON COLUMN mes_internal.verify_run_rows.from_height IS 'first block';
COMMENT ON COLUMN mes_internal.verify_run_rows.to_height IS 'last block when it began';
COMMENT ON COLUMN mes_internal.verify_run_rows.verified_height IS 'last block done';
COMMENT ON COLUMN mes_internal.verify_run_rows.jobs IS 'processes';
COMMENT ON COLUMN mes_internal.verify_run_rows.sample_ppm IS 'signatures checked of a million';
COMMENT ON COLUMN mes_internal.verify_run_rows.problem_count IS 'problems found';
COMMENT ON COLUMN mes_internal.verify_run_rows.problems IS 'the first hundred of them';

CREATE VIEW mes.verify_runs AS
  SELECT run_id, started_at, updated_at, finished_at, from_height, to_height, verified_height, jobs, sample_ppm,
         problem_count, problems
    FROM mes_internal.verify_run_rows;
COMMENT ON VIEW mes.verify_runs IS 'runs of mes.run_verify(), one row each, brought up to date with every chunk';
COMMENT ON COLUMN mes.verify_runs.run_id IS 'number of the run';
COMMENT ON COLUMN mes.verify_runs.started_at IS 'when it began';
COMMENT ON COLUMN mes.verify_runs.updated_at IS 'when its last chunk was done';
COMMENT ON COLUMN mes.verify_runs.finished_at IS 'when it ended, null while it runs or after it was stopped';
COMMENT ON COLUMN mes.verify_runs.from_height IS 'first block';
COMMENT ON COLUMN mes.verify_runs.to_height IS 'last block when it began';
COMMENT ON COLUMN mes.verify_runs.verified_height IS 'last block done';
COMMENT ON COLUMN mes.verify_runs.jobs IS 'processes';
COMMENT ON COLUMN mes.verify_runs.sample_ppm IS 'signatures checked of a million';
COMMENT ON COLUMN mes.verify_runs.problem_count IS 'problems found';
COMMENT ON COLUMN mes.verify_runs.problems IS 'the first hundred of them, as mes.verify() returns them';

-- a snapshot a chunk, so that a long run holds no dead rows back (P17)
CREATE PROCEDURE mes.run_verify(from_height bigint DEFAULT 1, to_height bigint DEFAULT NULL, jobs integer DEFAULT 1,
                                sample_ppm integer DEFAULT 1000000, chunk_blocks integer DEFAULT 65536)
LANGUAGE plpgsql AS $$
DECLARE
  tip bigint := (SELECT coalesce(max(b.height), 0) FROM mes_internal.block_rows AS b);
  last bigint := least(coalesce(to_height, tip), tip);
  low bigint := from_height;
  high bigint;
  run bigint;
BEGIN
  IF chunk_blocks IS NULL OR chunk_blocks < 1 THEN
    RAISE EXCEPTION 'chunk_blocks cannot be %', chunk_blocks USING ERRCODE = 'invalid_parameter_value',
      HINT = 'A chunk has at least one block.';
  END IF;
  INSERT INTO mes_internal.verify_run_rows AS r (from_height, to_height, verified_height, jobs, sample_ppm)
    VALUES (from_height, last, from_height - 1, jobs, sample_ppm) RETURNING r.run_id INTO run;
  COMMIT;
  WHILE low <= last LOOP
    high := least(low + chunk_blocks - 1, last);
    -- the chunk that reaches the last block also looks at the whole current state
    WITH found AS (
      SELECT v.* FROM mes.verify(low, CASE WHEN high = tip AND to_height IS NULL THEN NULL ELSE high END,
                                 jobs, sample_ppm) AS v
    ), counted AS (
      SELECT count(*) AS number, jsonb_agg(to_jsonb(f) ORDER BY f.height) FILTER (WHERE f.n <= 100) AS shown
        FROM (SELECT found.*, row_number() OVER () AS n FROM found) AS f
    )
    UPDATE mes_internal.verify_run_rows AS r
       SET verified_height = high, updated_at = clock_timestamp(), problem_count = r.problem_count + c.number,
           problems = CASE WHEN jsonb_array_length(r.problems) < 100 THEN r.problems || coalesce(c.shown, '[]')
                           ELSE r.problems END
      FROM counted AS c WHERE r.run_id = run;
    COMMIT;
    low := high + 1;
  END LOOP;
  UPDATE mes_internal.verify_run_rows AS r SET finished_at = clock_timestamp() WHERE r.run_id = run;
END $$;
COMMENT ON PROCEDURE mes.run_verify(bigint, bigint, integer, integer, integer) IS 'verifies chunk by chunk, each with a snapshot and a commit of its own, and keeps the result in mes.verify_runs';

-- proofs

CREATE FUNCTION mes.prove_transaction(txid bytea, anchor_height bigint DEFAULT NULL)
RETURNS bytea LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'mes_prove_transaction';
COMMENT ON FUNCTION mes.prove_transaction(bytea, bigint) IS 'one value that proves what became of a transaction, by the members'' signatures or, when anchor_height is given, to one who knows that block''s hash';

CREATE FUNCTION mes.verify_proof(proof bytea, trust jsonb DEFAULT NULL, OUT valid boolean, OUT kind text,
                                 OUT chain_id bytea, OUT height bigint, OUT block_time timestamptz,
                                 OUT content jsonb, OUT signers integer[], OUT problem text)
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'mes_verify_proof';
COMMENT ON FUNCTION mes.verify_proof(bytea, jsonb) IS 'judges a proof by what the caller trusts, in the form of mes.trust_anchor(); null: this database''s own genesis. problem says why a proof is refused, or that a valid one rests on the anchor alone';

CREATE FUNCTION mes.proof_json(proof bytea)
RETURNS jsonb LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_proof_json';
COMMENT ON FUNCTION mes.proof_json(bytea) IS 'what a proof says, unverified, for people';

CREATE FUNCTION mes.trust_anchor(height bigint DEFAULT NULL)
RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT jsonb_build_object(
           'genesis_hash', encode(g.genesis_hash, 'hex'),
           'voting_keys', (SELECT jsonb_agg(m.member -> 'voting_key' ORDER BY m.n)
                             FROM jsonb_array_elements(g.document -> 'members') WITH ORDINALITY AS m (member, n)),
           'height', b.height, 'block_hash', encode(b.hash, 'hex'), 'state_root', encode(b.state_root, 'hex'),
           'block_time', b.block_time)
    FROM mes_internal.genesis_rows AS g, mes_internal.block_rows AS b
   WHERE b.height = coalesce($1, (SELECT max(m.height) FROM mes_internal.block_rows AS m))
$$;
COMMENT ON FUNCTION mes.trust_anchor(bigint) IS 'what an auditor keeps outside this server to judge proofs and the whole ledger later: genesis hash, voting keys, height and hash of a block (default: the last)';

REVOKE ALL ON FUNCTION mes.prove_transaction(bytea, bigint), mes.verify_proof(bytea, jsonb), mes.proof_json(bytea),
  mes.trust_anchor(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.prove_transaction(bytea, bigint), mes.trust_anchor(bigint)
  TO mes_auditor, mes_admin, mes_member;
GRANT EXECUTE ON FUNCTION mes.verify_proof(bytea, jsonb), mes.proof_json(bytea) TO PUBLIC;

REVOKE ALL ON FUNCTION mes.verify(bigint, bigint, integer, integer), mes_internal.verify_progress() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.verify(bigint, bigint, integer, integer) TO mes_auditor, mes_admin;
GRANT EXECUTE ON FUNCTION mes_internal.verify_progress() TO mes_auditor, mes_admin, mes_reader;
REVOKE ALL ON PROCEDURE mes.run_verify(bigint, bigint, integer, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE mes.run_verify(bigint, bigint, integer, integer, integer) TO mes_auditor, mes_admin;
GRANT USAGE ON SCHEMA mes_internal TO mes_auditor, mes_admin;
GRANT SELECT, INSERT, UPDATE ON mes_internal.verify_run_rows TO mes_auditor, mes_admin;
GRANT SELECT ON mes.stat_progress_verify, mes.verify_runs TO mes_auditor, mes_admin, mes_reader;

-- the independent hand: the same hashes by pgcrypto and SQL alone, nothing of this library (P11)

DO $$
BEGIN
  -- pgcrypto stands in a schema of the owner's choice
  EXECUTE format('CREATE FUNCTION mes_internal.audit_digest(data bytea) RETURNS bytea '
                 'LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN %I.digest(data, ''sha256'')',
                 (SELECT n.nspname FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n
                    ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto'));
END $$;
COMMENT ON FUNCTION mes_internal.audit_digest(bytea) IS 'SHA-256 by pgcrypto';

CREATE FUNCTION mes.audit_txid(body bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN mes_internal.audit_digest('MES1-txid'::bytea || body);
COMMENT ON FUNCTION mes.audit_txid(bytea) IS 'txid of a stored body, by pgcrypto alone';

CREATE FUNCTION mes.audit_body_id(envelope bytea)
RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN mes_internal.audit_digest('MES1-body'::bytea || envelope);
COMMENT ON FUNCTION mes.audit_body_id(bytea) IS 'hash of every byte of a signed transaction, by pgcrypto alone';

CREATE FUNCTION mes.audit_merkle_root(leaves bytea[])
RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  count integer := cardinality(leaves);
  half integer := 1;
BEGIN
  IF count = 0 THEN
    RETURN mes_internal.audit_digest('');
  ELSIF count = 1 THEN
    RETURN leaves[1];
  END IF;
  WHILE half * 2 < count LOOP
    half := half * 2;
  END LOOP;
  RETURN mes_internal.audit_digest('\x01'::bytea || mes.audit_merkle_root(leaves[1:half])
                                   || mes.audit_merkle_root(leaves[half + 1:count]));
END $$;
COMMENT ON FUNCTION mes.audit_merkle_root(bytea[]) IS 'root of an RFC 6962 tree over leaf hashes, by pgcrypto alone';

-- where the CBOR value that begins at this byte ends; enough of CBOR for witnesses
CREATE FUNCTION mes_internal.audit_cbor_end(data bytea, start integer)
RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  major integer := get_byte(data, start) >> 5;
  argument bigint := get_byte(data, start) & 31;
  position integer := start + 1;
  width integer := CASE argument WHEN 24 THEN 1 WHEN 25 THEN 2 WHEN 26 THEN 4 WHEN 27 THEN 8 ELSE 0 END;
BEGIN
  IF width > 0 THEN
    argument := 0;
    FOR i IN 0 .. width - 1 LOOP
      argument := argument * 256 + get_byte(data, position + i);
    END LOOP;
    position := position + width;
  END IF;
  IF major IN (2, 3) THEN
    RETURN position + argument;
  ELSIF major = 4 THEN
    FOR i IN 1 .. argument LOOP
      position := mes_internal.audit_cbor_end(data, position);
    END LOOP;
  END IF;
  RETURN position;
END $$;
COMMENT ON FUNCTION mes_internal.audit_cbor_end(bytea, integer) IS 'end of one CBOR value of arrays, strings and numbers';

CREATE FUNCTION mes.audit_envelopes(height bigint)
RETURNS TABLE (tx_position integer, txid bytea, envelope bytea)
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  witnesses bytea := (SELECT w.witnesses FROM mes_internal.witness_rows AS w WHERE w.height = audit_envelopes.height);
  start integer;
  body bytea;
BEGIN
  IF witnesses IS NULL THEN
    RETURN;
  END IF;
  -- past the head of the array
  start := CASE get_byte(witnesses, 0) & 31 WHEN 24 THEN 2 WHEN 25 THEN 3 ELSE 1 END;
  FOR tx_position, txid, body IN
    SELECT (t.tx_id & ((1 << 20) - 1))::integer, t.txid, t.body FROM mes_internal.transaction_rows AS t
     WHERE t.tx_id >= audit_envelopes.height << 20 AND t.tx_id < (audit_envelopes.height + 1) << 20 ORDER BY t.tx_id
  LOOP
    envelope := '\x82'::bytea || body
      || substr(witnesses, start + 1, mes_internal.audit_cbor_end(witnesses, start) - start);
    start := mes_internal.audit_cbor_end(witnesses, start);
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION mes.audit_envelopes(bigint) IS 'the signed transactions of a block, put together from body and witnesses by SQL alone';

CREATE FUNCTION mes.audit_tx_root(height bigint)
RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT mes.audit_merkle_root(coalesce(array_agg(
           mes_internal.audit_digest('\x00'::bytea || mes.audit_txid(t.body) || mes.audit_body_id(e.envelope))
           ORDER BY e.tx_position), '{}'))
    FROM mes.audit_envelopes(height) AS e
    JOIN mes_internal.transaction_rows AS t ON t.tx_id = (height << 20) + e.tx_position
$$;
COMMENT ON FUNCTION mes.audit_tx_root(bigint) IS 'Merkle root of a block''s transactions, by pgcrypto alone; compare bytes 69 to 100 of its header';

CREATE FUNCTION mes.audit_block_hash(height bigint)
RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT mes_internal.audit_digest(b.header) FROM mes_internal.block_rows AS b WHERE b.height = audit_block_hash.height
$$;
COMMENT ON FUNCTION mes.audit_block_hash(bigint) IS 'hash of a block''s header, by pgcrypto alone';

CREATE FUNCTION mes.audit_exec_root(height bigint)
RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT mes_internal.audit_digest('MES1-exec'::bytea
           || coalesce((SELECT p.state_root FROM mes_internal.block_rows AS p WHERE p.height = b.height - 1),
                       (SELECT g.genesis_hash FROM mes_internal.genesis_rows AS g))
           || mes_internal.audit_digest(int8send(b.height) || mes_internal.audit_digest(b.header) || b.receipts_root
                                        || b.writeset_root || b.state_digest || b.next_valset_hash))
    FROM mes_internal.block_rows AS b WHERE b.height = audit_exec_root.height
$$;
COMMENT ON FUNCTION mes.audit_exec_root(bigint) IS 'execution root of a block from its parts and its parent''s, by pgcrypto alone; compare mes.blocks.state_root';

REVOKE ALL ON FUNCTION mes_internal.audit_digest(bytea), mes_internal.audit_cbor_end(bytea, integer),
  mes.audit_txid(bytea), mes.audit_body_id(bytea), mes.audit_merkle_root(bytea[]), mes.audit_envelopes(bigint),
  mes.audit_tx_root(bigint), mes.audit_block_hash(bigint), mes.audit_exec_root(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes_internal.audit_digest(bytea), mes.audit_txid(bytea), mes.audit_body_id(bytea),
  mes.audit_merkle_root(bytea[]), mes.audit_envelopes(bigint), mes.audit_tx_root(bigint),
  mes.audit_block_hash(bigint), mes.audit_exec_root(bigint) TO mes_auditor, mes_admin;
