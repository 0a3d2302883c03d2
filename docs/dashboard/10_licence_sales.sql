-- What is sold? Licences and their prices by medium and kind.
SELECT m.name_en || ' ' || m.name_zh AS medium, k.name_en || ' ' || k.name_zh AS kind, count(*) AS licences, sum(s.amount) AS revenue
  FROM mes_bi.fact_licence_sale AS s
  JOIN mes_bi.dim_medium AS m USING (medium_key)
  JOIN mes_bi.dim_licence_kind AS k USING (licence_kind_key)
  JOIN mes_bi.dim_asset AS a USING (asset_key)
 WHERE a.code = 'CNY' GROUP BY 1, 2 ORDER BY 4 DESC;
