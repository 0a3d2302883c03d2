-- setting up a node, its genesis, its accounts, its status

CREATE FUNCTION mes_internal.error_rows(OUT number smallint, OUT code text, OUT name text, OUT message text,
                                        OUT hint text, OUT transient boolean)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_error_codes';
COMMENT ON FUNCTION mes_internal.error_rows() IS 'the catalogue of refusals as the library has it';

CREATE VIEW mes.error_codes AS SELECT code, name, message, hint, transient FROM mes_internal.error_rows();
COMMENT ON VIEW mes.error_codes IS 'every refusal of the ledger: SQLSTATE, name as receipts show it, message, what to do';
COMMENT ON COLUMN mes.error_codes.code IS 'SQLSTATE, class MC';
COMMENT ON COLUMN mes.error_codes.name IS 'name as receipts.status shows it';
COMMENT ON COLUMN mes.error_codes.message IS 'message; %s, %n and %l stand for the values it names';
COMMENT ON COLUMN mes.error_codes.hint IS 'what the user can do';
COMMENT ON COLUMN mes.error_codes.transient IS 'true when the same request may succeed later';

CREATE FUNCTION mes_internal.build_genesis(members jsonb[], parameters jsonb)
RETURNS jsonb LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_internal_build_genesis';
COMMENT ON FUNCTION mes_internal.build_genesis(jsonb[], jsonb) IS 'makes and checks a genesis document';

CREATE FUNCTION mes_internal.encode_genesis(genesis jsonb)
RETURNS bytea LANGUAGE c STRICT IMMUTABLE AS 'MODULE_PATHNAME', 'mes_internal_encode_genesis';
COMMENT ON FUNCTION mes_internal.encode_genesis(jsonb) IS 'canonical bytes of a genesis document, after every check';

CREATE FUNCTION mes_internal.wake_launcher()
RETURNS void LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_internal_wake_launcher';
COMMENT ON FUNCTION mes_internal.wake_launcher() IS 'lets the workers look into this database when the transaction commits';

CREATE FUNCTION mes.create_node_key()
RETURNS void LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_create_node_key';
COMMENT ON FUNCTION mes.create_node_key() IS 'makes this node''s key files in meschain.state_directory, those that are missing';

-- accounts

CREATE TABLE mes_internal.account_rows (
  name text COLLATE "C" NOT NULL,
  address bytea NOT NULL,
  suite smallint NOT NULL,
  public_key bytea NOT NULL,
  wrapped_key bytea NOT NULL,
  owner text COLLATE "C" NOT NULL,
  locked boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX account_rows_name ON mes_internal.account_rows (name);
CREATE UNIQUE INDEX account_rows_address ON mes_internal.account_rows (address);
COMMENT ON TABLE mes_internal.account_rows IS 'accounts whose keys this database holds; local, no part of the ledger';
COMMENT ON COLUMN mes_internal.account_rows.name IS 'local name';
COMMENT ON COLUMN mes_internal.account_rows.address IS 'the 32 bytes behind the address';
COMMENT ON COLUMN mes_internal.account_rows.suite IS 'signature suite: 1 Ed25519, 2 Schnorr';
COMMENT ON COLUMN mes_internal.account_rows.public_key IS 'public key';
COMMENT ON COLUMN mes_internal.account_rows.wrapped_key IS 'secret key, encrypted under this node''s wrapping key or a passphrase';
COMMENT ON COLUMN mes_internal.account_rows.owner IS 'role that may use it';
COMMENT ON COLUMN mes_internal.account_rows.locked IS 'true when only its passphrase opens it';
COMMENT ON COLUMN mes_internal.account_rows.created_at IS 'when it was made here';
SELECT pg_catalog.pg_extension_config_dump('mes_internal.account_rows', '');

CREATE FUNCTION mes.create_account(name text, suite integer DEFAULT 1)
RETURNS text LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_create_account';
COMMENT ON FUNCTION mes.create_account(text, integer) IS 'makes a key held by this database for the current role and returns its address';

CREATE FUNCTION mes.wrapping_key()
RETURNS bytea LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_wrapping_key';
COMMENT ON FUNCTION mes.wrapping_key() IS 'X25519 public key of this node, to which a client seals the key that it imports';

CREATE FUNCTION mes.import_account(name text, suite integer, wrapped_key bytea, public_key bytea DEFAULT NULL)
RETURNS text LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_import_account';
COMMENT ON FUNCTION mes.import_account(text, integer, bytea, bytea) IS 'takes over a key sealed to mes.wrapping_key(), or with its public key one that a passphrase locks; returns the address. mesctl account import and account create --passphrase call it';

CREATE FUNCTION mes.export_account(name text, recipient bytea)
RETURNS bytea LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_export_account';
COMMENT ON FUNCTION mes.export_account(text, bytea) IS 'the key of an account of yours, sealed to an X25519 public key; what a passphrase locks stays locked within. mesctl account export calls it';

CREATE FUNCTION mes.session_key()
RETURNS bytea LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_session_key';
COMMENT ON FUNCTION mes.session_key() IS 'X25519 public key of this session alone, to which mesctl account unlock seals a passphrase';

CREATE FUNCTION mes.unlock_account(name text, sealed_passphrase bytea)
RETURNS void LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_unlock_account';
COMMENT ON FUNCTION mes.unlock_account(text, bytea) IS 'opens an account with its passphrase for the rest of this session';

CREATE FUNCTION mes.lock_accounts()
RETURNS integer LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_lock_accounts';
COMMENT ON FUNCTION mes.lock_accounts() IS 'forgets what this session unlocked and its session key; how many accounts that were';

-- submitting

CREATE FUNCTION mes.begin_submission(submission uuid DEFAULT NULL, reference text DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_begin_submission';
COMMENT ON FUNCTION mes.begin_submission(uuid, text) IS 'names this SQL transaction''s submission: a uuid of your own makes it idempotent';

CREATE FUNCTION mes.issue_asset(code text, supply numeric, decimals integer DEFAULT 2, metadata jsonb DEFAULT '{}',
                                reissuable boolean DEFAULT true)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_issue_asset';
COMMENT ON FUNCTION mes.issue_asset(text, numeric, integer, jsonb, boolean) IS 'issues a new asset to the session''s account; when reissuable that account may issue more';

CREATE FUNCTION mes.issue_more(code text, amount numeric)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_issue_more';
COMMENT ON FUNCTION mes.issue_more(text, numeric) IS 'issues more of an asset to its issuer';

CREATE FUNCTION mes.transfer(to_address text, asset text, amount numeric, memo text DEFAULT NULL,
                             reference text DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_transfer';
COMMENT ON FUNCTION mes.transfer(text, text, numeric, text, text) IS 'pays an amount of an asset from the session''s account; all transfers of one SQL transaction are decided as one';

CREATE FUNCTION mes.burn(asset text, amount numeric)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_burn';
COMMENT ON FUNCTION mes.burn(text, numeric) IS 'destroys an amount of an asset of the session''s account';

CREATE FUNCTION mes.notarise(document_hash bytea, metadata jsonb DEFAULT '{}')
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_notarise';
COMMENT ON FUNCTION mes.notarise(bytea, jsonb) IS 'records that a document of this hash existed';

CREATE FUNCTION mes.submit(tx bytea)
RETURNS uuid LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_submit';
COMMENT ON FUNCTION mes.submit(bytea) IS 'hands in a transaction signed elsewhere and waits as meschain.commit says';

CREATE FUNCTION mes.last_txid()
RETURNS bytea LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_last_txid';
COMMENT ON FUNCTION mes.last_txid() IS 'txid of this session''s last submission that became final, null before';

-- nobody but those named; the engine's own functions stay its own
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA mes, mes_internal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes_internal.error_rows() TO PUBLIC;
GRANT USAGE ON SCHEMA mes TO PUBLIC;
GRANT SELECT ON mes.error_codes TO PUBLIC;
GRANT EXECUTE ON FUNCTION mes.create_account(text, integer), mes.wrapping_key(),
  mes.import_account(text, integer, bytea, bytea), mes.export_account(text, bytea), mes.session_key(),
  mes.unlock_account(text, bytea), mes.lock_accounts(), mes.begin_submission(uuid, text),
  mes.issue_asset(text, numeric, integer, jsonb, boolean), mes.issue_more(text, numeric),
  mes.transfer(text, text, numeric, text, text), mes.burn(text, numeric), mes.notarise(bytea, jsonb),
  mes.submit(bytea), mes.last_txid() TO mes_member;
GRANT EXECUTE ON FUNCTION mes_internal.extend_leaves() TO mes_engine;
