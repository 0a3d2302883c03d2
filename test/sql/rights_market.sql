-- rights_market: shares and licences offered and bought, what is due paid and split, and every refusal.
\i test/lib/fresh_ledger.sql
-- a refusal comes when the transaction ends; ids in its message are random, its code is not
\set VERBOSITY sqlstate
SET timezone = 'UTC';
SELECT mes.create_account('studio') AS studio \gset
SELECT mes.create_account('writer') AS writer \gset
SELECT mes.create_account('channel') AS channel \gset
SELECT mes.create_account('cable') AS cable \gset
SET meschain.account = 'studio';
SELECT mes.issue_asset('CNY', 1000000, 2) IS NOT NULL AS issued;
SELECT mes.issue_asset('USD', 1000000, 2) IS NOT NULL AS issued;
SELECT count(mes.transfer(payee, asset, 100000)) AS paid
  FROM (VALUES (:'channel'), (:'cable')) AS p (payee), (VALUES ('CNY'), ('USD')) AS a (asset);
SELECT mes.register_work('Novel', sha256('Novel'), 'book',
         shares => jsonb_build_object(:'writer', 1000000), resale_ppm => 50000) IS NOT NULL AS registered;
SELECT mes.work_id(sha256('Novel')) AS novel \gset
SELECT mes.register_work('Film', sha256('Film'), shares => jsonb_build_object(:'studio', 600000, :'writer', 400000),
         sources => jsonb_build_object(encode(:'novel', 'hex'), 100000), resale_ppm => 50000) IS NOT NULL AS registered;
SELECT mes.work_id(sha256('Film')) AS film \gset
CREATE FUNCTION licence(submission uuid) RETURNS bytea LANGUAGE sql AS
  $$ SELECT licence_id FROM mes.licences AS l WHERE l.submission = $1 $$;
CREATE VIEW paid AS
SELECT w.title AS work, s.title AS source, who(r.payee_address) AS payee, r.amount, r.asset, r.reason
  FROM mes.royalties AS r JOIN mes.works AS w USING (work_id) JOIN mes.works AS s ON s.work_id = r.source_work_id
 WHERE r.height = (SELECT max(height) FROM mes.royalties);
CREATE VIEW conserved AS
SELECT a.asset, a.supply = coalesce(sum(b.amount), 0) AS conserved FROM mes.assets AS a LEFT JOIN mes.balances AS b USING (asset)
 GROUP BY a.asset, a.supply;

-- one licence of the whole, to one buyer: the price goes through the tree in the same transaction
SELECT mes.grant_licence(:'film', 'CN', 'television', 1000.01, 'CNY', '2020-01-01', '2099-01-01', exclusive => true,
         sublicence_depth => 1, royalty_ppm => 100000, royalty_per_use => 0.25, revocation_notice => '30 days') AS s \gset
SELECT licence(:'s') AS tv \gset
SELECT territory, medium, exclusive, uses_left, price, asset, sublicence_depth_left, status, who(licensee_address) AS licensee,
       valid_from AT TIME ZONE 'UTC' AS valid_from, revocation_notice FROM mes.licences WHERE licence_id = :'tv';
SET meschain.account = 'channel';
SELECT mes.buy_licence(:'tv', 1000) IS NOT NULL AS short;
SELECT mes.buy_licence(:'tv', 1000.02) IS NOT NULL AS over;
SELECT mes.buy_licence(:'tv', asset => 'USD') IS NOT NULL AS wrong_asset;
SELECT mes.buy_licence(:'film') IS NOT NULL AS no_licence;
SELECT mes.buy_licence(:'tv', 1000.01, 'CNY') IS NOT NULL AS bought;
SELECT status, who(licensee_address) AS licensee FROM mes.licences WHERE licence_id = :'tv';
SELECT * FROM paid ORDER BY work, payee;
SELECT mes.buy_licence(:'tv') IS NOT NULL AS sold;
-- each part is a transfer like any other
SELECT count(*) AS transfers, sum(t.amount) AS amount FROM mes.royalties AS r
  JOIN mes.transfers AS t USING (height, position, transfer_index) WHERE t.amount = r.amount AND t.to_address = r.payee_address;

-- exclusivity: what meets it is refused, what does not is not
SET meschain.account = 'studio';
SELECT mes.grant_licence(:'film', 'CN', 'television', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => true) IS NOT NULL AS the_same;
SELECT mes.grant_licence(:'film', 'CN', 'television', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => false) IS NOT NULL AS not_exclusive;
SELECT mes.grant_licence(:'film', 'CN-GD', 'television', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => true) IS NOT NULL AS a_part_of_it;
SELECT mes.grant_licence(:'film', 'WORLD', 'television', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => true) IS NOT NULL AS the_world;
SELECT mes.grant_licence(:'film', 'CN', 'all', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => true) IS NOT NULL AS all_media;
SELECT mes.grant_licence(:'film', 'CN', 'television', 1, 'CNY', '2098-12-31 23:59:59.999', '2100-01-01', exclusive => true) IS NOT NULL AS its_last_millisecond;
SELECT mes.grant_licence(:'film', 'CN', 'television', 1, 'CNY', '2099-01-01', '2100-01-01', exclusive => true) IS NOT NULL AS after_it;
SELECT mes.grant_licence(:'film', 'CN', 'cinema', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => true) IS NOT NULL AS another_medium;
SELECT mes.grant_licence(:'film', 'KR', 'television', 1, 'CNY', '2020-01-01', '2099-01-01', exclusive => true) IS NOT NULL AS another_country;
SELECT mes.grant_licence(:'film', 'china', 'cinema', 1, 'CNY') IS NOT NULL AS territory;
SELECT mes.grant_licence(:'film', 'JP', 'opera', 1, 'CNY') IS NOT NULL AS medium;
SELECT mes.grant_licence(:'film', 'JP', 'cinema', 1, 'JPY') IS NOT NULL AS asset;
SELECT mes.grant_licence(:'film', 'JP', 'cinema', 1, 'CNY', '2030-01-01', '2030-01-01') IS NOT NULL AS empty;
SELECT mes.grant_licence(:'film', 'JP', 'cinema', 1, 'CNY', '2020-01-01', '2021-01-01') IS NOT NULL AS past;
SELECT mes.grant_licence(:'film', 'JP', 'cinema', 1, 'CNY', exclusive => true, standing => true) IS NOT NULL AS standing;
SET meschain.account = 'writer';
SELECT mes.grant_licence(:'film', 'JP', 'cinema', 1, 'CNY') IS NOT NULL AS not_agent;

-- sublicences stay within what their parent allows, and part of their price goes up
SET meschain.account = 'channel';
SELECT mes.sublicense(:'tv', 'KR', 'television', 100, valid_from => '2021-01-01', valid_until => '2098-01-01', exclusive => true, sublicence_depth => 0) IS NOT NULL AS another_country;
SELECT mes.sublicense(:'tv', 'CN', 'cinema', 100, valid_from => '2021-01-01', valid_until => '2098-01-01', exclusive => true, sublicence_depth => 0) IS NOT NULL AS another_medium;
SELECT mes.sublicense(:'tv', 'CN', 'television', 100, valid_from => '2021-01-01', valid_until => '2099-01-02', exclusive => true, sublicence_depth => 0) IS NOT NULL AS longer;
SELECT mes.sublicense(:'tv', 'CN', 'television', 100, valid_from => '2021-01-01', valid_until => '2098-01-01', exclusive => true, sublicence_depth => 1) IS NOT NULL AS deeper;
SELECT mes.sublicense(:'tv', 'CN-GD', 'television', 100, exclusive => true, uses => 3, royalty_per_use => 1) AS s \gset
SELECT licence(:'s') AS gd \gset
SELECT mes.sublicense(:'tv', 'CN-GD', exclusive => true) IS NOT NULL AS overlap;
SET meschain.account = 'cable';
SELECT mes.buy_licence(:'gd') IS NOT NULL AS bought;
SELECT * FROM paid ORDER BY work, payee;
SELECT mes.sublicense(:'gd') IS NOT NULL AS counts_its_uses;
SELECT mes.sublicense(:'tv') IS NOT NULL AS not_licensee;

-- uses are counted, revenue is shared, the sum is exact
SELECT mes.report_usage(:'gd', 2) IS NOT NULL AS reported;
SELECT * FROM paid ORDER BY work, payee;
SELECT mes.report_usage(:'gd', 2) IS NOT NULL AS too_many;
SELECT mes.report_usage(:'gd') IS NOT NULL AS nothing;
SELECT mes.report_usage(:'tv', 1) IS NOT NULL AS not_licensee;
SELECT mes.report_usage(:'gd', 1) IS NOT NULL AS reported;
SELECT uses_left, status FROM mes.licences WHERE licence_id = :'gd';
SET meschain.account = 'channel';
SELECT mes.report_usage(:'tv', 7, 12345.67, sha256('report')) IS NOT NULL AS reported;
SELECT * FROM paid ORDER BY work, payee;
SELECT sum(amount) = 7 * 0.25 + 1234.56 AS exact FROM paid;
SELECT mes.pay_royalty(:'film', 0.05, 'USD') IS NOT NULL AS given;
SELECT * FROM paid ORDER BY work, payee;

-- a standing offer is taken up by many; a pool rewards them
SET meschain.account = 'studio';
SELECT mes.grant_licence(:'film', 'US', 'streaming', 10, 'USD', standing => true) AS s \gset
SELECT licence(:'s') AS standing \gset
SELECT mes.fund_reward(:'film', 'USD', 1.5, 100000) IS NOT NULL AS funded;
SET meschain.account = 'cable';
SELECT mes.buy_licence(:'standing') IS NOT NULL AS bought;
SELECT detail -> 'reward' AS reward FROM mes.transactions ORDER BY height DESC LIMIT 1;
SET meschain.account = 'channel';
SELECT mes.buy_licence(:'standing') IS NOT NULL AS bought;
SELECT detail -> 'reward' AS the_rest FROM mes.transactions ORDER BY height DESC LIMIT 1;
SELECT mes.buy_licence(:'standing') IS NOT NULL AS bought;
SELECT detail -> 'reward' AS nothing_left FROM mes.transactions ORDER BY height DESC LIMIT 1;
SELECT status, standing, offer_licence_id = :'standing' AS from_offer FROM mes.licences WHERE territory = 'US' ORDER BY 2, granted_height;
SELECT mes.fund_reward(:'film', 'USD', 1, 0) IS NOT NULL AS not_agent;
SET meschain.account = 'studio';
SELECT mes.fund_reward(:'film', 'CNY', 5, 0) IS NOT NULL AS funded;
SELECT mes.fund_reward(:'film', 'CNY', -5.01, 0) IS NOT NULL AS too_much;
SELECT mes.fund_reward(:'film', 'CNY', -5, 0) IS NOT NULL AS taken_back;
SELECT asset, amount, reward_ppm FROM mes.reward_pools ORDER BY asset;
-- an exclusive licence overtakes the offers that stand open, not what was bought
SELECT mes.grant_licence(:'film', 'US', 'streaming', 1, 'USD', exclusive => true, licensee_address => :'cable') AS s \gset
SELECT licence(:'s') AS us \gset
SET meschain.account = 'channel';
SELECT mes.buy_licence(:'standing') IS NOT NULL AS overtaken;
SELECT mes.buy_licence(:'us') IS NOT NULL AS reserved;
SET meschain.account = 'studio';
SELECT mes.withdraw_offer(:'us') IS NOT NULL AS withdrawn;
SET meschain.account = 'channel';
SELECT mes.buy_licence(:'standing') IS NOT NULL AS free_again;
SELECT mes.withdraw_offer(:'standing') IS NOT NULL AS not_seller;
SELECT mes.withdraw_offer(:'film') IS NOT NULL AS no_offer;

-- revocation: with the notice of the terms by one side, at once by the other
SET meschain.account = 'studio';
SELECT mes.revoke_licence(:'tv', now() + interval '29 days') IS NOT NULL AS too_early;
SELECT mes.revoke_licence(:'tv', '2100-01-01') IS NOT NULL AS later;
SELECT mes.revoke_licence(:'tv') IS NOT NULL AS revoked;
SELECT status, valid_until - now() BETWEEN interval '29 days' AND interval '31 days' AS in_a_month FROM mes.licences WHERE licence_id = :'tv';
SELECT mes.grant_licence(:'film', 'CN', 'television', 1, 'CNY', now() + interval '60 days', '2098-01-01', exclusive => true) IS NOT NULL AS afterwards;
SET meschain.account = 'cable';
SELECT mes.revoke_licence(:'gd') IS NOT NULL AS by_its_licensee;
SELECT mes.revoke_licence(:'tv') IS NOT NULL AS by_a_stranger;
SET meschain.account = 'channel';
SELECT licence_id AS mine FROM mes.licences WHERE offer_licence_id = :'standing' ORDER BY granted_height LIMIT 1 \gset
SET meschain.account = 'studio';
SELECT mes.revoke_licence(:'mine') IS NOT NULL AS never;

-- shares: offered, bought against payment, the resale's part to the registrant
SET meschain.account = 'writer';
SELECT mes.offer_share(:'film', 400001, 1, 'CNY') IS NOT NULL AS not_held;
SELECT mes.offer_share(:'film', 100000, 999.99, 'CNY') AS s \gset
SELECT offer_id, status FROM mes.share_offers WHERE submission = :'s' \gset
SELECT mes.offer_share(:'film', 350000, 5, 'CNY', :'cable') AS s2 \gset
SELECT offer_id AS reserved FROM mes.share_offers WHERE submission = :'s2' \gset
SET meschain.account = 'channel';
SELECT mes.buy_share(:'offer_id', 999.98) IS NOT NULL AS short;
SELECT mes.buy_share(:'offer_id', asset => 'USD') IS NOT NULL AS wrong_asset;
SELECT mes.buy_share(:'reserved') IS NOT NULL AS reserved;
SELECT mes.buy_share(:'film') IS NOT NULL AS no_offer;
SELECT mes.buy_share(:'offer_id') IS NOT NULL AS bought;
SELECT who(to_address) AS payee, amount FROM mes.transfers WHERE height = (SELECT max(height) FROM mes.blocks) ORDER BY amount;
SELECT * FROM paid;
SELECT who(holder_address) AS holder, share_ppm, since_height = (SELECT max(height) FROM mes.blocks) AS just_now
  FROM mes.shares WHERE work_id = :'film' ORDER BY share_ppm, 1;
SELECT mes.buy_share(:'offer_id') IS NOT NULL AS sold;
SET meschain.account = 'cable';
SELECT mes.buy_share(:'reserved') IS NOT NULL AS seller_has_less;
SET meschain.account = 'channel';
SELECT mes.split_share(:'film', jsonb_build_object(:'cable', 25000, :'writer', 25000)) IS NOT NULL AS split;
SELECT mes.transfer_share(:'film', :'cable', 50000) IS NOT NULL AS given;
SELECT who(holder_address) AS holder, share_ppm FROM mes.shares WHERE work_id = :'film' ORDER BY share_ppm, 1;
SELECT mes.transfer_share(:'film', :'cable', 1) IS NOT NULL AS nothing_left;
-- who holds more than half may act for the work
SET meschain.account = 'studio';
SELECT mes.appoint_agent(:'film', :'channel') IS NOT NULL AS appointed;
SELECT mes.grant_licence(:'film', 'JP', 'stage', 1, 'CNY') IS NOT NULL AS by_majority;

-- invariants and history
SELECT work_id = :'film' AS film, sum(share_ppm) FROM mes.shares GROUP BY work_id ORDER BY 1;
SELECT * FROM conserved ORDER BY asset;
SELECT event, count(*) FROM mes.work_history(:'film') GROUP BY event ORDER BY event;
SELECT count(*) AS problems FROM mes.verify();
SELECT bool_and(balance_after >= 0) AS statement_adds_up,
       (SELECT balance_after FROM mes.account_statement(:'studio') WHERE asset = 'USD' ORDER BY height DESC, position DESC LIMIT 1)
       = (SELECT amount FROM mes.balances WHERE address = :'studio' AND asset = 'USD') AS ends_at_the_balance
  FROM mes.account_statement(:'studio');
