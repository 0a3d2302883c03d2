-- 36_recovery.sql - a lost quorum: what the members still prove, and how they go on from it (C8)

CREATE TABLE mes_internal.recovery_rows (
  resume_no bigint NOT NULL,
  epoch bigint NOT NULL,
  base_height bigint NOT NULL,
  roll_height bigint NOT NULL,
  base_header bytea NOT NULL,
  document bytea NOT NULL,
  signature bytea NOT NULL,
  agreed_height bigint NOT NULL,
  member_count integer NOT NULL,
  signers integer NOT NULL,
  fenced integer NOT NULL,
  may_be_lost boolean NOT NULL,
  only_if_lied boolean NOT NULL,
  results_from bigint NOT NULL
);
CREATE UNIQUE INDEX recovery_rows_number ON mes_internal.recovery_rows (resume_no);
COMMENT ON TABLE mes_internal.recovery_rows IS 'recoveries on the way of this chain, written by mes.apply_recovery()';
COMMENT ON COLUMN mes_internal.recovery_rows.resume_no IS 'number of the recovery';
COMMENT ON COLUMN mes_internal.recovery_rows.epoch IS 'epoch that it began';
COMMENT ON COLUMN mes_internal.recovery_rows.base_height IS 'block that it began on';
COMMENT ON COLUMN mes_internal.recovery_rows.roll_height IS 'roll and parameters hold as they stood after this block';
COMMENT ON COLUMN mes_internal.recovery_rows.base_header IS 'header of that block';
COMMENT ON COLUMN mes_internal.recovery_rows.document IS 'statements of the members, in the order of their numbers';
COMMENT ON COLUMN mes_internal.recovery_rows.signature IS 'of the member who issued it, by its identity key';
COMMENT ON COLUMN mes_internal.recovery_rows.agreed_height IS 'last block whose result a statement proves';
COMMENT ON COLUMN mes_internal.recovery_rows.member_count IS 'members who had a seat';
COMMENT ON COLUMN mes_internal.recovery_rows.signers IS 'how many of them made a statement';
COMMENT ON COLUMN mes_internal.recovery_rows.fenced IS 'how many of those had lost their vote log';
COMMENT ON COLUMN mes_internal.recovery_rows.may_be_lost IS 'blocks above the base may have been acknowledged';
COMMENT ON COLUMN mes_internal.recovery_rows.only_if_lied IS 'but only if a member whose log was whole lied';
COMMENT ON COLUMN mes_internal.recovery_rows.results_from IS 'results from this block on may have changed, 0: none';
SELECT pg_catalog.pg_extension_config_dump('mes_internal.recovery_rows', '');
GRANT SELECT ON mes_internal.recovery_rows TO mes_engine, mes_reader, mes_auditor, mes_admin;

CREATE FUNCTION mes.recovery_statement(number bigint DEFAULT NULL)
RETURNS bytea LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_recovery_statement';
COMMENT ON FUNCTION mes.recovery_statement(bigint) IS 'what this node still proves, for recovery number (default: the next one), with the blocks that it holds; from then on the node votes no more until that recovery, or with a new key. Signed by the identity key when that is here, else to be signed by mesctl recovery attest --key';

CREATE FUNCTION mes.assemble_recovery(statements bytea[])
RETURNS bytea LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_assemble_recovery';
COMMENT ON FUNCTION mes.assemble_recovery(bytea[]) IS 'the recovery that these statements make, for mes.apply_recovery() on every node; signed by the identity key when that is here, else to be signed by mesctl recovery assemble --key';

CREATE FUNCTION mes.describe_recovery(recovery bytea, OUT number bigint, OUT issuer text, OUT base_height bigint,
                                      OUT base_hash bytea, OUT agreed_height bigint, OUT members integer, OUT signers integer,
                                      OUT fenced integer, OUT blocks_may_be_lost boolean, OUT results_may_change_from bigint,
                                      OUT warning text)
RETURNS record LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_describe_recovery';
COMMENT ON FUNCTION mes.describe_recovery(bytea) IS 'judges a recovery by what this node knows of the chain, and says on which block the members would go on and what may be lost; changes nothing';

CREATE FUNCTION mes.apply_recovery(recovery bytea)
RETURNS bigint LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_apply_recovery';
COMMENT ON FUNCTION mes.apply_recovery(bytea) IS 'lets this node go on from a recovery, and returns the height of the block that it begins on; applied a second time it changes nothing';

CREATE FUNCTION mes_internal.recovery_warning(may_be_lost boolean, only_if_lied boolean, base_height bigint, results_from bigint)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN nullif(pg_catalog.concat_ws('; ',
  CASE WHEN may_be_lost THEN pg_catalog.format('acknowledged blocks above block %s may be lost', base_height)
         OPERATOR(pg_catalog.||) CASE WHEN only_if_lied THEN ', but only if a member whose vote log was whole lied' ELSE '' END END,
  CASE WHEN results_from OPERATOR(pg_catalog.>) 0
       THEN pg_catalog.format('results from block %s on may be changed', results_from) END), '');
COMMENT ON FUNCTION mes_internal.recovery_warning(boolean, boolean, bigint, bigint) IS 'what a recovery cannot promise, in words; null: nothing acknowledged is lost';

CREATE VIEW mes.recoveries AS
SELECT r.resume_no AS number, r.epoch, r.base_height, r.agreed_height, r.member_count AS members, r.signers, r.fenced,
       mes_internal.recovery_warning(r.may_be_lost, r.only_if_lied, r.base_height, r.results_from) AS warning,
       pg_catalog.sha256(r.document) AS document_hash
  FROM mes_internal.recovery_rows AS r;
COMMENT ON VIEW mes.recoveries IS 'recoveries from a lost quorum that this chain went through';
COMMENT ON COLUMN mes.recoveries.number IS 'number of the recovery';
COMMENT ON COLUMN mes.recoveries.epoch IS 'epoch that it began';
COMMENT ON COLUMN mes.recoveries.base_height IS 'block that the members went on from';
COMMENT ON COLUMN mes.recoveries.agreed_height IS 'last block whose result was proved';
COMMENT ON COLUMN mes.recoveries.members IS 'members who had a seat';
COMMENT ON COLUMN mes.recoveries.signers IS 'how many of them made a statement';
COMMENT ON COLUMN mes.recoveries.fenced IS 'how many of those had lost their vote log';
COMMENT ON COLUMN mes.recoveries.warning IS 'what may be lost; null: nothing that was acknowledged';
COMMENT ON COLUMN mes.recoveries.document_hash IS 'hash of its document, which all members must have in common';

REVOKE ALL ON FUNCTION mes.recovery_statement(bigint), mes.assemble_recovery(bytea[]), mes.describe_recovery(bytea),
  mes.apply_recovery(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.recovery_statement(bigint), mes.assemble_recovery(bytea[]), mes.describe_recovery(bytea),
  mes.apply_recovery(bytea) TO mes_admin;
REVOKE ALL ON FUNCTION mes_internal.recovery_warning(boolean, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes_internal.recovery_warning(boolean, boolean, bigint, bigint) TO mes_reader, mes_auditor, mes_admin;
GRANT SELECT ON mes.recoveries TO mes_reader, mes_auditor, mes_admin;
