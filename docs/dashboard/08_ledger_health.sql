-- Is the ledger well? Transactions decided and refused, and the longest wait for a block, in sixty steps.
WITH span AS (
  SELECT min(height) AS low, greatest((max(height) - min(height)) / 60 + 1, 1) AS step FROM mes_bi.fact_block
)
SELECT (b.height - s.low) / s.step AS n, min(b.block_time) AS since, min(b.height) AS from_height,
       sum(b.tx_count - b.refused_count) AS decided, sum(b.refused_count) AS refused, max(b.since_previous_time) AS longest_wait_ms
  FROM mes_bi.fact_block AS b, span AS s GROUP BY 1 ORDER BY 1;
