-- Where and when is it earned? Revenue by territory and month.
SELECT d.year_month, t.name_en || ' ' || t.name_zh AS territory, sum(r.amount) AS revenue
  FROM mes_bi.agg_revenue_day AS r
  JOIN mes_bi.dim_territory AS t USING (territory_key)
  JOIN mes_bi.dim_asset AS a USING (asset_key)
  JOIN mes_bi.dim_date AS d USING (date_key)
 WHERE a.code = 'CNY' AND d.calendar_date > (SELECT max(block_time)::date FROM mes_bi.fact_block) - 366
 GROUP BY 1, 2 ORDER BY 1, 2;
