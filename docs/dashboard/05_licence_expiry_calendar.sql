-- When do licences end? Those in force, by month of their end and territory, for two years.
SELECT to_char(l.valid_until, 'YYYY-MM') AS ends_in, t.name_en || ' ' || t.name_zh AS territory, count(*) AS licences
  FROM mes_bi.dim_licence AS l
  JOIN mes_bi.dim_territory AS t USING (territory_key)
 WHERE l.status = 'active' AND l.valid_until >= (SELECT max(block_time) FROM mes_bi.fact_block)
   AND l.valid_until < (SELECT max(block_time) FROM mes_bi.fact_block) + interval '2 years'
 GROUP BY 1, 2 ORDER BY 1, 2;
