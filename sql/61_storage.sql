-- 61_storage.sql - storage proofs: Merkle, retrievability, sealed sectors, plots, emission of CCC.
--
-- Pure functions of their arguments; the rules are in docs/storage-proofs.md. Every verifying rule
-- has two faces: X_verify says yes or no, X_status says ok or the code that refuses.

-- ---- Merkle trees: leaves hashed with a byte 0 before them, nodes with a byte 1 (RFC 6962)

CREATE FUNCTION mes.merkle_root(leaves bytea[]) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_merkle_root';
COMMENT ON FUNCTION mes.merkle_root(bytea[]) IS
  'root of the Merkle tree (RFC 6962) over these leaves; of none: the hash of nothing';

CREATE FUNCTION mes.merkle_prove(leaves bytea[], indexes bigint[]) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_merkle_prove';
COMMENT ON FUNCTION mes.merkle_prove(bytea[], bigint[]) IS
  'proof that the leaves at these ascending indexes, from 0, are in the tree over all leaves';

CREATE FUNCTION mes.merkle_verify(root bytea, leaf_count bigint, indexes bigint[], leaves bytea[],
    proof bytea) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_merkle_verify';
COMMENT ON FUNCTION mes.merkle_verify(bytea, bigint, bigint[], bytea[], bytea) IS
  'whether the proof shows these leaves at these indexes of a tree of leaf_count leaves; '
  'never an error for what a proof holds';

CREATE FUNCTION mes.merkle_status(root bytea, leaf_count bigint, indexes bigint[], leaves bytea[],
    proof bytea) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_merkle_status';
COMMENT ON FUNCTION mes.merkle_status(bytea, bigint, bigint[], bytea[], bytea) IS
  'ok, or the code of mes.error_codes for which merkle_verify says false';

-- ---- Reed-Solomon: any data_shards of the shares give the file back; the bytes are those of ISA-L

CREATE FUNCTION mes.rs_encode(data bytea[], shares integer) RETURNS bytea[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_rs_encode';
COMMENT ON FUNCTION mes.rs_encode(bytea[], integer) IS
  'all shares of a file in shards of one length: the data itself, then Cauchy parity over '
  'GF(256)';

CREATE FUNCTION mes.rs_restore(data_shards integer, shares integer, numbers integer[], contents
    bytea[]) RETURNS bytea[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_rs_restore';
COMMENT ON FUNCTION mes.rs_restore(integer, integer, integer[], bytea[]) IS
  'the data shards, from the first data_shards of the shares given; numbers count from 0';

-- ---- Retrievability: leaves of a share of a file, drawn by a seed that nobody could foresee

CREATE FUNCTION mes.por_challenge(seed bytea, leaf_count bigint, count integer) RETURNS bigint[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_challenge';
COMMENT ON FUNCTION mes.por_challenge(bytea, bigint, integer) IS
  'count different leaves, ascending, each set equally likely; the same for everybody';

CREATE FUNCTION mes.por_leaf_count(data_shards integer, file_size bigint) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_leaf_count';
COMMENT ON FUNCTION mes.por_leaf_count(integer, bigint) IS
  'leaves of 256 bytes in each share of a file';

CREATE FUNCTION mes.por_share_root(content bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_share_root';
COMMENT ON FUNCTION mes.por_share_root(bytea) IS
  'Merkle root of a share, whose length is a multiple of 256 bytes';

CREATE FUNCTION mes.por_file_root(data_shards integer, file_size bigint, share_roots bytea[])
    RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_file_root';
COMMENT ON FUNCTION mes.por_file_root(integer, bigint, bytea[]) IS
  'root of a file: its share roots, each bound to its number and to the shape of the file';

CREATE FUNCTION mes.por_prove(data_shards integer, file_size bigint, share_roots bytea[], share
    integer, content bytea, seed bytea, count integer) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_prove';
COMMENT ON FUNCTION mes.por_prove(integer, bigint, bytea[], integer, bytea, bytea, integer) IS
  'proof that a share, given whole, is kept; large shares are proven by mesctl storage prove';

CREATE FUNCTION mes.por_verify(file_root bytea, data_shards integer, shares integer, file_size
    bigint, share integer, seed bytea, count integer, proof bytea) RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_verify';
COMMENT ON FUNCTION mes.por_verify(bytea, integer, integer, bigint, integer, bytea, integer,
    bytea) IS
  'whether the proof answers the challenge of this seed for this share; never an error for '
  'what a proof holds';

CREATE FUNCTION mes.por_status(file_root bytea, data_shards integer, shares integer, file_size
    bigint, share integer, seed bytea, count integer, proof bytea) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_por_status';
COMMENT ON FUNCTION mes.por_status(bytea, integer, integer, bigint, integer, bytea, integer,
    bytea) IS
  'ok, or the code of mes.error_codes for which por_verify says false';

-- ---- Sealed sectors (seal-v1)

CREATE FUNCTION mes.seal_sector_id(chain_id bytea, node_key bytea, sector_no bigint, lg_n integer)
    RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_sector_id';
COMMENT ON FUNCTION mes.seal_sector_id(bytea, bytea, bigint, integer) IS
  'identity of a node''s sector of 2^lg_n labels of 32 bytes; its labels hash it';

CREATE FUNCTION mes.seal_parents(lg_n integer, index bigint) RETURNS bigint[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_parents';
COMMENT ON FUNCTION mes.seal_parents(integer, bigint) IS
  'positions whose labels a label hashes: the one before, one further back, six of the layer '
  'below; of position 0 only the six';

CREATE FUNCTION mes.seal_challenge(seed bytea, total_leaves bigint, count integer) RETURNS
    bigint[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_challenge';
COMMENT ON FUNCTION mes.seal_challenge(bytea, bigint, integer) IS
  'count different leaves of all sectors of a node laid end to end, ascending';

CREATE FUNCTION mes.seal_verify(root_r bytea, lg_n integer, indexes bigint[], proof bytea) RETURNS
    boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_verify';
COMMENT ON FUNCTION mes.seal_verify(bytea, integer, bigint[], bytea) IS
  'whether the proof opens these leaves of a sector''s replica; never an error for what a '
  'proof holds';

CREATE FUNCTION mes.seal_status(root_r bytea, lg_n integer, indexes bigint[], proof bytea) RETURNS
    text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_status';
COMMENT ON FUNCTION mes.seal_status(bytea, integer, bigint[], bytea) IS
  'ok, or the code of mes.error_codes for which seal_verify says false';

CREATE FUNCTION mes.seal_verify_column(sector_id bytea, root_c bytea, root_r bytea, lg_n integer,
    index bigint, proof bytea, data_root bytea DEFAULT '') RETURNS boolean
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_verify_column';
COMMENT ON FUNCTION mes.seal_verify_column(bytea, bytea, bytea, integer, bigint, bytea, bytea) IS
  'whether the labels of a position follow from their parents and its replica leaf from them; '
  'data_root for a file sector';

CREATE FUNCTION mes.seal_column_status(sector_id bytea, root_c bytea, root_r bytea, lg_n integer,
    index bigint, proof bytea, data_root bytea DEFAULT '') RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_seal_column_status';
COMMENT ON FUNCTION mes.seal_column_status(bytea, bytea, bytea, integer, bigint, bytea, bytea) IS
  'ok, or the code of mes.error_codes for which seal_verify_column says false';

-- ---- Published capacity plots (poc2)

CREATE FUNCTION mes.shabal256(data bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_shabal256';
COMMENT ON FUNCTION mes.shabal256(bytea) IS
  'Shabal-256, the hash of published capacity plots';

CREATE FUNCTION mes.poc2_scoop(gensig bytea, height bigint) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_poc2_scoop';
COMMENT ON FUNCTION mes.poc2_scoop(bytea, bigint) IS
  'the scoop, 0 to 4095, that all plots read for a height';

CREATE FUNCTION mes.poc2_hit(account numeric, nonce numeric, gensig bytea, scoop integer) RETURNS
    numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_poc2_hit';
COMMENT ON FUNCTION mes.poc2_hit(numeric, numeric, bytea, integer) IS
  'score of a nonce, made anew from account and number: a tenth of a second of work';

CREATE FUNCTION mes.poc2_hit_of_scoop(scoop_data bytea, gensig bytea) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_poc2_hit_of_scoop';
COMMENT ON FUNCTION mes.poc2_hit_of_scoop(bytea, bytea) IS
  'score of the 64 bytes of a scoop';

CREATE FUNCTION mes.poc2_deadline(hit numeric, base_target numeric) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_poc2_deadline';
COMMENT ON FUNCTION mes.poc2_deadline(numeric, numeric) IS
  'seconds a hit has to wait';

CREATE FUNCTION mes.poc2_next_gensig(gensig bytea, account numeric) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_poc2_next_gensig';
COMMENT ON FUNCTION mes.poc2_next_gensig(bytea, numeric) IS
  'generation signature after a block won by this account';

-- ---- CCC: what space mints and traffic earns, and who sleeps

CREATE FUNCTION mes.ccc_minted(byte_minutes numeric) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_minted';
COMMENT ON FUNCTION mes.ccc_minted(numeric) IS
  'CCC minted once the network has kept so many byte-minutes';

CREATE FUNCTION mes.ccc_stage(byte_minutes numeric) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_stage';
COMMENT ON FUNCTION mes.ccc_stage(numeric) IS
  'stage of the emission, 0 to 29; 30 when it has ended';

CREATE FUNCTION mes.ccc_minute(byte_minutes numeric, network_bytes numeric, node_bytes numeric,
    OUT stage integer, OUT network_byte_minutes numeric, OUT node_byte_minutes numeric) RETURNS
    SETOF record
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_minute';
COMMENT ON FUNCTION mes.ccc_minute(numeric, numeric, numeric) IS
  'a minute of the network after byte_minutes, by stage, and a node''s part of it';

CREATE FUNCTION mes.ccc_owed(stage_byte_minutes numeric[]) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_owed';
COMMENT ON FUNCTION mes.ccc_owed(numeric[]) IS
  'CCC that a node''s byte-minutes by stage, from stage 0, have earned in all';

CREATE FUNCTION mes.ccc_traffic_reward(pool numeric, bytes numeric, all_bytes numeric,
    stability_ppm integer) RETURNS numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_traffic_reward';
COMMENT ON FUNCTION mes.ccc_traffic_reward(numeric, numeric, numeric, integer) IS
  'a node''s CCC of an epoch''s traffic pool: its share of the bytes times its stability';

CREATE FUNCTION mes.ccc_traffic_fee(storage_fee numeric, ratio_ppm integer DEFAULT 10000) RETURNS
    numeric
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_traffic_fee';
COMMENT ON FUNCTION mes.ccc_traffic_fee(numeric, integer) IS
  'fee of traffic as a part of the fee of storage';

CREATE FUNCTION mes.ccc_stability(passed bigint, audits bigint) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_stability';
COMMENT ON FUNCTION mes.ccc_stability(bigint, bigint) IS
  'stability in parts per million: passed audits among all, at least 100000, without any 500000';

CREATE FUNCTION mes.ccc_node_score(today_ppm integer, past_ppm integer, today_weight_ppm integer)
    RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_node_score';
COMMENT ON FUNCTION mes.ccc_node_score(integer, integer, integer) IS
  'a node''s share of today and its past share, weighed, in parts per million';

CREATE FUNCTION mes.ccc_dormant_state(last_active_height bigint, height bigint) RETURNS text
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_dormant_state';
COMMENT ON FUNCTION mes.ccc_dormant_state(bigint, bigint) IS
  'active, warned or asleep: nothing sent for 2^19 blocks, warned 2^16 blocks before';

CREATE FUNCTION mes.ccc_dormant_sweep(ids bytea[], last_active_heights bigint[], exempt boolean[],
    height bigint) RETURNS bigint[]
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_ccc_dormant_sweep';
COMMENT ON FUNCTION mes.ccc_dormant_sweep(bytea[], bigint[], boolean[], bigint) IS
  'positions, from 1, of the accounts a block sweeps: at most 1000, the longest asleep first';

REVOKE ALL ON FUNCTION
  mes.merkle_root(bytea[]),
  mes.merkle_prove(bytea[], bigint[]),
  mes.merkle_verify(bytea, bigint, bigint[], bytea[], bytea),
  mes.merkle_status(bytea, bigint, bigint[], bytea[], bytea),
  mes.rs_encode(bytea[], integer),
  mes.rs_restore(integer, integer, integer[], bytea[]),
  mes.por_challenge(bytea, bigint, integer),
  mes.por_leaf_count(integer, bigint),
  mes.por_share_root(bytea),
  mes.por_file_root(integer, bigint, bytea[]),
  mes.por_prove(integer, bigint, bytea[], integer, bytea, bytea, integer),
  mes.por_verify(bytea, integer, integer, bigint, integer, bytea, integer, bytea),
  mes.por_status(bytea, integer, integer, bigint, integer, bytea, integer, bytea),
  mes.seal_sector_id(bytea, bytea, bigint, integer),
  mes.seal_parents(integer, bigint),
  mes.seal_challenge(bytea, bigint, integer),
  mes.seal_verify(bytea, integer, bigint[], bytea),
  mes.seal_status(bytea, integer, bigint[], bytea),
  mes.seal_verify_column(bytea, bytea, bytea, integer, bigint, bytea, bytea),
  mes.seal_column_status(bytea, bytea, bytea, integer, bigint, bytea, bytea),
  mes.shabal256(bytea),
  mes.poc2_scoop(bytea, bigint),
  mes.poc2_hit(numeric, numeric, bytea, integer),
  mes.poc2_hit_of_scoop(bytea, bytea),
  mes.poc2_deadline(numeric, numeric),
  mes.poc2_next_gensig(bytea, numeric),
  mes.ccc_minted(numeric),
  mes.ccc_stage(numeric),
  mes.ccc_minute(numeric, numeric, numeric),
  mes.ccc_owed(numeric[]),
  mes.ccc_traffic_reward(numeric, numeric, numeric, integer),
  mes.ccc_traffic_fee(numeric, integer),
  mes.ccc_stability(bigint, bigint),
  mes.ccc_node_score(integer, integer, integer),
  mes.ccc_dormant_state(bigint, bigint),
  mes.ccc_dormant_sweep(bytea[], bigint[], boolean[], bigint)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  mes.merkle_root(bytea[]),
  mes.merkle_prove(bytea[], bigint[]),
  mes.merkle_verify(bytea, bigint, bigint[], bytea[], bytea),
  mes.merkle_status(bytea, bigint, bigint[], bytea[], bytea),
  mes.rs_encode(bytea[], integer),
  mes.rs_restore(integer, integer, integer[], bytea[]),
  mes.por_challenge(bytea, bigint, integer),
  mes.por_leaf_count(integer, bigint),
  mes.por_share_root(bytea),
  mes.por_file_root(integer, bigint, bytea[]),
  mes.por_prove(integer, bigint, bytea[], integer, bytea, bytea, integer),
  mes.por_verify(bytea, integer, integer, bigint, integer, bytea, integer, bytea),
  mes.por_status(bytea, integer, integer, bigint, integer, bytea, integer, bytea),
  mes.seal_sector_id(bytea, bytea, bigint, integer),
  mes.seal_parents(integer, bigint),
  mes.seal_challenge(bytea, bigint, integer),
  mes.seal_verify(bytea, integer, bigint[], bytea),
  mes.seal_status(bytea, integer, bigint[], bytea),
  mes.seal_verify_column(bytea, bytea, bytea, integer, bigint, bytea, bytea),
  mes.seal_column_status(bytea, bytea, bytea, integer, bigint, bytea, bytea),
  mes.shabal256(bytea),
  mes.poc2_scoop(bytea, bigint),
  mes.poc2_hit(numeric, numeric, bytea, integer),
  mes.poc2_hit_of_scoop(bytea, bytea),
  mes.poc2_deadline(numeric, numeric),
  mes.poc2_next_gensig(bytea, numeric),
  mes.ccc_minted(numeric),
  mes.ccc_stage(numeric),
  mes.ccc_minute(numeric, numeric, numeric),
  mes.ccc_owed(numeric[]),
  mes.ccc_traffic_reward(numeric, numeric, numeric, integer),
  mes.ccc_traffic_fee(numeric, integer),
  mes.ccc_stability(bigint, bigint),
  mes.ccc_node_score(integer, integer, integer),
  mes.ccc_dormant_state(bigint, bigint),
  mes.ccc_dormant_sweep(bytea[], bigint[], boolean[], bigint)
  TO mes_reader, mes_member, mes_admin, mes_auditor, mes_engine;
