-- ledger tables: insert-only, partitioned by height from the first block, no foreign keys among
-- themselves (mes.verify checks references), keys and indexes on the leaves only (P9, P15).
-- tx_id = height << 20 | position, output_id = height << 20 | index in block (P31).

CREATE TABLE mes_internal.block_rows (
  height bigint NOT NULL,
  hash bytea NOT NULL,
  header bytea NOT NULL,
  block_time timestamptz NOT NULL,
  proposer smallint NOT NULL,
  tx_count integer NOT NULL,
  output_count integer NOT NULL,
  receipts_root bytea NOT NULL,
  writeset_root bytea NOT NULL,
  state_digest bytea NOT NULL,
  next_valset_hash bytea NOT NULL,
  state_root bytea NOT NULL,
  commit_certificate bytea NOT NULL,
  result_certificate bytea NOT NULL
) PARTITION BY RANGE (height);
COMMENT ON TABLE mes_internal.block_rows IS 'one row a block: header, roots and this node''s certificates';
COMMENT ON COLUMN mes_internal.block_rows.height IS 'number of the block, the first is 1';
COMMENT ON COLUMN mes_internal.block_rows.hash IS 'SHA-256 of the header';
COMMENT ON COLUMN mes_internal.block_rows.header IS 'header as members signed it, fixed width, big-endian';
COMMENT ON COLUMN mes_internal.block_rows.block_time IS 'chain time, UTC, never falls';
COMMENT ON COLUMN mes_internal.block_rows.proposer IS 'member number of the proposer';
COMMENT ON COLUMN mes_internal.block_rows.tx_count IS 'transactions in the block';
COMMENT ON COLUMN mes_internal.block_rows.output_count IS 'outputs made by the block';
COMMENT ON COLUMN mes_internal.block_rows.receipts_root IS 'Merkle root of the receipts';
COMMENT ON COLUMN mes_internal.block_rows.writeset_root IS 'Merkle root of what each transaction wrote';
COMMENT ON COLUMN mes_internal.block_rows.state_digest IS 'SHA-256 of the state''s LtHash after the block';
COMMENT ON COLUMN mes_internal.block_rows.next_valset_hash IS 'validators from the next epoch on, zeros when unchanged';
COMMENT ON COLUMN mes_internal.block_rows.state_root IS 'execution root, chained from the first block';
COMMENT ON COLUMN mes_internal.block_rows.commit_certificate IS 'signatures of a quorum on the order; each node keeps its own valid set';
COMMENT ON COLUMN mes_internal.block_rows.result_certificate IS 'signatures of a quorum on the result; each node keeps its own valid set';

CREATE TABLE mes_internal.transaction_rows (
  tx_id bigint NOT NULL,
  sender_id bigint NOT NULL,
  first_output integer NOT NULL,
  output_count integer NOT NULL,
  status smallint NOT NULL,
  operation smallint NOT NULL,
  operation_count smallint NOT NULL,
  actor_count smallint NOT NULL,
  block_time timestamptz NOT NULL,
  submission uuid NOT NULL,
  txid bytea NOT NULL,
  body bytea NOT NULL,
  receipt bytea
) PARTITION BY RANGE (tx_id);
COMMENT ON TABLE mes_internal.transaction_rows IS 'one row a transaction: signed body and receipt, without witnesses';
COMMENT ON COLUMN mes_internal.transaction_rows.tx_id IS 'height << 20 | position in block';
COMMENT ON COLUMN mes_internal.transaction_rows.submission IS 'uuid of the submission, unique for its sender within the window';
COMMENT ON COLUMN mes_internal.transaction_rows.sender_id IS 'address of the sender';
COMMENT ON COLUMN mes_internal.transaction_rows.first_output IS 'index in block of its first output';
COMMENT ON COLUMN mes_internal.transaction_rows.output_count IS 'outputs it made; 0 when refused';
COMMENT ON COLUMN mes_internal.transaction_rows.status IS 'number in mes.error_codes, 0 for ok';
COMMENT ON COLUMN mes_internal.transaction_rows.operation IS 'kind of its only operation, 0 for several';
COMMENT ON COLUMN mes_internal.transaction_rows.operation_count IS 'how many operations';
COMMENT ON COLUMN mes_internal.transaction_rows.actor_count IS 'addresses that act in it: 1 is the sender alone';
COMMENT ON COLUMN mes_internal.transaction_rows.block_time IS 'chain time of its block';
COMMENT ON COLUMN mes_internal.transaction_rows.txid IS 'hash of the body';
COMMENT ON COLUMN mes_internal.transaction_rows.body IS 'canonical CBOR of what was signed';
COMMENT ON COLUMN mes_internal.transaction_rows.receipt IS 'canonical CBOR of the refusal, null when ok';

CREATE TABLE mes_internal.witness_rows (
  height bigint NOT NULL,
  witnesses bytea NOT NULL
) PARTITION BY RANGE (height);
COMMENT ON TABLE mes_internal.witness_rows IS 'the signatures of a block''s transactions; may be archived and dropped, proofs of effect stand without them';
COMMENT ON COLUMN mes_internal.witness_rows.height IS 'block';
COMMENT ON COLUMN mes_internal.witness_rows.witnesses IS 'CBOR array of each transaction''s witness array, in order';

CREATE TABLE mes_internal.output_rows (
  output_id bigint NOT NULL,
  address_id bigint NOT NULL,
  amount_units bigint NOT NULL,
  asset_id integer NOT NULL,
  position_in_block integer NOT NULL,
  output_index integer NOT NULL,
  actor smallint NOT NULL,
  kind smallint NOT NULL
) PARTITION BY RANGE (output_id);
COMMENT ON TABLE mes_internal.output_rows IS 'one row an output; unspent while spend_rows has no row of its id';
COMMENT ON COLUMN mes_internal.output_rows.output_id IS 'height << 20 | index in block';
COMMENT ON COLUMN mes_internal.output_rows.address_id IS 'owner';
COMMENT ON COLUMN mes_internal.output_rows.amount_units IS 'amount in base units';
COMMENT ON COLUMN mes_internal.output_rows.asset_id IS 'asset';
COMMENT ON COLUMN mes_internal.output_rows.position_in_block IS 'position of its transaction; of the fees one past the last';
COMMENT ON COLUMN mes_internal.output_rows.output_index IS 'number of the output in its transaction';
COMMENT ON COLUMN mes_internal.output_rows.actor IS 'who in the transaction made it: 0 the sender';
COMMENT ON COLUMN mes_internal.output_rows.kind IS '0 payment, 1 change, 2 issue, 3 fees of the block';

CREATE TABLE mes_internal.spend_rows (
  output_id bigint NOT NULL,
  spent_tx_id bigint NOT NULL,
  input_index integer NOT NULL
) PARTITION BY RANGE (output_id);
COMMENT ON TABLE mes_internal.spend_rows IS 'one row a spent output, in the leaf of the output it spends: unique there, so unique everywhere';
COMMENT ON COLUMN mes_internal.spend_rows.output_id IS 'the output';
COMMENT ON COLUMN mes_internal.spend_rows.spent_tx_id IS 'the transaction that spent it';
COMMENT ON COLUMN mes_internal.spend_rows.input_index IS 'number of the input there';

-- who acts beside the sender: what statements of an account need of transactions that others sent
CREATE TABLE mes_internal.actor_rows (
  address_id bigint NOT NULL,
  tx_id bigint NOT NULL,
  actor smallint NOT NULL
);
CREATE UNIQUE INDEX actor_rows_address ON mes_internal.actor_rows (address_id, tx_id);
CREATE UNIQUE INDEX actor_rows_transaction ON mes_internal.actor_rows (tx_id, actor);
COMMENT ON TABLE mes_internal.actor_rows IS 'one row an actor beside the sender of a transaction that took effect';
COMMENT ON COLUMN mes_internal.actor_rows.address_id IS 'who acts';
COMMENT ON COLUMN mes_internal.actor_rows.tx_id IS 'the transaction';
COMMENT ON COLUMN mes_internal.actor_rows.actor IS 'number there, from 1; the sender is 0';

CREATE TABLE mes_internal.burn_rows (
  address_id bigint NOT NULL,
  tx_id bigint NOT NULL,
  burn_number integer NOT NULL,
  asset_id integer NOT NULL,
  amount_units bigint NOT NULL
);
CREATE UNIQUE INDEX burn_rows_transaction ON mes_internal.burn_rows (tx_id, burn_number);
CREATE INDEX burn_rows_address ON mes_internal.burn_rows (address_id, tx_id);
COMMENT ON TABLE mes_internal.burn_rows IS 'one row for what an operation took out of the supply of an asset';
COMMENT ON COLUMN mes_internal.burn_rows.address_id IS 'whose it was';
COMMENT ON COLUMN mes_internal.burn_rows.tx_id IS 'the transaction';
COMMENT ON COLUMN mes_internal.burn_rows.burn_number IS 'number there, from 0';
COMMENT ON COLUMN mes_internal.burn_rows.asset_id IS 'asset';
COMMENT ON COLUMN mes_internal.burn_rows.amount_units IS 'amount in base units';

CREATE TABLE mes_internal.genesis_rows (
  genesis_hash bytea NOT NULL,
  encoded bytea NOT NULL,
  document jsonb NOT NULL,
  joined_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX genesis_rows_single ON mes_internal.genesis_rows ((true));
COMMENT ON TABLE mes_internal.genesis_rows IS 'the genesis of the ledger in this database, one row';
COMMENT ON COLUMN mes_internal.genesis_rows.genesis_hash IS 'SHA-256 of encoded; its first 16 bytes are the chain id';
COMMENT ON COLUMN mes_internal.genesis_rows.encoded IS 'canonical CBOR';
COMMENT ON COLUMN mes_internal.genesis_rows.document IS 'the same for people';
COMMENT ON COLUMN mes_internal.genesis_rows.joined_at IS 'when this database took it';

-- small relations, not partitioned: one row an address, an asset, a state row's version
CREATE TABLE mes_internal.address_rows (
  address_id bigint NOT NULL,
  address bytea NOT NULL,
  first_height bigint NOT NULL
);
CREATE UNIQUE INDEX address_rows_id ON mes_internal.address_rows (address_id);
CREATE UNIQUE INDEX address_rows_address ON mes_internal.address_rows (address);
COMMENT ON TABLE mes_internal.address_rows IS 'addresses in the order in which the ledger met them';
COMMENT ON COLUMN mes_internal.address_rows.address_id IS 'number, from 1';
COMMENT ON COLUMN mes_internal.address_rows.address IS 'the 32 bytes behind the text';
COMMENT ON COLUMN mes_internal.address_rows.first_height IS 'block in which it first appeared';

CREATE TABLE mes_internal.asset_rows (
  asset_id integer NOT NULL,
  code text COLLATE "C" NOT NULL,
  decimals smallint NOT NULL,
  tx_id bigint NOT NULL
);
CREATE UNIQUE INDEX asset_rows_id ON mes_internal.asset_rows (asset_id);
CREATE UNIQUE INDEX asset_rows_code ON mes_internal.asset_rows (code);
COMMENT ON TABLE mes_internal.asset_rows IS 'assets in order of issue; what may change about one is in state_rows';
COMMENT ON COLUMN mes_internal.asset_rows.asset_id IS 'number, from 1';
COMMENT ON COLUMN mes_internal.asset_rows.code IS 'code, unique on the ledger';
COMMENT ON COLUMN mes_internal.asset_rows.decimals IS 'digits after the point in a whole unit';
COMMENT ON COLUMN mes_internal.asset_rows.tx_id IS 'transaction that issued it first';

CREATE TABLE mes_internal.state_rows (
  table_number smallint NOT NULL,
  key bytea NOT NULL,
  height bigint NOT NULL,
  tx_id bigint NOT NULL,
  value bytea NOT NULL
);
CREATE UNIQUE INDEX state_rows_key ON mes_internal.state_rows (table_number, key, height);
COMMENT ON TABLE mes_internal.state_rows IS 'state that is not outputs, every version; the greatest height of a key is current';
COMMENT ON COLUMN mes_internal.state_rows.table_number IS 'which state table: 1 assets, 2 notarisations, 16 to 24 rights';
COMMENT ON COLUMN mes_internal.state_rows.key IS 'canonical key';
COMMENT ON COLUMN mes_internal.state_rows.height IS 'block that wrote this version';
COMMENT ON COLUMN mes_internal.state_rows.tx_id IS 'transaction that wrote it';
COMMENT ON COLUMN mes_internal.state_rows.value IS 'canonical CBOR';

-- the running sum of the state's set hash, stored now and then; apply adds what came after
CREATE TABLE mes_internal.state_sums (
  height bigint NOT NULL,
  lthash bytea NOT NULL
);
CREATE UNIQUE INDEX state_sums_height ON mes_internal.state_sums (height);
COMMENT ON TABLE mes_internal.state_sums IS 'LtHash of the current state at some heights';
COMMENT ON COLUMN mes_internal.state_sums.height IS 'after this block';
COMMENT ON COLUMN mes_internal.state_sums.lthash IS '1,024 lanes of 16 bits, little-endian';

CREATE TABLE mes_internal.leaves (
  from_height bigint NOT NULL,
  to_height bigint NOT NULL,
  suffix text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX leaves_from ON mes_internal.leaves (from_height);
COMMENT ON TABLE mes_internal.leaves IS 'cuts of the partitioned relations; local layout, no part of consensus';
COMMENT ON COLUMN mes_internal.leaves.from_height IS 'first block of the leaf';
COMMENT ON COLUMN mes_internal.leaves.to_height IS 'first block after it';
COMMENT ON COLUMN mes_internal.leaves.suffix IS 'end of the leaf tables'' names';

-- a leaf is made apart and attached: ATTACH takes only ShareUpdateExclusive on the parent (P15)
CREATE FUNCTION mes_internal.create_leaf(parent text, suffix text, from_key bigint, to_key bigint,
                                         key text, indexes text[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  leaf text := parent || '_' || suffix;
  index_columns text;
  number integer := 0;
BEGIN
  EXECUTE format('CREATE TABLE mes_internal.%I (LIKE mes_internal.%I INCLUDING STORAGE INCLUDING COMMENTS, '
                 'CONSTRAINT %I CHECK (%I >= %s AND %4$I < %6$s)) WITH (fillfactor = 100)',
                 leaf, parent, leaf || '_cut', key, from_key, to_key);
  FOREACH index_columns IN ARRAY indexes LOOP
    number := number + 1;
    -- a hash index is written all over: the fewer pages it has, the fewer are logged whole after a checkpoint
    EXECUTE format('CREATE %s INDEX %I ON mes_internal.%I %s (%s)%s',
                   CASE WHEN index_columns LIKE 'unique %' THEN 'UNIQUE' ELSE '' END, leaf || '_' || number, leaf,
                   CASE WHEN index_columns LIKE 'hash %' THEN 'USING hash' ELSE '' END,
                   regexp_replace(index_columns, '^(unique|hash) ', ''),
                   CASE WHEN index_columns LIKE 'hash %' THEN ' WITH (fillfactor = 100)' ELSE '' END);
  END LOOP;
  EXECUTE format('ALTER TABLE mes_internal.%I ATTACH PARTITION mes_internal.%I FOR VALUES FROM (%s) TO (%s)',
                 parent, leaf, from_key, to_key);
END $$;
COMMENT ON FUNCTION mes_internal.create_leaf(text, text, bigint, bigint, text, text[]) IS 'makes and attaches one leaf table';

CREATE FUNCTION mes_internal.create_leaves(from_height bigint, to_height bigint)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  suffix text := lpad(from_height::text, 12, '0');
BEGIN
  PERFORM mes_internal.create_leaf('block_rows', suffix, from_height, to_height, 'height',
    ARRAY['unique height', 'block_time',
          'height) WHERE (next_valset_hash <> decode(repeat(''00'', 32), ''hex'')']);
  PERFORM mes_internal.create_leaf('transaction_rows', suffix, from_height << 20, to_height << 20, 'tx_id',
    ARRAY['unique tx_id', '(tx_id >> 20)', 'hash txid', 'submission', 'sender_id, tx_id',
          'operation, tx_id) WHERE (operation = 0 OR operation > 15']);
  PERFORM mes_internal.create_leaf('witness_rows', suffix, from_height, to_height, 'height',
    ARRAY['unique height']);
  PERFORM mes_internal.create_leaf('output_rows', suffix, from_height << 20, to_height << 20, 'output_id',
    ARRAY['unique output_id', '(output_id >> 20), output_id', 'address_id, output_id',
          'mes_internal.fees_txid(output_id >> 20)) WHERE (kind = 3']);
  PERFORM mes_internal.create_leaf('spend_rows', suffix, from_height << 20, to_height << 20, 'output_id',
    ARRAY['unique output_id']);
  INSERT INTO mes_internal.leaves VALUES (from_height, to_height, suffix);
END $$;
COMMENT ON FUNCTION mes_internal.create_leaves(bigint, bigint) IS 'makes the leaf of every partitioned ledger relation for a range of heights';

-- how leaves are cut: a layout of this node and no part of consensus
CREATE FUNCTION mes_internal.leaf_limits(OUT outputs bigint, OUT age interval, OUT first_blocks bigint,
                                         OUT fewest_blocks bigint, OUT step_rows bigint,
                                         OUT tail_rows bigint)
RETURNS record LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (10000000::bigint, interval '30 days', 65536::bigint, 4096::bigint, 10000::bigint, 200000::bigint);
COMMENT ON FUNCTION mes_internal.leaf_limits() IS 'about so many outputs or so much time a leaf, blocks of the first leaves, fewest blocks of any, rows that one step of closing a leaf reads, rows of the open one that are left to who reads';

CREATE FUNCTION mes_internal.create_first_leaves()
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  width bigint := (mes_internal.leaf_limits()).first_blocks;
BEGIN
  PERFORM mes_internal.create_leaves(1, width);
  PERFORM mes_internal.create_leaves(width, 2 * width);
END $$;
COMMENT ON FUNCTION mes_internal.create_first_leaves() IS 'makes the leaves that a new ledger begins with';

-- Blocks of the next leaf, at the pace of the last ones. Every fifty leaves double what one takes, so
-- that there are never two hundred.
CREATE FUNCTION mes_internal.leaf_width(tip bigint)
RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  limits record;
  share bigint := 1::bigint << ((SELECT count(*) FROM mes_internal.leaves) / 50)::integer;
  since bigint := greatest(1, tip - 65535);
  outputs bigint;
  age interval;
BEGIN
  SELECT * INTO limits FROM mes_internal.leaf_limits();
  IF tip < limits.first_blocks THEN
    RETURN limits.first_blocks;
  END IF;
  SELECT sum(b.output_count), max(b.block_time) - min(b.block_time) INTO outputs, age
    FROM mes_internal.block_rows AS b WHERE b.height >= since;
  RETURN greatest(limits.fewest_blocks, share * least(
    limits.outputs * (tip - since + 1) / greatest(outputs, 1),
    (tip - since + 1) * (extract(epoch FROM limits.age) / greatest(extract(epoch FROM age), 0.001))::bigint,
    1::bigint << 24));
END $$;
COMMENT ON FUNCTION mes_internal.leaf_width(bigint) IS 'how many blocks the next leaf takes';

-- two leaves beyond the one that takes blocks now
CREATE FUNCTION mes_internal.extend_leaves()
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tip bigint := coalesce((SELECT max(height) FROM mes_internal.block_rows), 0);
  last bigint;
BEGIN
  WHILE (SELECT count(*) < 2 FROM mes_internal.leaves AS l WHERE l.from_height > tip) LOOP
    last := (SELECT max(l.to_height) FROM mes_internal.leaves AS l);
    EXIT WHEN last IS NULL;
    PERFORM mes_internal.create_leaves(last, last + mes_internal.leaf_width(tip));
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.extend_leaves() IS 'keeps leaf tables ahead of the chain';

-- closing balances of leaves, and of the one that takes blocks as far as they are added up: derived from
-- the ledger, no part of it
CREATE TABLE mes_internal.closings (
  height bigint NOT NULL,
  reached bigint NOT NULL
);
CREATE UNIQUE INDEX closings_height ON mes_internal.closings (height);
COMMENT ON TABLE mes_internal.closings IS 'leaves that are closed or being closed; derived from the ledger';
COMMENT ON COLUMN mes_internal.closings.height IS 'last block of the leaf';
COMMENT ON COLUMN mes_internal.closings.reached IS 'last block that its balances hold so far';

CREATE TABLE mes_internal.closing_rows (
  address_id bigint NOT NULL,
  asset_id integer NOT NULL,
  height bigint NOT NULL,
  amount_units bigint NOT NULL
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX closing_rows_key ON mes_internal.closing_rows (address_id, asset_id, height);
COMMENT ON TABLE mes_internal.closing_rows IS 'closing balances of leaves, a row for each that moved in the leaf; derived from the ledger';
COMMENT ON COLUMN mes_internal.closing_rows.address_id IS 'owner';
COMMENT ON COLUMN mes_internal.closing_rows.asset_id IS 'asset';
COMMENT ON COLUMN mes_internal.closing_rows.height IS 'last block of the leaf';
COMMENT ON COLUMN mes_internal.closing_rows.amount_units IS 'what it owned after that block, or the last one that closings says is reached, in base units';

ALTER TABLE mes_internal.block_rows ALTER header SET STORAGE EXTERNAL;
ALTER TABLE mes_internal.transaction_rows ALTER body SET STORAGE EXTERNAL;
ALTER TABLE mes_internal.witness_rows ALTER witnesses SET STORAGE EXTERNAL;
ALTER TABLE mes_internal.state_sums ALTER lthash SET STORAGE EXTERNAL;

DO $$
DECLARE
  relation text;
BEGIN
  FOREACH relation IN ARRAY ARRAY['genesis_rows', 'block_rows', 'transaction_rows', 'witness_rows', 'output_rows', 'spend_rows',
                                  'actor_rows', 'burn_rows', 'address_rows', 'asset_rows', 'state_rows', 'state_sums', 'leaves', 'closings',
                                  'closing_rows'] LOOP
    PERFORM pg_catalog.pg_extension_config_dump(format('mes_internal.%I', relation), '');
    EXECUTE format('GRANT SELECT ON mes_internal.%I TO mes_reader, mes_auditor, mes_admin', relation);
    EXECUTE format('GRANT SELECT, INSERT ON mes_internal.%I TO mes_engine', relation);
  END LOOP;
END $$;
GRANT UPDATE ON mes_internal.closings, mes_internal.closing_rows TO mes_engine;
