-- ledger_replay: envelopes of a lost database are decided again in a new one of the same genesis, as a batch.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.create_account('alice') AS alice \gset
SET meschain.account = 'bank';
SELECT mes.issue_asset('EUR', 100, 2) IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'EUR', 30) IS NOT NULL AS submitted;
SELECT mes.notarise(sha256('deed')) IS NOT NULL AS submitted;
SELECT array_agg('\x82'::bytea || t.body || substring(w.witnesses, 2) ORDER BY t.tx_id) AS envelopes,
       (SELECT document FROM mes.genesis) AS genesis,
       (SELECT sha256(string_agg(b::text, ',' ORDER BY address, asset)::bytea) FROM mes.balances AS b) AS balances
  FROM mes_internal.transaction_rows AS t JOIN mes_internal.witness_rows AS w ON w.height = t.tx_id >> 20 \gset

SET client_min_messages = error;
\c postgres
DROP DATABASE ledger;
CREATE DATABASE ledger;
ALTER DATABASE ledger SET jit = off;
\c ledger
SET client_min_messages = error;
CREATE EXTENSION meschain CASCADE;
-- a federation of one that has seen later blocks begins again only when told to
SELECT mes.join_federation(:'genesis');
SELECT height FROM mes.finish_restore(go_on_from_height => 0);
DO $$ BEGIN
  FOR i IN 1 .. 1000 LOOP
    EXIT WHEN (SELECT mode = 'voting' FROM mes.status);
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;

-- each by itself: what needs an earlier one finds it there, since a batch is ordered as it was given
SELECT item, status, message, txid IS NOT NULL AS txid, height IS NOT NULL AS decided FROM mes.submit_batch(:'envelopes');
SELECT sha256(string_agg(b::text, ',' ORDER BY address, asset)::bytea) = :'balances' AS same_balances FROM mes.balances AS b;
-- once more: all are known
SELECT status, count(*) FROM mes.submit_batch(:'envelopes') GROUP BY status;
SELECT used FROM mes.stat_mempool;
