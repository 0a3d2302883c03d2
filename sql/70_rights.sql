-- 70_rights.sql - works, shares, offers, licences, royalties and items for people.
--
-- Everything here is read from state_rows, the ledger's own state, and from the bodies of
-- transactions: nothing is stored a second time. Table numbers: 16 works, 17 shares, 19 items,
-- 20 offers, 21 licences, 23 rewards, 24 terms (src/rights/rights.h).

CREATE FUNCTION mes_internal.work_state(value bytea, OUT registrant bytea, OUT agent bytea, OUT kind text, OUT title text, OUT title_zh text,
  OUT content_hash bytea, OUT isan text, OUT eidr text, OUT isrc text, OUT evidence_hash bytea, OUT resale_ppm integer,
  OUT depth integer, OUT built_upon boolean, OUT metadata jsonb)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_work_state';
COMMENT ON FUNCTION mes_internal.work_state(bytea) IS 'what a state row says of a work';

CREATE FUNCTION mes_internal.work_sources(value bytea, OUT source_work_id bytea, OUT share_ppm integer)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE ROWS 2 AS 'MODULE_PATHNAME', 'mes_internal_work_sources';
COMMENT ON FUNCTION mes_internal.work_sources(bytea) IS 'the works that a work derives from';

CREATE FUNCTION mes_internal.share_rows(value bytea, OUT holder bytea, OUT share_ppm integer)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE ROWS 4 AS 'MODULE_PATHNAME', 'mes_internal_share_rows';
COMMENT ON FUNCTION mes_internal.share_rows(bytea) IS 'the holders of a work in a state row';

CREATE FUNCTION mes_internal.item_state(value bytea, OUT owner bytea, OUT kind text, OUT code text, OUT title text, OUT content_hash bytea,
  OUT metadata jsonb)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_item_state';
COMMENT ON FUNCTION mes_internal.item_state(bytea) IS 'what a state row says of an item';

CREATE FUNCTION mes_internal.offer_state(value bytea, OUT work_id bytea, OUT seller bytea, OUT buyer bytea, OUT share_ppm integer, OUT asset text,
  OUT price_units bigint, OUT valid_until timestamptz, OUT status text)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_offer_state';
COMMENT ON FUNCTION mes_internal.offer_state(bytea) IS 'what a state row says of an offer of shares';

CREATE FUNCTION mes_internal.licence_state(value bytea, OUT work_id bytea, OUT licensor bytea, OUT licensee bytea, OUT territory text, OUT medium text,
  OUT exclusive boolean, OUT valid_from timestamptz, OUT valid_until timestamptz, OUT uses_left bigint,
  OUT price_units bigint, OUT asset text, OUT parent bytea, OUT sublicence_depth_left integer, OUT status text,
  OUT offer bytea, OUT standing boolean, OUT royalty_ppm integer, OUT royalty_units bigint, OUT notice_ms bigint,
  OUT terms_hash bytea)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_licence_state';
COMMENT ON FUNCTION mes_internal.licence_state(bytea) IS 'what a state row says of a licence';

CREATE FUNCTION mes_internal.reward_state(value bytea, OUT left_units bigint, OUT reward_ppm integer)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_reward_state';
COMMENT ON FUNCTION mes_internal.reward_state(bytea) IS 'what a state row says of a pool of rewards';

CREATE FUNCTION mes_internal.terms_state(value bytea, OUT author bytea, OUT subject_id bytea, OUT box bytea)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_terms_state';
COMMENT ON FUNCTION mes_internal.terms_state(bytea) IS 'what a state row says of sealed terms';

CREATE FUNCTION mes_internal.royalty_rows(body bytea, OUT operation_index integer, OUT output_index integer, OUT work_id bytea,
  OUT source_work_id bytea, OUT licence_id bytea, OUT payer bytea, OUT payee bytea, OUT asset text,
  OUT amount_units bigint, OUT reason text)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE ROWS 4 AS 'MODULE_PATHNAME', 'mes_internal_royalty_rows';
COMMENT ON FUNCTION mes_internal.royalty_rows(bytea) IS 'what a stored transaction pays to owners of works';

CREATE FUNCTION mes_internal.work_kind_rows(OUT number integer, OUT kind text, OUT name_en text, OUT name_zh text)
RETURNS SETOF record LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 15 AS 'MODULE_PATHNAME', 'mes_internal_work_kinds';
COMMENT ON FUNCTION mes_internal.work_kind_rows() IS 'the kinds of works as the library has them';

CREATE FUNCTION mes_internal.medium_rows(OUT number integer, OUT medium text, OUT name_en text, OUT name_zh text)
RETURNS SETOF record LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 12 AS 'MODULE_PATHNAME', 'mes_internal_mediums';
COMMENT ON FUNCTION mes_internal.medium_rows() IS 'the mediums of licences as the library has them';

-- the current version of each state row; a filter on table_number and key reaches the index
CREATE VIEW mes_internal.current_rows AS
SELECT DISTINCT ON (s.table_number, s.key) s.table_number, s.key, s.height, s.tx_id, s.value
  FROM mes_internal.state_rows AS s ORDER BY s.table_number DESC, s.key DESC, s.height DESC;
COMMENT ON VIEW mes_internal.current_rows IS 'state rows in their current version';

CREATE VIEW mes.works AS
SELECT s.key AS work_id, v.title, v.title_zh, v.kind, v.isan, v.eidr, v.isrc, v.content_hash,
       mes_internal.address_text(v.registrant) AS registrant_address, mes_internal.address_text(v.agent) AS agent_address,
       'registered'::text AS status, f.height AS registered_height, b.block_time AS registered_at, v.evidence_hash,
       v.resale_ppm, v.depth, v.metadata, t.submission, t.txid
  FROM mes_internal.current_rows AS s,
       LATERAL mes_internal.work_state(s.value) AS v,
       LATERAL (SELECT f.tx_id, f.height FROM mes_internal.state_rows AS f
                 WHERE f.table_number = s.table_number AND f.key = s.key ORDER BY f.height LIMIT 1) AS f
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = f.tx_id
  JOIN mes_internal.block_rows AS b ON b.height = f.height
 WHERE s.table_number = 16;
COMMENT ON VIEW mes.works IS 'one row a work';
COMMENT ON COLUMN mes.works.work_id IS 'its id: a hash of content_hash, see mes.work_id()';
COMMENT ON COLUMN mes.works.title IS 'title';
COMMENT ON COLUMN mes.works.title_zh IS 'title in Chinese, null when it has none';
COMMENT ON COLUMN mes.works.kind IS 'a kind of mes.work_kinds';
COMMENT ON COLUMN mes.works.isan IS 'ISAN in its normal form';
COMMENT ON COLUMN mes.works.eidr IS 'EIDR in its normal form';
COMMENT ON COLUMN mes.works.isrc IS 'ISRC in its normal form';
COMMENT ON COLUMN mes.works.content_hash IS 'SHA-256 of the content';
COMMENT ON COLUMN mes.works.registrant_address IS 'who registered it';
COMMENT ON COLUMN mes.works.agent_address IS 'who grants licences for all holders';
COMMENT ON COLUMN mes.works.status IS 'registered';
COMMENT ON COLUMN mes.works.registered_height IS 'block that registered it';
COMMENT ON COLUMN mes.works.registered_at IS 'chain time of that block';
COMMENT ON COLUMN mes.works.evidence_hash IS 'SHA-256 of what proves the right';
COMMENT ON COLUMN mes.works.resale_ppm IS 'of a resale of shares, what goes to the registrant';
COMMENT ON COLUMN mes.works.depth IS 'works above it, the longest way up; 0: original';
COMMENT ON COLUMN mes.works.metadata IS 'what its registrant says of it';
COMMENT ON COLUMN mes.works.submission IS 'submission that registered it';
COMMENT ON COLUMN mes.works.txid IS 'transaction that registered it';

CREATE VIEW mes.work_sources AS
SELECT s.key AS work_id, v.source_work_id, v.share_ppm
  FROM mes_internal.current_rows AS s, LATERAL mes_internal.work_sources(s.value) AS v
 WHERE s.table_number = 16;
COMMENT ON VIEW mes.work_sources IS 'which works derive from which';
COMMENT ON COLUMN mes.work_sources.work_id IS 'derived work';
COMMENT ON COLUMN mes.work_sources.source_work_id IS 'work that it builds upon';
COMMENT ON COLUMN mes.work_sources.share_ppm IS 'of what the derived work earns, what goes to this source';

CREATE VIEW mes.shares AS
SELECT s.key AS work_id, mes_internal.address_text(v.holder) AS holder_address, v.share_ppm, h.height AS since_height
  FROM mes_internal.current_rows AS s,
       LATERAL mes_internal.share_rows(s.value) AS v,
       LATERAL (SELECT pg_catalog.min(y.height) AS height FROM mes_internal.state_rows AS y
                 WHERE y.table_number = 17 AND y.key = s.key AND y.height >
                       coalesce((SELECT pg_catalog.max(o.height) FROM mes_internal.state_rows AS o
                                  WHERE o.table_number = 17 AND o.key = s.key
                                    AND NOT EXISTS (SELECT FROM mes_internal.share_rows(o.value) AS w
                                                     WHERE w.holder = v.holder AND w.share_ppm = v.share_ppm)), 0)) AS h
 WHERE s.table_number = 17;
COMMENT ON VIEW mes.shares IS 'who holds how much of a work; a work''s shares add up to 1000000';
COMMENT ON COLUMN mes.shares.work_id IS 'work';
COMMENT ON COLUMN mes.shares.holder_address IS 'holder';
COMMENT ON COLUMN mes.shares.share_ppm IS 'parts per million';
COMMENT ON COLUMN mes.shares.since_height IS 'block since which it is this much';

CREATE VIEW mes.share_offers AS
SELECT s.key AS offer_id, v.work_id, mes_internal.address_text(v.seller) AS seller_address,
       mes_internal.address_text(v.buyer) AS buyer_address, v.share_ppm,
       mes_internal.whole_units(v.price_units, a.decimals) AS price, v.asset, v.valid_until, v.status,
       b.height AS offered_height, b.block_time AS offered_at, t.submission, t.txid
  FROM mes_internal.current_rows AS s,
       LATERAL mes_internal.offer_state(s.value) AS v
  JOIN mes_internal.asset_rows AS a ON a.code = v.asset,
       LATERAL (SELECT f.tx_id, f.height FROM mes_internal.state_rows AS f
                 WHERE f.table_number = s.table_number AND f.key = s.key ORDER BY f.height LIMIT 1) AS f
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = f.tx_id
  JOIN mes_internal.block_rows AS b ON b.height = f.height
 WHERE s.table_number = 20;
COMMENT ON VIEW mes.share_offers IS 'shares that were offered for sale';
COMMENT ON COLUMN mes.share_offers.offer_id IS 'its id, for mes.buy_share()';
COMMENT ON COLUMN mes.share_offers.work_id IS 'work';
COMMENT ON COLUMN mes.share_offers.seller_address IS 'who offers';
COMMENT ON COLUMN mes.share_offers.buyer_address IS 'who alone may buy; null: anybody';
COMMENT ON COLUMN mes.share_offers.share_ppm IS 'parts per million on offer';
COMMENT ON COLUMN mes.share_offers.price IS 'price of all of it';
COMMENT ON COLUMN mes.share_offers.asset IS 'asset of the price';
COMMENT ON COLUMN mes.share_offers.valid_until IS 'end of the offer; null: open';
COMMENT ON COLUMN mes.share_offers.status IS 'open, sold or withdrawn';
COMMENT ON COLUMN mes.share_offers.offered_height IS 'block of the offer';
COMMENT ON COLUMN mes.share_offers.offered_at IS 'chain time of that block';
COMMENT ON COLUMN mes.share_offers.submission IS 'submission that offered';
COMMENT ON COLUMN mes.share_offers.txid IS 'transaction that offered';

CREATE VIEW mes.licences AS
SELECT s.key AS licence_id, v.work_id, mes_internal.address_text(v.licensor) AS licensor_address,
       mes_internal.address_text(v.licensee) AS licensee_address, v.territory, v.medium, v.exclusive, v.valid_from,
       v.valid_until, v.uses_left, mes_internal.whole_units(v.price_units, a.decimals) AS price, v.asset,
       v.parent AS parent_licence_id, v.sublicence_depth_left,
       CASE WHEN v.status NOT IN ('offered', 'active') OR v.valid_until IS NULL AND v.uses_left IS DISTINCT FROM 0 THEN v.status
            WHEN v.valid_until <= (SELECT pg_catalog.max(n.block_time) FROM mes_internal.block_rows AS n) THEN 'expired'
            WHEN v.uses_left = 0 THEN 'used up' ELSE v.status END AS status,
       v.offer AS offer_licence_id, v.standing, v.royalty_ppm,
       mes_internal.whole_units(v.royalty_units, a.decimals) AS royalty_per_use,
       pg_catalog.make_interval(secs => v.notice_ms / 1000.0) AS revocation_notice, v.terms_hash,
       b.height AS granted_height, b.block_time AS granted_at, t.submission, t.txid
  FROM mes_internal.current_rows AS s,
       LATERAL mes_internal.licence_state(s.value) AS v
  JOIN mes_internal.asset_rows AS a ON a.code = v.asset,
       LATERAL (SELECT f.tx_id, f.height FROM mes_internal.state_rows AS f
                 WHERE f.table_number = s.table_number AND f.key = s.key ORDER BY f.height LIMIT 1) AS f
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = f.tx_id
  JOIN mes_internal.block_rows AS b ON b.height = f.height
 WHERE s.table_number = 21;
COMMENT ON VIEW mes.licences IS 'licences, on offer and in force';
COMMENT ON COLUMN mes.licences.licence_id IS 'its id';
COMMENT ON COLUMN mes.licences.work_id IS 'work';
COMMENT ON COLUMN mes.licences.licensor_address IS 'who grants it';
COMMENT ON COLUMN mes.licences.licensee_address IS 'who has it; of an offer who alone may buy it, null: anybody';
COMMENT ON COLUMN mes.licences.territory IS 'WORLD, a country or a part of one';
COMMENT ON COLUMN mes.licences.medium IS 'a medium of mes.mediums';
COMMENT ON COLUMN mes.licences.exclusive IS 'nobody else has the same there';
COMMENT ON COLUMN mes.licences.valid_from IS 'begin, chain time';
COMMENT ON COLUMN mes.licences.valid_until IS 'end, chain time; null: for good';
COMMENT ON COLUMN mes.licences.uses_left IS 'uses still to be made; null: not counted';
COMMENT ON COLUMN mes.licences.price IS 'price of the licence';
COMMENT ON COLUMN mes.licences.asset IS 'asset of price and royalties';
COMMENT ON COLUMN mes.licences.parent_licence_id IS 'licence under which it was granted';
COMMENT ON COLUMN mes.licences.sublicence_depth_left IS 'levels of sublicences it still allows';
COMMENT ON COLUMN mes.licences.status IS 'offered, active, expired, used up, revoked or withdrawn';
COMMENT ON COLUMN mes.licences.offer_licence_id IS 'standing offer from which it was bought';
COMMENT ON COLUMN mes.licences.standing IS 'an offer that any number may take up';
COMMENT ON COLUMN mes.licences.royalty_ppm IS 'of revenue, what is due';
COMMENT ON COLUMN mes.licences.royalty_per_use IS 'what is due for each use';
COMMENT ON COLUMN mes.licences.revocation_notice IS 'notice with which the licensor may end it; null: never';
COMMENT ON COLUMN mes.licences.terms_hash IS 'hash of confidential terms';
COMMENT ON COLUMN mes.licences.granted_height IS 'block that granted or sold it';
COMMENT ON COLUMN mes.licences.granted_at IS 'chain time of that block';
COMMENT ON COLUMN mes.licences.submission IS 'submission that granted or bought it';
COMMENT ON COLUMN mes.licences.txid IS 'transaction that did';

CREATE VIEW mes.royalties AS
SELECT b.height, (t.tx_id & 1048575)::integer AS position, r.output_index AS transfer_index, b.block_time, r.work_id,
       r.source_work_id, mes_internal.address_text(r.payer) AS payer_address,
       mes_internal.address_text(r.payee) AS payee_address, r.asset,
       mes_internal.whole_units(r.amount_units, a.decimals) AS amount, r.reason, r.licence_id, t.txid
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20,
       LATERAL mes_internal.royalty_rows(t.body) AS r
  JOIN mes_internal.asset_rows AS a ON a.code = r.asset
 WHERE t.operation = ANY ('{0,22,24,27}'::smallint[]) AND t.status = 0;
COMMENT ON VIEW mes.royalties IS 'what owners of works earned: one row a part, which is one transfer';
COMMENT ON COLUMN mes.royalties.height IS 'block';
COMMENT ON COLUMN mes.royalties.position IS 'place of its transaction in the block';
COMMENT ON COLUMN mes.royalties.transfer_index IS 'number of the output, as in mes.transfers';
COMMENT ON COLUMN mes.royalties.block_time IS 'chain time of the block';
COMMENT ON COLUMN mes.royalties.work_id IS 'work whose share earned it';
COMMENT ON COLUMN mes.royalties.source_work_id IS 'work that was paid for; another one when this one is its source';
COMMENT ON COLUMN mes.royalties.payer_address IS 'who paid';
COMMENT ON COLUMN mes.royalties.payee_address IS 'who earned';
COMMENT ON COLUMN mes.royalties.asset IS 'asset';
COMMENT ON COLUMN mes.royalties.amount IS 'amount in whole units';
COMMENT ON COLUMN mes.royalties.reason IS 'licence, usage, revenue, direct or resale';
COMMENT ON COLUMN mes.royalties.licence_id IS 'licence it was paid for';
COMMENT ON COLUMN mes.royalties.txid IS 'transaction';

CREATE VIEW mes.items AS
SELECT s.key AS item_id, v.kind, v.code, v.title, v.content_hash, mes_internal.address_text(v.owner) AS owner_address,
       f.height AS registered_height, b.block_time AS registered_at, v.metadata, t.submission, t.txid
  FROM mes_internal.current_rows AS s,
       LATERAL mes_internal.item_state(s.value) AS v,
       LATERAL (SELECT f.tx_id, f.height FROM mes_internal.state_rows AS f
                 WHERE f.table_number = s.table_number AND f.key = s.key ORDER BY f.height LIMIT 1) AS f
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = f.tx_id
  JOIN mes_internal.block_rows AS b ON b.height = f.height
 WHERE s.table_number = 19;
COMMENT ON VIEW mes.items IS 'things of other kinds, each code issued once';
COMMENT ON COLUMN mes.items.item_id IS 'its id';
COMMENT ON COLUMN mes.items.kind IS 'kind, lower case';
COMMENT ON COLUMN mes.items.code IS 'code in its normal form, once in its kind';
COMMENT ON COLUMN mes.items.title IS 'title';
COMMENT ON COLUMN mes.items.content_hash IS 'SHA-256 of what belongs to it';
COMMENT ON COLUMN mes.items.owner_address IS 'who registered it';
COMMENT ON COLUMN mes.items.registered_height IS 'block that registered it';
COMMENT ON COLUMN mes.items.registered_at IS 'chain time of that block';
COMMENT ON COLUMN mes.items.metadata IS 'what was said of it';
COMMENT ON COLUMN mes.items.submission IS 'submission that registered it';
COMMENT ON COLUMN mes.items.txid IS 'transaction that registered it';

-- the clear text of confidential terms: of those alone that were sealed or opened on this node
CREATE TABLE mes_internal.clear_terms (
  terms_hash bytea NOT NULL,
  terms jsonb NOT NULL,
  salt bytea NOT NULL,
  owner text COLLATE "C" NOT NULL,
  learned_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX clear_terms_hash ON mes_internal.clear_terms (terms_hash, owner);
COMMENT ON TABLE mes_internal.clear_terms IS 'terms that a party sealed or opened here; local, no part of the ledger';
COMMENT ON COLUMN mes_internal.clear_terms.terms_hash IS 'hash of salt and terms, as on the ledger';
COMMENT ON COLUMN mes_internal.clear_terms.terms IS 'the terms';
COMMENT ON COLUMN mes_internal.clear_terms.salt IS '16 random bytes, so that nobody guesses terms from their hash';
COMMENT ON COLUMN mes_internal.clear_terms.owner IS 'role that sealed or opened them';
COMMENT ON COLUMN mes_internal.clear_terms.learned_at IS 'when they were sealed or opened here';
SELECT pg_catalog.pg_extension_config_dump('mes_internal.clear_terms', '');

CREATE VIEW mes.sealed_terms AS
SELECT s.key AS terms_hash, v.subject_id, mes_internal.address_text(v.author) AS author_address,
       pg_catalog.octet_length(v.box) AS box_size, b.height AS sealed_height, b.block_time AS sealed_at,
       (SELECT c.terms FROM mes_internal.clear_terms AS c JOIN pg_catalog.pg_roles AS r ON r.rolname = c.owner
         WHERE c.terms_hash = s.key AND pg_catalog.pg_has_role(r.oid, 'USAGE') LIMIT 1) AS terms, t.submission, t.txid
  FROM mes_internal.current_rows AS s
 CROSS JOIN LATERAL mes_internal.terms_state(s.value) AS v
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = s.tx_id
  JOIN mes_internal.block_rows AS b ON b.height = s.height
 WHERE s.table_number = 24;
COMMENT ON VIEW mes.sealed_terms IS 'confidential terms: a hash and a box for everybody, the text for parties';
COMMENT ON COLUMN mes.sealed_terms.terms_hash IS 'hash of the terms';
COMMENT ON COLUMN mes.sealed_terms.subject_id IS 'licence or work that they are about';
COMMENT ON COLUMN mes.sealed_terms.author_address IS 'who sealed them';
COMMENT ON COLUMN mes.sealed_terms.box_size IS 'bytes of the box';
COMMENT ON COLUMN mes.sealed_terms.sealed_height IS 'block';
COMMENT ON COLUMN mes.sealed_terms.sealed_at IS 'chain time of the block';
COMMENT ON COLUMN mes.sealed_terms.terms IS 'the terms, where your role sealed or opened them on this node; else null';
COMMENT ON COLUMN mes.sealed_terms.submission IS 'submission that sealed them';
COMMENT ON COLUMN mes.sealed_terms.txid IS 'transaction that did';

CREATE VIEW mes.reward_pools AS
SELECT pg_catalog.substring(s.key, 1, 32) AS work_id, a.code AS asset,
       mes_internal.whole_units(v.left_units, a.decimals) AS amount, v.reward_ppm
  FROM mes_internal.current_rows AS s,
       LATERAL mes_internal.reward_state(s.value) AS v
  JOIN mes_internal.asset_rows AS a ON true
 WHERE s.table_number = 23 AND a.code = pg_catalog.convert_from(pg_catalog.substring(s.key, 33), 'UTF8');
COMMENT ON VIEW mes.reward_pools IS 'pools that give buyers of licences a part of the price back';
COMMENT ON COLUMN mes.reward_pools.work_id IS 'work';
COMMENT ON COLUMN mes.reward_pools.asset IS 'asset of pool and price';
COMMENT ON COLUMN mes.reward_pools.amount IS 'what is left';
COMMENT ON COLUMN mes.reward_pools.reward_ppm IS 'part of a price that a buyer gets back';

CREATE VIEW mes.work_kinds AS
SELECT r.number, r.kind, r.name_en, r.name_zh FROM mes_internal.work_kind_rows() AS r;
COMMENT ON VIEW mes.work_kinds IS 'kinds of works';
COMMENT ON COLUMN mes.work_kinds.number IS 'number in what is signed';
COMMENT ON COLUMN mes.work_kinds.kind IS 'name, as in mes.works';
COMMENT ON COLUMN mes.work_kinds.name_en IS 'name in English';
COMMENT ON COLUMN mes.work_kinds.name_zh IS 'name in Chinese';

CREATE VIEW mes.mediums AS
SELECT r.number, r.medium, r.name_en, r.name_zh FROM mes_internal.medium_rows() AS r;
COMMENT ON VIEW mes.mediums IS 'mediums of licences';
COMMENT ON COLUMN mes.mediums.number IS 'number in what is signed';
COMMENT ON COLUMN mes.mediums.medium IS 'name, as in mes.licences';
COMMENT ON COLUMN mes.mediums.name_en IS 'name in English';
COMMENT ON COLUMN mes.mediums.name_zh IS 'name in Chinese';

-- submitting

CREATE FUNCTION mes.register_work(title text, content_hash bytea, kind text DEFAULT 'film', title_zh text DEFAULT NULL,
  isan text DEFAULT NULL, eidr text DEFAULT NULL, isrc text DEFAULT NULL, shares jsonb DEFAULT NULL,
  sources jsonb DEFAULT NULL, resale_ppm integer DEFAULT 0, evidence_hash bytea DEFAULT NULL,
  metadata jsonb DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_register_work';
COMMENT ON FUNCTION mes.register_work(text, bytea, text, text, text, text, text, jsonb, jsonb, integer, bytea, jsonb) IS 'registers a work; shares and sources are objects of parts per million, by address and by work_id in hex; without shares the account holds it all';

CREATE FUNCTION mes.work_id(content_hash bytea)
RETURNS bytea LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_work_id';
COMMENT ON FUNCTION mes.work_id(bytea) IS 'the id that a work of this content has';

CREATE FUNCTION mes.derive_work(work_id bytea, source_work_id bytea, share_ppm integer)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_derive_work';
COMMENT ON FUNCTION mes.derive_work(bytea, bytea, integer) IS 'declares that a work derives from another, which then takes part in what it earns';

CREATE FUNCTION mes.appoint_agent(work_id bytea, agent_address text)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_appoint_agent';
COMMENT ON FUNCTION mes.appoint_agent(bytea, text) IS 'names who grants licences of a work for all its holders';

CREATE FUNCTION mes.register_item(kind text, code text, title text DEFAULT NULL, content_hash bytea DEFAULT NULL,
  metadata jsonb DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_register_item';
COMMENT ON FUNCTION mes.register_item(text, text, text, bytea, jsonb) IS 'registers a thing under a code that can be issued once';

CREATE FUNCTION mes.transfer_share(work_id bytea, to_address text, share_ppm integer)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_transfer_share';
COMMENT ON FUNCTION mes.transfer_share(bytea, text, integer) IS 'gives parts per million of a work to an address';

CREATE FUNCTION mes.split_share(work_id bytea, shares jsonb)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_split_share';
COMMENT ON FUNCTION mes.split_share(bytea, jsonb) IS 'gives parts per million of a work to several addresses: an object of address and part';

CREATE FUNCTION mes.offer_share(work_id bytea, share_ppm integer, price numeric, asset text, buyer_address text DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_offer_share';
COMMENT ON FUNCTION mes.offer_share(bytea, integer, numeric, text, text, timestamptz) IS 'offers parts per million of a work for a price';

CREATE FUNCTION mes.buy_share(offer_id bytea, amount numeric DEFAULT NULL, asset text DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_buy_share';
COMMENT ON FUNCTION mes.buy_share(bytea, numeric, text) IS 'buys offered shares, delivery against payment; amount and asset are what you expect to pay, null: whatever it costs';

CREATE FUNCTION mes.withdraw_offer(offer_id bytea)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_withdraw_offer';
COMMENT ON FUNCTION mes.withdraw_offer(bytea) IS 'takes back an offer of shares, or of a licence by its licence_id';

CREATE FUNCTION mes.grant_licence(work_id bytea, territory text DEFAULT NULL, medium text DEFAULT NULL, price numeric DEFAULT 0,
  asset text DEFAULT NULL, valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL,
  exclusive boolean DEFAULT false, licensee_address text DEFAULT NULL, uses bigint DEFAULT NULL,
  sublicence_depth integer DEFAULT 0, royalty_ppm integer DEFAULT 0, royalty_per_use numeric DEFAULT 0,
  revocation_notice interval DEFAULT NULL, standing boolean DEFAULT false, terms_hash bytea DEFAULT NULL,
  parent_licence_id bytea DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_grant_licence';
COMMENT ON FUNCTION mes.grant_licence(bytea, text, text, numeric, text, timestamptz, timestamptz, boolean, text, bigint, integer, integer, numeric, interval, boolean, bytea, bytea) IS 'offers a licence of a work; without territory WORLD, without medium all, without valid_from now; standing: any number may buy it; without revocation_notice it cannot be revoked';

CREATE FUNCTION mes.buy_licence(licence_id bytea, amount numeric DEFAULT NULL, asset text DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_buy_licence';
COMMENT ON FUNCTION mes.buy_licence(bytea, numeric, text) IS 'buys an offered licence and pays its owners in one; amount and asset are what you expect to pay, null: whatever it costs';

CREATE FUNCTION mes.revoke_licence(licence_id bytea, end_at timestamptz DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_revoke_licence';
COMMENT ON FUNCTION mes.revoke_licence(bytea, timestamptz) IS 'ends a licence: by its licensor with the notice of its terms, by its licensee at once; null: as early as may be';

CREATE FUNCTION mes.pay_royalty(work_id bytea DEFAULT NULL, amount numeric DEFAULT NULL, asset text DEFAULT NULL,
  licence_id bytea DEFAULT NULL, uses bigint DEFAULT 0, revenue numeric DEFAULT 0, report_hash bytea DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_pay_royalty';
COMMENT ON FUNCTION mes.pay_royalty(bytea, numeric, text, bytea, bigint, numeric, bytea) IS 'pays the owners of a work through the tree of works: an amount, or with a licence what its uses and revenue make due';

CREATE FUNCTION mes.fund_reward(work_id bytea, asset text, amount numeric, reward_ppm integer)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_fund_reward';
COMMENT ON FUNCTION mes.fund_reward(bytea, text, numeric, integer) IS 'fills the pool that gives buyers of a work''s licences a part of the price back; a negative amount takes it out again';

CREATE FUNCTION mes.sublicense(parent_licence_id bytea, territory text DEFAULT NULL, medium text DEFAULT NULL,
  price numeric DEFAULT 0, asset text DEFAULT NULL, valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL,
  exclusive boolean DEFAULT false, licensee_address text DEFAULT NULL, uses bigint DEFAULT NULL,
  sublicence_depth integer DEFAULT 0, royalty_ppm integer DEFAULT 0, royalty_per_use numeric DEFAULT 0,
  revocation_notice interval DEFAULT NULL, standing boolean DEFAULT false)
RETURNS uuid LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN mes.grant_licence(NULL, territory, medium, price, asset, valid_from, valid_until, exclusive, licensee_address,
  uses, sublicence_depth, royalty_ppm, royalty_per_use, revocation_notice, standing, NULL, parent_licence_id);
COMMENT ON FUNCTION mes.sublicense(bytea, text, text, numeric, text, timestamptz, timestamptz, boolean, text, bigint, integer, integer, numeric, interval, boolean) IS 'offers a licence under your own; what is not said is as in the parent licence';

CREATE FUNCTION mes.report_usage(licence_id bytea, uses bigint DEFAULT 0, revenue numeric DEFAULT 0, report_hash bytea DEFAULT NULL)
RETURNS uuid LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN mes.pay_royalty(licence_id => report_usage.licence_id, uses => report_usage.uses,
  revenue => report_usage.revenue, report_hash => report_usage.report_hash);
COMMENT ON FUNCTION mes.report_usage(bytea, bigint, numeric, bytea) IS 'reports uses and revenue of your licence and pays what they make due';

CREATE FUNCTION mes.work_history(work_id bytea)
RETURNS TABLE (height bigint, "position" integer, operation_index integer, block_time timestamptz, txid bytea,
               address text, event text, detail jsonb) LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH subjects AS (
  SELECT pg_catalog.encode(work_history.work_id, 'hex') AS id
  UNION ALL
  SELECT pg_catalog.encode(s.key, 'hex') FROM mes_internal.current_rows AS s, LATERAL mes_internal.licence_state(s.value) AS v
   WHERE s.table_number = 21 AND v.work_id = work_history.work_id
  UNION ALL
  SELECT pg_catalog.encode(s.key, 'hex') FROM mes_internal.current_rows AS s, LATERAL mes_internal.offer_state(s.value) AS v
   WHERE s.table_number = 20 AND v.work_id = work_history.work_id)
SELECT b.height, (t.tx_id & 1048575)::integer, o.operation_index, b.block_time, t.txid,
       mes_internal.address_text(o.address), o.operation, o.detail
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20,
       LATERAL mes_internal.transaction_operations(t.txid, t.body) AS o
 WHERE (t.operation = 0 OR t.operation > 15) AND t.status = 0
   AND (EXISTS (SELECT FROM subjects AS s WHERE s.id IN (o.detail ->> 'work_id', o.detail ->> 'source_work_id',
          o.detail ->> 'licence_id', o.detail ->> 'offer_id', o.detail ->> 'subject_id'))
        OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(o.detail -> 'payouts') AS p
                    WHERE p ->> 'work_id' = pg_catalog.encode(work_history.work_id, 'hex'))
        OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(o.detail -> 'sources') AS p
                    WHERE p ->> 'work_id' = pg_catalog.encode(work_history.work_id, 'hex')))
 ORDER BY t.tx_id, o.operation_index;
END;
COMMENT ON FUNCTION mes.work_history(bytea) IS 'everything that happened to a work, in order: registered, licensed, sold, paid';

CREATE FUNCTION mes.seal_terms(subject_id bytea, terms jsonb, parties bytea[])
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_seal_terms';
COMMENT ON FUNCTION mes.seal_terms(bytea, jsonb, bytea[]) IS 'puts confidential terms of a licence or work on the ledger in a box that only the parties open; parties are public keys of suite 1 accounts';

CREATE FUNCTION mes.open_terms(terms_hash bytea)
RETURNS jsonb LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_open_terms';
COMMENT ON FUNCTION mes.open_terms(bytea) IS 'opens terms that were sealed to the session''s account and keeps them on this node; null when the ledger has none of this hash';

DO $$
DECLARE
  object text;
BEGIN
  FOREACH object IN ARRAY ARRAY['works', 'work_sources', 'shares', 'share_offers', 'licences', 'royalties', 'items', 'sealed_terms', 'reward_pools', 'work_kinds', 'mediums'] LOOP
    EXECUTE format('GRANT SELECT ON mes.%I TO mes_reader, mes_auditor, mes_admin', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['work_state(bytea)',
    'work_sources(bytea)',
    'share_rows(bytea)',
    'item_state(bytea)',
    'offer_state(bytea)',
    'licence_state(bytea)',
    'reward_state(bytea)',
    'terms_state(bytea)',
    'royalty_rows(bytea)',
    'work_kind_rows()',
    'medium_rows()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes_internal.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes_internal.%s TO mes_reader, mes_auditor, mes_admin, mes_bi', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['work_id(bytea)',
    'work_history(bytea)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes.%s TO mes_reader, mes_auditor, mes_admin, mes_member', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['register_work(text, bytea, text, text, text, text, text, jsonb, jsonb, integer, bytea, jsonb)',
    'derive_work(bytea, bytea, integer)',
    'appoint_agent(bytea, text)',
    'register_item(text, text, text, bytea, jsonb)',
    'transfer_share(bytea, text, integer)',
    'split_share(bytea, jsonb)',
    'offer_share(bytea, integer, numeric, text, text, timestamptz)',
    'buy_share(bytea, numeric, text)',
    'withdraw_offer(bytea)',
    'grant_licence(bytea, text, text, numeric, text, timestamptz, timestamptz, boolean, text, bigint, integer, integer, numeric, interval, boolean, bytea, bytea)',
    'buy_licence(bytea, numeric, text)',
    'revoke_licence(bytea, timestamptz)',
    'pay_royalty(bytea, numeric, text, bytea, bigint, numeric, bytea)',
    'fund_reward(bytea, text, numeric, integer)',
    'sublicense(bytea, text, text, numeric, text, timestamptz, timestamptz, boolean, text, bigint, integer, integer, numeric, interval, boolean)',
    'report_usage(bytea, bigint, numeric, bytea)',
    'seal_terms(bytea, jsonb, bytea[])',
    'open_terms(bytea)'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes.%s TO mes_member', object);
  END LOOP;
END $$;
