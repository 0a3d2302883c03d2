-- film_market.sql - rows of a film market in mes_bi, as blocks of a ledger would leave them, for what
-- needs many at once: the dashboard's test and its figures. Seeded, so that every run has the same.
-- Heights and keys are far above those of the ledger. psql variables: royalties (how many rows, in fact_royalty and again in fact_transfer), works.
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
SET session_replication_role = replica; -- the rows refer to each other; a million look-ups say so no better
SELECT setseed(0.42);
SELECT coalesce(max(height), 0) + 1000000 AS base, coalesce(max(block_time), '2026-11-20 12:00+00') AS tip_time FROM mes_bi.fact_block \gset
SELECT :royalties / 40 + 1 AS blocks \gset

INSERT INTO mes_bi.dim_member VALUES (0, 'bank1', repeat('0', 64)) ON CONFLICT DO NOTHING;
-- from a million on: 2 to 31 studios and authors, 32 to 55 platforms and distributors
INSERT INTO mes_bi.dim_account
SELECT 1000000 + k, 'mes1market' || lpad(k::text, 52, 'q'), 1, :'tip_time', to_char(:'tip_time'::timestamptz, 'YYYYMMDD')::bigint
  FROM generate_series(1, 60) AS k;
INSERT INTO mes_bi.dim_asset VALUES (1000000, 'CNY', 2, 1000001, true, 1, :'tip_time') ON CONFLICT DO NOTHING;
SELECT asset_key AS cny FROM mes_bi.dim_asset WHERE code = 'CNY' \gset

CREATE TEMP TABLE titles AS
SELECT row_number() OVER () AS n, * FROM (VALUES
  ('River of Lanterns', '灯河'), ('The Last Tea Road', '最后的茶马古道'), ('Snow over Harbin', '哈尔滨之雪'),
  ('Paper Kites', '纸鸢'), ('A Letter to Lhasa', '寄往拉萨的信'), ('The Clockmaker of Lyon', '里昂的钟表匠'),
  ('Nine Dragons Alley', '九龙巷'), ('Salt and Silk', '盐与丝'), ('The Night Ferry', '夜航船'),
  ('Orchard of Glass', '玻璃果园'), ('Autumn in Turpan', '吐鲁番之秋'), ('The Silent Drum', '无声鼓'),
  ('Moon Gate', '月门'), ('Iron Swallows', '铁燕'), ('Summer of the Cicadas', '蝉夏'), ('The Cartographer', '制图师'),
  ('Blue Porcelain', '青花'), ('Beyond the Pass', '出塞'), ('Seventh Reel', '第七盘胶片'), ('The Understudy', '替角')
) AS t (title, title_zh);
INSERT INTO mes_bi.dim_work
SELECT w, encode(sha256(convert_to('work' || w, 'UTF8')), 'hex'),
       t.title || CASE WHEN w > 20 THEN ', part ' || (w - 1) / 20 + 1 ELSE '' END,
       t.title_zh || CASE WHEN w > 20 THEN '（' || (w - 1) / 20 + 1 || '）' ELSE '' END,
       (ARRAY['film', 'film', 'series', 'documentary', 'animation'])[w % 5 + 1], NULL, NULL, NULL,
       encode(sha256(convert_to('content' || w, 'UTF8')), 'hex'), 1000002 + w % 30, 1, :'tip_time'
  FROM generate_series(1, :works) AS w JOIN titles AS t ON t.n = (w - 1) % 20 + 1;

-- who holds what: four holders a work, 40, 30, 20 and 10 per cent
INSERT INTO mes_bi.fact_share_change
SELECT w * 4 + h, 1, :'tip_time', to_char(:'tip_time'::timestamptz, 'YYYYMMDD')::bigint, w, 1000002 + (w * 7 + h * 5) % 30, 0, 0,
       (4 - h) * 100000, encode(sha256(convert_to('share' || w, 'UTF8')), 'hex'), (4 - h) / 10.0
  FROM generate_series(1, :works) AS w, generate_series(0, 3) AS h;

-- ten licences a work: a territory, a medium, one to three years
INSERT INTO mes_bi.dim_licence
SELECT w * 10 + l, encode(sha256(convert_to('licence' || w || '.' || l, 'UTF8')), 'hex'), w, 1000002 + w % 30, 1000032 + (w * 3 + l * 7) % 24,
       t.territory_key, 1 + (w + l) % 5, CASE WHEN l % 4 = 0 THEN 1 ELSE 0 END, t.iso_code, CASE WHEN (w + l) % 17 = 0 THEN 'revoked' ELSE 'active' END,
       date_trunc('month', :'tip_time'::timestamptz) - interval '1 month' * ((w * l) % 12 + 1),
       date_trunc('month', :'tip_time'::timestamptz) + interval '1 month' * ((w * 5 + l * 3) % 24 + 1), 1, :'tip_time', 1
  FROM generate_series(1, :works) AS w, generate_series(0, 9) AS l
  JOIN mes_bi.dim_territory AS t ON t.iso_code = (ARRAY['CN', 'US', 'FR', 'DE', 'JP', 'KR', 'GB', 'HK', 'SG', 'BR'])[l + 1];
INSERT INTO mes_bi.fact_licence_sale
SELECT l.licence_key, 1 + l.licence_key % :blocks, l.valid_from, to_char(l.valid_from, 'YYYYMMDD')::bigint, l.licence_key, l.work_key,
       l.licensor_account_key, l.licensee_account_key, l.territory_key, l.medium_key, l.licence_kind_key, :cny, 0, l.licence_id_hex,
       (5 + l.licence_key % 46) * 10000
  FROM mes_bi.dim_licence AS l WHERE l.licence_key > 0;

-- a year of usage reports: each pays four holders, its reference names the month
CREATE TEMP TABLE reports AS
SELECT r, (random() ^ 2 * :works * 10)::integer AS pick, (random() * 11.999)::integer AS months_ago,
       round((50 + random() * 5000)::numeric, 2) AS amount
  FROM generate_series(1, :royalties::bigint / 4) AS r;
CREATE TEMP TABLE paid AS
SELECT r.r, l.*, m.period, r.amount, 'usage ' AS kind
  FROM reports AS r JOIN mes_bi.dim_licence AS l ON l.licence_key = 10 + least(r.pick, :works * 10 - 1),
       LATERAL (SELECT date_trunc('month', :'tip_time'::timestamptz) - interval '1 month' * r.months_ago AS period) AS m;
INSERT INTO mes_bi.fact_royalty
SELECT ((:base + p.r / 10) << 20) + (p.r % 10) * 4 + h, :base + p.r / 10, :'tip_time'::timestamptz + interval '1 second' * (p.r / 10),
       to_char(:'tip_time'::timestamptz + interval '1 second' * (p.r / 10), 'YYYYMMDD')::bigint,
       to_char(p.period, 'YYYYMMDD')::bigint, p.work_key, p.work_key, p.licensee_account_key, 1000002 + (p.work_key * 7 + h * 5) % 30, p.licence_key,
       p.territory_key, p.medium_key, :cny, (p.r % 10)::integer, h, 'usage', encode(sha256(convert_to(p.r::text, 'UTF8')), 'hex'),
       round(p.amount * (4 - h) / 10, 2), to_char(p.period, 'YYYY-MM') || ' usage report ' || p.r
  FROM paid AS p, generate_series(0, 3) AS h;
INSERT INTO mes_bi.fact_transfer
SELECT royalty_key, height, block_time, date_key, payer_account_key, payee_account_key, asset_key, position, transfer_index, 'pay_royalty',
       txid_hex, amount, reference, NULL
  FROM mes_bi.fact_royalty WHERE height >= :base;
INSERT INTO mes_bi.fact_block
SELECT h, h, min(f.block_time), min(f.date_key), 0, count(DISTINCT f.position) + (h % 50 = 0)::integer, (h % 50 = 0)::integer, count(*), 1000,
       encode(sha256(convert_to('block' || h, 'UTF8')), 'hex'), encode(sha256(convert_to('root' || h, 'UTF8')), 'hex'), 0
  FROM mes_bi.fact_royalty AS f, LATERAL (SELECT f.height AS h) AS x WHERE f.height >= :base GROUP BY h ORDER BY h;
INSERT INTO mes_bi.fact_refusal
SELECT (b.height << 20) + 999, b.height, b.block_time, b.date_key, 1000032 + b.height % 24, 10, 'buy_licence',
       (ARRAY['input_spent', 'licence_overlap', 'payment_short', 'duplicate'])[b.height / 50 % 4 + 1], 'MC000', b.block_hash_hex, NULL
  FROM mes_bi.fact_block AS b WHERE b.refused_count > 0 AND b.height >= :base;
INSERT INTO mes_bi.agg_revenue_day
SELECT min(royalty_key), max(height), max(block_time), period_date_key, source_work_key, territory_key, medium_key, asset_key, reason, count(*), sum(amount)
  FROM mes_bi.fact_royalty WHERE height >= :base GROUP BY 4, 5, 6, 7, 8, 9;
INSERT INTO mes_bi.agg_payee_month
SELECT min(royalty_key), max(height), max(block_time), period_date_key / 100 * 100 + 1, source_work_key, work_key, payee_account_key, asset_key,
       reason, count(*), sum(amount)
  FROM mes_bi.fact_royalty WHERE height >= :base GROUP BY 4, 5, 6, 7, 8, 9;
ANALYZE;
