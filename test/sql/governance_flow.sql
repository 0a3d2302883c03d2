-- governance_flow: a federation of one decides for itself: proposed, approved, in force with the next
-- epoch; every proposal that cannot be is refused by name.
SET client_min_messages = error;
\c postgres
DROP DATABASE IF EXISTS ledger;
CREATE DATABASE ledger;
ALTER DATABASE ledger SET jit = off;
\c ledger
SET client_min_messages = error;
CREATE EXTENSION meschain CASCADE;
SELECT mes.create_node_key();
SELECT mes.create_genesis(parameters => '{"epoch_blocks": 16}') IS NOT NULL AS created;
-- voting, with workers that were started after a moment
CREATE FUNCTION running(since timestamptz DEFAULT '-infinity') RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  FOR i IN 1 .. 1000 LOOP
    EXIT WHEN (SELECT mode = 'voting' FROM mes.status)
      AND EXISTS (SELECT FROM pg_stat_activity WHERE backend_type LIKE 'meschain apply%' AND backend_start > since);
    PERFORM pg_sleep(0.02);
  END LOOP;
  RETURN (SELECT mode FROM mes.status);
END $$;
SELECT running();
RESET client_min_messages;
CREATE FUNCTION refusal(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  state text;
BEGIN
  EXECUTE statement;
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
  RETURN coalesce((SELECT name FROM mes.error_codes WHERE code = state), state);
END $$;
SELECT mes.create_account('clerk') IS NOT NULL AS created;
SELECT member AS self FROM mes.status \gset

-- what can be decided, and with which words
SELECT kind, fields, optional_fields FROM mes.proposal_kinds;
SELECT body, refusal(format('SELECT mes.propose(%L, %L)', kind, body)) FROM (VALUES
  ('set_parameter', '{"name": "tau0"}'),
  ('set_parameter', '{"name": "tau0", "value": 1.5}'),
  ('set_parameter', '{"name": "tau0", "value": 1500, "why": "slow"}'),
  ('set_parameter', '{"name": 7, "value": 1500}'),
  ('set_parameter', '[]'),
  ('set_feature', '{"name": "beacon", "enabled": 2}'),
  ('set_platform', '{"platform": "abcd", "admitted": true}'),
  ('rotate_keys', '{"member": "node1"}'),
  ('change_address', '{"member": "node1", "host": "h"}'),
  ('change_address', '{"member": "node1", "host": "h", "port": 70000}'),
  ('dissolve', '{}')) AS v (kind, body);
SELECT mes.propose('set_feature', NULL);
SELECT mes.propose(NULL, '{}');

-- decided at COMMIT, as all else: against the roll and the parameters as they stand
CREATE FUNCTION attempt(kind text, body jsonb, expires_at timestamptz DEFAULT NULL) RETURNS bytea LANGUAGE sql AS
  $$ SELECT mes.propose($1, $2, $3) $$;
SELECT attempt('set_parameter', '{"name": "tau0", "value": 1}');
SELECT attempt('set_parameter', '{"name": "no_such", "value": 1}');
SELECT attempt('set_parameter', '{"name": "tau0", "value": 1000}');
SELECT attempt('set_parameter', '{"name": "tx_window_max", "value": 60000}');
SELECT attempt('remove_member', '{"member": "nobody"}');
SELECT attempt('remove_member', jsonb_build_object('member', :'self'));
SELECT attempt('suspend_member', jsonb_build_object('member', :'self', 'suspended', true));
\set VERBOSITY sqlstate
SELECT attempt('set_feature', '{"name": "beacon", "enabled": true}', '2000-01-01 00:00+00');
SELECT attempt('set_feature', '{"name": "beacon", "enabled": true}', '2200-01-01 00:00+00');
SELECT mes.approve(sha256('none'));
\set VERBOSITY default
SELECT mes.approve('\x00');
SELECT mes.approve(sha256('none'), '\x00', :'self');
SELECT mes.approve(sha256('none'), decode(repeat('00', 64), 'hex'));
SELECT mes.approve(sha256('none'), decode(repeat('00', 64), 'hex'), 'nobody');
SELECT mes.approve(sha256('none'), decode(repeat('00', 64), 'hex'), :'self');

-- a parameter: proposed, approved by the one member there is, and not in force yet
SELECT attempt('set_parameter', '{"name": "tx_bytes_max", "value": 1024}') AS smaller \gset
SELECT member = :'self' AS own, kind, body, state, approved_by, passed_height FROM mes.proposals WHERE proposal = :'smaller';
SELECT mes.approve(:'smaller') IS NOT NULL AS approved;
SELECT state, approved_by = ARRAY[:'self'] AS by_itself FROM mes.proposals WHERE proposal = :'smaller';
SELECT value, next_value FROM mes.parameters WHERE name = 'tx_bytes_max';
\set VERBOSITY sqlstate
SELECT mes.approve(:'smaller');
\set VERBOSITY default
SELECT name FROM mes.error_codes WHERE code = :'LAST_ERROR_SQLSTATE';
SELECT mes.notarise(sha256('long'), jsonb_build_object('text', repeat('x', 1500))) IS NOT NULL AS still_accepted;

-- features, platforms, an address, new keys, a second member
SELECT attempt('set_feature', '{"name": "beacon", "enabled": true}') AS feature \gset
SELECT mes.approve(:'feature') IS NOT NULL AS approved;
SELECT attempt('set_platform', jsonb_build_object('platform', repeat('ab', 32), 'admitted', true)) AS platform \gset
SELECT mes.approve(:'platform') IS NOT NULL AS approved;
SELECT attempt('change_address', jsonb_build_object('member', :'self', 'host', 'ledger.example', 'port', 6543)) AS moved \gset
SELECT mes.approve(:'moved') IS NOT NULL AS approved;
SELECT feature, enabled, in_force FROM mes.features;
SELECT encode(platform, 'hex') AS platform, admitted, in_force FROM mes.platforms;
SELECT number, member = :'self' AS own, host, port, standing, incarnation, in_force FROM mes.members;
SELECT count(*) AS epochs, max(anchor_height) AS anchor FROM mes.epochs;

-- the epoch ends with its sixteenth block; the next one begins with what passed
CREATE PROCEDURE to_height(height bigint) LANGUAGE plpgsql AS $$ BEGIN
  WHILE (SELECT applied_height FROM mes.status) < height LOOP
    PERFORM mes.notarise(sha256(clock_timestamp()::text::bytea));
    COMMIT;
  END LOOP;
END $$;
SELECT clock_timestamp() AS before \gset
CALL to_height(16);
SELECT running(:'before');
SELECT epoch, anchor_height, valset_hash IS NOT NULL AS named FROM mes.epochs;
SELECT DISTINCT state FROM mes.proposals WHERE passed_height IS NOT NULL;
SELECT value, next_value FROM mes.parameters WHERE name = 'tx_bytes_max';
SELECT mes.notarise(sha256('longer'), jsonb_build_object('text', repeat('x', 1500)));
SELECT mes.notarise(sha256('short')) IS NOT NULL AS accepted;
SELECT bool_and(in_force) AS in_force FROM mes.members;

-- history keeps what was in force when: all of it verifies, and a changed row does not
SELECT * FROM mes.verify();
SELECT * FROM mes.verify(jobs => 2);
SELECT bool_and(p.valid) AS proved
  FROM mes_internal.transaction_rows AS t, mes.verify_proof(mes.prove_transaction(t.txid)) AS p;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE mes_internal.block_rows SET next_valset_hash = sha256('others') WHERE height = 16;
SELECT DISTINCT problem FROM mes.verify() WHERE height = 16;
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM mes_internal.state_rows WHERE table_number = 49 AND height < 16;
SELECT count(*) > 0 AS found FROM mes.verify();
ROLLBACK;

-- who may
SET ROLE mes_member;
SELECT mes.propose('set_feature', '{"name": "beacon", "enabled": false}');
SELECT mes.approve(sha256('x'));
RESET ROLE;
SET ROLE mes_reader;
SELECT count(*) > 0 AS readable FROM mes.proposals;
SELECT count(*) FROM mes.keys WHERE purpose = 'voting';
RESET ROLE;

-- as the next tests expect it
\i test/lib/fresh_ledger.sql
