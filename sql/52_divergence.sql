-- 52_divergence.sql - where two members' rows are not the same, and putting right what is wrong here

CREATE TABLE mes_internal.node_event_rows (
  event_id bigint GENERATED ALWAYS AS IDENTITY,
  happened_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  kind text COLLATE "C" NOT NULL,
  role text COLLATE "C" NOT NULL DEFAULT session_user,
  height bigint,
  message text NOT NULL,
  detail jsonb
);
CREATE UNIQUE INDEX node_event_rows_id ON mes_internal.node_event_rows (event_id);
SELECT pg_catalog.pg_extension_config_dump('mes_internal.node_event_rows', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.node_event_rows_event_id_seq', '');
COMMENT ON TABLE mes_internal.node_event_rows IS 'what was done to this node; local, no part of the ledger';
COMMENT ON COLUMN mes_internal.node_event_rows.event_id IS 'number of the event';
COMMENT ON COLUMN mes_internal.node_event_rows.happened_at IS 'when';
COMMENT ON COLUMN mes_internal.node_event_rows.kind IS 'repair or another act';
COMMENT ON COLUMN mes_internal.node_event_rows.role IS 'who did it';
COMMENT ON COLUMN mes_internal.node_event_rows.height IS 'block that it is about, if any';
COMMENT ON COLUMN mes_internal.node_event_rows.message IS 'what was done';
COMMENT ON COLUMN mes_internal.node_event_rows.detail IS 'the same for programs';

CREATE VIEW mes.node_events AS
  SELECT event_id, happened_at, kind, role, height, message, detail FROM mes_internal.node_event_rows;
COMMENT ON VIEW mes.node_events IS 'what was done to this node, the first to the last: each row that a repair mended';
COMMENT ON COLUMN mes.node_events.event_id IS 'number of the event';
COMMENT ON COLUMN mes.node_events.happened_at IS 'when';
COMMENT ON COLUMN mes.node_events.kind IS 'repair or another act';
COMMENT ON COLUMN mes.node_events.role IS 'who did it';
COMMENT ON COLUMN mes.node_events.height IS 'block that it is about, if any';
COMMENT ON COLUMN mes.node_events.message IS 'what was done';
COMMENT ON COLUMN mes.node_events.detail IS 'the same for programs';
GRANT SELECT ON mes.node_events TO mes_reader, mes_auditor, mes_admin;

CREATE FUNCTION mes.locate_divergence(member text, OUT relation text, OUT row_key text, OUT height bigint, OUT txid bytea,
                                      OUT problem text, OUT at_fault text, OUT our_digest bytea, OUT their_digest bytea)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET jit = off SET enable_hashjoin = off SET enable_mergejoin = off
AS 'MODULE_PATHNAME', 'mes_locate_divergence';
COMMENT ON FUNCTION mes.locate_divergence(text) IS 'the rows of the ledger that are not the same here and on another member, none when all are; at_fault says who is wrong by the signed blocks: here, there, both, or null when the block cannot be derived here';

CREATE FUNCTION mes_internal.block_problem(height bigint)
RETURNS text LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_block_problem';
COMMENT ON FUNCTION mes_internal.block_problem(bigint) IS 'why a quorum''s signatures do not stand for a block as it is stored here, null when they do';

CREATE FUNCTION mes_internal.fetch_block(height bigint, member text)
RETURNS void LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_fetch_block';
COMMENT ON FUNCTION mes_internal.fetch_block(bigint, text) IS 'replaces a block''s header, certificates and signed transactions by a member''s, if signatures of a quorum stand for them';

CREATE FUNCTION mes_internal.mend_block(height bigint, OUT relation text, OUT row_key text, OUT problem text,
                                        OUT old_digest bytea, OUT new_digest bytea)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_mend_block';
COMMENT ON FUNCTION mes_internal.mend_block(bigint) IS 'makes the rows of a block what its signed transactions lead to, and says which were not';

CREATE FUNCTION mes_internal.restart_workers()
RETURNS void LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_restart_workers';
COMMENT ON FUNCTION mes_internal.restart_workers() IS 'stops the workers now and lets them start when the transaction ends';

CREATE FUNCTION mes_internal.retire_votelog()
RETURNS void LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_retire_votelog';
COMMENT ON FUNCTION mes_internal.retire_votelog() IS 'the vote log of a node that diverged: it votes no more, and the node follows';

CREATE FUNCTION mes_internal.obtain_block(height bigint)
RETURNS text LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  wrong text := mes_internal.block_problem(height);
  peer text;
BEGIN
  IF wrong IS NULL THEN
    RETURN NULL;
  END IF;
  FOR peer IN SELECT p.member FROM mes.stat_peers AS p WHERE p.connected ORDER BY p.committed_height DESC LOOP
    BEGIN
      PERFORM mes_internal.fetch_block(height, peer);
      RETURN peer;
    EXCEPTION WHEN SQLSTATE 'MC345' OR SQLSTATE 'MC346' OR protocol_violation OR integrity_constraint_violation THEN
      RAISE LOG 'meschain takes nothing of block % from member "%": %', height, peer, SQLERRM;
      wrong := SQLERRM;
    END;
  END LOOP;
  RAISE EXCEPTION 'block % cannot be mended: %', height, wrong USING ERRCODE = 'MC346',
    HINT = 'Ask again when more members are connected, or restore this node from a backup.';
END $$;
COMMENT ON FUNCTION mes_internal.obtain_block(bigint) IS 'takes a block''s signed parts from another member where those here are damaged; the member, null when nothing was needed';

CREATE FUNCTION mes_internal.repair_blocks(from_height bigint, to_height bigint)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  done jsonb := '[]';
  block bigint;
  source text;
  mended jsonb;
  before integer;
BEGIN
  -- a row that was wrong may have made later blocks look right or wrong: until nothing is found
  FOR round IN 1 .. 20 LOOP
    before := jsonb_array_length(done);
    FOR block IN SELECT DISTINCT v.height FROM mes.verify(from_height, to_height) AS v ORDER BY 1 LOOP
      source := mes_internal.obtain_block(block);
      IF source IS NOT NULL THEN
        done := done || jsonb_build_object('height', block, 'relation', 'block_rows', 'row_key', 'height = ' || block,
                                           'problem', 'was damaged', 'source', source);
      END IF;
      SELECT jsonb_agg(jsonb_build_object('height', block, 'relation', m.relation, 'row_key', m.row_key,
                                          'problem', m.problem, 'source', 'signed block'))
        INTO mended FROM mes_internal.mend_block(block) AS m;
      done := done || coalesce(mended, '[]');
    END LOOP;
    EXIT WHEN jsonb_array_length(done) = before;
  END LOOP;
  SELECT v.height, v.object || ': ' || v.problem INTO block, source FROM mes.verify(from_height, to_height) AS v LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'block % cannot be mended: %', block, source USING ERRCODE = 'MC346',
      HINT = 'mes.verify() lists everything that is wrong; restore this node from a backup.';
  END IF;
  RETURN done;
END $$;
COMMENT ON FUNCTION mes_internal.repair_blocks(bigint, bigint) IS 'mends blocks until mes.verify finds nothing, and says what it mended';

CREATE FUNCTION mes.repair_node(from_height bigint DEFAULT 1, to_height bigint DEFAULT NULL, dry_run boolean DEFAULT false)
RETURNS TABLE (height bigint, relation text, row_key text, problem text, source text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  done jsonb := '[]';
  diverged boolean := (SELECT s.mode = 'diverged' FROM mes.status AS s);
BEGIN
  BEGIN
    done := mes_internal.repair_blocks(from_height, to_height);
    IF dry_run THEN
      RAISE EXCEPTION 'nothing is kept' USING ERRCODE = 'MC999';
    END IF;
  EXCEPTION WHEN SQLSTATE 'MC999' THEN
    NULL;
  END;
  IF NOT dry_run AND jsonb_array_length(done) > 0 THEN
    INSERT INTO mes_internal.node_event_rows (kind, height, message, detail)
      SELECT 'repair', (d ->> 'height')::bigint,
             format('%s where %s: the row %s', d ->> 'relation', d ->> 'row_key', d ->> 'problem'), d
        FROM jsonb_array_elements(done) AS d;
  END IF;
  IF NOT dry_run AND (jsonb_array_length(done) > 0 OR diverged) THEN
    PERFORM mes_internal.restart_workers();
  END IF;
  IF NOT dry_run AND diverged THEN
    PERFORM mes_internal.retire_votelog();
    INSERT INTO mes_internal.node_event_rows (kind, message)
      VALUES ('repair', 'the vote log was retired: this node had signed another result than the quorum');
  END IF;
  RETURN QUERY SELECT (d ->> 'height')::bigint, d ->> 'relation', d ->> 'row_key', d ->> 'problem', d ->> 'source'
    FROM jsonb_array_elements(done) AS d;
END $$;
COMMENT ON FUNCTION mes.repair_node(bigint, bigint, boolean) IS 'puts right every row that mes.verify finds wrong: derived again from the signed blocks, which come from other members where they are damaged and count only under a quorum''s signatures; with dry_run it only says what it would do';

REVOKE ALL ON FUNCTION mes.locate_divergence(text), mes.repair_node(bigint, bigint, boolean),
  mes_internal.block_problem(bigint), mes_internal.fetch_block(bigint, text), mes_internal.mend_block(bigint),
  mes_internal.restart_workers(), mes_internal.retire_votelog(), mes_internal.obtain_block(bigint), mes_internal.repair_blocks(bigint, bigint)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.locate_divergence(text) TO mes_auditor, mes_admin;
GRANT EXECUTE ON FUNCTION mes.repair_node(bigint, bigint, boolean) TO mes_admin;

-- digests of state rows go by heights, and rows come in their order (P15: no second key to keep up)
CREATE INDEX state_rows_height ON mes_internal.state_rows USING brin (height);
