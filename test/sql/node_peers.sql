-- node_peers: a genesis of several members is built, compared, signed and joined; what differs is named.  -- P12
SET client_min_messages = error;
\c postgres
DROP DATABASE IF EXISTS ledger;
CREATE DATABASE ledger;
ALTER DATABASE ledger SET jit = off;
\c ledger
SET client_min_messages = error;
CREATE EXTENSION meschain CASCADE;
SELECT mes.create_node_key();
-- the keys of three more banks: any will do here
SELECT count(mes.create_account(name)) FROM unnest(ARRAY['b1', 'b2', 'b3', 'b4', 'b5', 'b6']) AS name;
CREATE FUNCTION bank(number integer, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('name', 'bank' || number, 'host', '127.0.0.1', 'port', 7100 + number,
      'identity_key', encode(i.public_key, 'hex'), 'voting_key', encode(v.public_key, 'hex'),
      'fee_address', mes.address_of(1, i.public_key)) || more
    FROM mes_internal.account_rows AS i, mes_internal.account_rows AS v
   WHERE i.name = 'b' || 2 * number - 3 AND v.name = 'b' || 2 * number - 2 $$;
\set VERBOSITY terse

-- a node says who it is, and where, if it knows better than the server's settings
SELECT mes.node_descriptor('10.1.1.1', 99999999);
SELECT mes.node_descriptor('10.1.1.1', 0);
SELECT mes.node_descriptor('10.1.1.1', 7101) - 'identity_key' - 'voting_key' - 'fee_address' AS descriptor;

-- what a member writes is looked at field by field
CREATE FUNCTION refused(change jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mes_internal.build_genesis(ARRAY[bank(2), bank(3, change)], '{}');
  RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, 'mes1\w{50,}', 'ADDRESS');
END $$;
SELECT left(change::text, 40) AS change, refused(change) FROM unnest(ARRAY['{}', '{"name": "Bank 3"}', '{"name": "bank2"}', '{"name": 3}', '{"name": null}',
  jsonb_build_object('name', repeat('x', 41)), '{"port": 70000}', '{"port": -1}', '{"port": 7103.5}', '{"port": "7103"}',
  '{"port": 1e30}', '{"host": 5}', jsonb_build_object('host', repeat('h', 256)), '{"voting_key": "00ff"}', '{"voting_key": 7}',
  jsonb_build_object('voting_key', repeat('0', 64)), jsonb_build_object('identity_key', repeat('zz', 32)),
  '{"fee_address": "mes1"}', '{"unknown": true}']::jsonb[]) AS change;
SELECT mes_internal.build_genesis(ARRAY['7'::jsonb], '{}');
SELECT mes_internal.build_genesis(ARRAY[bank(2)], '[]');
SELECT mes_internal.build_genesis(ARRAY[bank(2)], '{"tau0": "fast"}');
SELECT mes_internal.build_genesis(ARRAY[bank(2)], '{"tau0": 1000.5}');
SELECT mes_internal.build_genesis(ARRAY[bank(2)], '{"fee_asset": 5}');
SELECT mes_internal.build_genesis(array_agg(bank(2)), '{}') FROM generate_series(1, 101);

-- four members; this node is one of them
SELECT mes_internal.build_genesis(ARRAY[mes.node_descriptor('127.0.0.1', 7101) || '{"name": "bank1"}', bank(2), bank(3), bank(4)],
  '{"tau0": 900}') AS genesis \gset
SELECT jsonb_path_query_array(:'genesis', '$.members[*].name') AS members, :'genesis'::jsonb #> '{parameters,tau0}' AS tau0,
       encode(mes.genesis_hash(:'genesis'), 'hex') = :'genesis'::jsonb ->> 'genesis_hash' AS hash_fits;
-- it is not joined on its own word
SELECT mes.join_federation(:'genesis');
-- nor when another hash, or another document, is the trusted one
CREATE FUNCTION other(path text[], value jsonb) RETURNS jsonb LANGUAGE sql AS $$
  SELECT mes_internal.build_genesis(ARRAY(SELECT jsonb_array_elements(d -> 'members')), d -> 'parameters')
    FROM jsonb_set(current_setting('test.genesis')::jsonb, path, value) AS d $$;
SELECT set_config('test.genesis', :'genesis', false) IS NOT NULL AS kept;
CREATE FUNCTION joined(genesis jsonb, trust jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mes.join_federation(genesis, trust);
  RETURN 'joined';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '[0-9a-f]{64}', 'KEY', 'g');
END $$;
SELECT joined(:'genesis', '{"genesis_hash": "00"}');
SELECT joined(:'genesis', trust || jsonb_build_object('created_ms', :'genesis'::jsonb -> 'created_ms'))
  FROM unnest(ARRAY[other('{parameters,tau0}', '901')]) AS trust;
-- a document that was touched does not fit its hash
SELECT joined(jsonb_set(:'genesis', '{members,2,port}', '9999'), jsonb_build_object('genesis_hash', :'genesis'::jsonb -> 'genesis_hash'));
SELECT joined(jsonb_set(:'genesis', '{members}', '{}'), NULL);
SELECT joined(:'genesis'::jsonb - 'genesis_hash', NULL), joined('[]', NULL), joined('{}', NULL);
SELECT path, regexp_replace(mes_internal.genesis_difference(:'genesis', jsonb_set(:'genesis', path::text[], value)), '\d{13}', 'T') AS difference
  FROM (VALUES ('{created_ms}', '1'::jsonb), ('{parameters,tau0}', '901'), ('{members,1,host}', '"10.0.0.9"'),
               ('{members,3,port}', '1'), ('{genesis_hash}', '""')) AS change (path, value);
SELECT mes_internal.genesis_difference(:'genesis', :'genesis'::jsonb #- '{members,3}') LIKE 'members[3].fee_address is mes1% in one and absent in the other' AS named;

-- this node's seat is its own keys'
SELECT joined(g, g) FROM mes_internal.build_genesis(ARRAY[bank(2), bank(3), bank(4)], '{}') AS g;
SELECT joined(g, g) FROM mes_internal.build_genesis(ARRAY[bank(2, jsonb_build_object('name', mes.node_descriptor() ->> 'name')), bank(3)], '{}') AS g;
SELECT joined(g, g) FROM mes_internal.build_genesis(ARRAY[mes.node_descriptor() || jsonb_build_object('voting_key', bank(4) -> 'voting_key'), bank(3)], '{}') AS g;

-- every member signs; a signature of nobody, of another document or for another is refused
SELECT mes.sign_genesis(:'genesis') AS signed \gset
SELECT mes_internal.genesis_signers(:'signed'), :'signed'::jsonb - 'signatures' = :'genesis'::jsonb AS same_document,
       mes.sign_genesis(:'signed') = :'signed'::jsonb AS signed_once;
SELECT joined(:'signed', NULL);
SELECT mes_internal.genesis_signers(jsonb_set(:'signed', '{signatures,bank2}', :'signed'::jsonb #> '{signatures,bank1}'));
SELECT mes_internal.genesis_signers(jsonb_set(:'signed', '{signatures,bank9}', '"00"'));
SELECT mes_internal.genesis_signers(jsonb_set(:'signed', '{signatures}', '[]'));
SELECT mes_internal.genesis_signers(jsonb_set(:'signed', '{signatures,bank1}', '5'));
SELECT mes.sign_genesis(mes_internal.build_genesis(ARRAY[bank(2), bank(3)], '{}'));

-- a server that the others' sessions would fill
SELECT mes_internal.check_connections(1000);
-- a role that somebody else uses
CREATE ROLE mes_peer_bank3 LOGIN;
SELECT joined(:'genesis', :'genesis');
DROP ROLE mes_peer_bank3;

-- joined: the others get roles that can do nothing but deliver
SELECT joined(:'genesis', jsonb_build_object('genesis_hash', upper(:'genesis'::jsonb ->> 'genesis_hash')));
SELECT rolname, rolcanlogin, rolconnlimit, rolconfig, pg_has_role(oid, 'mes_peer', 'MEMBER') AS peer
  FROM pg_roles WHERE rolname ~ '^mes_peer_bank' ORDER BY 1;
SELECT has_database_privilege('public', 'ledger', 'CONNECT, TEMP') AS public, has_database_privilege('mes_peer_bank2', 'ledger', 'CONNECT') AS peer;
SELECT p.oid::regprocedure AS function FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
 WHERE n.nspname ~ '^mes' AND has_schema_privilege('mes_peer_bank2', n.oid, 'USAGE') AND has_function_privilege('mes_peer_bank2', p.oid, 'EXECUTE')
   AND NOT has_function_privilege('public', p.oid, 'EXECUTE');
SELECT joined(:'genesis', :'genesis');
SELECT joined(g, g) FROM other('{members,1,port}', '7999') AS g;
SELECT member, host, port FROM mes.members;

-- addresses of this node's own
SELECT mes.set_peer_address('bank2', '10.9.9.9', 7102), mes.set_peer_address('bank2', '10.9.9.8', 7103);
SELECT member, host, port FROM mes_internal.peer_addresses;
SELECT mes.set_peer_address('bank7', '10.9.9.9', 7102);
SELECT mes.set_peer_address('bank2', '10.9.9.9', 0);
SELECT mes.set_peer_address('bank2', NULL, NULL);
SELECT count(*) FROM mes_internal.peer_addresses;
-- what the next tests find is a ledger of one member again
\i test/lib/fresh_ledger.sql
DROP ROLE mes_peer_bank2, mes_peer_bank3, mes_peer_bank4;
