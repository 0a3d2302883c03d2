-- What was refused, and why?
SELECT cause, operation, count(*) AS refused FROM mes_bi.fact_refusal GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2;
