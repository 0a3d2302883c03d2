-- ledger_fees: fees leave the senders and come to the proposer's fee address, one output a block, and can be spent.
SET client_min_messages = error;
\c postgres
DROP DATABASE IF EXISTS ledger;
CREATE DATABASE ledger;
ALTER DATABASE ledger SET jit = off;
\c ledger
SET client_min_messages = error;
CREATE EXTENSION meschain CASCADE;
SELECT mes.create_node_key();
-- the member's fees go to an account of this database
SELECT mes.create_account('till') AS till \gset
SELECT mes.create_account('bank') AS bank \gset
SELECT mes.create_account('alice') AS alice \gset
SELECT mes.create_genesis(ARRAY[mes.node_descriptor() || jsonb_build_object('fee_address', :'till')],
                          '{"fee_asset": "MES", "fee_floor": 25}') IS NOT NULL AS created;
DO $$ BEGIN
  FOR i IN 1 .. 1000 LOOP
    EXIT WHEN (SELECT mode = 'voting' FROM mes.status);
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;
RESET client_min_messages;
CREATE FUNCTION who(address text) RETURNS text LANGUAGE sql AS
  $$ SELECT coalesce((SELECT a.name FROM mes_internal.account_rows AS a
                       WHERE a.address = mes_internal.address_bytes($1)), 'somebody') WHERE $1 IS NOT NULL $$;
SELECT member, who(fee_address) FROM mes.members;

-- nothing can be paid before there is something to pay with: the issue of the fee asset alone is free
SET meschain.account = 'bank';
\set VERBOSITY terse
SELECT mes.issue_asset('EUR', 10, 2);
SELECT mes.issue_asset('MES', 1000, 2) IS NOT NULL AS submitted;
SELECT mes.issue_asset('EUR', 10, 2) IS NOT NULL AS submitted;
SELECT mes.transfer(:'alice', 'MES', 100) IS NOT NULL AS submitted;
-- a payment in another asset pays its fee in the fee asset
SET meschain.account = 'alice';
SELECT mes.transfer(:'bank', 'MES', 30) IS NOT NULL AS submitted;
SELECT mes.burn('MES', 1) IS NOT NULL AS submitted;
-- who has no fee asset cannot act; a refused transaction pays nothing
SELECT mes.create_account('poor') AS poor \gset
SET meschain.account = 'bank';
SELECT mes.transfer(:'poor', 'EUR', 1) IS NOT NULL AS submitted;
SET meschain.account = 'poor';
SELECT mes.transfer(:'bank', 'EUR', 1);
SELECT operation, fee, status FROM mes.transactions ORDER BY height, position;

-- one output a block, of the fee asset, to the proposer, with a name made from the height
SELECT o.amount, who(o.address) AS owner, o.kind, o.spent_txid IS NULL AS unspent,
       o.txid = sha256('MES1-fees'::bytea || int8send(o.height)) AS named
  FROM mes.outputs AS o WHERE o.kind = 'fees' ORDER BY o.height;
SELECT count(*) AS found FROM mes.outputs AS o, mes.outputs AS f WHERE f.kind = 'fees' AND o.txid = f.txid;

-- as lines: the sender's fee, the proposer's fees; transfers leave both out
SELECT m.kind, who(m.address) AS owner, m.asset, m.amount_in, m.amount_out, m.balance_after
  FROM mes.movements AS m WHERE m.kind IN ('fee', 'fees') ORDER BY m.height, m.line DESC;
SELECT count(*) AS transfers FROM mes.transfers;

-- nothing is lost: what all own is the supply
SELECT a.asset, a.supply, sum(b.amount) AS owned FROM mes.assets AS a JOIN mes.balances AS b USING (asset) GROUP BY 1, 2 ORDER BY 1;

-- fees are spent like anything else, several at once
SET meschain.account = 'till';
SELECT mes.transfer(:'alice', 'MES', 0.60, 'from fees') IS NOT NULL AS submitted;
SELECT status, fee FROM mes.transactions ORDER BY height DESC LIMIT 1;
SELECT count(*) FILTER (WHERE spent_txid IS NOT NULL) > 2 AS spent FROM mes.outputs WHERE kind = 'fees';
SELECT s.kind, who(s.counterparty) AS other, s.amount_in, s.amount_out, s.balance_after FROM mes.account_statement(:'till') AS s;
SELECT amount FROM mes.balances WHERE address = :'till';
SELECT a.asset, a.supply, sum(b.amount) AS owned FROM mes.assets AS a JOIN mes.balances AS b USING (asset) GROUP BY 1, 2 ORDER BY 1;

-- verified; and an edit of fees is found where it is
SELECT * FROM mes.verify();
SELECT * FROM mes.verify(jobs => 2);
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE mes_internal.output_rows SET amount_units = amount_units + 1
 WHERE output_id = (SELECT max(output_id) FROM mes_internal.output_rows WHERE kind = 3);
SELECT object, problem FROM mes.verify();
ROLLBACK;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM mes_internal.output_rows WHERE output_id = (SELECT max(output_id) FROM mes_internal.output_rows WHERE kind = 3);
SELECT object, problem FROM mes.verify();
ROLLBACK;
