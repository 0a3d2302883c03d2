-- rights_terms: confidential terms stand on the ledger as a hash and a box that only the parties open.
\i test/lib/fresh_ledger.sql
-- a refusal comes when the transaction ends; ids in its message are random, its code is not
\set VERBOSITY sqlstate
SELECT mes.create_account('studio') AS studio \gset
SELECT mes.create_account('channel') AS channel \gset
SELECT mes.create_account('rival') AS rival \gset
SELECT mes.create_account('other suite', 2) AS other_suite \gset
SET meschain.account = 'studio';
SELECT mes.register_work('Film', sha256('Film')) IS NOT NULL AS registered;
SELECT mes.work_id(sha256('Film')) AS film \gset
SELECT public_key AS channel_key FROM mes.accounts WHERE name = 'channel' \gset
SELECT public_key AS schnorr_key FROM mes.accounts WHERE name = 'other suite' \gset

SELECT mes.seal_terms(:'film', '{"minimum guarantee": 7654321, "clause": "tell nobody"}', ARRAY[:'channel_key'::bytea]) AS s \gset
SELECT terms_hash FROM mes.sealed_terms WHERE submission = :'s' \gset
SELECT who(author_address) AS author, subject_id = :'film' AS about_film, box_size, terms FROM mes.sealed_terms;

-- nothing that the ledger keeps or that a member replicates holds the clear text
SELECT count(*) AS kept_somewhere FROM (
  SELECT body AS bytes FROM mes_internal.transaction_rows UNION ALL SELECT value FROM mes_internal.state_rows
  UNION ALL SELECT witnesses FROM mes_internal.witness_rows) AS b
 WHERE position(convert_to('tell nobody', 'UTF8') IN bytes) > 0 OR position(convert_to('7654321', 'UTF8') IN bytes) > 0;
SELECT detail ? 'terms' AS shown, detail ->> 'terms_hash' = encode(:'terms_hash', 'hex') AS hash FROM mes.transactions WHERE submission = :'s';

-- a party opens the box, the hash proves that it is what was sealed; nobody else does
DELETE FROM mes_internal.clear_terms;
SELECT terms IS NULL AS not_known_here FROM mes.sealed_terms;
SET meschain.account = 'rival';
SELECT mes.open_terms(:'terms_hash');
SET meschain.account = 'other suite';
SELECT mes.open_terms(:'terms_hash');
SELECT count(*) AS learned FROM mes_internal.clear_terms;
SET meschain.account = 'channel';
SELECT mes.open_terms(:'terms_hash');
SELECT terms, sha256(convert_to('MES1-terms', 'UTF8') || salt || convert_to(terms::text, 'UTF8')) = terms_hash AS proved FROM mes_internal.clear_terms;
SELECT mes.open_terms(sha256('nothing')) IS NULL AS no_such_terms;

-- a box that somebody who owns the server has edited does not open, and one of other terms proves nothing (MC747)
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE mes_internal.state_rows SET value = set_byte(value, length(value) - 1, get_byte(value, length(value) - 1) # 1)
 WHERE table_number = 24 AND key = :'terms_hash';
SELECT mes.open_terms(:'terms_hash');
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE mes_internal.state_rows SET key = sha256('other terms') WHERE table_number = 24 AND key = :'terms_hash';
SELECT mes.open_terms(sha256('other terms'));
ROLLBACK;
SELECT name FROM mes.error_codes WHERE code = 'MC747';

-- another role of the same node sees the box only
SET client_min_messages = error;
DROP ROLE IF EXISTS reading_role;
RESET client_min_messages;
CREATE ROLE reading_role IN ROLE mes_reader;
SET ROLE reading_role;
SELECT terms IS NULL AS hidden FROM mes.sealed_terms;
SELECT terms FROM mes_internal.clear_terms;
RESET ROLE;
DROP ROLE reading_role;

-- who may seal, and what
SET meschain.account = 'rival';
SELECT mes.seal_terms(:'film', '{"a": 1}', ARRAY[:'channel_key'::bytea]) IS NOT NULL AS no_party_of_the_work;
SET meschain.account = 'studio';
SELECT mes.seal_terms(sha256('nothing'), '{"a": 1}', ARRAY[:'channel_key'::bytea]) IS NOT NULL AS no_subject;
SELECT mes.seal_terms(:'film', jsonb_build_object('a', repeat('x', 8192)), ARRAY[:'channel_key'::bytea]) IS NOT NULL AS too_large;
SELECT mes.seal_terms(:'film', '{"a": 1}', ARRAY['\x00'::bytea]);
SELECT mes.seal_terms(:'film', '{"a": 1}', '{}');
-- the ledger is whole
SELECT count(*) AS problems FROM mes.verify();
