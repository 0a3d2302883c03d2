-- demo.sql - the story as the first of four banks sees it. Statements are printed as they run; what is
-- printed between them comes from the database. docker/demo.sh goes on at the other banks.
\echo
\echo '== Four banks keep one ledger, each in its own PostgreSQL. Three of them decide; one may fail or lie.'
\set ECHO queries
SELECT node, mode, members_total, members_voting, quorum, faults_tolerated FROM mes.status;
SELECT member, host, port, connected, voting FROM mes.stat_peers;
\set ECHO none

\echo
\echo '== Accounts: a name here, an address on the ledger. The keys stay in this database, encrypted.'
\set ECHO queries
SELECT mes.create_account('treasury') AS treasury \gset
SELECT mes.create_account('alice') AS alice \gset
SELECT mes.create_account('bob', suite => 2) AS bob \gset
SELECT name, address, suite FROM mes.accounts ORDER BY name;
\set ECHO none

\echo
\echo '== The treasury issues an asset. The answer comes when the block is final and applied.'
\set ECHO queries
SET meschain.account = 'treasury';
SELECT mes.issue_asset('EUR', 1000000, decimals => 2, metadata => '{"name": "Euro of the demo bank"}');
SELECT asset, supply, decimals, metadata FROM mes.assets;
\set ECHO none

\echo
\echo '== Two transfers in one SQL transaction are one submission: decided together or not at all.'
\set ECHO queries
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1200.00, memo => 'salary', reference => 'PAY-1');
SELECT mes.transfer(:'bob', 'EUR', 800.00, memo => 'salary');
COMMIT;
SET meschain.account = 'alice';
SELECT mes.transfer(:'bob', 'EUR', 49.90, memo => 'lunch');
SELECT a.name, b.asset, b.amount FROM mes.balances AS b JOIN mes.accounts AS a USING (address)
 ORDER BY a.name;
\set ECHO none

\echo
\echo '== The account statement of alice, as a bank prints it.'
\set ECHO queries
SELECT height, kind, memo, amount_in, amount_out, balance_after FROM mes.account_statement(:'alice');
\set ECHO none

\echo
\echo '== What is not covered is refused, with a code and a hint, and changes nothing.'
\set ON_ERROR_STOP 0
\set ECHO queries
SELECT mes.transfer(:'bob', 'EUR', 999999);
\echo 'CODE: ' :SQLSTATE
SELECT mes.transfer(:'bob', 'EUR', 0.001);
\echo 'CODE: ' :SQLSTATE
\set ECHO none
\set ON_ERROR_STOP 1

\echo
\echo '== A contract is notarised: its hash stands on the ledger with a time that nobody can move.'
\set ECHO queries
SELECT mes.notarise(sha256('the text of the contract'), '{"title": "Lease of 2026"}');
SELECT height, metadata, document_hash FROM mes.notarisations;
\set ECHO none

\echo
\echo '== Every block is chained to the one before, and its result is part of the chain.'
\set ECHO queries
SELECT height, tx_count, substr(encode(parent_hash, 'hex'), 1, 16) AS parent,
       substr(encode(hash, 'hex'), 1, 16) AS hash, substr(encode(state_root, 'hex'), 1, 16) AS result
  FROM mes.blocks ORDER BY height;
\set ECHO none

\echo
\echo '== The superuser of the bank tries to give bob more money.'
\set ON_ERROR_STOP 0
\set ECHO queries
UPDATE mes_internal.output_rows SET amount_units = amount_units * 1000;
\echo 'CODE: ' :SQLSTATE
DELETE FROM mes_internal.block_rows;
\echo 'CODE: ' :SQLSTATE
\set ECHO none
\set ON_ERROR_STOP 1

\echo
\echo '== An auditor recomputes everything from the signed bytes: no row means no problem.'
\set ECHO queries
SELECT * FROM mes.verify();
\set ECHO none
