-- Where does the money of the best title go? From what was paid for it down to each holder and source.
WITH best AS (
  SELECT r.source_work_key
    FROM mes_bi.agg_revenue_day AS r JOIN mes_bi.dim_asset AS a USING (asset_key)
   WHERE a.code = 'CNY' GROUP BY 1 ORDER BY sum(r.amount) DESC LIMIT 1
), earned AS (
  SELECT f.work_key = f.source_work_key AS own, f.payee_account_key, sum(f.amount) AS amount
    FROM mes_bi.agg_payee_month AS f
   WHERE f.source_work_key = (SELECT source_work_key FROM best)
     AND f.asset_key = (SELECT asset_key FROM mes_bi.dim_asset WHERE code = 'CNY')
   GROUP BY 1, 2
), parts AS (
  SELECT CASE WHEN e.own THEN 'holder ' ELSE 'source ' END || p.address AS step, -e.amount AS amount
    FROM earned AS e JOIN mes_bi.dim_account AS p ON p.account_key = e.payee_account_key
   ORDER BY 2 LIMIT 12
), steps AS (
  SELECT 0 AS n, w.title || coalesce(' ' || w.title_zh, '') AS step, (SELECT -sum(amount) FROM parts) AS amount
    FROM best JOIN mes_bi.dim_work AS w ON w.work_key = best.source_work_key
  UNION ALL
  SELECT row_number() OVER (ORDER BY amount), step, amount FROM parts
)
SELECT n, step, amount, sum(amount) OVER (ORDER BY n) - amount AS from_amount, sum(amount) OVER (ORDER BY n) AS to_amount
  FROM steps ORDER BY n;
