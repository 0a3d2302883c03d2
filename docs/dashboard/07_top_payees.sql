-- Who earns most? The fifteen accounts with the greatest royalties, by reason.
WITH earned AS (
  SELECT payee_account_key, reason, sum(amount) AS revenue
    FROM mes_bi.agg_payee_month
   WHERE asset_key = (SELECT asset_key FROM mes_bi.dim_asset WHERE code = 'CNY')
   GROUP BY 1, 2
), ranked AS (
  SELECT *, sum(revenue) OVER (PARTITION BY payee_account_key) AS total FROM earned
)
SELECT p.address AS payee, r.reason, r.revenue, r.total
  FROM (SELECT *, dense_rank() OVER (ORDER BY total DESC, payee_account_key) AS place FROM ranked) AS r
  JOIN mes_bi.dim_account AS p ON p.account_key = r.payee_account_key
 WHERE r.place <= 15 ORDER BY r.total DESC, r.reason;
