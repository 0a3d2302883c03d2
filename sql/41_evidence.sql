-- 41_evidence.sql - which members signed two things that no honest member signs both, and the proof.

CREATE FUNCTION mes.report_evidence(member text, proof bytea)
RETURNS uuid LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_report_evidence';
COMMENT ON FUNCTION mes.report_evidence(text, bytea) IS 'puts a proof against a member on the ledger; nodes do so themselves when they meet one. Who is named by evidence proposes no blocks to the end of the epoch';

CREATE FUNCTION mes_internal.evidence_state(proof bytea, OUT lie text, OUT view bigint, OUT height bigint,
                                            OUT instance bytea)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_evidence_state';
COMMENT ON FUNCTION mes_internal.evidence_state(bytea) IS 'what a proof proves, whoever signed it';
REVOKE ALL ON FUNCTION mes_internal.evidence_state(bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION mes.report_evidence(text, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.report_evidence(text, bytea) TO mes_admin, mes_member;
GRANT EXECUTE ON FUNCTION mes_internal.evidence_state(bytea) TO mes_reader, mes_auditor, mes_admin;

CREATE VIEW mes.evidence AS
SELECT k.number, m.member, e.lie, e.view, nullif(e.height, 0) AS height, e.instance, r.value AS proof,
       r.height AS reported_height, b.block_time AS reported_at, t.txid
  FROM mes_internal.state_rows AS r
 CROSS JOIN LATERAL (SELECT (pg_catalog.get_byte(r.key, 0) << 8) + pg_catalog.get_byte(r.key, 1) AS number) AS k
 CROSS JOIN LATERAL mes_internal.evidence_state(r.value) AS e
  JOIN mes_internal.block_rows AS b ON b.height = r.height
  JOIN mes_internal.transaction_rows AS t ON t.tx_id = r.tx_id
  LEFT JOIN mes.members AS m ON m.number = k.number
 WHERE r.table_number = 52;
COMMENT ON VIEW mes.evidence IS 'proofs on the ledger that a member signed two things of which an honest member signs one';
COMMENT ON COLUMN mes.evidence.number IS 'number of the member on the roll';
COMMENT ON COLUMN mes.evidence.member IS 'its name';
COMMENT ON COLUMN mes.evidence.lie IS 'what it signed twice';
COMMENT ON COLUMN mes.evidence.view IS 'view in which it did, 0 for two results';
COMMENT ON COLUMN mes.evidence.height IS 'block about which it did, null where it was about a view only';
COMMENT ON COLUMN mes.evidence.instance IS 'the eight bytes that name the epoch under both signatures';
COMMENT ON COLUMN mes.evidence.proof IS 'both statements as they were signed, each as its size in a byte, its bytes and its Ed25519 signature by the voting key that the member had then';
COMMENT ON COLUMN mes.evidence.reported_height IS 'block that holds the proof';
COMMENT ON COLUMN mes.evidence.reported_at IS 'chain time of that block';
COMMENT ON COLUMN mes.evidence.txid IS 'transaction that reported it';
GRANT SELECT ON mes.evidence TO mes_reader, mes_auditor, mes_admin;
