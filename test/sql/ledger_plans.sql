-- ledger_plans: the usual filters of the ledger's views are answered from indexes: no sequential scan of what grows.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.create_account('alice') AS alice \gset
SET meschain.account = 'bank';
SELECT mes.issue_asset('EUR', 1000000, 2) IS NOT NULL AS submitted;
SELECT set_config('test.alice', :'alice', false) <> '' AS set;
DO $$ BEGIN
  FOR i IN 1 .. 1000 LOOP
    PERFORM mes.transfer(current_setting('test.alice'), 'EUR', i);
    COMMIT;
  END LOOP;
END $$;
-- addresses of others, so that one is a small part of all
SET meschain.account = 'bank';
SELECT count(mes.create_account('account' || i)) AS accounts FROM generate_series(1, 200) AS i;
DO $$
DECLARE
  payee text;
BEGIN
  FOR payee IN SELECT name FROM mes.accounts WHERE name LIKE 'account%' ORDER BY name LOOP
    PERFORM set_config('meschain.account', 'bank', false);
    PERFORM mes.transfer((SELECT address FROM mes.accounts WHERE name = payee), 'EUR', 1);
    COMMIT;
    PERFORM set_config('meschain.account', payee, false);
    PERFORM mes.transfer(current_setting('test.alice'), 'EUR', 0.5);
    COMMIT;
  END LOOP;
END $$;
ANALYZE;

-- the leaf with rows; the empty ones ahead of need are read for nothing either way
CREATE FUNCTION scanned(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  plan json;
  found text;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  SELECT string_agg(DISTINCT relation #>> '{}', ', ') INTO found
    FROM jsonb_path_query(plan::jsonb, 'strict $.**
           ? (@."Node Type" == "Seq Scan" && @."Relation Name" like_regex "_000000000001$")."Relation Name"') AS relation;
  RETURN coalesce(found, 'indexes');
END $$;

SELECT block_time AS time FROM mes.blocks WHERE height = 700 \gset
SELECT block_time AS later FROM mes.blocks WHERE height = 703 \gset
SELECT txid FROM mes.transactions WHERE height = 700 \gset
SELECT address FROM mes.accounts WHERE name = 'account7' \gset
SELECT v AS view, f.name AS filter, scanned(format('SELECT * FROM mes.%I WHERE %s', v, f.condition)) AS read_from
  FROM unnest(ARRAY['blocks', 'transactions', 'transaction_operations', 'receipts', 'outputs', 'transfers', 'movements']) WITH ORDINALITY AS v (v, n),
       LATERAL (VALUES (1, 'one height', 'height = 700'),
               (2, 'a range of heights', 'height BETWEEN 700 AND 703'),
               (3, 'a range of times', format('block_time >= %L AND block_time < %L', :'time', :'later')),
               (4, 'a transaction', format('txid = %L', :'txid')),
               (5, 'an address', format('%s = %L', CASE v WHEN 'transfers' THEN 'to_address' ELSE 'address' END, :'address')))
         AS f (n, name, condition)
 WHERE CASE v WHEN 'blocks' THEN f.n < 4 WHEN 'transaction_operations' THEN f.n < 5 WHEN 'receipts' THEN f.n < 5 ELSE true END
 ORDER BY v.n, f.n;
SELECT scanned(format('SELECT * FROM mes.transfers WHERE from_address = %L', :'address')) AS payments_of,
       scanned(format('SELECT * FROM mes.find_transaction(%L)', :'txid')) AS one_transaction,
       scanned(format('SELECT * FROM mes.balances WHERE address = %L', :'address')) AS balance_of,
       scanned('SELECT * FROM mes.transactions ORDER BY height DESC LIMIT 20') AS the_last_ones;

-- and the answers are those of the whole view
SELECT count(*) AS lines, count(balance_after) AS balances FROM mes.movements WHERE height BETWEEN 700 AND 703;
SELECT kind, amount_in, balance_after FROM mes.movements WHERE address = :'address';
SELECT count(*) AS found FROM mes.transactions WHERE txid = :'txid';
SELECT count(*) AS outputs, count(spent_txid) AS spent FROM mes.outputs WHERE txid = :'txid';

-- the sixth statement of a session is planned for its account and its times as the first is
SELECT 'plan_cache_mode=force_custom_plan' = ANY (proconfig) AS planned_anew FROM pg_proc WHERE proname = 'account_statement';
