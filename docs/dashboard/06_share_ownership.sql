-- Who owns the titles? The holders' shares of the twelve titles that earn most, as they stand.
WITH best AS (
  SELECT r.source_work_key AS work_key, row_number() OVER (ORDER BY sum(r.amount) DESC) AS place
    FROM mes_bi.agg_revenue_day AS r JOIN mes_bi.dim_asset AS a USING (asset_key)
   WHERE a.code = 'CNY' GROUP BY 1 ORDER BY 2 LIMIT 12
), now AS (
  SELECT DISTINCT ON (s.work_key, s.account_key) s.work_key, s.account_key, s.share_ppm_after
    FROM mes_bi.fact_share_change AS s JOIN best USING (work_key)
   ORDER BY s.work_key, s.account_key, s.share_change_key DESC
)
SELECT b.place, w.title || coalesce(' ' || w.title_zh, '') AS label, p.address AS holder, n.share_ppm_after / 10000.0 AS per_cent
  FROM now AS n
  JOIN best AS b USING (work_key)
  JOIN mes_bi.dim_work AS w USING (work_key)
  JOIN mes_bi.dim_account AS p USING (account_key)
 WHERE n.share_ppm_after > 0 ORDER BY 1, 4 DESC;
