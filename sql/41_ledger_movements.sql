-- 41_ledger_movements.sql - who owns what, and how it came: outputs, balances, transfers, statements.
--
-- A payment's payer is the sender, found by an index, or another actor of a transaction signed by
-- several, found in actor_rows. So each is an arm of its own in the views below. An arm joins all it
-- needs itself: what a query asks of a view's columns then reaches the indexes of each arm.

-- An output with its transaction and block. Height is the output's own, so that a range of heights is
-- one of an index; the ranges let a join skip leaves.
CREATE VIEW mes_internal.made_rows AS
SELECT o.output_id >> 20 AS height, o.output_id, o.address_id, o.amount_units, o.asset_id, o.position_in_block,
       o.output_index, o.actor, o.kind, t.tx_id, t.txid, t.body, t.sender_id, b.block_time
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block AND t.tx_id >> 20 = o.output_id >> 20
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20;
COMMENT ON VIEW mes_internal.made_rows IS 'outputs of transactions, with transaction and block';

-- The fees of a block: an output of no transaction.
CREATE VIEW mes_internal.fees_rows AS
SELECT o.output_id >> 20 AS height, o.output_id, o.address_id, o.amount_units, o.asset_id, o.output_index,
       (o.output_id >> 20 << 20) + o.position_in_block AS tx_id, mes_internal.fees_txid(o.output_id >> 20) AS txid,
       b.block_time
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
 WHERE o.kind = 3;
COMMENT ON VIEW mes_internal.fees_rows IS 'outputs that pay the fees of a block to its proposer';

CREATE VIEW mes.outputs AS
SELECT m.txid, m.output_index, mes_internal.address_text(r.address) AS address, c.code AS asset,
       mes_internal.whole_units(m.amount_units, c.decimals) AS amount, m.height, m.block_time,
       CASE m.kind WHEN 0 THEN 'payment' WHEN 1 THEN 'change' ELSE 'issue' END AS kind,
       p.txid AS spent_txid, s.spent_tx_id >> 20 AS spent_height
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
  LEFT JOIN mes_internal.spend_rows AS s ON s.output_id = m.output_id
  LEFT JOIN mes_internal.transaction_rows AS p ON p.tx_id = s.spent_tx_id
UNION ALL
SELECT m.txid, m.output_index, mes_internal.address_text(r.address), c.code,
       mes_internal.whole_units(m.amount_units, c.decimals), m.height, m.block_time, 'fees', p.txid, s.spent_tx_id >> 20
  FROM mes_internal.fees_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
  LEFT JOIN mes_internal.spend_rows AS s ON s.output_id = m.output_id
  LEFT JOIN mes_internal.transaction_rows AS p ON p.tx_id = s.spent_tx_id;
COMMENT ON VIEW mes.outputs IS 'one row an output; unspent while spent_txid is null';
COMMENT ON COLUMN mes.outputs.txid IS 'transaction that made it; of fees a name made from the height';
COMMENT ON COLUMN mes.outputs.output_index IS 'its number there, from 0';
COMMENT ON COLUMN mes.outputs.address IS 'owner';
COMMENT ON COLUMN mes.outputs.asset IS 'asset';
COMMENT ON COLUMN mes.outputs.amount IS 'amount in whole units';
COMMENT ON COLUMN mes.outputs.height IS 'block that made it';
COMMENT ON COLUMN mes.outputs.block_time IS 'chain time of that block';
COMMENT ON COLUMN mes.outputs.kind IS 'payment, change, issue, or the fees of the block';
COMMENT ON COLUMN mes.outputs.spent_txid IS 'transaction that spent it, null while unspent';
COMMENT ON COLUMN mes.outputs.spent_height IS 'block of that transaction';

-- balances: what closed leaves left, and the lines since

CREATE VIEW mes_internal.line_rows AS
SELECT o.output_id AS output_at, o.output_id AS tx_at, a.address_id, a.address, o.asset_id, o.amount_units
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.address_rows AS a ON a.address_id = o.address_id
 WHERE o.kind IN (0, 2, 3)
UNION ALL
SELECT o.output_id, t.tx_id, a.address_id, a.address, o.asset_id, -o.amount_units
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block AND t.tx_id >> 20 = o.output_id >> 20
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS a ON a.address_id = t.sender_id
 WHERE o.kind = 0 AND o.actor = 0
UNION ALL
SELECT o.output_id, t.tx_id, a.address_id, a.address, o.asset_id, -o.amount_units
  FROM mes_internal.actor_rows AS x
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = x.tx_id
  JOIN mes_internal.output_rows AS o
    ON o.output_id >> 20 = t.tx_id >> 20 AND o.actor = x.actor
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS a ON a.address_id = x.address_id
 WHERE o.kind = 0
UNION ALL
SELECT u.tx_id, u.tx_id, a.address_id, a.address, u.asset_id, -u.amount_units
  FROM mes_internal.burn_rows AS u
  JOIN mes_internal.address_rows AS a ON a.address_id = u.address_id
UNION ALL
SELECT t.tx_id, t.tx_id, a.address_id, a.address, c.asset_id, -mes_internal.transaction_fee(t.txid, t.body)
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.address_rows AS a ON a.address_id = t.sender_id
  JOIN mes_internal.asset_rows AS c
    ON c.code = (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g)
 WHERE t.status = 0
   AND (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g) IS NOT NULL;
COMMENT ON VIEW mes_internal.line_rows IS 'what each line adds to a balance; both columns "at" are from height << 20 on, so that one filter on each finds the lines of a range of heights';
GRANT SELECT ON mes_internal.line_rows TO mes_reader, mes_auditor, mes_admin;

-- Balances are added up leaf by leaf, and so far in the one that takes blocks: up to this block, and
-- what rows of closing_rows hold them.
CREATE FUNCTION mes_internal.summed_until(at_height bigint)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT max(k.reached) FROM mes_internal.closings AS k WHERE k.reached <= at_height), 0);
COMMENT ON FUNCTION mes_internal.summed_until(bigint) IS 'the last block up to this one after which balances are added up; 0 before the first';

CREATE FUNCTION mes_internal.closing_at(at_height bigint)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT max(k.height) FROM mes_internal.closings AS k WHERE k.reached <= at_height), 0);
COMMENT ON FUNCTION mes_internal.closing_at(bigint) IS 'the height in closing_rows of the balances after summed_until() this block';

CREATE VIEW mes.balances AS
SELECT mes_internal.address_text(l.address) AS address, c.code AS asset,
       mes_internal.whole_units(pg_catalog.sum(l.amount_units)::bigint, c.decimals) AS amount
  FROM (SELECT a.address, k.asset_id, k.amount_units
          FROM mes_internal.closing_rows AS k
          JOIN mes_internal.address_rows AS a ON a.address_id = k.address_id
         WHERE k.height <= (SELECT mes_internal.closing_at(9223372036854775807))
           AND NOT EXISTS (SELECT FROM mes_internal.closing_rows AS n
                            WHERE n.address_id = k.address_id AND n.asset_id = k.asset_id AND n.height > k.height
                              AND n.height <= (SELECT mes_internal.closing_at(9223372036854775807)))
        UNION ALL
        SELECT r.address, r.asset_id, r.amount_units FROM mes_internal.line_rows AS r
         WHERE r.output_at >= ((SELECT mes_internal.summed_until(9223372036854775807)) + 1) << 20
           AND r.tx_at >= ((SELECT mes_internal.summed_until(9223372036854775807)) + 1) << 20) AS l
  JOIN mes_internal.asset_rows AS c ON c.asset_id = l.asset_id
 GROUP BY l.address, c.code, c.decimals
HAVING pg_catalog.sum(l.amount_units) <> 0;
COMMENT ON VIEW mes.balances IS 'what each address owns now';
COMMENT ON COLUMN mes.balances.address IS 'owner';
COMMENT ON COLUMN mes.balances.asset IS 'asset';
COMMENT ON COLUMN mes.balances.amount IS 'amount in whole units';

CREATE FUNCTION mes.balances_at(height bigint)
RETURNS TABLE (address text, asset text, amount numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT mes_internal.address_text(l.address), c.code,
       mes_internal.whole_units(pg_catalog.sum(l.amount_units)::bigint, c.decimals)
  FROM (SELECT a.address, k.asset_id, k.amount_units
          FROM mes_internal.closing_rows AS k
          JOIN mes_internal.address_rows AS a ON a.address_id = k.address_id
         WHERE k.height <= (SELECT mes_internal.closing_at(balances_at.height))
           AND NOT EXISTS (SELECT FROM mes_internal.closing_rows AS n
                            WHERE n.address_id = k.address_id AND n.asset_id = k.asset_id AND n.height > k.height
                              AND n.height <= (SELECT mes_internal.closing_at(balances_at.height)))
        UNION ALL
        SELECT r.address, r.asset_id, r.amount_units FROM mes_internal.line_rows AS r
         WHERE r.output_at >= ((SELECT mes_internal.summed_until(balances_at.height)) + 1) << 20
           AND r.tx_at >= ((SELECT mes_internal.summed_until(balances_at.height)) + 1) << 20
           AND r.output_at < (balances_at.height + 1) << 20 AND r.tx_at < (balances_at.height + 1) << 20) AS l
  JOIN mes_internal.asset_rows AS c ON c.asset_id = l.asset_id
 GROUP BY l.address, c.code, c.decimals
HAVING pg_catalog.sum(l.amount_units) <> 0;
END;
COMMENT ON FUNCTION mes.balances_at(bigint) IS 'what each address owned after a block';

-- One step towards the closing balances of the first leaf that lacks them, the one that
-- takes blocks included: as many blocks as hold
-- step_rows transactions and outputs. Short steps, since apply may want a lock meanwhile.
CREATE FUNCTION mes_internal.close_leaves(busy boolean)
RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  limits record;
  tip bigint := (SELECT max(b.height) FROM mes_internal.block_rows AS b);
  leaf mes_internal.leaves;
  start bigint;
  until bigint;
  waiting bigint;
  blocks bigint;
BEGIN
  SELECT * INTO limits FROM mes_internal.leaf_limits();
  SELECT l.* INTO leaf FROM mes_internal.leaves AS l
   WHERE l.from_height <= tip AND NOT EXISTS (SELECT FROM mes_internal.closings AS k
                                               WHERE k.height = l.to_height - 1 AND k.reached = k.height)
   ORDER BY l.from_height LIMIT 1;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  start := coalesce((SELECT k.reached FROM mes_internal.closings AS k WHERE k.height = leaf.to_height - 1),
                    leaf.from_height - 1) + 1;
  SELECT coalesce(max(s.height) FILTER (WHERE s.so_far <= limits.step_rows), start), max(s.so_far), count(*)
    INTO until, waiting, blocks
    FROM (SELECT b.height, sum(b.tx_count + b.output_count) OVER (ORDER BY b.height) AS so_far
            FROM mes_internal.block_rows AS b
           WHERE b.height >= start AND b.height < leaf.to_height ORDER BY b.height LIMIT 65536) AS s;
  -- while the leaf takes blocks, a tail of it is left to those who read, longer while apply is busy
  IF blocks = 0 OR (leaf.to_height > tip AND blocks < 65536 AND waiting < limits.tail_rows * CASE WHEN busy THEN 20 ELSE 1 END) THEN
    RETURN false;
  END IF;
  INSERT INTO mes_internal.closing_rows AS k (address_id, asset_id, height, amount_units)
    SELECT l.address_id, l.asset_id, leaf.to_height - 1, sum(l.amount_units) + coalesce(
             (SELECT p.amount_units FROM mes_internal.closing_rows AS p
               WHERE p.address_id = l.address_id AND p.asset_id = l.asset_id AND p.height < leaf.to_height
               ORDER BY p.height DESC LIMIT 1), 0)
      FROM mes_internal.line_rows AS l
     WHERE l.output_at >= start << 20 AND l.output_at < (until + 1) << 20
       AND l.tx_at >= start << 20 AND l.tx_at < (until + 1) << 20
     GROUP BY l.address_id, l.asset_id
  ON CONFLICT (address_id, asset_id, height) DO UPDATE SET amount_units = excluded.amount_units;
  INSERT INTO mes_internal.closings AS k VALUES (leaf.to_height - 1, until)
  ON CONFLICT (height) DO UPDATE SET reached = excluded.reached;
  RETURN true;
END $$;
COMMENT ON FUNCTION mes_internal.close_leaves(boolean) IS 'brings closing balances a step further; false when there is nothing to do';
REVOKE ALL ON FUNCTION mes_internal.close_leaves(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes_internal.close_leaves(boolean) TO mes_engine;

CREATE FUNCTION mes.height_at(at_time timestamptz)
RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN coalesce((SELECT b.height FROM mes_internal.block_rows AS b WHERE b.block_time <= at_time
                  ORDER BY b.block_time DESC LIMIT 1), 0);
COMMENT ON FUNCTION mes.height_at(timestamptz) IS 'the last block whose chain time is not after this moment; 0 before the first';

CREATE VIEW mes.transfers AS
SELECT m.height, m.position_in_block AS position, m.output_index AS transfer_index, m.block_time, m.txid,
       mes_internal.address_text(s.address) AS from_address, mes_internal.address_text(r.address) AS to_address,
       c.code AS asset, mes_internal.whole_units(m.amount_units, c.decimals) AS amount,
       mes_internal.transaction_reference(m.txid, m.body) AS reference,
       mes_internal.output_memo(m.txid, m.body, m.output_index) AS memo
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = m.sender_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 0 AND m.actor = 0
UNION ALL
SELECT m.height, m.position_in_block AS position, m.output_index AS transfer_index, m.block_time, m.txid,
       mes_internal.address_text(s.address) AS from_address, mes_internal.address_text(r.address) AS to_address,
       c.code AS asset, mes_internal.whole_units(m.amount_units, c.decimals) AS amount,
       mes_internal.transaction_reference(m.txid, m.body) AS reference,
       mes_internal.output_memo(m.txid, m.body, m.output_index) AS memo
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.actor_rows AS x ON x.tx_id = m.tx_id AND x.actor = m.actor
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = x.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 0 AND m.actor > 0;
COMMENT ON VIEW mes.transfers IS 'one row a payment; change is left out, and so are fees, which nobody pays to anybody: mes.movements has them';
COMMENT ON COLUMN mes.transfers.height IS 'block';
COMMENT ON COLUMN mes.transfers.position IS 'place of its transaction in the block';
COMMENT ON COLUMN mes.transfers.transfer_index IS 'number of the output in the transaction, from 0';
COMMENT ON COLUMN mes.transfers.block_time IS 'chain time of the block';
COMMENT ON COLUMN mes.transfers.txid IS 'transaction';
COMMENT ON COLUMN mes.transfers.from_address IS 'who paid';
COMMENT ON COLUMN mes.transfers.to_address IS 'who was paid';
COMMENT ON COLUMN mes.transfers.asset IS 'asset';
COMMENT ON COLUMN mes.transfers.amount IS 'amount in whole units';
COMMENT ON COLUMN mes.transfers.reference IS 'reference of the transaction';
COMMENT ON COLUMN mes.transfers.memo IS 'memo of the transfer';

CREATE VIEW mes_internal.movement_rows AS
SELECT m.height, m.tx_id, m.output_index AS line, 1 AS side, m.block_time, m.txid, m.body, 'transfer'::text AS kind,
       r.address_id, mes_internal.address_text(r.address) AS address,
       mes_internal.address_text(s.address) AS counterparty, c.asset_id, c.code AS asset, c.decimals, m.amount_units,
       m.output_index AS transfer_index
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = m.sender_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 0 AND m.actor = 0
UNION ALL
SELECT m.height, m.tx_id, m.output_index AS line, 1 AS side, m.block_time, m.txid, m.body, 'transfer'::text AS kind,
       r.address_id, mes_internal.address_text(r.address) AS address,
       mes_internal.address_text(s.address) AS counterparty, c.asset_id, c.code AS asset, c.decimals, m.amount_units,
       m.output_index AS transfer_index
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.actor_rows AS x ON x.tx_id = m.tx_id AND x.actor = m.actor
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = x.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 0 AND m.actor > 0
UNION ALL
SELECT m.height, m.tx_id, m.output_index AS line, 0 AS side, m.block_time, m.txid, m.body, 'transfer'::text AS kind,
       s.address_id, mes_internal.address_text(s.address) AS address,
       mes_internal.address_text(r.address) AS counterparty, c.asset_id, c.code AS asset, c.decimals, m.amount_units,
       m.output_index AS transfer_index
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = m.sender_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 0 AND m.actor = 0
UNION ALL
SELECT m.height, m.tx_id, m.output_index AS line, 0 AS side, m.block_time, m.txid, m.body, 'transfer'::text AS kind,
       s.address_id, mes_internal.address_text(s.address) AS address,
       mes_internal.address_text(r.address) AS counterparty, c.asset_id, c.code AS asset, c.decimals, m.amount_units,
       m.output_index AS transfer_index
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.actor_rows AS x ON x.tx_id = m.tx_id AND x.actor = m.actor
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = x.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 0 AND m.actor > 0
UNION ALL
SELECT m.height, m.tx_id, m.output_index, 1, m.block_time, m.txid, m.body,
       'issue', r.address_id, mes_internal.address_text(r.address), NULL, c.asset_id, c.code, c.decimals, m.amount_units, NULL
  FROM mes_internal.made_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
 WHERE m.kind = 2
UNION ALL
SELECT m.height, m.tx_id, m.output_index, 1, m.block_time, m.txid, NULL,
       'fees', r.address_id, mes_internal.address_text(r.address), NULL, c.asset_id, c.code, c.decimals, m.amount_units, NULL
  FROM mes_internal.fees_rows AS m
  JOIN mes_internal.address_rows AS r ON r.address_id = m.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
UNION ALL
SELECT u.tx_id >> 20, u.tx_id, (1 << 20) + u.burn_number, 0, b.block_time, t.txid, t.body,
       'burn', s.address_id, mes_internal.address_text(s.address), NULL, c.asset_id, c.code, c.decimals, u.amount_units, NULL
  FROM mes_internal.burn_rows AS u
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = u.tx_id AND t.tx_id >> 20 = u.tx_id >> 20
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20
  JOIN mes_internal.address_rows AS s ON s.address_id = u.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = u.asset_id
UNION ALL
SELECT t.tx_id >> 20, t.tx_id, 1 << 21, 0, b.block_time, t.txid, t.body,
       'fee', s.address_id, mes_internal.address_text(s.address), NULL, c.asset_id, c.code, c.decimals,
       mes_internal.transaction_fee(t.txid, t.body), NULL
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20
  JOIN mes_internal.address_rows AS s ON s.address_id = t.sender_id
  JOIN mes_internal.asset_rows AS c
    ON c.code = (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g)
 WHERE t.status = 0 AND mes_internal.transaction_fee(t.txid, t.body) > 0
   AND (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g) IS NOT NULL;
COMMENT ON VIEW mes_internal.movement_rows IS 'one row for each side of what moved, for mes.movements';

-- The lines of one account in (after, until]; inlined where it is called.
CREATE FUNCTION mes_internal.account_lines(own_id bigint, after bigint, until bigint)
RETURNS TABLE (tx_id bigint, line integer, side integer, kind text, asset_id integer, amount_units bigint,
               block_time timestamptz, txid bytea, body bytea, other_id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH acting AS (
  SELECT t.tx_id, t.first_output, t.output_count, t.block_time, t.txid, t.body, 0 AS actor
    FROM mes_internal.transaction_rows AS t
   WHERE t.sender_id = own_id AND t.tx_id >= (after + 1) << 20 AND t.tx_id < (until + 1) << 20 AND t.status = 0
  UNION ALL
  SELECT t.tx_id, t.first_output, t.output_count, t.block_time, t.txid, t.body, x.actor
    FROM mes_internal.actor_rows AS x
    JOIN mes_internal.transaction_rows AS t ON t.tx_id = x.tx_id
   WHERE x.address_id = own_id AND x.tx_id >= (after + 1) << 20 AND x.tx_id < (until + 1) << 20
)
SELECT t.tx_id, o.output_index, 1, CASE o.kind WHEN 0 THEN 'transfer' ELSE 'issue' END, o.asset_id, o.amount_units,
       t.block_time, t.txid, t.body, CASE WHEN o.kind = 0 THEN coalesce(x.address_id, t.sender_id) END
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
  LEFT JOIN mes_internal.actor_rows AS x ON o.actor > 0 AND x.tx_id = t.tx_id AND x.actor = o.actor
 WHERE o.address_id = own_id AND o.output_id >= (after + 1) << 20 AND o.output_id < (until + 1) << 20 AND o.kind IN (0, 2)
UNION ALL
SELECT (o.output_id >> 20 << 20) + o.position_in_block, o.output_index, 1, 'fees', o.asset_id, o.amount_units,
       b.block_time, mes_internal.fees_txid(o.output_id >> 20), NULL, NULL
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b ON b.height = o.output_id >> 20
 WHERE o.address_id = own_id AND o.output_id >= (after + 1) << 20 AND o.output_id < (until + 1) << 20 AND o.kind = 3
UNION ALL
SELECT t.tx_id, o.output_index, 0, 'transfer', o.asset_id, o.amount_units, t.block_time, t.txid, t.body, o.address_id
  FROM acting AS t
  JOIN mes_internal.output_rows AS o ON o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
                                    AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
 WHERE o.kind = 0 AND o.actor = t.actor
UNION ALL
SELECT t.tx_id, (1 << 20) + u.burn_number, 0, 'burn', u.asset_id, u.amount_units, t.block_time, t.txid, t.body, NULL
  FROM mes_internal.burn_rows AS u
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = u.tx_id
 WHERE u.address_id = own_id AND u.tx_id >= (after + 1) << 20 AND u.tx_id < (until + 1) << 20
UNION ALL
SELECT t.tx_id, 1 << 21, 0, 'fee', c.asset_id, mes_internal.transaction_fee(t.txid, t.body), t.block_time, t.txid, t.body,
       NULL
  FROM acting AS t
  JOIN mes_internal.asset_rows AS c
    ON c.code = (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g)
 WHERE t.actor = 0 AND mes_internal.transaction_fee(t.txid, t.body) > 0;
END;
REVOKE ALL ON FUNCTION mes_internal.account_lines(bigint, bigint, bigint) FROM PUBLIC;
COMMENT ON FUNCTION mes_internal.account_lines(bigint, bigint, bigint) IS 'the lines of one account in a range of blocks, the first left out';

CREATE FUNCTION mes_internal.balance_after(address_id bigint, asset_id integer, tx_id bigint, line integer, side integer)
RETURNS bigint LANGUAGE c STABLE STRICT PARALLEL RESTRICTED COST 100 AS 'MODULE_PATHNAME', 'mes_internal_balance_after';
COMMENT ON FUNCTION mes_internal.balance_after(bigint, integer, bigint, integer, integer) IS 'what an address owned of an asset after one line';

CREATE VIEW mes.movements AS
SELECT m.height, (m.tx_id & 1048575)::integer AS position, m.transfer_index, m.block_time, m.txid, m.kind, m.address,
       m.counterparty, m.asset, mes_internal.whole_units(m.amount_units, m.decimals) AS amount,
       CASE m.side WHEN 1 THEN mes_internal.whole_units(m.amount_units, m.decimals) END AS amount_in,
       CASE m.side WHEN 0 THEN mes_internal.whole_units(m.amount_units, m.decimals) END AS amount_out,
       mes_internal.whole_units(mes_internal.balance_after(m.address_id, m.asset_id, m.tx_id, m.line, m.side),
                                m.decimals) AS balance_after,
       CASE m.side WHEN 0 THEN m.address ELSE m.counterparty END AS from_address,
       CASE m.side WHEN 1 THEN m.address ELSE m.counterparty END AS to_address,
       mes_internal.transaction_reference(m.txid, m.body) AS reference,
       mes_internal.output_memo(m.txid, m.body, m.transfer_index) AS memo, m.line
  FROM mes_internal.movement_rows AS m;
COMMENT ON VIEW mes.movements IS 'the lines of every account: a payment is one for who paid and one for who was paid';
COMMENT ON COLUMN mes.movements.height IS 'block';
COMMENT ON COLUMN mes.movements.position IS 'place of the transaction in the block';
COMMENT ON COLUMN mes.movements.transfer_index IS 'number of the transfer, as in mes.transfers; null for issue, burn, fee and fees';
COMMENT ON COLUMN mes.movements.block_time IS 'chain time of the block';
COMMENT ON COLUMN mes.movements.txid IS 'transaction; of fees a name made from the height';
COMMENT ON COLUMN mes.movements.kind IS 'transfer, issue, burn, fee (what a sender paid) or fees (what the proposer of a block got)';
COMMENT ON COLUMN mes.movements.address IS 'whose line it is';
COMMENT ON COLUMN mes.movements.counterparty IS 'the other side of a transfer';
COMMENT ON COLUMN mes.movements.asset IS 'asset';
COMMENT ON COLUMN mes.movements.amount IS 'amount in whole units';
COMMENT ON COLUMN mes.movements.amount_in IS 'amount when it came in, else null';
COMMENT ON COLUMN mes.movements.amount_out IS 'amount when it went out, else null';
COMMENT ON COLUMN mes.movements.balance_after IS 'what the address owned of the asset after this line';
COMMENT ON COLUMN mes.movements.from_address IS 'who paid; null for issue and fees';
COMMENT ON COLUMN mes.movements.to_address IS 'who was paid; null for burn and fee';
COMMENT ON COLUMN mes.movements.reference IS 'reference of the transaction';
COMMENT ON COLUMN mes.movements.memo IS 'memo of the transfer';
COMMENT ON COLUMN mes.movements.line IS 'order of the lines of one transaction';

-- the same for one account, in a few index scans: its own rows by number, text only for what is shown.
-- Definer's rights: it names relations of the engine's schema, where its callers have no business.
CREATE FUNCTION mes.account_statement(address text, from_time timestamptz DEFAULT NULL, to_time timestamptz DEFAULT NULL)
RETURNS TABLE (block_time timestamptz, height bigint, "position" integer, line integer, txid bytea, kind text,
               counterparty text, asset text, amount_in numeric, amount_out numeric, balance_after numeric,
               reference text, memo text)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off SET max_parallel_workers_per_gather = 0
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
  own_bytes bytea := mes_internal.address_bytes(address);
  own_id bigint := (SELECT a.address_id FROM mes_internal.address_rows AS a WHERE a.address = own_bytes);
  -- times are of blocks: what is asked for is in (first, last], and the closing before first opens it
  first bigint := coalesce((SELECT b.height FROM mes_internal.block_rows AS b WHERE b.block_time < from_time
                             ORDER BY b.block_time DESC LIMIT 1), 0);
  last bigint := coalesce((SELECT b.height - 1 FROM mes_internal.block_rows AS b WHERE b.block_time >= to_time
                            ORDER BY b.block_time LIMIT 1),
                          (SELECT max(b.height) FROM mes_internal.block_rows AS b), 0);
  summed bigint := mes_internal.summed_until(first);
  closing bigint := mes_internal.closing_at(first);
BEGIN
  IF own_id IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH sums AS (
    SELECT l.*, sum(CASE l.side WHEN 1 THEN l.amount_units ELSE -l.amount_units END)
                  OVER (PARTITION BY l.asset_id ORDER BY l.tx_id, l.line, l.side) AS moved_units
      FROM mes_internal.account_lines(own_id, summed, last) AS l
  )
  SELECT m.block_time, m.tx_id >> 20, (m.tx_id & 1048575)::integer, m.line, m.txid, m.kind,
         mes_internal.address_text(a.address), c.code,
         CASE m.side WHEN 1 THEN mes_internal.whole_units(m.amount_units, c.decimals) END,
         CASE m.side WHEN 0 THEN mes_internal.whole_units(m.amount_units, c.decimals) END,
         mes_internal.whole_units((m.moved_units + coalesce(k.amount_units, 0))::bigint, c.decimals),
         mes_internal.transaction_reference(m.txid, m.body),
         CASE m.kind WHEN 'transfer' THEN mes_internal.output_memo(m.txid, m.body, m.line) END
    FROM sums AS m
    JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
    LEFT JOIN LATERAL (SELECT k.amount_units FROM mes_internal.closing_rows AS k
                        WHERE k.address_id = own_id AND k.asset_id = m.asset_id AND k.height <= closing
                        ORDER BY k.height DESC LIMIT 1) AS k ON true
    LEFT JOIN mes_internal.address_rows AS a ON a.address_id = m.other_id
   WHERE m.tx_id >= (first + 1) << 20
   ORDER BY m.tx_id, m.line, m.side;
END $$;
COMMENT ON FUNCTION mes.account_statement(text, timestamptz, timestamptz) IS 'the lines of an account from one moment to before another, as a bank statement has them';
