-- bi_rights: works, shares, licences and what owners earned stand in mes_bi with the block that decided them.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('studio') AS studio \gset
SELECT mes.create_account('writer') AS writer \gset
SELECT mes.create_account('platform') AS platform \gset
CREATE FUNCTION party(key bigint) RETURNS text LANGUAGE sql AS
  $$ SELECT CASE key WHEN 0 THEN 'nobody' ELSE who((SELECT address FROM mes_bi.dim_account WHERE account_key = key)) END $$;
SET meschain.account = 'platform';
SELECT mes.issue_asset('CNY', 1000000, 2) IS NOT NULL AS submitted;

-- the writer has had no payment yet: a holder is an account of reports from its first share on
SET meschain.account = 'studio';
SELECT mes.register_work('River of Lanterns', sha256('film'), title_zh => '灯河',
                         shares => jsonb_build_object(:'studio', 700000, :'writer', 300000)) IS NOT NULL AS submitted;
SELECT encode(mes.work_id(sha256('film')), 'hex') AS work \gset
SELECT title, title_zh, kind, work_id_hex = :'work' AS same_id, party(registrant_account_key) AS registrant FROM mes_bi.dim_work WHERE work_key > 0;
SELECT party(account_key) AS holder, share_ppm_before, share_ppm_after, amount FROM mes_bi.fact_share_change ORDER BY 1;

-- a licence on offer, bought, used
SELECT mes.grant_licence(decode(:'work', 'hex'), 'CN-GD', 'streaming', 1000, 'CNY', valid_from => '2026-01-01', valid_until => '2051-01-01',
                         royalty_ppm => 50000, exclusive => true, revocation_notice => '30 days') IS NOT NULL AS submitted;
SELECT encode(licence_id, 'hex') AS licence FROM mes.licences \gset
SELECT status, party(licensor_account_key) AS licensor, party(licensee_account_key) AS licensee, granted_height = changed_height AS unchanged
  FROM mes_bi.dim_licence WHERE licence_key > 0;
SET meschain.account = 'platform';
SELECT mes.buy_licence(decode(:'licence', 'hex')) IS NOT NULL AS submitted;
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000001', '2026-03 streaming');
SELECT mes.pay_royalty(licence_id => decode(:'licence', 'hex'), revenue => 20000) IS NOT NULL AS submitted;
COMMIT;
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000002', '2026-03 late report');
SELECT mes.pay_royalty(licence_id => decode(:'licence', 'hex'), revenue => 1000) IS NOT NULL AS submitted;
COMMIT;
SELECT mes.pay_royalty(decode(:'work', 'hex'), 100, 'CNY') IS NOT NULL AS submitted;

SELECT l.status, party(licensee_account_key) AS licensee, t.iso_code, territory_code, m.code AS medium, k.code AS kind, valid_until AT TIME ZONE 'UTC' AS valid_until
  FROM mes_bi.dim_licence AS l JOIN mes_bi.dim_territory AS t USING (territory_key) JOIN mes_bi.dim_medium AS m USING (medium_key)
  JOIN mes_bi.dim_licence_kind AS k USING (licence_kind_key) WHERE licence_key > 0;
SELECT party(licensor_account_key) AS licensor, party(licensee_account_key) AS licensee, t.name_zh, amount
  FROM mes_bi.fact_licence_sale JOIN mes_bi.dim_territory AS t USING (territory_key);
SELECT d.year_month, party(payer_account_key) AS payer, party(payee_account_key) AS payee, t.iso_code, m.code AS medium, reason, amount,
       period_date_key = f.date_key AS of_the_block, reference
  FROM mes_bi.fact_royalty AS f JOIN mes_bi.dim_territory AS t USING (territory_key) JOIN mes_bi.dim_medium AS m USING (medium_key)
  JOIN mes_bi.dim_date AS d ON d.date_key = f.period_date_key AND f.reason = 'revenue' ORDER BY f.height, amount;

-- revenue is the sum of royalties, kept by the block: no row
SELECT * FROM (SELECT date_key, source_work_key, territory_key, medium_key, asset_key, reason, royalty_count, amount FROM mes_bi.agg_revenue_day) AS a
  FULL JOIN (SELECT period_date_key AS date_key, source_work_key, territory_key, medium_key, asset_key, reason, count(*) AS royalty_count, sum(amount) AS amount
               FROM mes_bi.fact_royalty GROUP BY 1, 2, 3, 4, 5, 6) AS f
 USING (date_key, source_work_key, territory_key, medium_key, asset_key, reason, royalty_count, amount)
 WHERE a IS NULL OR f IS NULL;
SELECT reason, royalty_count, amount FROM mes_bi.agg_revenue_day ORDER BY revenue_key;
SELECT * FROM (SELECT date_key, source_work_key, work_key, payee_account_key, asset_key, reason, royalty_count, amount FROM mes_bi.agg_payee_month) AS a
  FULL JOIN (SELECT period_date_key / 100 * 100 + 1 AS date_key, source_work_key, work_key, payee_account_key, asset_key, reason,
                    count(*) AS royalty_count, sum(amount) AS amount
               FROM mes_bi.fact_royalty GROUP BY 1, 2, 3, 4, 5, 6) AS f
 USING (date_key, source_work_key, work_key, payee_account_key, asset_key, reason, royalty_count, amount)
 WHERE a IS NULL OR f IS NULL;
SELECT party(payee_account_key) AS payee, reason, royalty_count, amount FROM mes_bi.agg_payee_month ORDER BY reason, payee;

-- royalties are those of the ledger, and each is a payment: no row
SELECT * FROM mes_bi.fact_royalty AS f FULL JOIN mes.royalties AS r USING (height, position, transfer_index)
 WHERE f.amount IS DISTINCT FROM r.amount OR f.reason IS DISTINCT FROM r.reason OR f.txid_hex IS DISTINCT FROM encode(r.txid, 'hex');
SELECT r.royalty_key FROM mes_bi.fact_royalty AS r LEFT JOIN mes_bi.fact_transfer AS t ON t.transfer_key = r.royalty_key
 WHERE (r.amount, r.payer_account_key, r.payee_account_key) IS DISTINCT FROM (t.amount, t.from_account_key, t.to_account_key);

-- shares move, a licence is revoked: the ledger's holders are the reports' holders
SET meschain.account = 'studio';
SELECT mes.transfer_share(decode(:'work', 'hex'), :'writer', 100000) IS NOT NULL AS submitted;
SELECT mes.revoke_licence(decode(:'licence', 'hex')) IS NOT NULL AS submitted;
SELECT party(account_key) AS holder, share_ppm_before, share_ppm_after, amount FROM mes_bi.fact_share_change WHERE share_ppm_before > 0 ORDER BY 1;
SELECT status, valid_until < '2050-01-01' AS ends_sooner, changed_height > granted_height AS changed FROM mes_bi.dim_licence WHERE licence_key > 0;
SELECT * FROM (SELECT DISTINCT ON (work_key, account_key) a.address, s.share_ppm_after AS share_ppm
                 FROM mes_bi.fact_share_change AS s JOIN mes_bi.dim_account AS a USING (account_key)
                ORDER BY work_key, account_key, share_change_key DESC) AS now
  FULL JOIN (SELECT holder_address AS address, share_ppm FROM mes.shares) AS held USING (address, share_ppm)
 WHERE now IS NULL OR held IS NULL;
SELECT * FROM mes.verify_reports();

-- a pool for rewards is money that leaves the supply, and comes back
SET meschain.account = 'platform';
BEGIN;
SELECT mes.register_work('Lantern Song', sha256('song'), 'music') IS NOT NULL AS submitted;
SELECT mes.fund_reward(mes.work_id(sha256('song')), 'CNY', 50, 10000) IS NOT NULL AS submitted;
COMMIT;
SELECT mes.fund_reward(mes.work_id(sha256('song')), 'CNY', 25, 10000) IS NOT NULL AS submitted;
SELECT mes.fund_reward(mes.work_id(sha256('song')), 'CNY', -30, 10000) IS NOT NULL AS submitted;
SELECT operation, party(from_account_key) AS payer, party(to_account_key) AS payee, amount FROM mes_bi.fact_transfer
 WHERE operation = 'fund_reward' ORDER BY transfer_key;
SELECT * FROM mes.verify_reports();

-- whatever somebody changes of what rights fill is found and named
BEGIN;
UPDATE mes_bi.dim_work SET title_zh = '灯江' WHERE work_id_hex = :'work';
UPDATE mes_bi.dim_licence SET status = 'active' WHERE licence_key > 0;
DELETE FROM mes_bi.fact_licence_sale;
UPDATE mes_bi.fact_royalty SET amount = amount * 10 WHERE reason = 'direct';
UPDATE mes_bi.fact_share_change SET share_ppm_after = share_ppm_after + 1 WHERE share_ppm_before > 0;
UPDATE mes_bi.agg_revenue_day SET amount = amount + 1 WHERE reason = 'licence';
INSERT INTO mes_bi.agg_payee_month SELECT payee_month_key + 1000, height, block_time, date_key + 30, source_work_key, work_key, payee_account_key,
       asset_key, reason, royalty_count, amount FROM mes_bi.agg_payee_month WHERE reason = 'direct';
SELECT relation, problem, row_count FROM mes.verify_reports() ORDER BY 1, 2;
SELECT relation, problem FROM mes.verify_reports(1, (SELECT max(height) - 1 FROM mes.blocks)) WHERE relation LIKE 'agg%' ORDER BY 1, 2;
ROLLBACK;

-- and is put right from the ledger's rows
SELECT md5(string_agg(r::text, '' ORDER BY r::text)) AS before FROM (
  SELECT to_jsonb(x) FROM mes_bi.dim_work AS x UNION ALL SELECT to_jsonb(x) FROM mes_bi.dim_licence AS x UNION ALL
  SELECT to_jsonb(x) FROM mes_bi.fact_royalty AS x UNION ALL SELECT to_jsonb(x) - 'height' - 'block_time' FROM mes_bi.agg_revenue_day AS x UNION ALL
  SELECT to_jsonb(x) - 'height' - 'block_time' FROM mes_bi.agg_payee_month AS x) AS r \gset
BEGIN;
DELETE FROM mes_bi.dim_work WHERE work_key > 0;
DELETE FROM mes_bi.dim_licence WHERE licence_key > 0;
DELETE FROM mes_bi.fact_licence_sale;
DELETE FROM mes_bi.fact_royalty;
DELETE FROM mes_bi.fact_share_change;
DELETE FROM mes_bi.fact_block;
DELETE FROM mes_bi.agg_revenue_day;
DELETE FROM mes_bi.agg_payee_month;
SELECT mes_internal.complete_reports() = max(height) AS complete FROM mes.blocks;
SELECT * FROM mes.verify_reports();
SELECT md5(string_agg(r::text, '' ORDER BY r::text)) = :'before' AS with_the_same_keys FROM (
  SELECT to_jsonb(x) FROM mes_bi.dim_work AS x UNION ALL SELECT to_jsonb(x) FROM mes_bi.dim_licence AS x UNION ALL
  SELECT to_jsonb(x) FROM mes_bi.fact_royalty AS x UNION ALL SELECT to_jsonb(x) - 'height' - 'block_time' FROM mes_bi.agg_revenue_day AS x UNION ALL
  SELECT to_jsonb(x) - 'height' - 'block_time' FROM mes_bi.agg_payee_month AS x) AS r;
ROLLBACK;
