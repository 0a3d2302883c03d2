-- 81_bi_upkeep.sql - what mes_bi must hold, said a second time in SQL over the ledger's own rows: to
-- fill it where it is behind (a restored database), and to find rows that somebody changed. Then the
-- proof under a report, who may read, and what everything is called.

CREATE FUNCTION mes_internal.output_operation(body bytea, output_index integer)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_output_operation';
COMMENT ON FUNCTION mes_internal.output_operation(bytea, integer) IS 'operation that made an output of a stored transaction, null for change';

-- mes_bi numbers accounts itself: a holder of shares may be nobody whom the ledger has a number for
CREATE VIEW mes_internal.report_account AS
SELECT coalesce(d.account_key, (SELECT pg_catalog.max(x.account_key) FROM mes_bi.dim_account AS x)
                               + pg_catalog.row_number() OVER (PARTITION BY d.account_key IS NULL ORDER BY a.address_id)) AS account_key,
       mes_internal.address_text(a.address) AS address, a.first_height, b.block_time AS first_seen_at,
       pg_catalog.to_char(b.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS first_date_key,
       a.first_height AS height, a.address_id
  FROM mes_internal.address_rows AS a JOIN mes_internal.block_rows AS b ON b.height = a.first_height
  LEFT JOIN mes_bi.dim_account AS d ON d.address = mes_internal.address_text(a.address);
COMMENT ON VIEW mes_internal.report_account IS 'accounts that mes_bi.dim_account must hold';

CREATE VIEW mes_internal.report_key AS
SELECT a.address_id, d.account_key FROM mes_internal.address_rows AS a
  JOIN mes_bi.dim_account AS d ON d.address = mes_internal.address_text(a.address)
UNION ALL SELECT 0, 0;
COMMENT ON VIEW mes_internal.report_key IS 'the ledger''s number of an address to that of mes_bi; 0 is nobody';

CREATE VIEW mes_internal.report_asset AS
SELECT c.asset_id::bigint AS asset_key, c.code, c.decimals::integer AS decimals,
       (SELECT k.account_key FROM mes_internal.report_key AS k WHERE k.address_id = coalesce(o.address_id, t.sender_id)) AS issuer_account_key,
       (SELECT (mes_internal.asset_state(s.value)).issuer IS NOT NULL FROM mes_internal.state_rows AS s
         WHERE s.table_number = 1 AND s.key = pg_catalog.convert_to(c.code, 'UTF8') ORDER BY s.height LIMIT 1) AS is_reissuable,
       c.tx_id >> 20 AS issued_height, t.block_time AS issued_at, c.tx_id >> 20 AS height
  FROM mes_internal.asset_rows AS c
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = c.tx_id
  LEFT JOIN LATERAL (SELECT r.address_id FROM mes_internal.output_rows AS r
                      WHERE r.output_id >= (t.tx_id >> 20 << 20) + t.first_output
                        AND r.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
                        AND r.kind = 2 AND r.asset_id = c.asset_id ORDER BY r.output_id LIMIT 1) AS o ON true;
COMMENT ON VIEW mes_internal.report_asset IS 'what mes_bi.dim_asset must hold';

CREATE VIEW mes_internal.report_transfer AS
WITH burns AS (
  SELECT t.tx_id, u.operation_index, u.actor, u.asset, u.amount_units,
         pg_catalog.row_number() OVER (PARTITION BY t.tx_id >> 20 ORDER BY t.tx_id, u.operation_index) - 1 AS number
    FROM mes_internal.transaction_rows AS t, LATERAL mes_internal.transaction_burns(t.txid, t.body) AS u
   WHERE t.status = 0 AND t.operation IN (0, 3, 28)
), lines AS (
  SELECT o.output_id AS transfer_key, t.tx_id, CASE WHEN o.kind = 2 THEN 0 ELSE coalesce(p.address_id, t.sender_id) END AS from_id,
         o.address_id AS to_id, o.asset_id, o.output_index AS transfer_index,
         CASE WHEN t.operation_count = 1 THEN mes_internal.operation_name(t.operation)
              ELSE mes_internal.output_operation(t.body, o.output_index) END AS operation,
         o.amount_units, mes_internal.output_memo(t.txid, t.body, o.output_index) AS memo
    FROM mes_internal.output_rows AS o
    JOIN mes_internal.transaction_rows AS t
      ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
     AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
     AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
    LEFT JOIN mes_internal.address_rows AS p
      ON o.actor > 0 AND p.address = mes_internal.transaction_actor(t.txid, t.body, o.actor)
   WHERE o.kind IN (0, 2)
  UNION ALL
  SELECT (b.tx_id >> 20 << 20) + (1 << 19) + b.number, t.tx_id, coalesce(p.address_id, t.sender_id), 0,
         c.asset_id, -1 - b.operation_index,
         CASE WHEN t.operation_count = 1 THEN mes_internal.operation_name(t.operation)
              ELSE (SELECT o.operation FROM mes_internal.transaction_operations(t.txid, t.body) AS o
                     WHERE o.operation_index = b.operation_index) END,
         b.amount_units, NULL
    FROM burns AS b
    JOIN mes_internal.transaction_rows AS t ON t.tx_id = b.tx_id
    JOIN mes_internal.asset_rows AS c ON c.code = b.asset
    LEFT JOIN mes_internal.address_rows AS p
      ON b.actor > 0 AND p.address = mes_internal.transaction_actor(t.txid, t.body, b.actor)
)
SELECT l.transfer_key, l.tx_id >> 20 AS height, t.block_time,
       pg_catalog.to_char(t.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key, f.account_key AS from_account_key,
       k.account_key AS to_account_key,
       l.asset_id::bigint AS asset_key, (l.tx_id & 1048575)::integer AS position, l.transfer_index, l.operation,
       pg_catalog.encode(t.txid, 'hex') AS txid_hex,
       pg_catalog.round(mes_internal.whole_units(l.amount_units, c.decimals), 8) AS amount,
       mes_internal.transaction_reference(t.txid, t.body) AS reference, l.memo
  FROM lines AS l
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = l.tx_id
  JOIN mes_internal.asset_rows AS c ON c.asset_id = l.asset_id
  JOIN mes_internal.report_key AS f ON f.address_id = l.from_id
  JOIN mes_internal.report_key AS k ON k.address_id = l.to_id
UNION ALL
SELECT m.output_id, m.output_id >> 20, b.block_time, pg_catalog.to_char(b.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint, 0, k.account_key,
       m.asset_id, m.position_in_block, m.output_index, 'fees', pg_catalog.encode(mes_internal.fees_txid(m.output_id >> 20), 'hex'),
       pg_catalog.round(mes_internal.whole_units(m.amount_units, c.decimals), 8), NULL, NULL
  FROM mes_internal.output_rows AS m
  JOIN mes_internal.block_rows AS b ON b.height = m.output_id >> 20
  JOIN mes_internal.asset_rows AS c ON c.asset_id = m.asset_id
  JOIN mes_internal.report_key AS k ON k.address_id = m.address_id
 WHERE m.kind = 3;
COMMENT ON VIEW mes_internal.report_transfer IS 'what mes_bi.fact_transfer must hold';

CREATE VIEW mes_internal.report_fee AS
SELECT t.tx_id AS fee_key, t.tx_id >> 20 AS height, t.block_time,
       pg_catalog.to_char(t.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key, k.account_key AS payer_account_key,
       c.asset_id::bigint AS asset_key, (t.tx_id & 1048575)::integer AS position,
       mes_internal.operation_name(t.operation) AS operation, pg_catalog.encode(t.txid, 'hex') AS txid_hex,
       pg_catalog.round(mes_internal.whole_units(mes_internal.transaction_fee(t.txid, t.body), c.decimals), 8) AS amount
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.asset_rows AS c
    ON c.code = (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g)
  JOIN mes_internal.report_key AS k ON k.address_id = t.sender_id
 WHERE t.status = 0 AND mes_internal.transaction_fee(t.txid, t.body) > 0;
COMMENT ON VIEW mes_internal.report_fee IS 'what mes_bi.fact_fee must hold';

CREATE VIEW mes_internal.report_refusal AS
SELECT t.tx_id AS refusal_key, t.tx_id >> 20 AS height, t.block_time,
       pg_catalog.to_char(t.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key, k.account_key,
       (t.tx_id & 1048575)::integer AS position, mes_internal.operation_name(t.operation) AS operation,
       mes_internal.status_name(t.status) AS cause, 'MC' || pg_catalog.lpad(t.status::text, 3, '0') AS error_code,
       pg_catalog.encode(t.txid, 'hex') AS txid_hex, mes_internal.transaction_reference(t.txid, t.body) AS reference
  FROM mes_internal.transaction_rows AS t JOIN mes_internal.report_key AS k ON k.address_id = t.sender_id
 WHERE t.status <> 0;
COMMENT ON VIEW mes_internal.report_refusal IS 'what mes_bi.fact_refusal must hold';

CREATE VIEW mes_internal.report_rate AS
WITH paid AS (
  SELECT t.tx_id, o.actor, o.asset_id, pg_catalog.sum(o.amount_units)::bigint AS amount_units
    FROM mes_internal.output_rows AS o
    JOIN mes_internal.transaction_rows AS t
      ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block
     AND o.output_id >= (t.tx_id >> 20 << 20) + t.first_output
     AND o.output_id < (t.tx_id >> 20 << 20) + t.first_output + t.output_count
   WHERE o.kind = 0 AND t.actor_count > 1
   GROUP BY 1, 2, 3
), exchanges AS (
  SELECT p.tx_id, pg_catalog.max(p.asset_id) AS base_id, pg_catalog.min(p.asset_id) AS quote_id
    FROM paid AS p GROUP BY 1
  HAVING count(*) = 2 AND count(DISTINCT p.actor) = 2 AND count(DISTINCT p.asset_id) = 2
)
SELECT t.tx_id AS rate_key, t.tx_id >> 20 AS height, t.block_time,
       pg_catalog.to_char(t.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key, e.base_id::bigint AS base_asset_key,
       e.quote_id::bigint AS quote_asset_key, (t.tx_id & 1048575)::integer AS position,
       pg_catalog.encode(t.txid, 'hex') AS txid_hex,
       pg_catalog.round(mes_internal.whole_units(b.amount_units, bc.decimals), 8) AS amount,
       pg_catalog.round(mes_internal.whole_units(q.amount_units, qc.decimals), 8) AS quote_amount,
       CASE WHEN r.rate < 1e20 THEN r.rate END AS rate
  FROM exchanges AS e
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = e.tx_id
  JOIN paid AS b ON b.tx_id = e.tx_id AND b.asset_id = e.base_id
  JOIN paid AS q ON q.tx_id = e.tx_id AND q.asset_id = e.quote_id
  JOIN mes_internal.asset_rows AS bc ON bc.asset_id = e.base_id
  JOIN mes_internal.asset_rows AS qc ON qc.asset_id = e.quote_id,
       LATERAL (SELECT pg_catalog.round(mes_internal.whole_units(q.amount_units, qc.decimals)
                                        / mes_internal.whole_units(b.amount_units, bc.decimals), 8) AS rate) AS r;
COMMENT ON VIEW mes_internal.report_rate IS 'what mes_bi.fact_rate must hold';

CREATE VIEW mes_internal.report_block AS
SELECT b.height AS block_key, b.height, b.block_time, pg_catalog.to_char(b.block_time AT TIME ZONE 'UTC', 'YYYYMMDD')::bigint AS date_key,
       b.proposer::bigint AS proposer_member_key, b.tx_count,
       (SELECT count(*)::integer FROM mes_internal.transaction_rows AS t
         WHERE t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20 AND t.status <> 0) AS refused_count,
       b.output_count, (extract(epoch FROM b.block_time - p.block_time) * 1000)::bigint AS since_previous_time,
       pg_catalog.encode(b.hash, 'hex') AS block_hash_hex, pg_catalog.encode(b.state_root, 'hex') AS state_root_hex,
       coalesce((SELECT pg_catalog.sum(f.amount) FROM mes_internal.report_fee AS f
                  WHERE f.fee_key >= b.height << 20 AND f.fee_key < (b.height + 1) << 20), 0) AS amount
  FROM mes_internal.block_rows AS b LEFT JOIN mes_internal.block_rows AS p ON p.height = b.height - 1;
COMMENT ON VIEW mes_internal.report_block IS 'what mes_bi.fact_block must hold';

-- the relations that apply fills, in an order in which they can be filled
CREATE FUNCTION mes_internal.report_relations()
RETURNS TABLE (relation text, source text, key text) LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('dim_account', 'report_account', 'account_key'), ('dim_asset', 'report_asset', 'asset_key'),
         ('fact_transfer', 'report_transfer', 'transfer_key'), ('fact_fee', 'report_fee', 'fee_key'),
         ('fact_refusal', 'report_refusal', 'refusal_key'), ('fact_rate', 'report_rate', 'rate_key'),
         ('fact_block', 'report_block', 'block_key')
$$;
COMMENT ON FUNCTION mes_internal.report_relations() IS 'relations of mes_bi that blocks fill, and the views that say what they must hold';

CREATE FUNCTION mes_internal.report_columns(relation text)
RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
   WHERE a.attrelid = format('mes_bi.%I', relation)::regclass AND a.attnum > 0 AND NOT a.attisdropped
$$;
COMMENT ON FUNCTION mes_internal.report_columns(text) IS 'columns of a relation of mes_bi';

CREATE FUNCTION mes_internal.complete_report_members()
RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO mes_bi.dim_member AS d
  SELECT m.number, m.member, encode(m.voting_key, 'hex'), m.standing FROM mes.members AS m
      ON CONFLICT (member_key) DO UPDATE SET member = excluded.member, voting_key_hex = excluded.voting_key_hex, standing = excluded.standing
   WHERE (d.member, d.voting_key_hex, d.standing) <> (excluded.member, excluded.voting_key_hex, excluded.standing)
$$;
COMMENT ON FUNCTION mes_internal.complete_report_members() IS 'brings mes_bi.dim_member up to what governance decided; apply calls it with the block that does';

CREATE FUNCTION mes_internal.complete_reports()
RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tip bigint := coalesce((SELECT max(b.height) FROM mes_internal.block_rows AS b), 0);
  have bigint := coalesce((SELECT max(b.height) FROM mes_bi.fact_block AS b WHERE b.height <= tip), 0);
  each record;
BEGIN
  PERFORM mes_internal.complete_report_members();
  FOR each IN SELECT * FROM mes_internal.report_relations() LOOP
    EXIT WHEN have = tip;
    EXECUTE format('INSERT INTO mes_bi.%I SELECT %s FROM mes_internal.%I WHERE height > $1 AND height <= $2 '
                   'ORDER BY 1 ON CONFLICT (%I) DO NOTHING',
                   each.relation, mes_internal.report_columns(each.relation), each.source, each.key) USING have, tip;
  END LOOP;
  IF have < tip THEN
    PERFORM mes_internal.complete_rights_reports(have + 1, tip);
  END IF;
  RETURN tip;
END $$;
COMMENT ON FUNCTION mes_internal.complete_reports() IS 'fills mes_bi with the blocks that it does not hold yet; apply calls it when it starts';

CREATE FUNCTION mes.verify_reports(from_height bigint DEFAULT 1, to_height bigint DEFAULT NULL)
RETURNS TABLE (height bigint, relation text, problem text, row_count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
DECLARE
  each record;
  columns text;
BEGIN
  RETURN QUERY
    SELECT a.first_height, 'dim_account', 'missing or changed', count(*) FROM mes_internal.address_rows AS a
     WHERE a.first_height BETWEEN from_height AND coalesce(to_height, 9223372036854775807)
       AND NOT EXISTS (SELECT FROM mes_bi.dim_account AS d WHERE d.address = mes_internal.address_text(a.address))
     GROUP BY 1 ORDER BY 1;
  FOR each IN SELECT * FROM mes_internal.report_relations() AS r WHERE r.relation <> 'dim_account' LOOP
    columns := mes_internal.report_columns(each.relation);
    RETURN QUERY EXECUTE format(
      'WITH there AS (SELECT %1$s FROM mes_bi.%2$I WHERE %4$I > 0 AND %5$s BETWEEN $1 AND $2),
            wanted AS (SELECT %1$s FROM mes_internal.%3$I WHERE height BETWEEN $1 AND $2)
       SELECT d.%5$s, %2$L, d.problem, count(*)
         FROM ((SELECT w.*, ''missing or changed'' AS problem FROM (TABLE wanted EXCEPT ALL TABLE there) AS w)
               UNION ALL
               (SELECT s.*, ''not of the ledger'' FROM (TABLE there EXCEPT ALL TABLE wanted) AS s)) AS d
        GROUP BY 1, 3 ORDER BY 1, 3',
      columns, each.relation, each.source, each.key,
      CASE each.relation WHEN 'dim_asset' THEN 'issued_height' ELSE 'height' END)
    USING from_height, coalesce(to_height, 9223372036854775807);
  END LOOP;
  RETURN QUERY SELECT * FROM mes_internal.verify_rights_reports(from_height, coalesce(to_height, 9223372036854775807));
END $$;
COMMENT ON FUNCTION mes.verify_reports(bigint, bigint) IS 'compares mes_bi with the ledger''s own rows; none when every report is what the blocks say';

-- definer's rights: certificates are in the engine's schema, where readers of reports have no business
CREATE FUNCTION mes_bi.report_proof(height bigint DEFAULT NULL)
RETURNS TABLE (height bigint, block_time timestamptz, block_hash text, state_root text, signers text, certificate text,
               "text" text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp AS $$
  WITH asked AS (
    SELECT b.height, b.block_time, encode(b.hash, 'hex') AS block_hash, encode(b.state_root, 'hex') AS state_root,
           encode(b.result_certificate, 'hex') AS certificate,
           (SELECT string_agg(m.member, ', ' ORDER BY m.member_key)
              FROM mes_internal.certificate_signers(b.result_certificate) AS s
              JOIN mes_bi.dim_member AS m ON m.member_key = mes_internal.seat_number(b.height, s.member)) AS signers,
           (SELECT count(*) FROM mes_internal.certificate_signers(b.result_certificate)) AS signed,
           (SELECT count(mes_internal.seat_number(b.height, n)) FROM generate_series(0, 99) AS n) AS members,
           to_char(b.block_time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS "UTC"') AS moment
      FROM mes_internal.block_rows AS b
     WHERE b.height = coalesce(report_proof.height, (SELECT max(f.height) FROM mes_bi.fact_block AS f))
  )
  SELECT a.height, a.block_time, a.block_hash, a.state_root, a.signers, a.certificate,
         format('True for block %s of %s. Block hash %s, state root %s. Result signed by %s of %s members (%s needed): %s.',
                a.height, a.moment, a.block_hash, a.state_root, a.signed, a.members,
                (a.members + (a.members - 1) / 3) / 2 + 1, a.signers) || E'\n' ||
         format('本报表截至区块 %s（%s）。区块哈希 %s，状态根 %s。结果由 %s 个成员中的 %s 个签名（需要 %s 个）：%s。',
                a.height, a.moment, a.block_hash, a.state_root, a.members, a.signed,
                (a.members + (a.members - 1) / 3) / 2 + 1, a.signers)
    FROM asked AS a
$$;
COMMENT ON FUNCTION mes_bi.report_proof(bigint) IS
  'for the foot of a report: the block that it is true for (default: the newest in this snapshot) and who signed its result · 报表脚注：报表对应的区块（默认为本快照中的最新区块）及其结果的签名成员';

CREATE FUNCTION mes.create_report_reader(name text, statement_timeout interval DEFAULT '60 s')
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF statement_timeout <= interval '0' OR statement_timeout > interval '1 day' THEN
    RAISE EXCEPTION 'statement_timeout % is not between 0 and 1 day', statement_timeout USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION IN ROLE mes_bi', name);
  EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', name, (extract(epoch FROM statement_timeout) * 1000)::bigint || 'ms');
  EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', name);
  EXECUTE format('ALTER ROLE %I SET default_transaction_isolation = %L', name, 'repeatable read');
  EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', name, '10min');
  EXECUTE format('ALTER ROLE %I SET search_path = mes_bi', name);
  EXECUTE format('ALTER ROLE %I SET timezone = %L', name, 'UTC');
  EXECUTE format('ALTER ROLE %I SET jit = off', name); -- compiling takes longer than these queries
END $$;
COMMENT ON FUNCTION mes.create_report_reader(text, interval) IS 'makes a login for a reporting tool: member of mes_bi, read only, one snapshot a transaction, statements limited in time; set its password with \password';

DO $$
DECLARE
  each record;
BEGIN
  FOR each IN SELECT * FROM mes_internal.report_relations() LOOP
    PERFORM pg_catalog.pg_extension_config_dump(format('mes_bi.%I', each.relation),
      CASE each.relation WHEN 'dim_account' THEN 'WHERE account_key > 0' ELSE '' END);
    EXECUTE format('GRANT INSERT ON mes_bi.%I TO mes_engine', each.relation);
  END LOOP;
END $$;
SELECT pg_catalog.pg_extension_config_dump('mes_bi.dim_member', '');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.dim_work', 'WHERE work_key > 0');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.dim_licence', 'WHERE licence_key > 0');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.fact_licence_sale', '');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.fact_royalty', '');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.fact_share_change', '');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.agg_revenue_day', '');
SELECT pg_catalog.pg_extension_config_dump('mes_bi.agg_payee_month', '');
GRANT INSERT ON mes_bi.dim_work, mes_bi.fact_licence_sale, mes_bi.fact_royalty, mes_bi.fact_share_change TO mes_engine;
GRANT INSERT, UPDATE ON mes_bi.dim_licence, mes_bi.agg_revenue_day, mes_bi.agg_payee_month TO mes_engine;
-- the keys are there for tools to read; what they demand holds by the way apply writes
DO $$
DECLARE
  relation regclass;
BEGIN
  FOR relation IN SELECT oid FROM pg_catalog.pg_class WHERE relnamespace = 'mes_bi'::regnamespace AND relkind = 'r' LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s DISABLE TRIGGER ALL', relation);
  END LOOP;
END $$;
GRANT SELECT ON ALL TABLES IN SCHEMA mes_bi TO mes_bi, mes_auditor, mes_admin, mes_engine;
GRANT USAGE ON SCHEMA mes_bi TO mes_admin, mes_engine;
REVOKE ALL ON FUNCTION mes_internal.output_operation(bytea, integer), mes_internal.report_relations(),
  mes_internal.report_columns(text), mes_internal.complete_report_members(), mes_internal.complete_reports(), mes.verify_reports(bigint, bigint),
  mes_bi.report_proof(bigint), mes.create_report_reader(text, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes_internal.complete_report_members(), mes_internal.complete_reports() TO mes_engine;
GRANT EXECUTE ON FUNCTION mes.verify_reports(bigint, bigint) TO mes_auditor, mes_admin;
GRANT EXECUTE ON FUNCTION mes_bi.report_proof(bigint) TO mes_bi, mes_auditor, mes_admin;
GRANT EXECUTE ON FUNCTION mes.create_report_reader(text, interval) TO mes_admin;
ALTER ROLE mes_bi SET statement_timeout = '60s';
ALTER ROLE mes_bi SET default_transaction_read_only = on;
