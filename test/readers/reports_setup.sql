-- reports_setup.sql - a small film market through the ledger, for the queries of docs/reports.md
\set ON_ERROR_STOP 1
SET client_min_messages = warning;
CREATE TABLE customers (address text PRIMARY KEY, name text NOT NULL);
INSERT INTO customers SELECT mes.create_account(a.account), a.name
  FROM (VALUES ('bank', 'Bank'), ('lotus', 'Lotus Pictures'), ('lin', 'Lin Wei'), ('star', 'StarStream'), ('cine', 'CineNord')) AS a (account, name);
SELECT address AS lotus FROM customers WHERE name = 'Lotus Pictures' \gset
SELECT address AS lin FROM customers WHERE name = 'Lin Wei' \gset
SELECT address AS star FROM customers WHERE name = 'StarStream' \gset
SELECT address AS cine FROM customers WHERE name = 'CineNord' \gset
SET meschain.account = 'bank';
SELECT mes.issue_asset('CNY', 1000000, 2);
BEGIN;
SELECT mes.transfer(:'star', 'CNY', 50000);
SELECT mes.transfer(:'cine', 'CNY', 20000);
COMMIT;
SET meschain.account = 'lotus';
SELECT mes.register_work('River of Lanterns', sha256('river'), title_zh => '灯河',
                         shares => jsonb_build_object(:'lotus', 700000, :'lin', 300000));
SELECT encode(mes.work_id(sha256('river')), 'hex') AS river \gset
SELECT mes.grant_licence(decode(:'river', 'hex'), 'CN', 'streaming', 10000, 'CNY', valid_from => now() - interval '300 days',
                         valid_until => date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' + interval '40 days 12 hours', royalty_ppm => 50000);
SELECT mes.grant_licence(decode(:'river', 'hex'), 'FR', 'cinema', 4000, 'CNY', valid_from => now() - interval '300 days',
                         valid_until => now() + interval '400 days', royalty_ppm => 80000);
SELECT encode(licence_id, 'hex') AS china FROM mes.licences WHERE territory = 'CN' \gset
SELECT encode(licence_id, 'hex') AS france FROM mes.licences WHERE territory = 'FR' \gset
SET meschain.account = 'star';
SELECT mes.buy_licence(decode(:'china', 'hex'));
SET meschain.account = 'cine';
SELECT mes.buy_licence(decode(:'france', 'hex'));
SET meschain.account = 'star';
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000003', '2026-03 streaming');
SELECT mes.pay_royalty(licence_id => decode(:'china', 'hex'), revenue => 80000);
COMMIT;
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000004', '2026-04 streaming');
SELECT mes.pay_royalty(licence_id => decode(:'china', 'hex'), revenue => 60000);
COMMIT;
SET meschain.account = 'cine';
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000005', '2026-03 cinemas');
SELECT mes.pay_royalty(licence_id => decode(:'france', 'hex'), revenue => 30000);
COMMIT;
SELECT mes.transfer(:'lotus', 'CNY', 1250.50, 'posters', 'INV-2026-0042');
-- the same submission once more is refused
\set ON_ERROR_STOP 0
BEGIN;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000005', '2026-03 cinemas');
SELECT mes.pay_royalty(licence_id => decode(:'france', 'hex'), revenue => 30000);
COMMIT;
\set ON_ERROR_STOP 1
SET meschain.account = 'lotus';
SELECT mes.transfer_share(decode(:'river', 'hex'), :'lin', 50000);
