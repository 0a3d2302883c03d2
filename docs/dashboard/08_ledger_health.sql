-- Is the ledger well? Of the last 6,000 blocks, transactions decided and refused, and the longest wait for a
-- block, in sixty steps.
WITH span AS (
  SELECT s.low, greatest((s.high - s.low) / 60 + 1, 1) AS step
    FROM (SELECT greatest(max(block_key) - 5999, min(block_key)) AS low, max(block_key) AS high FROM mes_bi.fact_block) AS s
)
SELECT (b.height - s.low) / s.step AS n, min(b.block_time) AS since, min(b.height) AS from_height,
       sum(b.tx_count - b.refused_count) AS decided, sum(b.refused_count) AS refused, max(b.since_previous_time) AS longest_wait_ms
  FROM span AS s JOIN mes_bi.fact_block AS b ON b.block_key >= s.low GROUP BY 1 ORDER BY 1;
