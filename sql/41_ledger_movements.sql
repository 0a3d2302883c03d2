-- 41_ledger_movements.sql - who owns what, and how it came: outputs, balances, transfers, statements.
--
-- A payment's payer is the sender, found by an index, or another actor of a transaction signed by
-- several, found by the small index of those. So each is an arm of its own in the views below.

CREATE VIEW mes.outputs AS
SELECT t.txid, o.output_index, mes_internal.address_text(r.address) AS address, c.code AS asset,
       mes_internal.whole_units(o.amount_units, c.decimals) AS amount, b.height, b.block_time,
       CASE o.kind WHEN 0 THEN 'payment' WHEN 1 THEN 'change' ELSE 'issue' END AS kind,
       p.txid AS spent_txid, p.tx_id >> 20 AS spent_height
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
  LEFT JOIN mes_internal.spend_rows AS s ON s.output_id = o.output_id
  LEFT JOIN mes_internal.transaction_rows AS p ON p.tx_id = s.spent_tx_id;
COMMENT ON VIEW mes.outputs IS 'one row an output; unspent while spent_txid is null';
COMMENT ON COLUMN mes.outputs.txid IS 'transaction that made it';
COMMENT ON COLUMN mes.outputs.output_index IS 'its number there, from 0';
COMMENT ON COLUMN mes.outputs.address IS 'owner';
COMMENT ON COLUMN mes.outputs.asset IS 'asset';
COMMENT ON COLUMN mes.outputs.amount IS 'amount in whole units';
COMMENT ON COLUMN mes.outputs.height IS 'block that made it';
COMMENT ON COLUMN mes.outputs.block_time IS 'chain time of that block';
COMMENT ON COLUMN mes.outputs.kind IS 'payment, change or issue';
COMMENT ON COLUMN mes.outputs.spent_txid IS 'transaction that spent it, null while unspent';
COMMENT ON COLUMN mes.outputs.spent_height IS 'block of that transaction';

CREATE VIEW mes.balances AS
SELECT mes_internal.address_text(a.address) AS address, c.code AS asset,
       mes_internal.whole_units(pg_catalog.sum(o.amount_units)::bigint, c.decimals) AS amount
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.address_rows AS a ON a.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE NOT EXISTS (SELECT FROM mes_internal.spend_rows AS s WHERE s.output_id = o.output_id)
 GROUP BY a.address, c.code, c.decimals;
COMMENT ON VIEW mes.balances IS 'what each address owns now';
COMMENT ON COLUMN mes.balances.address IS 'owner';
COMMENT ON COLUMN mes.balances.asset IS 'asset';
COMMENT ON COLUMN mes.balances.amount IS 'amount in whole units';

CREATE FUNCTION mes.balances_at(height bigint)
RETURNS TABLE (address text, asset text, amount numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT mes_internal.address_text(a.address), c.code,
       mes_internal.whole_units(pg_catalog.sum(o.amount_units)::bigint, c.decimals)
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.address_rows AS a ON a.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.output_id < (balances_at.height + 1) << 20
   AND NOT EXISTS (SELECT FROM mes_internal.spend_rows AS s
                    WHERE s.output_id = o.output_id AND s.spent_tx_id < (balances_at.height + 1) << 20)
 GROUP BY a.address, c.code, c.decimals;
END;
COMMENT ON FUNCTION mes.balances_at(bigint) IS 'what each address owned after a block';

CREATE FUNCTION mes.height_at(at_time timestamptz)
RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN coalesce((SELECT b.height FROM mes_internal.block_rows AS b WHERE b.block_time <= at_time
                  ORDER BY b.block_time DESC LIMIT 1), 0);
COMMENT ON FUNCTION mes.height_at(timestamptz) IS 'the last block whose chain time is not after this moment; 0 before the first';

CREATE VIEW mes.transfers AS
SELECT b.height, o.position_in_block AS position, o.output_index AS transfer_index, b.block_time, t.txid,
       mes_internal.address_text(s.address) AS from_address, mes_internal.address_text(r.address) AS to_address,
       c.code AS asset, mes_internal.whole_units(o.amount_units, c.decimals) AS amount,
       mes_internal.transaction_reference(t.txid, t.body) AS reference,
       mes_internal.output_memo(t.txid, t.body, o.output_index) AS memo
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = t.sender_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 0 AND o.actor = 0
UNION ALL
SELECT b.height, o.position_in_block AS position, o.output_index AS transfer_index, b.block_time, t.txid,
       mes_internal.address_text(mes_internal.transaction_actor(t.txid, t.body, o.actor)) AS from_address, mes_internal.address_text(r.address) AS to_address,
       c.code AS asset, mes_internal.whole_units(o.amount_units, c.decimals) AS amount,
       mes_internal.transaction_reference(t.txid, t.body) AS reference,
       mes_internal.output_memo(t.txid, t.body, o.output_index) AS memo
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 0 AND o.actor > 0 AND t.actor_count > 1;
COMMENT ON VIEW mes.transfers IS 'one row a payment; change is left out';
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
SELECT b.height, t.tx_id, o.output_index AS line, 1 AS side, b.block_time, t.txid, t.body,
       'transfer'::text AS kind, mes_internal.address_text(r.address) AS address,
       mes_internal.address_text(s.address) AS counterparty, c.code AS asset, c.decimals,
       o.amount_units, o.output_index AS transfer_index
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = t.sender_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 0 AND o.actor = 0
UNION ALL
SELECT b.height, t.tx_id, o.output_index AS line, 1 AS side, b.block_time, t.txid, t.body,
       'transfer'::text AS kind, mes_internal.address_text(r.address) AS address,
       mes_internal.address_text(mes_internal.transaction_actor(t.txid, t.body, o.actor)) AS counterparty, c.code AS asset, c.decimals,
       o.amount_units, o.output_index AS transfer_index
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 0 AND o.actor > 0 AND t.actor_count > 1
UNION ALL
SELECT b.height, t.tx_id, o.output_index AS line, 0 AS side, b.block_time, t.txid, t.body,
       'transfer'::text AS kind, mes_internal.address_text(s.address) AS address,
       mes_internal.address_text(r.address) AS counterparty, c.code AS asset, c.decimals,
       o.amount_units, o.output_index AS transfer_index
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.address_rows AS s ON s.address_id = t.sender_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 0 AND o.actor = 0
UNION ALL
SELECT b.height, t.tx_id, o.output_index AS line, 0 AS side, b.block_time, t.txid, t.body,
       'transfer'::text AS kind, mes_internal.address_text(mes_internal.transaction_actor(t.txid, t.body, o.actor)) AS address,
       mes_internal.address_text(r.address) AS counterparty, c.code AS asset, c.decimals,
       o.amount_units, o.output_index AS transfer_index
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 0 AND o.actor > 0 AND t.actor_count > 1
UNION ALL
SELECT b.height, t.tx_id, o.output_index, 1, b.block_time, t.txid, t.body,
       'issue', mes_internal.address_text(r.address), NULL, c.code, c.decimals, o.amount_units, NULL
  FROM mes_internal.output_rows AS o
  JOIN mes_internal.block_rows AS b
    ON b.height = o.output_id >> 20 AND o.output_id >= b.height << 20 AND o.output_id < (b.height + 1) << 20
  JOIN mes_internal.transaction_rows AS t
    ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
   AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
   AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
  JOIN mes_internal.address_rows AS r ON r.address_id = o.address_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = o.asset_id
 WHERE o.kind = 2
UNION ALL
SELECT b.height, t.tx_id, (1 << 20) + u.operation_index, 0, b.block_time, t.txid, t.body,
       'burn', mes_internal.address_text(s.address), NULL, c.code, c.decimals, u.amount_units, NULL
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20
  JOIN mes_internal.address_rows AS s ON s.address_id = t.sender_id
 CROSS JOIN LATERAL mes_internal.transaction_burns(t.txid, t.body) AS u
  JOIN mes_internal.asset_rows AS c ON c.code = u.asset
 WHERE t.status = 0 AND t.operation IN (0, 3) AND u.actor = 0
UNION ALL
SELECT b.height, t.tx_id, (1 << 20) + u.operation_index, 0, b.block_time, t.txid, t.body,
       'burn', mes_internal.address_text(mes_internal.transaction_actor(t.txid, t.body, u.actor)), NULL, c.code, c.decimals, u.amount_units, NULL
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20
 CROSS JOIN LATERAL mes_internal.transaction_burns(t.txid, t.body) AS u
  JOIN mes_internal.asset_rows AS c ON c.code = u.asset
 WHERE t.status = 0 AND t.operation IN (0, 3) AND u.actor > 0 AND t.actor_count > 1
UNION ALL
SELECT b.height, t.tx_id, 1 << 21, 0, b.block_time, t.txid, t.body,
       'fee', mes_internal.address_text(s.address), NULL, c.code, c.decimals,
       mes_internal.transaction_fee(t.txid, t.body), NULL
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20
  JOIN mes_internal.address_rows AS s ON s.address_id = t.sender_id
  JOIN mes_internal.asset_rows AS c
    ON c.code = (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g)
 WHERE t.status = 0 AND mes_internal.transaction_fee(t.txid, t.body) > 0;
COMMENT ON VIEW mes_internal.movement_rows IS 'one row for each side of what moved, for mes.movements';

CREATE VIEW mes.movements AS
SELECT m.height, (m.tx_id & 1048575)::integer AS position, m.transfer_index, m.block_time, m.txid, m.kind, m.address,
       m.counterparty, m.asset, mes_internal.whole_units(m.amount_units, m.decimals) AS amount,
       CASE m.side WHEN 1 THEN mes_internal.whole_units(m.amount_units, m.decimals) END AS amount_in,
       CASE m.side WHEN 0 THEN mes_internal.whole_units(m.amount_units, m.decimals) END AS amount_out,
       mes_internal.whole_units(m.balance_units::bigint, m.decimals) AS balance_after,
       CASE m.side WHEN 0 THEN m.address ELSE m.counterparty END AS from_address,
       CASE m.side WHEN 1 THEN m.address ELSE m.counterparty END AS to_address,
       mes_internal.transaction_reference(m.txid, m.body) AS reference,
       mes_internal.output_memo(m.txid, m.body, m.transfer_index) AS memo, m.line
  FROM (SELECT r.*, pg_catalog.sum(CASE r.side WHEN 1 THEN r.amount_units ELSE -r.amount_units END)
                      OVER (PARTITION BY r.address, r.asset ORDER BY r.tx_id, r.line, r.side) AS balance_units
          FROM mes_internal.movement_rows AS r) AS m;
COMMENT ON VIEW mes.movements IS 'the lines of every account: a payment is one for who paid and one for who was paid';
COMMENT ON COLUMN mes.movements.height IS 'block';
COMMENT ON COLUMN mes.movements.position IS 'place of the transaction in the block';
COMMENT ON COLUMN mes.movements.transfer_index IS 'number of the transfer, as in mes.transfers; null for issue, burn and fee';
COMMENT ON COLUMN mes.movements.block_time IS 'chain time of the block';
COMMENT ON COLUMN mes.movements.txid IS 'transaction';
COMMENT ON COLUMN mes.movements.kind IS 'transfer, issue, burn or fee';
COMMENT ON COLUMN mes.movements.address IS 'whose line it is';
COMMENT ON COLUMN mes.movements.counterparty IS 'the other side of a transfer';
COMMENT ON COLUMN mes.movements.asset IS 'asset';
COMMENT ON COLUMN mes.movements.amount IS 'amount in whole units';
COMMENT ON COLUMN mes.movements.amount_in IS 'amount when it came in, else null';
COMMENT ON COLUMN mes.movements.amount_out IS 'amount when it went out, else null';
COMMENT ON COLUMN mes.movements.balance_after IS 'what the address owned of the asset after this line';
COMMENT ON COLUMN mes.movements.from_address IS 'who paid; null for an issue';
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
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000 SET search_path = pg_catalog, pg_temp SET jit = off SET enable_seqscan = off SET max_parallel_workers_per_gather = 0 AS $$
#variable_conflict use_column
DECLARE
  own_bytes bytea := mes_internal.address_bytes(address);
  own_id bigint := (SELECT a.address_id FROM mes_internal.address_rows AS a WHERE a.address = own_bytes);
  fee_asset_id integer := (SELECT c.asset_id FROM mes_internal.asset_rows AS c, mes_internal.genesis_rows AS g
                            WHERE c.code = g.document -> 'parameters' ->> 'fee_asset');
BEGIN
  IF own_id IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
  WITH acting AS (
    SELECT t.tx_id, t.first_output, t.output_count, t.operation, t.block_time, t.txid, t.body, t.sender_id
      FROM mes_internal.transaction_rows AS t WHERE t.sender_id = own_id AND t.status = 0
    UNION ALL
    SELECT t.tx_id, t.first_output, t.output_count, t.operation, t.block_time, t.txid, t.body, t.sender_id
      FROM (SELECT DISTINCT s.spent_tx_id FROM mes_internal.output_rows AS o
              JOIN mes_internal.spend_rows AS s ON s.output_id = o.output_id
             WHERE o.address_id = own_id) AS x
      JOIN mes_internal.transaction_rows AS t ON t.tx_id = x.spent_tx_id AND t.actor_count > 1 AND t.sender_id <> own_id
  ), lines AS (
    SELECT t.tx_id, o.output_index AS line, 1 AS side, CASE o.kind WHEN 0 THEN 'transfer' ELSE 'issue' END AS kind,
           o.asset_id, o.amount_units, t.block_time, t.txid, t.body,
           CASE WHEN o.kind = 0 AND o.actor = 0 THEN t.sender_id END AS other_id,
           CASE WHEN o.kind = 0 AND o.actor > 0 THEN mes_internal.transaction_actor(t.txid, t.body, o.actor) END AS other
      FROM mes_internal.output_rows AS o
      JOIN mes_internal.transaction_rows AS t ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
     WHERE o.address_id = own_id AND o.kind IN (0, 2)
    UNION ALL
    SELECT t.tx_id, o.output_index, 0, 'transfer', o.asset_id, o.amount_units, t.block_time, t.txid, t.body, o.address_id, NULL
      FROM acting AS t
      JOIN mes_internal.output_rows AS o ON o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
                                        AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
     WHERE o.kind = 0 AND CASE o.actor WHEN 0 THEN t.sender_id = own_id
                          ELSE mes_internal.transaction_actor(t.txid, t.body, o.actor) = own_bytes END
    UNION ALL
    SELECT t.tx_id, (1 << 20) + u.operation_index, 0, 'burn', c.asset_id, u.amount_units, t.block_time, t.txid, t.body, NULL, NULL
      FROM acting AS t, LATERAL mes_internal.transaction_burns(t.txid, t.body) AS u
      JOIN mes_internal.asset_rows AS c ON c.code = u.asset
     WHERE t.operation IN (0, 3) AND mes_internal.transaction_actor(t.txid, t.body, u.actor) = own_bytes
    UNION ALL
    SELECT t.tx_id, 1 << 21, 0, 'fee', fee_asset_id, mes_internal.transaction_fee(t.txid, t.body), t.block_time, t.txid,
           t.body, NULL, NULL
      FROM acting AS t
     WHERE fee_asset_id IS NOT NULL AND t.sender_id = own_id AND mes_internal.transaction_fee(t.txid, t.body) > 0
  ), sums AS (
    SELECT l.*, sum(CASE l.side WHEN 1 THEN l.amount_units ELSE -l.amount_units END)
                  OVER (PARTITION BY l.asset_id ORDER BY l.tx_id, l.line, l.side) AS balance_units
      FROM lines AS l
  )
  SELECT m.block_time, m.tx_id >> 20, (m.tx_id & 1048575)::integer, m.line, m.txid, m.kind,
         mes_internal.address_text(coalesce(a.address, m.other)), c.code,
         CASE m.side WHEN 1 THEN mes_internal.whole_units(m.amount_units, c.decimals) END,
         CASE m.side WHEN 0 THEN mes_internal.whole_units(m.amount_units, c.decimals) END,
         mes_internal.whole_units(m.balance_units::bigint, c.decimals),
         mes_internal.transaction_reference(m.txid, m.body),
         CASE m.kind WHEN 'transfer' THEN mes_internal.output_memo(m.txid, m.body, m.line) END
    FROM sums AS m
    JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
    LEFT JOIN mes_internal.address_rows AS a ON a.address_id = m.other_id
   WHERE (from_time IS NULL OR m.block_time >= from_time) AND (to_time IS NULL OR m.block_time < to_time)
   ORDER BY m.tx_id, m.line, m.side;
END $$;
COMMENT ON FUNCTION mes.account_statement(text, timestamptz, timestamptz) IS 'the lines of an account from one moment to before another, as a bank statement has them';
