-- 40_ledger_views.sql - the ledger for people: blocks, transactions, receipts, outputs, assets.
--
-- Every view joins block_rows by the height and by the range of ids that a height means. The pair
-- looks redundant and is not: the equality meets the index on the height of an id, the range lets a
-- join skip leaves. Height is the transaction's own (tx_id >> 20), not the block's: a range of heights
-- is then a range of that index, and its statistics are those of the transactions.

CREATE FUNCTION mes_internal.whole_units(amount_units bigint, decimals smallint)
RETURNS numeric LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_whole_units';
COMMENT ON FUNCTION mes_internal.whole_units(bigint, smallint) IS 'base units as a number of whole units';

CREATE FUNCTION mes_internal.address_text(address bytea)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_address_text';
COMMENT ON FUNCTION mes_internal.address_text(bytea) IS 'the text of an address';

CREATE FUNCTION mes_internal.address_bytes(address text)
RETURNS bytea LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_address_bytes';
COMMENT ON FUNCTION mes_internal.address_bytes(text) IS 'the 32 bytes behind an address, refused when it is none';

CREATE FUNCTION mes_internal.operation_name(number smallint)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_operation_name';
COMMENT ON FUNCTION mes_internal.operation_name(smallint) IS 'name of an operation kind; multiple for 0';

CREATE FUNCTION mes_internal.status_name(number smallint)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_status_name';
COMMENT ON FUNCTION mes_internal.status_name(smallint) IS 'ok, or the name in mes.error_codes';

CREATE FUNCTION mes_internal.fees_txid(height bigint)
RETURNS bytea LANGUAGE sql STRICT IMMUTABLE PARALLEL SAFE
RETURN pg_catalog.sha256('MES1-fees'::bytea || pg_catalog.int8send(height));
GRANT EXECUTE ON FUNCTION mes_internal.fees_txid(bigint) TO mes_engine;
COMMENT ON FUNCTION mes_internal.fees_txid(bigint) IS 'what stands for a txid in the output that pays a block''s fees to its proposer';

CREATE FUNCTION mes_internal.transaction_reference(txid bytea, body bytea)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_transaction_reference';
COMMENT ON FUNCTION mes_internal.transaction_reference(bytea, bytea) IS 'reference of a stored transaction, null when it has none';

CREATE FUNCTION mes_internal.transaction_memo(txid bytea, body bytea)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_transaction_memo';
COMMENT ON FUNCTION mes_internal.transaction_memo(bytea, bytea) IS 'first memo of a stored transaction, null when it has none';

CREATE FUNCTION mes_internal.output_memo(txid bytea, body bytea, output_index integer)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_output_memo';
COMMENT ON FUNCTION mes_internal.output_memo(bytea, bytea, integer) IS 'memo of the transfer that made an output';

CREATE FUNCTION mes_internal.transaction_fee(txid bytea, body bytea)
RETURNS bigint LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_transaction_fee';
COMMENT ON FUNCTION mes_internal.transaction_fee(bytea, bytea) IS 'fee of a stored transaction in base units';

CREATE FUNCTION mes_internal.transaction_actor(txid bytea, body bytea, actor integer)
RETURNS bytea LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_transaction_actor';
COMMENT ON FUNCTION mes_internal.transaction_actor(bytea, bytea, integer) IS 'address of who acts in a stored transaction under this number; 0 is the sender';

CREATE FUNCTION mes_internal.transaction_detail(txid bytea, body bytea)
RETURNS jsonb LANGUAGE c STRICT STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_transaction_detail';
COMMENT ON FUNCTION mes_internal.transaction_detail(bytea, bytea) IS 'what a stored transaction says: its only operation, or an array of all';

CREATE FUNCTION mes_internal.transaction_operations(txid bytea, body bytea, OUT operation_index integer,
                                                    OUT operation text, OUT address bytea, OUT detail jsonb)
RETURNS SETOF record LANGUAGE c STRICT STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_transaction_operations';
COMMENT ON FUNCTION mes_internal.transaction_operations(bytea, bytea) IS 'operations of a stored transaction';

CREATE FUNCTION mes_internal.transaction_burns(txid bytea, body bytea, OUT operation_index integer,
                                               OUT actor integer, OUT asset text, OUT amount_units bigint)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'mes_internal_transaction_burns';
COMMENT ON FUNCTION mes_internal.transaction_burns(bytea, bytea) IS 'what a stored transaction burns';

CREATE FUNCTION mes_internal.operation_kind_rows(OUT number smallint, OUT operation text, OUT description text)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_operation_kinds';
COMMENT ON FUNCTION mes_internal.operation_kind_rows() IS 'the operation kinds as the library has them';

CREATE FUNCTION mes_internal.receipt_message(receipt bytea)
RETURNS text LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_receipt_message';
COMMENT ON FUNCTION mes_internal.receipt_message(bytea) IS 'message of a stored refusal, with the values it names';

CREATE FUNCTION mes_internal.receipt_fields(receipt bytea, OUT operation_index integer, OUT number bigint,
                                            OUT "limit" bigint, OUT name text)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_receipt_fields';
COMMENT ON FUNCTION mes_internal.receipt_fields(bytea) IS 'values of a stored refusal';

CREATE FUNCTION mes_internal.certificate_signers(certificate bytea, OUT member integer, OUT signature bytea)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE ROWS 4 AS 'MODULE_PATHNAME', 'mes_internal_certificate_signers';
COMMENT ON FUNCTION mes_internal.certificate_signers(bytea) IS 'members that signed, by number';

CREATE FUNCTION mes_internal.asset_state(value bytea, OUT issuer bytea, OUT supply_units bigint, OUT metadata jsonb)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_asset_state';
COMMENT ON FUNCTION mes_internal.asset_state(bytea) IS 'what a state row says of an asset';

CREATE FUNCTION mes_internal.notarisation_state(value bytea, OUT address bytea, OUT txid bytea, OUT metadata jsonb)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_notarisation_state';
COMMENT ON FUNCTION mes_internal.notarisation_state(bytea) IS 'what a state row says of a notarised document';

CREATE FUNCTION mes_internal.parameter_rows(OUT name text, OUT minimum bigint, OUT maximum bigint,
                                            OUT standard bigint, OUT unit text, OUT description text)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_parameter_rows';
COMMENT ON FUNCTION mes_internal.parameter_rows() IS 'the consensus parameters as the library has them';

-- a filter on an address is on its text: one look-up finds its number
CREATE UNIQUE INDEX address_rows_text ON mes_internal.address_rows (mes_internal.address_text(address));
GRANT EXECUTE ON FUNCTION mes_internal.address_text(bytea) TO mes_engine;

-- genesis and what it says

CREATE VIEW mes.genesis AS
SELECT genesis_hash, pg_catalog.substring(genesis_hash, 1, 16) AS chain_id,
       pg_catalog.to_timestamp((document ->> 'created_ms')::numeric::double precision / 1000) AS created_at,
       document -> 'parameters' ->> 'fee_asset' AS fee_asset,
       pg_catalog.jsonb_array_length(document -> 'members') AS members_total, document, joined_at
  FROM mes_internal.genesis_rows;
COMMENT ON VIEW mes.genesis IS 'what the federation agreed on before its first block; one row, none before a ledger is here';
COMMENT ON COLUMN mes.genesis.genesis_hash IS 'hash that members compare before they join';
COMMENT ON COLUMN mes.genesis.chain_id IS 'its first 16 bytes: what every signature names';
COMMENT ON COLUMN mes.genesis.created_at IS 'when it was made, the chain time before the first block';
COMMENT ON COLUMN mes.genesis.fee_asset IS 'asset in which fees are paid, null when there are none';
COMMENT ON COLUMN mes.genesis.members_total IS 'members that it names';
COMMENT ON COLUMN mes.genesis.document IS 'the document that members exchange';
COMMENT ON COLUMN mes.genesis.joined_at IS 'when this database took it';

CREATE VIEW mes.parameters AS
SELECT p.name, 'integer'::text AS type, coalesce(g.document -> 'parameters' ->> p.name, p.standard::text) AS value,
       p.minimum, p.maximum, p.standard::text AS default_value, p.unit, p.description
  FROM mes_internal.parameter_rows() AS p LEFT JOIN mes_internal.genesis_rows AS g ON true
UNION ALL
SELECT 'fee_asset', 'text', (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g),
       NULL, NULL, NULL, NULL, 'asset in which fees are paid; null: there are none';
COMMENT ON VIEW mes.parameters IS 'what genesis and governance decide, in force now, with its bounds';
COMMENT ON COLUMN mes.parameters.name IS 'name, as in the parameters of mes.create_genesis()';
COMMENT ON COLUMN mes.parameters.type IS 'integer or text';
COMMENT ON COLUMN mes.parameters.value IS 'value in force';
COMMENT ON COLUMN mes.parameters.minimum IS 'lowest value';
COMMENT ON COLUMN mes.parameters.maximum IS 'highest value';
COMMENT ON COLUMN mes.parameters.default_value IS 'value where genesis says none';
COMMENT ON COLUMN mes.parameters.unit IS 'unit of the value';
COMMENT ON COLUMN mes.parameters.description IS 'what it bounds';

CREATE VIEW mes.members AS
SELECT (m.number - 1)::integer AS number, m.entry ->> 'name' AS member,
       pg_catalog.decode(m.entry ->> 'identity_key', 'hex') AS identity_key,
       pg_catalog.decode(m.entry ->> 'voting_key', 'hex') AS voting_key,
       m.entry ->> 'fee_address' AS fee_address, nullif(m.entry ->> 'host', '') AS host,
       (m.entry ->> 'port')::integer AS port
  FROM mes_internal.genesis_rows AS g,
       LATERAL pg_catalog.jsonb_array_elements(g.document -> 'members') WITH ORDINALITY AS m (entry, number);
COMMENT ON VIEW mes.members IS 'the members of the federation';
COMMENT ON COLUMN mes.members.number IS 'number of the member in certificates';
COMMENT ON COLUMN mes.members.member IS 'its name';
COMMENT ON COLUMN mes.members.identity_key IS 'key that speaks for the member in governance';
COMMENT ON COLUMN mes.members.voting_key IS 'key that signs its votes';
COMMENT ON COLUMN mes.members.fee_address IS 'address to which its fees go';
COMMENT ON COLUMN mes.members.host IS 'host on which its node listens, as genesis has it';
COMMENT ON COLUMN mes.members.port IS 'port there';

CREATE VIEW mes.operation_kinds AS
SELECT number, operation, description FROM mes_internal.operation_kind_rows();
COMMENT ON VIEW mes.operation_kinds IS 'what a transaction can do';
COMMENT ON COLUMN mes.operation_kinds.number IS 'number in the signed bytes; never changes';
COMMENT ON COLUMN mes.operation_kinds.operation IS 'name, as mes.transactions shows it';
COMMENT ON COLUMN mes.operation_kinds.description IS 'what it does';

-- blocks

CREATE VIEW mes.blocks AS
SELECT b.height, b.hash, pg_catalog.substring(b.header, 37, 32) AS parent_hash, b.state_root, b.block_time,
       m.member AS proposer, b.tx_count, b.output_count
  FROM mes_internal.block_rows AS b LEFT JOIN mes.members AS m ON m.number = b.proposer;
COMMENT ON VIEW mes.blocks IS 'one row a block';
COMMENT ON COLUMN mes.blocks.height IS 'number of the block, the first is 1';
COMMENT ON COLUMN mes.blocks.hash IS 'hash of its header';
COMMENT ON COLUMN mes.blocks.parent_hash IS 'hash of the block before, of genesis for the first';
COMMENT ON COLUMN mes.blocks.state_root IS 'what a quorum signed as the result: it commits to all state and all history up to here';
COMMENT ON COLUMN mes.blocks.block_time IS 'chain time, UTC, never falls';
COMMENT ON COLUMN mes.blocks.proposer IS 'member that proposed it';
COMMENT ON COLUMN mes.blocks.tx_count IS 'transactions in it, refused ones too';
COMMENT ON COLUMN mes.blocks.output_count IS 'outputs that it made';

CREATE VIEW mes.block_signatures AS
SELECT b.height, m.member, s.member_number, s.result_signature, s.order_signature, b.block_time
  FROM mes_internal.block_rows AS b,
       LATERAL (SELECT coalesce(r.member, o.member) AS member_number, r.signature AS result_signature,
                       o.signature AS order_signature
                  FROM mes_internal.certificate_signers(b.result_certificate) AS r
                  FULL JOIN mes_internal.certificate_signers(b.commit_certificate) AS o ON o.member = r.member) AS s
  LEFT JOIN mes.members AS m ON m.number = s.member_number;
COMMENT ON VIEW mes.block_signatures IS 'who signed a block, as far as this node kept signatures: a quorum, each node its own';
COMMENT ON COLUMN mes.block_signatures.height IS 'block';
COMMENT ON COLUMN mes.block_signatures.member IS 'member that signed';
COMMENT ON COLUMN mes.block_signatures.member_number IS 'its number in the certificate';
COMMENT ON COLUMN mes.block_signatures.result_signature IS 'its signature on the result, null when another quorum is kept';
COMMENT ON COLUMN mes.block_signatures.order_signature IS 'its signature on the order, null when another quorum is kept';
COMMENT ON COLUMN mes.block_signatures.block_time IS 'chain time of the block';

-- transactions

CREATE VIEW mes.transactions AS
SELECT t.tx_id >> 20 AS height, (t.tx_id & 1048575)::integer AS position, t.txid, t.submission, b.block_time,
       mes_internal.address_text(a.address) AS address, mes_internal.operation_name(t.operation) AS operation,
       t.operation_count::integer AS operation_count, mes_internal.transaction_detail(t.txid, t.body) AS detail,
       mes_internal.transaction_reference(t.txid, t.body) AS reference,
       mes_internal.transaction_memo(t.txid, t.body) AS memo,
       CASE WHEN f.decimals IS NOT NULL
            THEN mes_internal.whole_units(mes_internal.transaction_fee(t.txid, t.body), f.decimals) END AS fee,
       mes_internal.status_name(t.status) AS status
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20
  JOIN mes_internal.address_rows AS a ON a.address_id = t.sender_id
  LEFT JOIN mes_internal.asset_rows AS f
    ON f.code = (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g);
COMMENT ON VIEW mes.transactions IS 'one row a transaction that a block holds, refused ones too';
COMMENT ON COLUMN mes.transactions.height IS 'block';
COMMENT ON COLUMN mes.transactions.position IS 'place in the block, from 0';
COMMENT ON COLUMN mes.transactions.txid IS 'hash of what was signed';
COMMENT ON COLUMN mes.transactions.submission IS 'uuid that its sender gave it';
COMMENT ON COLUMN mes.transactions.block_time IS 'chain time of its block';
COMMENT ON COLUMN mes.transactions.address IS 'sender';
COMMENT ON COLUMN mes.transactions.operation IS 'its only operation, else multiple';
COMMENT ON COLUMN mes.transactions.operation_count IS 'how many operations';
COMMENT ON COLUMN mes.transactions.detail IS 'fields of its only operation; for several an array of objects';
COMMENT ON COLUMN mes.transactions.reference IS 'the sender''s reference';
COMMENT ON COLUMN mes.transactions.memo IS 'memo of its first transfer that has one';
COMMENT ON COLUMN mes.transactions.fee IS 'fee it offered, in mes.genesis.fee_asset; null when there are no fees';
COMMENT ON COLUMN mes.transactions.status IS 'ok, or why it was refused: a name of mes.error_codes';

CREATE VIEW mes.transaction_operations AS
SELECT t.tx_id >> 20 AS height, (t.tx_id & 1048575)::integer AS position, o.operation_index, b.block_time, t.txid,
       mes_internal.address_text(o.address) AS address, o.operation, o.detail, mes_internal.status_name(t.status) AS status
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20,
       LATERAL mes_internal.transaction_operations(t.txid, t.body) AS o;
COMMENT ON VIEW mes.transaction_operations IS 'one row an operation of a transaction';
COMMENT ON COLUMN mes.transaction_operations.height IS 'block';
COMMENT ON COLUMN mes.transaction_operations.position IS 'place of its transaction in the block';
COMMENT ON COLUMN mes.transaction_operations.operation_index IS 'number of the operation there, from 0';
COMMENT ON COLUMN mes.transaction_operations.block_time IS 'chain time of the block';
COMMENT ON COLUMN mes.transaction_operations.txid IS 'transaction';
COMMENT ON COLUMN mes.transaction_operations.address IS 'who acts: the sender, or another that signed';
COMMENT ON COLUMN mes.transaction_operations.operation IS 'name of its kind';
COMMENT ON COLUMN mes.transaction_operations.detail IS 'its fields; amounts in whole units';
COMMENT ON COLUMN mes.transaction_operations.status IS 'of its transaction: all operations take effect or none';

CREATE VIEW mes.receipts AS
SELECT t.txid, t.tx_id >> 20 AS height, (t.tx_id & 1048575)::integer AS position, b.block_time, t.submission,
       mes_internal.status_name(t.status) AS status, mes_internal.receipt_message(t.receipt) AS message,
       CASE WHEN t.receipt IS NOT NULL
            THEN pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(mes_internal.receipt_fields(t.receipt))) END AS detail
  FROM mes_internal.transaction_rows AS t
  JOIN mes_internal.block_rows AS b
    ON b.height = t.tx_id >> 20 AND t.tx_id >= b.height << 20 AND t.tx_id < (b.height + 1) << 20;
COMMENT ON VIEW mes.receipts IS 'what became of each transaction';
COMMENT ON COLUMN mes.receipts.txid IS 'transaction';
COMMENT ON COLUMN mes.receipts.height IS 'block that decided it';
COMMENT ON COLUMN mes.receipts.position IS 'place in the block';
COMMENT ON COLUMN mes.receipts.block_time IS 'chain time of the block';
COMMENT ON COLUMN mes.receipts.submission IS 'its submission';
COMMENT ON COLUMN mes.receipts.status IS 'ok, or a name of mes.error_codes';
COMMENT ON COLUMN mes.receipts.message IS 'why it was refused, with the values; null when ok';
COMMENT ON COLUMN mes.receipts.detail IS 'the values alone; null when ok';

-- assets, documents, accounts

CREATE VIEW mes.assets AS
SELECT c.code AS asset, c.decimals::integer AS decimals, mes_internal.whole_units(v.supply_units, c.decimals) AS supply,
       mes_internal.address_text(v.issuer) AS issuer, v.metadata, b.height AS issued_height, b.block_time AS issued_at,
       t.txid
  FROM mes_internal.asset_rows AS c
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = c.tx_id
  JOIN mes_internal.block_rows AS b ON b.height = t.tx_id >> 20,
       LATERAL (SELECT s.value FROM mes_internal.state_rows AS s
                 WHERE s.table_number = 1 AND s.key = pg_catalog.convert_to(c.code, 'UTF8')
                 ORDER BY s.height DESC LIMIT 1) AS s,
       LATERAL mes_internal.asset_state(s.value) AS v;
COMMENT ON VIEW mes.assets IS 'one row an asset, as it stands now';
COMMENT ON COLUMN mes.assets.asset IS 'code';
COMMENT ON COLUMN mes.assets.decimals IS 'digits after the point';
COMMENT ON COLUMN mes.assets.supply IS 'issued less burned';
COMMENT ON COLUMN mes.assets.issuer IS 'who may issue more; null when the supply is final';
COMMENT ON COLUMN mes.assets.metadata IS 'what its issuer says of it';
COMMENT ON COLUMN mes.assets.issued_height IS 'block of its first issue';
COMMENT ON COLUMN mes.assets.issued_at IS 'chain time of that block';
COMMENT ON COLUMN mes.assets.txid IS 'transaction of its first issue';

CREATE VIEW mes.notarisations AS
SELECT s.key AS document_hash, mes_internal.address_text(v.address) AS address, v.txid, s.height,
       (s.tx_id & 1048575)::integer AS position, b.block_time, v.metadata
  FROM mes_internal.state_rows AS s
  JOIN mes_internal.block_rows AS b ON b.height = s.height,
       LATERAL mes_internal.notarisation_state(s.value) AS v
 WHERE s.table_number = 2;
COMMENT ON VIEW mes.notarisations IS 'documents whose hash the ledger holds';
COMMENT ON COLUMN mes.notarisations.document_hash IS 'SHA-256 of the document';
COMMENT ON COLUMN mes.notarisations.address IS 'who had it recorded';
COMMENT ON COLUMN mes.notarisations.txid IS 'transaction that did';
COMMENT ON COLUMN mes.notarisations.height IS 'its block';
COMMENT ON COLUMN mes.notarisations.position IS 'its place in the block';
COMMENT ON COLUMN mes.notarisations.block_time IS 'chain time of the block: the document existed then';
COMMENT ON COLUMN mes.notarisations.metadata IS 'what was said of the document';

CREATE VIEW mes.accounts AS
SELECT c.name, mes_internal.address_text(c.address) AS address, c.suite::integer AS suite, c.public_key, c.owner,
       c.locked, c.created_at, l.height AS last_active_height, l.block_time AS last_active_at
  FROM mes_internal.account_rows AS c
  LEFT JOIN mes_internal.address_rows AS a ON a.address = c.address
  LEFT JOIN LATERAL (SELECT t.tx_id >> 20 AS height, t.block_time FROM mes_internal.transaction_rows AS t
                      WHERE t.sender_id = a.address_id ORDER BY t.tx_id DESC LIMIT 1) AS l ON true;
COMMENT ON VIEW mes.accounts IS 'accounts whose keys this database holds';
COMMENT ON COLUMN mes.accounts.name IS 'local name';
COMMENT ON COLUMN mes.accounts.address IS 'address on the ledger';
COMMENT ON COLUMN mes.accounts.suite IS 'signature suite: 1 Ed25519, 2 Schnorr';
COMMENT ON COLUMN mes.accounts.public_key IS 'public key';
COMMENT ON COLUMN mes.accounts.owner IS 'role that may use it';
COMMENT ON COLUMN mes.accounts.locked IS 'true when a session has to open it with its passphrase';
COMMENT ON COLUMN mes.accounts.created_at IS 'when it was made here';
COMMENT ON COLUMN mes.accounts.last_active_height IS 'block of the last transaction that it sent, null before';
COMMENT ON COLUMN mes.accounts.last_active_at IS 'chain time of that block';
