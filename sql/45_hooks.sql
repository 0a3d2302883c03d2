-- commit hooks: a member's own functions move its core tables in the block's own transaction

CREATE TABLE mes_internal.hook_rows (
  hook_id bigint GENERATED ALWAYS AS IDENTITY,
  operation text COLLATE "C",
  function_signature text NOT NULL,
  filter jsonb,
  owner text COLLATE "C" NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX hook_rows_id ON mes_internal.hook_rows (hook_id);
COMMENT ON TABLE mes_internal.hook_rows IS 'commit hooks of this node; local, no part of the ledger';
COMMENT ON COLUMN mes_internal.hook_rows.hook_id IS 'number';
COMMENT ON COLUMN mes_internal.hook_rows.operation IS 'kind of operation it is called for, null for all';
COMMENT ON COLUMN mes_internal.hook_rows.function_signature IS 'function as text: a reg* column would make pg_upgrade refuse the cluster';
COMMENT ON COLUMN mes_internal.hook_rows.filter IS 'called only when the operation''s detail contains this';
COMMENT ON COLUMN mes_internal.hook_rows.owner IS 'role that registered it and as which it runs';
COMMENT ON COLUMN mes_internal.hook_rows.enabled IS 'false: not called';
COMMENT ON COLUMN mes_internal.hook_rows.created_at IS 'when it was registered';

CREATE TABLE mes_internal.hook_call_rows (
  hook_id bigint NOT NULL,
  tx_id bigint NOT NULL,
  operation_index integer NOT NULL
);
CREATE UNIQUE INDEX hook_call_rows_key ON mes_internal.hook_call_rows (hook_id, tx_id, operation_index);
COMMENT ON TABLE mes_internal.hook_call_rows IS 'calls that took effect, written in the same transaction: each exactly once';
COMMENT ON COLUMN mes_internal.hook_call_rows.hook_id IS 'hook';
COMMENT ON COLUMN mes_internal.hook_call_rows.tx_id IS 'transaction of the ledger, height << 20 | position';
COMMENT ON COLUMN mes_internal.hook_call_rows.operation_index IS 'operation in it';

CREATE TABLE mes_internal.hook_error_rows (
  error_id bigint GENERATED ALWAYS AS IDENTITY,
  hook_id bigint NOT NULL,
  tx_id bigint NOT NULL,
  operation_index integer NOT NULL,
  event jsonb NOT NULL,
  sqlstate text NOT NULL,
  message text NOT NULL,
  attempts integer NOT NULL DEFAULT 1,
  failed_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  resolved_at timestamptz
);
CREATE UNIQUE INDEX hook_error_rows_id ON mes_internal.hook_error_rows (error_id);
COMMENT ON TABLE mes_internal.hook_error_rows IS 'calls that failed or were deferred, with their argument';
COMMENT ON COLUMN mes_internal.hook_error_rows.error_id IS 'number';
COMMENT ON COLUMN mes_internal.hook_error_rows.hook_id IS 'hook';
COMMENT ON COLUMN mes_internal.hook_error_rows.tx_id IS 'transaction of the ledger, height << 20 | position';
COMMENT ON COLUMN mes_internal.hook_error_rows.operation_index IS 'operation in it';
COMMENT ON COLUMN mes_internal.hook_error_rows.event IS 'the argument of the call';
COMMENT ON COLUMN mes_internal.hook_error_rows.sqlstate IS 'of the last failure; MC320 when deferred';
COMMENT ON COLUMN mes_internal.hook_error_rows.message IS 'of the last failure';
COMMENT ON COLUMN mes_internal.hook_error_rows.attempts IS 'calls so far';
COMMENT ON COLUMN mes_internal.hook_error_rows.failed_at IS 'time of the last failure';
COMMENT ON COLUMN mes_internal.hook_error_rows.resolved_at IS 'when a later call took effect, null before';

SELECT pg_catalog.pg_extension_config_dump('mes_internal.hook_rows', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.hook_call_rows', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.hook_error_rows', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.hook_rows_hook_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.hook_error_rows_error_id_seq', '');

CREATE VIEW mes.commit_hooks AS
  SELECT hook_id, operation, function_signature, filter, owner, enabled, created_at FROM mes_internal.hook_rows;
COMMENT ON VIEW mes.commit_hooks IS 'functions that this node calls in each block''s own transaction';
COMMENT ON COLUMN mes.commit_hooks.hook_id IS 'number';
COMMENT ON COLUMN mes.commit_hooks.operation IS 'kind of operation it is called for, null for all';
COMMENT ON COLUMN mes.commit_hooks.function_signature IS 'function, f(event jsonb) returns void';
COMMENT ON COLUMN mes.commit_hooks.filter IS 'called only when the operation''s detail contains this';
COMMENT ON COLUMN mes.commit_hooks.owner IS 'role that registered it and as which it runs';
COMMENT ON COLUMN mes.commit_hooks.enabled IS 'false: not called';
COMMENT ON COLUMN mes.commit_hooks.created_at IS 'when it was registered';

CREATE VIEW mes.hook_errors AS
  SELECT error_id, hook_id, tx_id >> 20 AS height, (tx_id & 1048575)::integer AS position, operation_index, event,
         sqlstate, message, attempts, failed_at, resolved_at
  FROM mes_internal.hook_error_rows;
COMMENT ON VIEW mes.hook_errors IS 'calls of commit hooks that failed or were deferred';
COMMENT ON COLUMN mes.hook_errors.error_id IS 'number, for mes.retry_hook_error()';
COMMENT ON COLUMN mes.hook_errors.hook_id IS 'hook';
COMMENT ON COLUMN mes.hook_errors.height IS 'block';
COMMENT ON COLUMN mes.hook_errors.position IS 'position of the transaction in it';
COMMENT ON COLUMN mes.hook_errors.operation_index IS 'operation in the transaction';
COMMENT ON COLUMN mes.hook_errors.event IS 'the argument of the call';
COMMENT ON COLUMN mes.hook_errors.sqlstate IS 'of the last failure; MC320 when deferred';
COMMENT ON COLUMN mes.hook_errors.message IS 'of the last failure';
COMMENT ON COLUMN mes.hook_errors.attempts IS 'calls so far';
COMMENT ON COLUMN mes.hook_errors.failed_at IS 'time of the last failure';
COMMENT ON COLUMN mes.hook_errors.resolved_at IS 'when a later call took effect, null before';

CREATE FUNCTION mes_internal.hooks_changed()
RETURNS void LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_internal_hooks_changed';
COMMENT ON FUNCTION mes_internal.hooks_changed() IS 'lets apply read the list of hooks anew after this transaction';

CREATE FUNCTION mes_internal.call_hook(hook_id bigint, function_signature text, owner text, tx_id bigint,
                                       operation_index integer, event jsonb)
RETURNS text LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_internal_call_hook';
COMMENT ON FUNCTION mes_internal.call_hook(bigint, text, text, bigint, integer, jsonb) IS 'calls a hook in a subtransaction as its owner; the error, or null when it took effect';

CREATE FUNCTION mes.add_commit_hook(operation text, function_signature text, filter jsonb DEFAULT NULL)
RETURNS bigint LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mes_add_commit_hook';
COMMENT ON FUNCTION mes.add_commit_hook(text, text, jsonb) IS 'has a function of yours called in each block''s transaction for one kind of operation (null: all) whose detail contains filter';

CREATE FUNCTION mes.drop_commit_hook(hook_id bigint)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  dropped bigint;
BEGIN
  DELETE FROM mes_internal.hook_rows h WHERE h.hook_id = drop_commit_hook.hook_id RETURNING h.hook_id INTO dropped;
  PERFORM mes_internal.hooks_changed();
  RETURN dropped IS NOT NULL;
END $$;
COMMENT ON FUNCTION mes.drop_commit_hook(bigint) IS 'forgets a commit hook; true when there was one';

CREATE FUNCTION mes.enable_commit_hook(hook_id bigint, enabled boolean DEFAULT true)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE mes_internal.hook_rows h SET enabled = enable_commit_hook.enabled
    WHERE h.hook_id = enable_commit_hook.hook_id;
  PERFORM mes_internal.hooks_changed();
END $$;
COMMENT ON FUNCTION mes.enable_commit_hook(bigint, boolean) IS 'switches a commit hook on or off';

CREATE FUNCTION mes.retry_hook_error(error_id bigint)
RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  failed mes_internal.hook_error_rows;
  hook mes_internal.hook_rows;
  failure text;
BEGIN
  SELECT * INTO failed FROM mes_internal.hook_error_rows e
    WHERE e.error_id = retry_hook_error.error_id AND e.resolved_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    RETURN 'resolved already';
  END IF;
  SELECT * INTO hook FROM mes_internal.hook_rows h WHERE h.hook_id = failed.hook_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'commit hook % is gone', failed.hook_id USING ERRCODE = 'undefined_object';
  END IF;
  failure := mes_internal.call_hook(hook.hook_id, hook.function_signature, hook.owner, failed.tx_id,
                                    failed.operation_index, failed.event);
  IF failure IS NULL THEN
    UPDATE mes_internal.hook_error_rows e SET resolved_at = clock_timestamp(), attempts = attempts + 1
      WHERE e.error_id = failed.error_id;
    RETURN 'ok';
  END IF;
  UPDATE mes_internal.hook_error_rows e
    SET attempts = attempts + 1, failed_at = clock_timestamp(), sqlstate = split_part(failure, ' ', 1),
        message = substr(failure, 7)
    WHERE e.error_id = failed.error_id;
  RETURN failure;
END $$;
COMMENT ON FUNCTION mes.retry_hook_error(bigint) IS 'calls a failed hook again with the same event; ok, or the error';

CREATE FUNCTION mes_internal.note_hook_call(hook_id bigint, tx_id bigint, operation_index integer, event jsonb,
                                            failure text)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE mes_internal.hook_error_rows AS e
     SET attempts = e.attempts + 1, resolved_at = CASE WHEN failure IS NULL THEN clock_timestamp() END,
         failed_at = CASE WHEN failure IS NULL THEN e.failed_at ELSE clock_timestamp() END,
         sqlstate = coalesce(split_part(failure, ' ', 1), e.sqlstate), message = coalesce(substr(failure, 7), e.message)
   WHERE e.hook_id = $1 AND e.tx_id = $2 AND e.operation_index = $3 AND e.resolved_at IS NULL;
  IF NOT FOUND AND failure IS NOT NULL THEN
    INSERT INTO mes_internal.hook_error_rows AS e (hook_id, tx_id, operation_index, event, sqlstate, message)
      VALUES ($1, $2, $3, $4, split_part(failure, ' ', 1), substr(failure, 7));
  END IF;
END $$;
COMMENT ON FUNCTION mes_internal.note_hook_call(bigint, bigint, integer, jsonb, text) IS 'a later call''s outcome in mes.hook_errors';

-- events as apply makes them, so that a replayed call cannot be told from the first one
CREATE FUNCTION mes_internal.hook_events(hook_id bigint, from_height bigint, to_height bigint,
                                         OUT tx_id bigint, OUT operation_index integer, OUT event jsonb)
RETURNS SETOF record LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, YMD' AS $$
  SELECT t.tx_id, o.operation_index,
         jsonb_build_object('height', b.height, 'position', t.tx_id & 1048575, 'operation_index', o.operation_index,
                            'block_time', b.block_time::text, 'txid', encode(t.txid, 'hex'),
                            'submission', t.submission, 'operation', o.operation,
                            'address', mes_internal.address_text(o.address), 'detail', o.detail)
    FROM mes_internal.hook_rows AS h
    JOIN mes_internal.transaction_rows AS t
      ON t.tx_id >= from_height << 20 AND t.tx_id < (to_height + 1) << 20 AND t.status = 0
    JOIN mes_internal.block_rows AS b
      ON b.height = t.tx_id >> 20 AND b.height >= from_height AND b.height <= to_height,
         LATERAL mes_internal.transaction_operations(t.txid, t.body) AS o
   WHERE h.hook_id = $1 AND (h.operation IS NULL OR h.operation = o.operation)
     AND (h.filter IS NULL OR o.detail @> h.filter)
   ORDER BY t.tx_id, o.operation_index
$$;
COMMENT ON FUNCTION mes_internal.hook_events(bigint, bigint, bigint) IS 'what a hook is or was to be called with in a range of blocks';

CREATE FUNCTION mes.replay_hook(hook_id bigint, from_height bigint, to_height bigint DEFAULT NULL,
                                OUT called bigint, OUT failed bigint, OUT done_before bigint)
RETURNS record LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  hook mes_internal.hook_rows;
  due record;
  failure text;
BEGIN
  -- one replay of a hook at a time; apply and retries meet the key of hook_call_rows
  SELECT * INTO hook FROM mes_internal.hook_rows AS h WHERE h.hook_id = replay_hook.hook_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no commit hook %', hook_id USING ERRCODE = 'undefined_object',
      HINT = 'mes.commit_hooks lists them.';
  END IF;
  called := 0; failed := 0; done_before := 0;
  FOR due IN
    SELECT e.* FROM mes_internal.hook_events(hook.hook_id, from_height,
      coalesce(to_height, (SELECT max(b.height) FROM mes_internal.block_rows AS b))) AS e
  LOOP
    IF EXISTS (SELECT FROM mes_internal.hook_call_rows AS c WHERE c.hook_id = hook.hook_id
                  AND c.tx_id = due.tx_id AND c.operation_index = due.operation_index) THEN
      done_before := done_before + 1;
      CONTINUE;
    END IF;
    failure := mes_internal.call_hook(hook.hook_id, hook.function_signature, hook.owner, due.tx_id,
                                      due.operation_index, due.event);
    IF failure IS NULL THEN
      called := called + 1;
    ELSE
      failed := failed + 1;
    END IF;
    PERFORM mes_internal.note_hook_call(hook.hook_id, due.tx_id, due.operation_index, due.event, failure);
  END LOOP;
END $$;
COMMENT ON FUNCTION mes.replay_hook(bigint, bigint, bigint) IS 'calls a hook for the operations of a range of blocks for which it did not take effect yet: those before it was registered, while it was off, or that failed. Each exactly once, in their order; what fails is in mes.hook_errors';

CREATE FUNCTION mes_internal.retry_due_hooks()
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  due bigint;
BEGIN
  FOR due IN
    SELECT e.error_id FROM mes_internal.hook_error_rows e JOIN mes_internal.hook_rows h USING (hook_id)
    WHERE e.resolved_at IS NULL AND e.attempts < 10 AND h.enabled
      AND e.sqlstate IN ('MC320', '40001', '40P01', '55P03', '57014')
      AND e.failed_at < clock_timestamp() - interval '1 second' * (2 ^ e.attempts)
    ORDER BY e.error_id LIMIT 100
  LOOP
    PERFORM mes.retry_hook_error(due);
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.retry_due_hooks() IS 'the housekeeper''s round: deferred calls and those that met a lock or a time limit, with growing pauses';

-- nobody names another's role or function: owners are found in C, rows are written by the engine alone
REVOKE ALL ON FUNCTION mes.replay_hook(bigint, bigint, bigint), mes_internal.hook_events(bigint, bigint, bigint),
  mes_internal.note_hook_call(bigint, bigint, integer, jsonb, text), mes_internal.hooks_changed(), mes_internal.retry_due_hooks(),
  mes_internal.call_hook(bigint, text, text, bigint, integer, jsonb), mes.add_commit_hook(text, text, jsonb),
  mes.drop_commit_hook(bigint), mes.enable_commit_hook(bigint, boolean), mes.retry_hook_error(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes_internal.retry_due_hooks() TO mes_engine;
GRANT EXECUTE ON FUNCTION mes.add_commit_hook(text, text, jsonb), mes.drop_commit_hook(bigint),
  mes.enable_commit_hook(bigint, boolean), mes.retry_hook_error(bigint), mes.replay_hook(bigint, bigint, bigint)
  TO mes_admin;
GRANT SELECT ON mes_internal.hook_rows TO mes_engine;
GRANT INSERT ON mes_internal.hook_call_rows, mes_internal.hook_error_rows TO mes_engine;
GRANT SELECT ON mes.commit_hooks, mes.hook_errors TO mes_reader, mes_auditor, mes_admin;
