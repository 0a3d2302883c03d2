-- 42_node_views.sql - the node of itself: status, counters, what waits; and who may read what.

CREATE FUNCTION mes_internal.node_status(
  OUT node text, OUT member text, OUT mode text, OUT voting boolean, OUT reason text, OUT hint text,
  OUT final_height bigint, OUT applied_height bigint, OUT stable_height bigint, OUT state_root bytea, OUT view bigint,
  OUT members_total integer, OUT members_voting integer, OUT quorum integer, OUT faults_tolerated integer,
  OUT can_stop boolean, OUT tip_ms bigint)
RETURNS record LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_internal_node_status';
COMMENT ON FUNCTION mes_internal.node_status() IS 'what shared memory says of the node';

CREATE FUNCTION mes_internal.pool_rows(
  OUT pid integer, OUT address bytea, OUT submission uuid, OUT txid bytea, OUT commit_level text, OUT state text,
  OUT since timestamptz, OUT operation smallint, OUT operation_count integer, OUT size bigint,
  OUT valid_until_ms bigint, OUT decided boolean)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_internal_pool_rows';
COMMENT ON FUNCTION mes_internal.pool_rows() IS 'submissions in the pool';

CREATE FUNCTION mes_internal.stat_mempool(
  OUT slots integer, OUT used integer, OUT ready integer, OUT bytes bigint, OUT bytes_max bigint,
  OUT submissions bigint, OUT refused bigint, OUT full_count bigint, OUT stats_reset timestamptz)
RETURNS record LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_internal_stat_mempool';
COMMENT ON FUNCTION mes_internal.stat_mempool() IS 'counters of the pool';

CREATE FUNCTION mes_internal.stat_apply(
  OUT blocks bigint, OUT transactions bigint, OUT refused bigint, OUT cache_hits bigint, OUT cache_misses bigint,
  OUT execute_us bigint, OUT write_us bigint, OUT commit_us bigint, OUT cpu_us bigint, OUT lock_waits bigint,
  OUT sessions_cancelled bigint, OUT sessions_terminated bigint, OUT hook_calls bigint, OUT hook_errors bigint,
  OUT notify_failures bigint, OUT report_us bigint, OUT stats_reset timestamptz)
RETURNS record LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_internal_stat_apply';
COMMENT ON FUNCTION mes_internal.stat_apply() IS 'counters of the apply worker';

CREATE FUNCTION mes_internal.stat_consensus(
  OUT mode text, OUT voting boolean, OUT view bigint, OUT leader integer, OUT quorum integer,
  OUT faults_tolerated integer, OUT base_height bigint, OUT tip_height bigint, OUT committed_height bigint,
  OUT executed_height bigint, OUT stable_height bigint, OUT resulted_height bigint, OUT applied_height bigint,
  OUT view_changes bigint, OUT messages_refused bigint, OUT evidence_seen bigint)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED ROWS 1 AS 'MODULE_PATHNAME', 'mes_internal_stat_consensus';
COMMENT ON FUNCTION mes_internal.stat_consensus() IS 'summary of the replica; no row while the node does not run';

CREATE FUNCTION mes.version()
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_version';
COMMENT ON FUNCTION mes.version() IS 'version of the library that this server runs';

CREATE FUNCTION mes.can_stop()
RETURNS boolean LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_can_stop';
COMMENT ON FUNCTION mes.can_stop() IS 'true when the federation goes on deciding without this node; never with one member';

CREATE FUNCTION mes.stat_reset(target text DEFAULT NULL)
RETURNS void LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_stat_reset';
COMMENT ON FUNCTION mes.stat_reset(text) IS 'sets the counters of apply or mempool to zero; both when null';

CREATE FUNCTION mes.address_of(suite integer, public_key bytea)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_address_of';
COMMENT ON FUNCTION mes.address_of(integer, bytea) IS 'address of a single key of a suite: 1 Ed25519, 2 Schnorr';

CREATE FUNCTION mes.verify_signature(suite integer, public_key bytea, message bytea, signature bytea)
RETURNS boolean LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_verify_signature';
COMMENT ON FUNCTION mes.verify_signature(integer, bytea, bytea, bytea) IS 'true when the key signed exactly this message';

CREATE FUNCTION mes.receipt_of(submission uuid)
RETURNS SETOF mes.receipts LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE ROWS 1 AS 'MODULE_PATHNAME', 'mes_receipt_of';
COMMENT ON FUNCTION mes.receipt_of(uuid) IS 'what became of a submission; no row while it is not decided here';

CREATE FUNCTION mes.wait_for_receipt(submission uuid, timeout interval DEFAULT '1 minute')
RETURNS SETOF mes.receipts LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE ROWS 1 AS 'MODULE_PATHNAME', 'mes_wait_for_receipt';
COMMENT ON FUNCTION mes.wait_for_receipt(uuid, interval) IS 'the same, waiting until it is decided; no row when the time is over before';

CREATE FUNCTION mes.find_transaction(txid bytea)
RETURNS SETOF mes.transactions LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 1
BEGIN ATOMIC
SELECT v.* FROM mes.transactions AS v WHERE v.txid = find_transaction.txid;
END;
COMMENT ON FUNCTION mes.find_transaction(bytea) IS 'a transaction by its txid';

CREATE FUNCTION mes.submit_batch(tx bytea[])
RETURNS TABLE (item integer, txid bytea, submission uuid, height bigint, "position" integer, status text, message text)
LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_submit_batch';
COMMENT ON FUNCTION mes.submit_batch(bytea[]) IS 'hands in independent transactions signed elsewhere, waits for all and answers a receipt each; not in a transaction block';

CREATE VIEW mes.status AS
SELECT s.node, s.member, s.mode, s.voting,
       CASE WHEN fresh.here THEN 'no genesis yet' ELSE s.reason END AS reason,
       CASE WHEN fresh.here THEN 'Run mes.create_genesis() or mes.join_federation().' ELSE s.hint END AS hint,
       coalesce(s.final_height, tip.height, 0) AS final_height, coalesce(s.applied_height, tip.height, 0) AS applied_height,
       coalesce(s.stable_height, tip.height, 0) AS stable_height, coalesce(s.state_root, tip.state_root) AS state_root,
       s.view, CASE WHEN s.view IS NOT NULL THEN 0::bigint END AS epoch,
       coalesce(s.members_total, (SELECT g.members_total FROM mes.genesis AS g)) AS members_total,
       s.members_voting, s.quorum, s.faults_tolerated, s.can_stop, (SELECT pg_catalog.count(*) FROM mes_internal.stat_peers() AS p WHERE p.connected)::integer AS peers_connected,
       (SELECT pg_catalog.count(*) FROM mes_internal.pool_rows() AS p WHERE NOT p.decided)::integer AS mempool_count,
       pg_catalog.clock_timestamp() - tip.block_time AS block_age,
       mes_internal.certificate_expires_at() AS certificate_expires_at,
       (SELECT pg_catalog.min(l.from_height) FROM mes_internal.leaves AS l) AS history_from_height,
       mes.version() AS version
  FROM mes_internal.node_status() AS s
  CROSS JOIN LATERAL (SELECT s.mode = 'offline' AND s.reason IS NULL AND NOT EXISTS (SELECT FROM mes.genesis)) AS fresh (here)
  LEFT JOIN (SELECT b.height, b.state_root, b.block_time FROM mes_internal.block_rows AS b
              ORDER BY b.height DESC LIMIT 1) AS tip ON true;
COMMENT ON VIEW mes.status IS 'how this node is; one row';
COMMENT ON COLUMN mes.status.node IS 'name of the node';
COMMENT ON COLUMN mes.status.member IS 'member it belongs to, null when it is none of genesis';
COMMENT ON COLUMN mes.status.mode IS 'starting, syncing, voting, following, fenced, diverged, paused, standby or offline';
COMMENT ON COLUMN mes.status.voting IS 'true while its votes count';
COMMENT ON COLUMN mes.status.reason IS 'why it is in this mode, null when nothing is to be said';
COMMENT ON COLUMN mes.status.hint IS 'what to do about it';
COMMENT ON COLUMN mes.status.final_height IS 'last block whose result a quorum signed, as this node knows';
COMMENT ON COLUMN mes.status.applied_height IS 'last block in the tables';
COMMENT ON COLUMN mes.status.stable_height IS 'last block below which nothing will be asked for again';
COMMENT ON COLUMN mes.status.state_root IS 'result of the last applied block';
COMMENT ON COLUMN mes.status.view IS 'view of the consensus; it rises when a leader is replaced';
COMMENT ON COLUMN mes.status.epoch IS 'epoch of the validator set, from 0';
COMMENT ON COLUMN mes.status.members_total IS 'members of the federation';
COMMENT ON COLUMN mes.status.members_voting IS 'members that vote, as this node knows';
COMMENT ON COLUMN mes.status.quorum IS 'signatures that decide';
COMMENT ON COLUMN mes.status.faults_tolerated IS 'faulty members that do no harm';
COMMENT ON COLUMN mes.status.can_stop IS 'true when the federation goes on without this node';
COMMENT ON COLUMN mes.status.peers_connected IS 'other members with a live connection';
COMMENT ON COLUMN mes.status.mempool_count IS 'submissions that wait for a decision here';
COMMENT ON COLUMN mes.status.block_age IS 'time since the chain time of the last block';
COMMENT ON COLUMN mes.status.certificate_expires_at IS 'when the first TLS certificate of this node expires, null when it has none';
COMMENT ON COLUMN mes.status.history_from_height IS 'first block that this node keeps';
COMMENT ON COLUMN mes.status.version IS 'version of the library';

CREATE VIEW mes.pending_transactions AS
SELECT p.txid, p.submission, mes_internal.address_text(p.address) AS address,
       mes_internal.operation_name(p.operation) AS operation, p.operation_count, p.size, p.state, p.since AS pending_since,
       pg_catalog.to_timestamp(p.valid_until_ms::double precision / 1000) AS valid_until
  FROM mes_internal.pool_rows() AS p WHERE NOT p.decided;
COMMENT ON VIEW mes.pending_transactions IS 'transactions that wait for a block on this node';
COMMENT ON COLUMN mes.pending_transactions.txid IS 'transaction';
COMMENT ON COLUMN mes.pending_transactions.submission IS 'its submission';
COMMENT ON COLUMN mes.pending_transactions.address IS 'sender';
COMMENT ON COLUMN mes.pending_transactions.operation IS 'its only operation, else multiple';
COMMENT ON COLUMN mes.pending_transactions.operation_count IS 'how many operations';
COMMENT ON COLUMN mes.pending_transactions.size IS 'bytes of the envelope';
COMMENT ON COLUMN mes.pending_transactions.state IS 'queued, or in block: ordered and being executed';
COMMENT ON COLUMN mes.pending_transactions.pending_since IS 'when it was handed in here';
COMMENT ON COLUMN mes.pending_transactions.valid_until IS 'chain time after which no block may take it';

CREATE VIEW mes.stat_submissions AS
SELECT p.pid, a.usename, mes_internal.address_text(p.address) AS address, p.submission, p.txid, p.commit_level, p.state,
       p.since AS waiting_since
  FROM mes_internal.pool_rows() AS p LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = p.pid
 WHERE p.pid IS NOT NULL;
COMMENT ON VIEW mes.stat_submissions IS 'sessions that wait for the ledger';
COMMENT ON COLUMN mes.stat_submissions.pid IS 'process of the session';
COMMENT ON COLUMN mes.stat_submissions.usename IS 'its role';
COMMENT ON COLUMN mes.stat_submissions.address IS 'sender';
COMMENT ON COLUMN mes.stat_submissions.submission IS 'submission';
COMMENT ON COLUMN mes.stat_submissions.txid IS 'transaction';
COMMENT ON COLUMN mes.stat_submissions.commit_level IS 'what it waits for: local, ordered or final';
COMMENT ON COLUMN mes.stat_submissions.state IS 'queued, in block, or decided: the session has not looked yet';
COMMENT ON COLUMN mes.stat_submissions.waiting_since IS 'since when';

CREATE VIEW mes.stat_mempool AS
SELECT s.slots, s.used, s.ready, s.bytes, s.bytes_max, s.submissions, s.refused, s.full_count, s.stats_reset
  FROM mes_internal.stat_mempool() AS s;
COMMENT ON VIEW mes.stat_mempool IS 'the pool of submissions; one row';
COMMENT ON COLUMN mes.stat_mempool.slots IS 'submissions that have room at most';
COMMENT ON COLUMN mes.stat_mempool.used IS 'submissions in the pool now';
COMMENT ON COLUMN mes.stat_mempool.ready IS 'of them, those that no block holds yet';
COMMENT ON COLUMN mes.stat_mempool.bytes IS 'bytes of envelopes in the pool now';
COMMENT ON COLUMN mes.stat_mempool.bytes_max IS 'meschain.mempool_size in bytes';
COMMENT ON COLUMN mes.stat_mempool.submissions IS 'submissions taken in since stats_reset';
COMMENT ON COLUMN mes.stat_mempool.refused IS 'envelopes refused at the door since stats_reset';
COMMENT ON COLUMN mes.stat_mempool.full_count IS 'submissions refused because the pool was full, since stats_reset';
COMMENT ON COLUMN mes.stat_mempool.stats_reset IS 'when the counters were last zero';

CREATE VIEW mes.stat_apply AS
SELECT s.blocks, s.transactions, s.refused, s.cache_hits, s.cache_misses,
       pg_catalog.round(s.cache_hits::numeric / nullif(s.cache_hits + s.cache_misses, 0), 4) AS cache_hit_ratio,
       pg_catalog.round(s.execute_us / 1000.0, 3) AS execute_time, pg_catalog.round(s.write_us / 1000.0, 3) AS write_time, pg_catalog.round(s.commit_us / 1000.0, 3) AS commit_time,
       pg_catalog.round(s.cpu_us / 1000.0, 3) AS cpu_time, s.lock_waits, s.sessions_cancelled, s.sessions_terminated, s.hook_calls,
       s.hook_errors, s.notify_failures, s.stats_reset, pg_catalog.round(s.report_us / 1000.0, 3) AS report_time
  FROM mes_internal.stat_apply() AS s;
COMMENT ON VIEW mes.stat_apply IS 'what the apply worker did since stats_reset; one row';
COMMENT ON COLUMN mes.stat_apply.blocks IS 'blocks applied';
COMMENT ON COLUMN mes.stat_apply.transactions IS 'transactions in them';
COMMENT ON COLUMN mes.stat_apply.refused IS 'of them, those refused';
COMMENT ON COLUMN mes.stat_apply.cache_hits IS 'inputs found in the cache of unspent outputs';
COMMENT ON COLUMN mes.stat_apply.cache_misses IS 'inputs looked up in the tables';
COMMENT ON COLUMN mes.stat_apply.cache_hit_ratio IS 'hits of all look-ups, null before the first';
COMMENT ON COLUMN mes.stat_apply.execute_time IS 'ms of executing blocks in memory';
COMMENT ON COLUMN mes.stat_apply.write_time IS 'ms of writing rows';
COMMENT ON COLUMN mes.stat_apply.commit_time IS 'ms of waiting for the quorum and committing';
COMMENT ON COLUMN mes.stat_apply.cpu_time IS 'ms of processor time of the worker';
COMMENT ON COLUMN mes.stat_apply.lock_waits IS 'waits for a lock that a session held';
COMMENT ON COLUMN mes.stat_apply.sessions_cancelled IS 'sessions cancelled because they held up a block';
COMMENT ON COLUMN mes.stat_apply.sessions_terminated IS 'sessions terminated because they held up a block';
COMMENT ON COLUMN mes.stat_apply.hook_calls IS 'calls of commit hooks';
COMMENT ON COLUMN mes.stat_apply.hook_errors IS 'calls that failed and stand in mes.hook_errors';
COMMENT ON COLUMN mes.stat_apply.notify_failures IS 'notifications that could not be sent';
COMMENT ON COLUMN mes.stat_apply.stats_reset IS 'when the counters were last zero';
COMMENT ON COLUMN mes.stat_apply.report_time IS 'of cpu_time, ms spent on the rows of mes_bi';

CREATE VIEW mes.stat_consensus AS
SELECT s.mode, s.voting, s.view, m.member AS leader, s.quorum, s.faults_tolerated, s.base_height, s.tip_height,
       s.committed_height, s.executed_height, s.resulted_height, s.applied_height, s.stable_height, s.view_changes,
       s.messages_refused, s.evidence_seen
  FROM mes_internal.stat_consensus() AS s LEFT JOIN mes.members AS m ON m.number = s.leader;
COMMENT ON VIEW mes.stat_consensus IS 'the consensus as this node sees it, since its workers started; no row while they do not run';
COMMENT ON COLUMN mes.stat_consensus.mode IS 'starting, active, changing view, epoch ended, fenced or diverged';
COMMENT ON COLUMN mes.stat_consensus.voting IS 'true while this node votes';
COMMENT ON COLUMN mes.stat_consensus.view IS 'current view';
COMMENT ON COLUMN mes.stat_consensus.leader IS 'member that proposes in this view';
COMMENT ON COLUMN mes.stat_consensus.quorum IS 'signatures that decide';
COMMENT ON COLUMN mes.stat_consensus.faults_tolerated IS 'faulty members that do no harm';
COMMENT ON COLUMN mes.stat_consensus.base_height IS 'lowest block still in memory';
COMMENT ON COLUMN mes.stat_consensus.tip_height IS 'highest block proposed';
COMMENT ON COLUMN mes.stat_consensus.committed_height IS 'highest block whose order is decided';
COMMENT ON COLUMN mes.stat_consensus.executed_height IS 'highest block executed here';
COMMENT ON COLUMN mes.stat_consensus.resulted_height IS 'highest block whose result a quorum signed';
COMMENT ON COLUMN mes.stat_consensus.applied_height IS 'highest block in the tables';
COMMENT ON COLUMN mes.stat_consensus.stable_height IS 'highest stable block';
COMMENT ON COLUMN mes.stat_consensus.view_changes IS 'view changes';
COMMENT ON COLUMN mes.stat_consensus.messages_refused IS 'messages of members that were refused';
COMMENT ON COLUMN mes.stat_consensus.evidence_seen IS 'proofs of misbehaviour met';

-- who may read: a view checks its functions as the one who asks

DO $$
DECLARE
  object text;
BEGIN
  FOREACH object IN ARRAY ARRAY['genesis', 'parameters', 'members', 'operation_kinds', 'blocks', 'block_signatures',
    'transactions', 'transaction_operations', 'receipts', 'assets', 'notarisations', 'accounts', 'outputs', 'balances',
    'transfers', 'movements', 'status', 'pending_transactions', 'stat_submissions', 'stat_mempool', 'stat_apply',
    'stat_consensus'] LOOP
    EXECUTE format('GRANT SELECT ON mes.%I TO mes_reader, mes_auditor, mes_admin', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['whole_units(bigint, smallint)', 'address_text(bytea)', 'address_bytes(text)',
    'operation_name(smallint)', 'status_name(smallint)', 'transaction_reference(bytea, bytea)',
    'transaction_memo(bytea, bytea)', 'output_memo(bytea, bytea, integer)', 'transaction_fee(bytea, bytea)',
    'summed_until(bigint)', 'closing_at(bigint)', 'fees_txid(bigint)', 'balance_after(bigint, integer, bigint, integer, integer)',
    'transaction_actor(bytea, bytea, integer)', 'transaction_detail(bytea, bytea)',
    'transaction_operations(bytea, bytea)', 'transaction_burns(bytea, bytea)', 'operation_kind_rows()',
    'receipt_message(bytea)', 'receipt_fields(bytea)', 'certificate_signers(bytea)', 'asset_state(bytea)',
    'notarisation_state(bytea)', 'parameter_rows()', 'node_status()', 'pool_rows()', 'stat_mempool()', 'stat_apply()',
    'stat_consensus()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes_internal.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes_internal.%s TO mes_reader, mes_auditor, mes_admin', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['version()', 'address_of(integer, bytea)', 'verify_signature(integer, bytea, bytea, bytea)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes.%s TO mes_reader, mes_auditor, mes_admin, mes_member', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['can_stop()', 'balances_at(bigint)', 'height_at(timestamptz)',
    'account_statement(text, timestamptz, timestamptz)',
    'find_transaction(bytea)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes.%s TO mes_reader, mes_auditor, mes_admin', object);
  END LOOP;
END $$;
-- whoever submits may ask what became of it
REVOKE ALL ON FUNCTION mes.receipt_of(uuid), mes.wait_for_receipt(uuid, interval), mes.submit_batch(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.receipt_of(uuid), mes.wait_for_receipt(uuid, interval)
  TO mes_member, mes_reader, mes_auditor, mes_admin;
GRANT EXECUTE ON FUNCTION mes.submit_batch(bytea[]) TO mes_member;
REVOKE ALL ON FUNCTION mes.stat_reset(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.stat_reset(text) TO mes_admin;
