-- storage_ccc: minting, node shares, traffic and sleep against a twin written on numeric
-- the whitepaper's own numbers
SELECT mes.ccc_minted(2::numeric ^ 30 * 524288) AS one_gib_for_a_period,
       mes.ccc_minted(2::numeric ^ 60) AS one_eib_for_a_minute,
       mes.ccc_minted(2::numeric ^ 50 * 524288) AS one_pib_for_a_period,
       mes.ccc_minted(2::numeric ^ 50) AS one_pib_for_a_minute;
SELECT mes.ccc_minted(30 * 2::numeric ^ 78) AS at_the_end, mes.ccc_minted(2::numeric ^ 120) AS ever_after,
       mes.ccc_minted(30 * 2::numeric ^ 78 - 2::numeric ^ 52) AS shortly_before,
       30 * 2::numeric ^ 78 / 2::numeric ^ 60 AS minutes_at_one_eib,
       round(30 * 2::numeric ^ 78 / 2::numeric ^ 60 / (1440 * 365.2425), 2) AS years;
SELECT mes.ccc_stage(0) AS first, mes.ccc_stage(2::numeric ^ 78 - 1) AS still, mes.ccc_stage(2::numeric ^ 78) AS next,
       mes.ccc_stage(30 * 2::numeric ^ 78 - 1) AS last, mes.ccc_stage(30 * 2::numeric ^ 78) AS ended;

-- the twin adds stage by stage, in a loop, as the rule is told
CREATE FUNCTION pg_temp.minted(q numeric) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  left_over numeric := q;
  minted numeric := 0;
  gib_per_ccc numeric := 1;
BEGIN
  FOR stage IN 0 .. 29 LOOP
    EXIT WHEN left_over <= 0;
    minted := minted + div(least(left_over, 2::numeric ^ 78) * 100000000,
                           gib_per_ccc * 1073741824 * 524288) / 100000000;
    left_over := left_over - 2::numeric ^ 78;
    gib_per_ccc := gib_per_ccc * 2;
  END LOOP;
  RETURN minted;
END $$;
SELECT setseed(0.5);
SELECT count(*) AS tried, count(*) FILTER (WHERE mes.ccc_minted(q) <> pg_temp.minted(q)) AS differ
  FROM (SELECT trunc(random()::numeric * 31 * 2::numeric ^ (78 - i % 60)) AS q FROM generate_series(1, 5000) AS i) AS t;

-- nodes: a minute that crosses a border, and the sum of what they are owed
SELECT * FROM mes.ccc_minute(2::numeric ^ 78 - 1000, 3000, 1000);
SELECT * FROM mes.ccc_minute(0, 2::numeric ^ 61, 2::numeric ^ 60);
SELECT * FROM mes.ccc_minute(30 * 2::numeric ^ 78, 3000, 1000);
SELECT mes.ccc_owed(ARRAY[2::numeric ^ 49, 2::numeric ^ 49, 2::numeric ^ 49]) AS one_and_a_half_and_a_quarter;
SELECT count(*) AS tried, count(*) FILTER (WHERE mes.ccc_owed(stages) <> twin) AS differ
  FROM (SELECT array_agg(q ORDER BY k) AS stages, sum(trunc(q * 100000000 / 2::numeric ^ (49 + k)) / 100000000) AS twin
          FROM generate_series(1, 300) AS i, generate_series(0, 29) AS k,
               LATERAL (SELECT trunc(random()::numeric * 2::numeric ^ (20 + (i + k) % 59)) AS q) AS r
         GROUP BY i) AS t;

-- traffic: share of the pool times stability, floored; never more than the pool
SELECT count(*) AS tried, count(*) FILTER (WHERE mes.ccc_traffic_reward(pool, bytes, all_bytes, ppm) <>
         trunc(div(pool * 100000000 * bytes * ppm, 1000000 * all_bytes)) / 100000000) AS differ
  FROM (SELECT trunc(random()::numeric * 1073741824, 8) AS pool, trunc(random()::numeric * 2::numeric ^ (i % 90)) AS bytes,
               2::numeric ^ (i % 90) + i AS all_bytes, (random() * 1000000)::int AS ppm
          FROM generate_series(1, 3000) AS i) AS t;
SELECT mes.ccc_traffic_fee(123.45) AS fee, mes.ccc_traffic_fee(123.45, 1000000) AS whole,
       mes.ccc_stability(0, 0) AS new_node, mes.ccc_stability(2, 3) AS two_of_three, mes.ccc_stability(0, 5) AS none_of_five,
       mes.ccc_node_score(200000, 100000, 300000) AS score;

-- sleep: 1,000 a block, the longest asleep first, as ORDER BY ... LIMIT says
SELECT height, mes.ccc_dormant_state(100, height)
  FROM unnest(ARRAY[100, 458851, 458852, 524387, 524388]::bigint[]) AS height;
CREATE TEMP TABLE sleepers AS
SELECT i AS position, sha256(i::text::bytea) AS id, (i * 7919 % 3000)::bigint AS last_active_height, i % 10 = 0 AS exempt
  FROM generate_series(1, 3000) AS i;
SELECT height, cardinality(swept) AS swept, swept = ARRAY(SELECT position::bigint FROM sleepers
         WHERE NOT exempt AND last_active_height + 524288 <= height ORDER BY last_active_height, id LIMIT 1000) AS same
  FROM unnest(ARRAY[524287, 524288, 524800, 530000]::bigint[]) AS height,
       LATERAL (SELECT mes.ccc_dormant_sweep(array_agg(id ORDER BY position), array_agg(last_active_height ORDER BY position),
                  array_agg(exempt ORDER BY position), height) AS swept FROM sleepers) AS s;

-- what raises an error raises it with a code
CREATE FUNCTION pg_temp.refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT pg_temp.refusal(query) FROM (VALUES
  ($$SELECT mes.ccc_minted(-1)$$),
  ($$SELECT mes.ccc_minted(0.5)$$),
  ($$SELECT mes.ccc_minted('NaN')$$),
  ($$SELECT mes.ccc_minted(2::numeric ^ 120 + 1)$$),
  ($$SELECT mes.ccc_minute(0, 1, 2)$$),
  ($$SELECT mes.ccc_owed(array_fill(0::numeric, ARRAY[31]))$$),
  ($$SELECT mes.ccc_owed(ARRAY[2::numeric ^ 78 + 1])$$),
  ($$SELECT mes.ccc_traffic_reward(1.000000001, 1, 1, 1)$$),
  ($$SELECT mes.ccc_traffic_reward(1, 2, 1, 1)$$),
  ($$SELECT mes.ccc_traffic_reward(1, 1, 1, 1000001)$$),
  ($$SELECT mes.ccc_stability(2, 1)$$),
  ($$SELECT mes.ccc_dormant_sweep('{a}', '{1}', '{f}', 1)$$),
  ($$SELECT mes.ccc_dormant_sweep('{}', '{1}', '{f}', 1)$$)
) AS tried (query);
