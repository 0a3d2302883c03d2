-- ledger_flow: a bank's first session: issue, pay, pay a thousand at once, burn, record a document.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.create_account('alice', 2) AS alice \gset
SET meschain.account = 'bank';

SELECT mes.issue_asset('EUR', 1000000, 2, '{"name": "euro"}') IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'EUR', 12.34, 'rent', 'INV-1') IS NOT NULL AS submitted;
SELECT who(address) AS owner, asset, amount FROM mes.balances ORDER BY amount;

-- one SQL transaction is one submission and one ledger transaction
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1) = mes.transfer(:'alice', 'EUR', 2) AS same_submission;
SELECT mes.burn('EUR', 0.66) IS NOT NULL AS submitted;
SELECT count(*) AS decided_so_far FROM mes.transactions;
COMMIT;
SELECT operation, operation_count, status FROM mes.transactions ORDER BY height DESC LIMIT 1;

-- a thousand payments in one statement are one transaction with a thousand outputs
CREATE TABLE payroll AS SELECT i AS employee, (i % 100 + 1)::numeric AS wage FROM generate_series(1, 1000) AS i;
SELECT count(mes.transfer(:'alice', 'EUR', wage, 'employee ' || employee)) AS paid FROM payroll;
SELECT operation_count, status FROM mes.transactions ORDER BY height DESC LIMIT 1;
SELECT count(*) AS transfers, sum(amount) AS amount, min(memo COLLATE "C") AS first_memo
  FROM mes.transfers AS t WHERE t.height = (SELECT max(height) FROM mes.blocks);

-- change is left out of transfers and comes back to the payer (C6)
SELECT kind, count(*), count(spent_txid) AS spent FROM mes.outputs GROUP BY kind ORDER BY kind;

-- small outputs are merged as they are used
SET meschain.account = 'alice';
SELECT mes.transfer(:'bank', 'EUR', 50000) IS NOT NULL AS submitted;
SELECT who(address) AS owner, amount FROM mes.balances ORDER BY amount;
SELECT count(*) < 100 AS merged FROM mes.outputs WHERE address = :'alice' AND spent_txid IS NULL;

-- a document: found by its hash, recorded once
SET meschain.account = 'bank';
SELECT mes.notarise(sha256('the contract'), '{"title": "contract", "pages": 3}') IS NOT NULL AS submitted;
SELECT who(address) AS by, metadata FROM mes.notarisations WHERE document_hash = sha256('the contract');

-- P2, P3: what a savepoint took back was never submitted, the rest is
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 10, 'kept') IS NOT NULL AS submitted;
SAVEPOINT doubt;
SELECT mes.transfer(:'alice', 'EUR', 20, 'taken back') IS NOT NULL AS submitted;
SAVEPOINT more_doubt;
SELECT mes.transfer(:'alice', 'EUR', 30, 'taken back too') IS NOT NULL AS submitted;
RELEASE more_doubt;
ROLLBACK TO doubt;
SELECT mes.transfer(:'alice', 'EUR', 40, 'also kept') IS NOT NULL AS submitted;
COMMIT;
SELECT memo, amount FROM mes.transfers WHERE height = (SELECT max(height) FROM mes.blocks) ORDER BY transfer_index;

-- a rolled-back transaction leaves no trace; nor does one that fails
SELECT count(*) AS before FROM mes.transactions \gset
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1) IS NOT NULL AS submitted;
ROLLBACK;
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1) IS NOT NULL AS submitted;
SELECT 1 / 0;
COMMIT;
SELECT count(*) - :before AS traces FROM mes.transactions;

-- a uuid of one's own makes a submission idempotent: the second is refused, the receipt is the first's
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000001', 'salary June');
SELECT mes.transfer(:'alice', 'EUR', 5);
COMMIT;
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000001', 'salary June');
SELECT mes.transfer(:'alice', 'EUR', 5);
\set VERBOSITY sqlstate
COMMIT;
\set VERBOSITY default
SELECT name FROM mes.error_codes WHERE code = :'LAST_ERROR_SQLSTATE';
SELECT status, txid = mes.last_txid() AS is_last FROM mes.receipt_of('00000000-0000-4000-8000-000000000001');
SELECT status, message ~ 'decided already as transaction' AS told
  FROM mes.receipts WHERE submission = '00000000-0000-4000-8000-000000000001' ORDER BY height;
SELECT count(*) FROM mes.receipt_of('00000000-0000-4000-8000-000000000002');
SELECT count(*) FROM mes.wait_for_receipt('00000000-0000-4000-8000-000000000002', '20 ms');
SELECT status FROM mes.wait_for_receipt('00000000-0000-4000-8000-000000000001');
SELECT reference, count(*) FROM mes.transfers WHERE reference = 'salary June' GROUP BY reference;

-- the issuer may issue more; the supply says so, and burning lowers it
SELECT mes.issue_more('EUR', 500) IS NOT NULL AS submitted;
SELECT asset, decimals, supply, who(issuer) AS issuer, metadata FROM mes.assets;
SELECT sum(amount) AS owned FROM mes.balances;
