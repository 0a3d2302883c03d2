-- ledger_read_only: a transaction that may only read submits nothing, whichever way it tries.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.issue_asset('EUR', 100, 2) IS NOT NULL AS submitted;

BEGIN READ ONLY;
SELECT mes.transfer(:'bank', 'EUR', 1);
COMMIT;
BEGIN READ ONLY;
SELECT mes.begin_submission();
ROLLBACK;
SET default_transaction_read_only = on;
SELECT mes.submit_batch('{}');
SELECT call, refusal('SELECT ' || call)
  FROM (VALUES ($$mes.burn('EUR', 1)$$), ($$mes.issue_asset('XAU', 1)$$), ($$mes.issue_more('EUR', 1)$$),
               ($$mes.notarise(sha256('x'))$$), ($$mes.submit('\x00')$$), ($$mes.approve(sha256('x'))$$),
               ($$mes.register_work('Aria', sha256('Aria'))$$), ($$mes.create_account('reader')$$)) AS v (call);
-- what it may do: ask
SELECT asset, amount FROM mes.balances;
RESET default_transaction_read_only;

-- what was submitted while it might write goes its way; nothing is added after that
BEGIN;
SELECT mes.transfer(:'bank', 'EUR', 1) IS NOT NULL AS submitted;
SAVEPOINT doubt;
SET TRANSACTION READ ONLY;
SELECT mes.transfer(:'bank', 'EUR', 1);
ROLLBACK TO doubt;
COMMIT;
SELECT operation, status, operation_count FROM mes.transactions ORDER BY height, position;
