-- 83_bi_rights_upkeep.sql - what mes_bi must hold of works, licences, royalties and shares, said a second
-- time in SQL over the ledger's rows: to fill it where it is behind, and to find rows that somebody
-- changed. Keys of works, licences, sales and changes of shares number rows of a block; they are made
-- when a row is, and not compared.

CREATE FUNCTION mes_internal.report_party(address bytea)
RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT d.account_key FROM mes_bi.dim_account AS d WHERE d.address = mes_internal.address_text(report_party.address)
$$;
COMMENT ON FUNCTION mes_internal.report_party(bytea) IS 'number of an address in mes_bi';

-- whom rights name without a payment that would have made them known to the ledger
CREATE VIEW mes_internal.report_named AS
SELECT s.height, v.holder AS address FROM mes_internal.state_rows AS s, LATERAL mes_internal.share_rows(s.value) AS v WHERE s.table_number = 17
UNION ALL
SELECT s.height, v.registrant FROM mes_internal.state_rows AS s, LATERAL mes_internal.work_state(s.value) AS v WHERE s.table_number = 16
UNION ALL
SELECT s.height, a.address FROM mes_internal.state_rows AS s, LATERAL mes_internal.licence_state(s.value) AS v,
       LATERAL (VALUES (v.licensor), (CASE WHEN v.status <> 'offered' THEN v.licensee END)) AS a (address)
 WHERE s.table_number = 21 AND a.address IS NOT NULL;
COMMENT ON VIEW mes_internal.report_named IS 'addresses that rows of rights name, and the blocks that wrote them';

CREATE VIEW mes_internal.report_work AS
SELECT (f.height << 20) + pg_catalog.row_number() OVER (PARTITION BY f.height ORDER BY f.tx_id, f.key) - 1 AS work_key,
       pg_catalog.encode(f.key, 'hex') AS work_id_hex, v.title, v.title_zh, v.kind, v.isan, v.eidr, v.isrc,
       pg_catalog.encode(v.content_hash, 'hex') AS content_hash_hex, mes_internal.report_party(v.registrant) AS registrant_account_key,
       f.height AS registered_height, b.block_time AS registered_at, f.height
  FROM (SELECT DISTINCT ON (s.key) s.key, s.height, s.tx_id, s.value FROM mes_internal.state_rows AS s
         WHERE s.table_number = 16 ORDER BY s.key, s.height) AS f
  JOIN mes_internal.block_rows AS b ON b.height = f.height, LATERAL mes_internal.work_state(f.value) AS v;
COMMENT ON VIEW mes_internal.report_work IS 'what mes_bi.dim_work must hold';

CREATE FUNCTION mes_internal.report_territory(code text)
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE code WHEN 'WORLD' THEN 1
            ELSE (pg_catalog.ascii(code) - 64) * 100 + pg_catalog.ascii(pg_catalog.substr(code, 2)) - 64 END;
COMMENT ON FUNCTION mes_internal.report_territory(text) IS 'territory_key of a licence''s territory: a part of a country is that country''s';

CREATE VIEW mes_internal.report_licence AS
WITH versions AS (
  SELECT s.key, s.height, s.tx_id, s.value, v.status,
         (v.status, v.valid_until) IS DISTINCT FROM (pg_catalog.lag(v.status) OVER w, pg_catalog.lag(v.valid_until) OVER w) AS changed
    FROM mes_internal.state_rows AS s, LATERAL mes_internal.licence_state(s.value) AS v
   WHERE s.table_number = 21 WINDOW w AS (PARTITION BY s.key ORDER BY s.height)
), lives AS (
  SELECT key, pg_catalog.min(height) AS offered_height, pg_catalog.min(tx_id) AS offered_tx,
         pg_catalog.min(height) FILTER (WHERE status IN ('active', 'revoked')) AS sold_height,
         pg_catalog.max(height) FILTER (WHERE changed) AS changed_height
    FROM versions GROUP BY 1
)
SELECT (l.offered_height << 20) + pg_catalog.row_number() OVER (PARTITION BY l.offered_height ORDER BY l.offered_tx, l.key) - 1 AS licence_key,
       pg_catalog.encode(l.key, 'hex') AS licence_id_hex, w.work_key, mes_internal.report_party(v.licensor) AS licensor_account_key,
       CASE WHEN v.licensee IS NULL OR v.status = 'offered' THEN 0 ELSE mes_internal.report_party(v.licensee) END AS licensee_account_key,
       mes_internal.report_territory(v.territory) AS territory_key, m.medium_key,
       v.exclusive::integer::bigint + CASE WHEN v.parent IS NULL THEN 0 ELSE 2 END AS licence_kind_key, v.territory AS territory_code,
       v.status, v.valid_from, v.valid_until, g.height AS granted_height, g.block_time AS granted_at, l.changed_height,
       l.changed_height AS height
  FROM lives AS l
  JOIN versions AS c ON c.key = l.key AND c.height = l.changed_height
  JOIN mes_internal.block_rows AS g ON g.height = coalesce(l.sold_height, l.offered_height),
       LATERAL mes_internal.licence_state(c.value) AS v
  JOIN mes_bi.dim_medium AS m ON m.code = v.medium
  JOIN mes_bi.dim_work AS w ON w.work_id_hex = pg_catalog.encode(v.work_id, 'hex');
COMMENT ON VIEW mes_internal.report_licence IS 'what mes_bi.dim_licence must hold';

-- a standing offer stays on offer: who buys it gets a licence whose id follows from the purchase
CREATE VIEW mes_internal.report_licence_sale AS
WITH bought AS (
  SELECT t.tx_id, t.txid, t.block_time, o.operation_index, pg_catalog.decode(o.detail ->> 'licence_id', 'hex') AS offer,
         pg_catalog.sha256('MES1-licence'::bytea || t.txid || pg_catalog.int4send(o.operation_index)) AS made
    FROM mes_internal.transaction_rows AS t, LATERAL mes_internal.transaction_operations(t.txid, t.body) AS o
   WHERE t.operation IN (0, 24) AND t.status = 0 AND o.operation = 'buy_licence'
), sold AS (
  SELECT b.*, CASE WHEN EXISTS (SELECT FROM mes_internal.state_rows AS s WHERE s.table_number = 21 AND s.key = b.made)
                   THEN b.made ELSE b.offer END AS key
    FROM bought AS b
)
SELECT ((b.tx_id >> 20) << 20) + pg_catalog.row_number() OVER (PARTITION BY b.tx_id >> 20 ORDER BY b.tx_id, b.operation_index) - 1 AS licence_sale_key,
       b.tx_id >> 20 AS height, b.block_time, pg_catalog.to_char(b.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key,
       l.licence_key, l.work_key, l.licensor_account_key, mes_internal.report_party(v.licensee) AS licensee_account_key, l.territory_key,
       l.medium_key, l.licence_kind_key, a.asset_id::bigint AS asset_key, (b.tx_id & 1048575)::integer AS position,
       pg_catalog.encode(b.txid, 'hex') AS txid_hex, pg_catalog.round(mes_internal.whole_units(v.price_units, a.decimals), 8) AS amount
  FROM sold AS b
  JOIN mes_internal.state_rows AS s ON s.table_number = 21 AND s.key = b.key AND s.height = b.tx_id >> 20
  JOIN mes_bi.dim_licence AS l ON l.licence_id_hex = pg_catalog.encode(b.key, 'hex'),
       LATERAL mes_internal.licence_state(s.value) AS v
  JOIN mes_internal.asset_rows AS a ON a.code = v.asset;
COMMENT ON VIEW mes_internal.report_licence_sale IS 'what mes_bi.fact_licence_sale must hold';

CREATE VIEW mes_internal.report_royalty AS
WITH paid AS (
  SELECT t.tx_id, t.first_output, t.txid, t.block_time, r.*, mes_internal.transaction_reference(t.txid, t.body) AS reference,
         pg_catalog.to_char(t.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key
    FROM mes_internal.transaction_rows AS t, LATERAL mes_internal.royalty_rows(t.body) AS r
   WHERE t.operation IN (0, 22, 24, 27) AND t.status = 0
), parties AS (
  SELECT a.address, d.account_key
    FROM (SELECT p.payer AS address FROM paid AS p UNION SELECT p.payee FROM paid AS p) AS a
    LEFT JOIN mes_bi.dim_account AS d ON d.address = mes_internal.address_text(a.address)
)
SELECT (p.tx_id >> 20 << 20) + p.first_output + p.output_index AS royalty_key, p.tx_id >> 20 AS height, p.block_time, p.date_key,
       CASE WHEN p.reference ~ '^20[2-5][0-9]-(0[1-9]|1[0-2])'
            THEN (pg_catalog.substr(p.reference, 1, 4) || pg_catalog.substr(p.reference, 6, 2) || '01')::bigint
            ELSE p.date_key END AS period_date_key,
       w.work_key, o.work_key AS source_work_key, f.account_key AS payer_account_key,
       t.account_key AS payee_account_key, coalesce(l.licence_key, 0) AS licence_key,
       coalesce(l.territory_key, 0) AS territory_key, coalesce(l.medium_key, -1) AS medium_key, a.asset_id::bigint AS asset_key,
       (p.tx_id & 1048575)::integer AS position, p.output_index AS transfer_index, p.reason, pg_catalog.encode(p.txid, 'hex') AS txid_hex,
       pg_catalog.round(mes_internal.whole_units(p.amount_units, a.decimals), 8) AS amount, p.reference
  FROM paid AS p
  JOIN mes_internal.asset_rows AS a ON a.code = p.asset
  JOIN mes_bi.dim_work AS w ON w.work_id_hex = pg_catalog.encode(p.work_id, 'hex')
  JOIN mes_bi.dim_work AS o ON o.work_id_hex = pg_catalog.encode(p.source_work_id, 'hex')
  JOIN parties AS f ON f.address = p.payer
  JOIN parties AS t ON t.address = p.payee
  LEFT JOIN mes_bi.dim_licence AS l ON l.licence_id_hex = pg_catalog.encode(p.licence_id, 'hex');
COMMENT ON VIEW mes_internal.report_royalty IS 'what mes_bi.fact_royalty must hold';

-- one row a block, work and holder: state rows hold what stood at a block's end
CREATE VIEW mes_internal.report_share_change AS
WITH versions AS (
  SELECT s.key, s.height, s.tx_id, s.value, pg_catalog.lag(s.value) OVER (PARTITION BY s.key ORDER BY s.height) AS previous
    FROM mes_internal.state_rows AS s WHERE s.table_number = 17
)
SELECT (v.height << 20) + pg_catalog.row_number() OVER (PARTITION BY v.height ORDER BY v.tx_id, v.key, h.holder) - 1 AS share_change_key,
       v.height, t.block_time, pg_catalog.to_char(t.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key, w.work_key,
       mes_internal.report_party(h.holder) AS account_key, (v.tx_id & 1048575)::integer AS position, h.share_ppm_before, h.share_ppm_after,
       pg_catalog.encode(t.txid, 'hex') AS txid_hex,
       pg_catalog.round((h.share_ppm_after - h.share_ppm_before) / 1000000.0, 8) AS amount
  FROM versions AS v
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = v.tx_id
  JOIN mes_bi.dim_work AS w ON w.work_id_hex = pg_catalog.encode(v.key, 'hex'),
       LATERAL (SELECT holder, coalesce(o.share_ppm, 0) AS share_ppm_before, coalesce(n.share_ppm, 0) AS share_ppm_after
                  FROM mes_internal.share_rows(v.previous) AS o FULL JOIN mes_internal.share_rows(v.value) AS n USING (holder)) AS h
 WHERE h.share_ppm_before <> h.share_ppm_after;
COMMENT ON VIEW mes_internal.report_share_change IS 'what mes_bi.fact_share_change must add up to';

-- of each relation of rights: what stands there and what must, in the same columns, height first
CREATE FUNCTION mes_internal.report_rights()
RETURNS TABLE (relation text, there text, wanted text) LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('dim_work',
          'registered_height AS height, work_id_hex, title, title_zh, kind, isan, eidr, isrc, content_hash_hex, registrant_account_key, '
          'registered_at FROM mes_bi.dim_work WHERE work_key > 0',
          'registered_height AS height, work_id_hex, title, title_zh, kind, isan, eidr, isrc, content_hash_hex, registrant_account_key, '
          'registered_at FROM mes_internal.report_work WHERE true'),
         ('dim_licence',
          'changed_height AS height, licence_id_hex, work_key, licensor_account_key, licensee_account_key, territory_key, medium_key, '
          'licence_kind_key, territory_code, status, valid_from, valid_until, granted_height, granted_at FROM mes_bi.dim_licence WHERE licence_key > 0',
          'height, licence_id_hex, work_key, licensor_account_key, licensee_account_key, territory_key, medium_key, '
          'licence_kind_key, territory_code, status, valid_from, valid_until, granted_height, granted_at FROM mes_internal.report_licence WHERE true'),
         ('fact_licence_sale',
          'height, block_time, date_key, licence_key, work_key, licensor_account_key, licensee_account_key, territory_key, medium_key, '
          'licence_kind_key, asset_key, position, txid_hex, amount FROM mes_bi.fact_licence_sale WHERE true',
          'height, block_time, date_key, licence_key, work_key, licensor_account_key, licensee_account_key, territory_key, medium_key, '
          'licence_kind_key, asset_key, position, txid_hex, amount FROM mes_internal.report_licence_sale WHERE true'),
         ('fact_royalty',
          'height, royalty_key, block_time, date_key, period_date_key, work_key, source_work_key, payer_account_key, payee_account_key, '
          'licence_key, territory_key, medium_key, asset_key, position, transfer_index, reason, txid_hex, amount, reference '
          'FROM mes_bi.fact_royalty WHERE true',
          'height, royalty_key, block_time, date_key, period_date_key, work_key, source_work_key, payer_account_key, payee_account_key, '
          'licence_key, territory_key, medium_key, asset_key, position, transfer_index, reason, txid_hex, amount, reference '
          'FROM mes_internal.report_royalty WHERE true'),
         ('fact_share_change',
          'height, block_time, date_key, work_key, account_key, share_ppm, amount FROM (SELECT height, block_time, date_key, work_key, '
          'account_key, sum(share_ppm_after - share_ppm_before) AS share_ppm, sum(amount) AS amount FROM mes_bi.fact_share_change '
          'GROUP BY 1, 2, 3, 4, 5 HAVING sum(share_ppm_after - share_ppm_before) <> 0) AS s WHERE true',
          'height, block_time, date_key, work_key, account_key, (share_ppm_after - share_ppm_before)::bigint AS share_ppm, amount '
          'FROM mes_internal.report_share_change WHERE true')
$$;
COMMENT ON FUNCTION mes_internal.report_rights() IS 'relations of mes_bi that works, licences and shares fill, and the queries that compare them';

-- the sums, which have no height of their own: of all blocks or not at all
CREATE FUNCTION mes_internal.report_sums()
RETURNS TABLE (relation text, key text, columns text, source text) LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('agg_revenue_day', 'revenue_key', 'date_key, source_work_key, territory_key, medium_key, asset_key, reason',
          'period_date_key, source_work_key, territory_key, medium_key, asset_key, reason'),
         ('agg_payee_month', 'payee_month_key', 'date_key, source_work_key, work_key, payee_account_key, asset_key, reason',
          'period_date_key / 100 * 100 + 1, source_work_key, work_key, payee_account_key, asset_key, reason')
$$;
COMMENT ON FUNCTION mes_internal.report_sums() IS 'relations of mes_bi that add up royalties, by which columns';

CREATE FUNCTION mes_internal.verify_rights_reports(from_height bigint, to_height bigint)
RETURNS TABLE (height bigint, relation text, problem text, row_count bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  each record;
BEGIN
  FOR each IN SELECT * FROM mes_internal.report_rights() LOOP
    RETURN QUERY EXECUTE format(
      'WITH there AS (SELECT * FROM (SELECT %1$s) AS x WHERE x.height BETWEEN $1 AND $2),
            wanted AS (SELECT * FROM (SELECT %2$s) AS x WHERE x.height BETWEEN $1 AND $2)
       SELECT d.height, %3$L, d.problem, count(*)
         FROM ((SELECT w.height, ''missing or changed'' AS problem FROM (TABLE wanted EXCEPT ALL TABLE there) AS w)
               UNION ALL
               (SELECT s.height, ''not of the ledger'' FROM (TABLE there EXCEPT ALL TABLE wanted) AS s)) AS d
        GROUP BY 1, 3 ORDER BY 1, 3', each.there, each.wanted, each.relation)
    USING from_height, to_height;
  END LOOP;
  IF from_height > 1 OR to_height < (SELECT max(b.height) FROM mes_internal.block_rows AS b) THEN
    RETURN;
  END IF;
  FOR each IN SELECT * FROM mes_internal.report_sums() LOOP
    RETURN QUERY EXECUTE format(
      'WITH there AS (SELECT %2$s, royalty_count, amount FROM mes_bi.%1$I),
            wanted AS (SELECT %3$s, count(*), sum(amount) FROM mes_internal.report_royalty GROUP BY 1, 2, 3, 4, 5, 6)
       SELECT NULL::bigint, %1$L, d.problem, count(*)
         FROM ((SELECT ''missing or changed'' AS problem FROM (TABLE wanted EXCEPT ALL TABLE there) AS w)
               UNION ALL
               (SELECT ''not of the ledger'' FROM (TABLE there EXCEPT ALL TABLE wanted) AS s)) AS d
        GROUP BY 3 ORDER BY 3', each.relation, each.columns, each.source);
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.verify_rights_reports(bigint, bigint) IS 'the part of mes.verify_reports() that works, licences and shares fill';

-- After accounts and assets. Rows of the blocks asked for are written anew; works and licences keep their numbers.
CREATE FUNCTION mes_internal.complete_rights_reports(from_height bigint, to_height bigint)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  each record;
  fact text;
BEGIN
  INSERT INTO mes_bi.dim_account
  SELECT (SELECT max(x.account_key) FROM mes_bi.dim_account AS x) + row_number() OVER (ORDER BY b.height, n.address),
         mes_internal.address_text(n.address), b.height, b.block_time, to_char(b.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint
    FROM (SELECT r.address, min(r.height) AS height FROM mes_internal.report_named AS r GROUP BY 1) AS n
    JOIN mes_internal.block_rows AS b USING (height)
   WHERE mes_internal.report_party(n.address) IS NULL;
  INSERT INTO mes_bi.dim_work
  SELECT work_key, work_id_hex, title, title_zh, kind, isan, eidr, isrc, content_hash_hex, registrant_account_key, registered_height, registered_at
    FROM mes_internal.report_work WHERE height BETWEEN from_height AND to_height ORDER BY 1 ON CONFLICT DO NOTHING;
  INSERT INTO mes_bi.dim_licence AS d
  SELECT licence_key, licence_id_hex, work_key, licensor_account_key, licensee_account_key, territory_key, medium_key, licence_kind_key,
         territory_code, status, valid_from, valid_until, granted_height, granted_at, changed_height
    FROM mes_internal.report_licence WHERE height BETWEEN from_height AND to_height ORDER BY 1
      ON CONFLICT (licence_id_hex) DO UPDATE SET licensee_account_key = excluded.licensee_account_key, status = excluded.status,
         valid_until = excluded.valid_until, granted_height = excluded.granted_height, granted_at = excluded.granted_at,
         changed_height = excluded.changed_height;
  FOREACH fact IN ARRAY ARRAY['licence_sale', 'royalty', 'share_change'] LOOP
    EXECUTE format('DELETE FROM mes_bi.%I WHERE height BETWEEN $1 AND $2', 'fact_' || fact) USING from_height, to_height;
    EXECUTE format('INSERT INTO mes_bi.%I SELECT %s FROM mes_internal.%I WHERE height BETWEEN $1 AND $2 ORDER BY 1',
                   'fact_' || fact, mes_internal.report_columns('fact_' || fact), 'report_' || fact)
    USING from_height, to_height;
  END LOOP;
  FOR each IN SELECT * FROM mes_internal.report_sums() LOOP
    EXECUTE format('TRUNCATE mes_bi.%I', each.relation);
    EXECUTE format('INSERT INTO mes_bi.%I SELECT min(royalty_key), max(height), max(block_time), %s, count(*), sum(amount) '
                   'FROM mes_bi.fact_royalty GROUP BY 4, 5, 6, 7, 8, 9', each.relation, each.source);
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.complete_rights_reports(bigint, bigint) IS 'the part of mes_internal.complete_reports() that works, licences and shares fill';

REVOKE ALL ON FUNCTION mes_internal.report_party(bytea), mes_internal.report_territory(text), mes_internal.report_rights(),
  mes_internal.report_sums(), mes_internal.verify_rights_reports(bigint, bigint),
  mes_internal.complete_rights_reports(bigint, bigint) FROM PUBLIC;
