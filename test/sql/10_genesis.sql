-- The node of all tests that follow: keys, a genesis of one member, workers running; pgcrypto agrees.  -- P11
-- no account without a key to wrap it
\set VERBOSITY sqlstate
SELECT mes.create_account('early');
\set VERBOSITY terse
SELECT mode, reason, hint FROM mes.status;
SELECT mes.create_node_key();
SELECT jsonb_object_keys(mes.node_descriptor()) AS field ORDER BY 1;
-- a genesis is checked before it is taken
SELECT mes.create_genesis(parameters => '{"tau0": 1}');
SELECT mes.create_genesis(parameters => '{"gas": 1}');
SELECT mes.create_genesis(members => ARRAY[]::jsonb[]);
SELECT mes.create_genesis(members => ARRAY[mes.node_descriptor(), mes.node_descriptor()]);
SELECT mes.create_genesis() -> 'members' -> 0 ->> 'name' AS member;
-- one ledger a database
SELECT mes.create_genesis();
SELECT count(*) FROM mes_internal.leaves;
SELECT genesis_hash = mes.genesis_hash(document) AS hash_fits,
       genesis_hash = public.digest(encoded, 'sha256') AS pgcrypto_agrees FROM mes_internal.genesis_rows;
