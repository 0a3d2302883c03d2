-- Which titles earn most? The twenty with the greatest revenue of the last twelve months.
SELECT w.title, w.title_zh, w.title || coalesce(' ' || w.title_zh, '') AS label, sum(r.amount) AS revenue
  FROM mes_bi.agg_revenue_day AS r
  JOIN mes_bi.dim_work AS w ON w.work_key = r.source_work_key
  JOIN mes_bi.dim_asset AS a USING (asset_key)
  JOIN mes_bi.dim_date AS d USING (date_key)
 WHERE a.code = 'CNY' AND d.calendar_date > (SELECT max(block_time)::date FROM mes_bi.fact_block) - 366
 GROUP BY 1, 2, 3 ORDER BY revenue DESC LIMIT 20;
