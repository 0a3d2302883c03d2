-- 33_home.sql - which copy of a ledger may make blocks, and mes.finish_restore()

-- the one table that no dump carries: without its row the workers stay down

CREATE TABLE mes_internal.home_rows (
  stamp uuid NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX home_rows_single ON mes_internal.home_rows ((true));
COMMENT ON TABLE mes_internal.home_rows IS 'one row, written by join_federation and finish_restore and left out of dumps: this database may make blocks';
COMMENT ON COLUMN mes_internal.home_rows.stamp IS 'the same as in file home of the state directory, else the node is fenced';
COMMENT ON COLUMN mes_internal.home_rows.taken_at IS 'when the state directory became this database''s';
GRANT SELECT ON mes_internal.home_rows TO mes_engine, mes_admin, mes_auditor;

CREATE FUNCTION mes_internal.check_home(go_on_from_height bigint)
RETURNS void LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_check_home';
COMMENT ON FUNCTION mes_internal.check_home(bigint) IS 'refuses what a restore lacks before anything is verified: key, state directory, later blocks';

CREATE FUNCTION mes_internal.take_home(go_on_from_height bigint)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_take_home';
COMMENT ON FUNCTION mes_internal.take_home(bigint) IS 'makes the state directory this database''s; the stamp goes into home_rows';

CREATE FUNCTION mes_internal.open_home(go_on_from_height bigint)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM mes_internal.home_rows;
  INSERT INTO mes_internal.home_rows (stamp) VALUES (mes_internal.take_home(go_on_from_height));
  EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO mes_admin, mes_member, mes_reader, mes_bi, mes_auditor, mes_peer',
                 current_database());
  PERFORM mes_internal.wake_launcher();
END $$;
COMMENT ON FUNCTION mes_internal.open_home(bigint) IS 'lets this database and this state directory make blocks from the commit on';

-- after a restore, a promotion, an upgrade: nothing is voted on before everything was looked at

CREATE FUNCTION mes.finish_restore(go_on_from_height bigint DEFAULT NULL, jobs integer DEFAULT 1,
                                   OUT height bigint, OUT state_root bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  relations regclass[] := ARRAY(SELECT 'mes_internal.' || r FROM unnest(ARRAY[
    'genesis_rows', 'block_rows', 'transaction_rows', 'witness_rows', 'output_rows', 'spend_rows', 'address_rows',
    'asset_rows', 'state_rows', 'state_sums', 'leaves']) AS r);
  wrong record;
BEGIN
  PERFORM mes_internal.check_home(go_on_from_height);
  -- what is still being loaded ends first, and nothing more comes
  EXECUTE 'LOCK TABLE ' || array_to_string(relations, ', ') || ' IN SHARE MODE';
  SELECT t.tgrelid::regclass AS relation, t.tgname AS name INTO wrong FROM pg_trigger AS t
   WHERE NOT t.tgisinternal
     AND (t.tgrelid = ANY (relations)
          OR EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = t.tgrelid AND i.inhparent = ANY (relations)))
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the ledger in this database is not intact: relation % has a trigger %', wrong.relation, wrong.name
      USING ERRCODE = 'MC330', HINT = 'Restore it again from a copy that is.';
  END IF;
  SELECT v.* INTO wrong FROM mes.verify(jobs => jobs) AS v LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the ledger in this database is not intact: block %, %: %', wrong.height, wrong.object, wrong.problem
      USING ERRCODE = 'MC330', DETAIL = wrong.detail,
        HINT = 'Restore it again from a copy that is; mes.verify() lists everything that is wrong.';
  END IF;
  -- what a report lacks apply fills in when it starts; what it has too much stays
  SELECT r.height, r.relation, r.row_count INTO wrong FROM mes.verify_reports() AS r
   WHERE r.problem = 'not of the ledger' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the ledger in this database is not intact: block %, mes_bi.%: % row(s) that are not of the ledger',
        wrong.height, wrong.relation, wrong.row_count
      USING ERRCODE = 'MC330', HINT = 'Restore it again from a copy that is.';
  END IF;
  PERFORM mes_internal.open_home(go_on_from_height);
  SELECT b.height, b.state_root INTO height, state_root FROM mes_internal.block_rows AS b ORDER BY b.height DESC LIMIT 1;
  height := coalesce(height, 0);
END $$;
COMMENT ON FUNCTION mes.finish_restore(bigint, integer) IS 'verifies a ledger that came from a dump, a backup, a standby or an upgrade and then lets this node make blocks again; go_on_from_height gives up later blocks that are lost';
REVOKE ALL ON FUNCTION mes.finish_restore(bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.finish_restore(bigint, integer) TO mes_admin;
REVOKE ALL ON FUNCTION mes_internal.check_home(bigint), mes_internal.take_home(bigint), mes_internal.open_home(bigint)
  FROM PUBLIC;
