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
