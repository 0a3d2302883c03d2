-- 44_governance.sql - what the members decide together: proposals, approvals, and what they made

CREATE FUNCTION mes.propose(kind text, body jsonb, expires_at timestamptz DEFAULT NULL, member text DEFAULT NULL,
                            signature bytea DEFAULT NULL)
RETURNS bytea LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_propose';
COMMENT ON FUNCTION mes.propose(text, jsonb, timestamptz, text, bytea) IS 'puts a proposal to the members and returns its name; signed by this node''s identity key, or by the signature that a member made elsewhere. Open for a week unless expires_at says otherwise';

CREATE FUNCTION mes.proposal_id(kind text, body jsonb, expires_at timestamptz, member text)
RETURNS bytea LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_proposal_id';
COMMENT ON FUNCTION mes.proposal_id(text, jsonb, timestamptz, text) IS 'the name that a proposal will have: its proposer signs sha256(''MES1-propose'' || name), who approves it sha256(''MES1-approve'' || name)';

CREATE FUNCTION mes.approve(proposal bytea, signature bytea DEFAULT NULL, member text DEFAULT NULL)
RETURNS uuid LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_approve';
COMMENT ON FUNCTION mes.approve(bytea, bytea, text) IS 'approves a proposal with this node''s identity key, or with the signature that a member made elsewhere; the approval that completes the quorum makes it pass';

-- a member's voting key: a new one for the members to put on the roll, or one that its own identity key names

CREATE FUNCTION mes.rotate_node_key()
RETURNS bytea LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_rotate_node_key';
COMMENT ON FUNCTION mes.rotate_node_key() IS 'makes the next voting key of this node with an empty vote log and returns its public half, for a proposal rotate_keys; it votes from the epoch on that names it';

CREATE FUNCTION mes.attest_node()
RETURNS bytea LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_attest_node';
COMMENT ON FUNCTION mes.attest_node() IS 'ticket of a node that may have forgotten votes: its next voting key, with an empty vote log, signed by the identity key when that is here, else to be signed by mesctl node attest --key; for mes.rejoin() on any node';

CREATE FUNCTION mes.rejoin(ticket bytea)
RETURNS uuid LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_rejoin';
COMMENT ON FUNCTION mes.rejoin(bytea) IS 'hands in the ticket of mes.attest_node(); from the next epoch on the member votes with the key in it';

-- the roll decides who may knock: logins for those who are members, none for those who were
CREATE FUNCTION mes_internal.follow_roll()
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own text := (SELECT s.member FROM mes.status AS s);
  missing text[];
  gone text;
BEGIN
  SELECT array_agg(m.member ORDER BY m.number) INTO missing
    FROM mes.members AS m LEFT JOIN pg_roles AS r ON r.rolname = 'mes_peer_' || m.member
   WHERE m.standing <> 'removed' AND m.member IS DISTINCT FROM own AND r.rolcanlogin IS NOT TRUE;
  IF missing IS NOT NULL THEN
    PERFORM mes_internal.create_peer_roles(missing);
  END IF;
  FOR gone IN SELECT r.rolname FROM mes.members AS m JOIN pg_roles AS r ON r.rolname = 'mes_peer_' || m.member
               WHERE m.standing = 'removed' AND m.in_force AND r.rolcanlogin
                 AND NOT EXISTS (SELECT FROM mes.members AS n WHERE n.member = m.member AND n.standing <> 'removed') LOOP
    EXECUTE format('ALTER ROLE %I NOLOGIN', gone);
    PERFORM pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.usename = gone;
  END LOOP;
EXCEPTION WHEN others THEN
  RAISE LOG 'meschain cannot make the roles of its members: %', sqlerrm;
END $$;
COMMENT ON FUNCTION mes_internal.follow_roll() IS 'gives members that were admitted a login to deliver with, and takes it from those that were removed';

CREATE FUNCTION mes_internal.member_state(value bytea, OUT standing text, OUT incarnation bigint, OUT member text,
                                          OUT identity_key bytea, OUT voting_key bytea, OUT fee_address text,
                                          OUT host text, OUT port integer)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_member_state';
COMMENT ON FUNCTION mes_internal.member_state(bytea) IS 'what the row of a member says';

CREATE FUNCTION mes_internal.setting_state(value bytea)
RETURNS bigint LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_setting_state';
COMMENT ON FUNCTION mes_internal.setting_state(bytea) IS 'what the row of a setting says';

CREATE FUNCTION mes_internal.proposal_state(value bytea, OUT member_number integer, OUT kind text,
                                            OUT expires_ms bigint, OUT body jsonb)
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_proposal_state';
COMMENT ON FUNCTION mes_internal.proposal_state(bytea) IS 'what the row of a proposal says';

CREATE FUNCTION mes_internal.approval_state(value bytea, OUT passed boolean, OUT members integer[])
RETURNS record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_approval_state';
COMMENT ON FUNCTION mes_internal.approval_state(bytea) IS 'what the row of a proposal''s approvals says';

CREATE FUNCTION mes_internal.proposal_kind_rows(OUT kind text, OUT fields text[], OUT optional_fields text[],
                                                OUT description text)
RETURNS SETOF record LANGUAGE c STRICT IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_internal_proposal_kind_rows';
COMMENT ON FUNCTION mes_internal.proposal_kind_rows() IS 'the kinds of proposals as the library has them';

CREATE VIEW mes.proposal_kinds AS
SELECT kind, fields, optional_fields, description FROM mes_internal.proposal_kind_rows();
COMMENT ON VIEW mes.proposal_kinds IS 'what members can decide together';
COMMENT ON COLUMN mes.proposal_kinds.kind IS 'name, as mes.propose() takes it';
COMMENT ON COLUMN mes.proposal_kinds.fields IS 'fields that its body must have';
COMMENT ON COLUMN mes.proposal_kinds.optional_fields IS 'fields of which it must have at least one';
COMMENT ON COLUMN mes.proposal_kinds.description IS 'what it does when it passes';

-- epochs: the last block of each is the one whose result names the next validators, or a recovery's base
CREATE VIEW mes.epochs AS
SELECT pg_catalog.row_number() OVER (ORDER BY a.anchor_height) - 1 AS epoch, a.anchor_height, a.valset_hash,
       a.started_at
  FROM (SELECT 0::bigint AS anchor_height, NULL::bytea AS valset_hash,
               (SELECT g.created_at FROM mes.genesis AS g) AS started_at
        UNION ALL
        SELECT b.height, coalesce(pg_catalog.sha256(r.document), b.next_valset_hash), b.block_time
          FROM mes_internal.block_rows AS b LEFT JOIN mes_internal.recovery_rows AS r ON r.base_height = b.height
         WHERE b.next_valset_hash <> pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
        UNION ALL
        SELECT b.height, pg_catalog.sha256(r.document), b.block_time
          FROM mes_internal.recovery_rows AS r JOIN mes_internal.block_rows AS b ON b.height = r.base_height
         WHERE b.next_valset_hash = pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')) AS a;
COMMENT ON VIEW mes.epochs IS 'epochs so far; what passed in one holds from the next';
COMMENT ON COLUMN mes.epochs.epoch IS 'number, from 0';
COMMENT ON COLUMN mes.epochs.anchor_height IS 'last block of the epoch before, 0 for genesis';
COMMENT ON COLUMN mes.epochs.valset_hash IS 'hash of the validators that vote in it, null for those of genesis; after a recovery of its document';
COMMENT ON COLUMN mes.epochs.started_at IS 'chain time of that block';

CREATE FUNCTION mes_internal.roll_height(height bigint)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH anchor AS (
  SELECT coalesce(pg_catalog.max(b.height), 0) AS height FROM mes_internal.block_rows AS b
   WHERE b.height < roll_height.height
     AND b.next_valset_hash <> pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
)
SELECT coalesce((SELECT l.roll_height
                   FROM (SELECT r.base_height, r.roll_height FROM mes_internal.recovery_rows AS r
                          WHERE r.base_height < roll_height.height ORDER BY r.resume_no DESC LIMIT 1) AS l
                  WHERE l.base_height >= a.height), a.height)
  FROM anchor AS a;
END;
COMMENT ON FUNCTION mes_internal.roll_height(bigint) IS 'the block after which roll and settings stood as they hold for the block of this height: the anchor of its epoch, but after a recovery as in the epoch before it';

-- the last version of each row, and whether it is in force
CREATE VIEW mes_internal.governance_rows AS
SELECT DISTINCT ON (s.table_number, s.key) s.table_number, s.key, s.value, s.height, s.tx_id,
       s.height <= (SELECT mes_internal.roll_height(9223372036854775807)) AS in_force
  FROM mes_internal.state_rows AS s WHERE s.table_number BETWEEN 48 AND 51
 ORDER BY s.table_number, s.key, s.height DESC;
COMMENT ON VIEW mes_internal.governance_rows IS 'current state rows of governance';

-- the roll and the parameters of genesis, with what passed since
CREATE OR REPLACE VIEW mes.members AS
WITH roll AS (
  SELECT (pg_catalog.get_byte(r.key, 0) << 8) + pg_catalog.get_byte(r.key, 1) AS number, r.height, r.in_force, s.*
    FROM mes_internal.governance_rows AS r, LATERAL mes_internal.member_state(r.value) AS s
   WHERE r.table_number = 48
), founders AS (
  SELECT (m.number - 1)::integer AS number, m.entry
    FROM mes_internal.genesis_rows AS g,
         LATERAL pg_catalog.jsonb_array_elements(g.document -> 'members') WITH ORDINALITY AS m (entry, number)
)
SELECT coalesce(r.number, f.number) AS number, coalesce(r.member, f.entry ->> 'name') AS member,
       coalesce(r.identity_key, pg_catalog.decode(f.entry ->> 'identity_key', 'hex')) AS identity_key,
       coalesce(r.voting_key, pg_catalog.decode(f.entry ->> 'voting_key', 'hex')) AS voting_key,
       coalesce(r.fee_address, f.entry ->> 'fee_address') AS fee_address,
       CASE WHEN r.number IS NULL THEN nullif(f.entry ->> 'host', '') ELSE r.host END AS host,
       CASE WHEN r.number IS NULL THEN (f.entry ->> 'port')::integer ELSE r.port END AS port,
       coalesce(r.standing, 'active') AS standing, coalesce(r.incarnation, 0) AS incarnation,
       coalesce(r.height, 0) AS since_height, coalesce(r.in_force, true) AS in_force
  FROM founders AS f FULL JOIN roll AS r ON r.number = f.number;
COMMENT ON VIEW mes.members IS 'the members of the federation, those removed too';
COMMENT ON COLUMN mes.members.number IS 'number of the member, given once';
COMMENT ON COLUMN mes.members.host IS 'host on which its node listens';
COMMENT ON COLUMN mes.members.standing IS 'active, suspended or removed';
COMMENT ON COLUMN mes.members.incarnation IS 'which voting key it has, from 0';
COMMENT ON COLUMN mes.members.since_height IS 'block that wrote this, 0 for genesis';
COMMENT ON COLUMN mes.members.in_force IS 'false: holds from the next epoch on';

-- certificates name seats, in the order of the numbers of those who voted in the epoch
CREATE FUNCTION mes_internal.seat_number(height bigint, seat integer)
RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
WITH anchor AS (
  SELECT mes_internal.roll_height(seat_number.height) AS height
), roll AS (
  SELECT DISTINCT ON (s.key) (pg_catalog.get_byte(s.key, 0) << 8) + pg_catalog.get_byte(s.key, 1) AS number, m.standing
    FROM anchor AS a JOIN mes_internal.state_rows AS s ON s.table_number = 48 AND s.height <= a.height,
         LATERAL mes_internal.member_state(s.value) AS m
   ORDER BY s.key, s.height DESC
)
SELECT coalesce(r.number, f.number) AS number
  FROM (SELECT n.number::integer FROM mes_internal.genesis_rows AS g,
               LATERAL pg_catalog.generate_series(0, pg_catalog.jsonb_array_length(g.document -> 'members') - 1) AS n (number)) AS f
  FULL JOIN roll AS r ON r.number = f.number
 WHERE coalesce(r.standing, 'active') = 'active'
 ORDER BY 1 OFFSET seat_number.seat LIMIT 1;
END;
COMMENT ON FUNCTION mes_internal.seat_number(bigint, integer) IS 'number of the member that had this seat when a block was decided';

CREATE OR REPLACE VIEW mes.block_signatures AS
SELECT b.height, m.member, m.number AS member_number, s.result_signature, s.order_signature, b.block_time
  FROM mes_internal.block_rows AS b
 CROSS JOIN LATERAL (SELECT coalesce(r.member, o.member) AS seat, r.signature AS result_signature,
                       o.signature AS order_signature
                  FROM mes_internal.certificate_signers(b.result_certificate) AS r
                  FULL JOIN mes_internal.certificate_signers(b.commit_certificate) AS o ON o.member = r.member) AS s
  LEFT JOIN mes.members AS m ON m.number = mes_internal.seat_number(b.height, s.seat);
COMMENT ON COLUMN mes.block_signatures.member_number IS 'its number';

CREATE FUNCTION mes_internal.setting_at(kind "char", name text, height bigint)
RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
SELECT mes_internal.setting_state(s.value) FROM mes_internal.state_rows AS s
 WHERE s.table_number = 49 AND s.key = pg_catalog.convert_to(kind::text || name, 'UTF8') AND s.height <= setting_at.height
 ORDER BY s.height DESC LIMIT 1;
END;
COMMENT ON FUNCTION mes_internal.setting_at("char", text, bigint) IS 'a setting as its rows had it after a block, null when none was written';

CREATE OR REPLACE VIEW mes.parameters AS
SELECT p.name, 'integer'::text AS type,
       coalesce(mes_internal.setting_at('p', p.name, (SELECT mes_internal.roll_height(9223372036854775807)))::text,
                g.document -> 'parameters' ->> p.name, p.standard::text) AS value,
       p.minimum, p.maximum, p.standard::text AS default_value, p.unit, p.description,
       coalesce(mes_internal.setting_at('p', p.name, 9223372036854775807)::text,
                g.document -> 'parameters' ->> p.name, p.standard::text) AS next_value
  FROM mes_internal.parameter_rows() AS p LEFT JOIN mes_internal.genesis_rows AS g ON true
UNION ALL
SELECT 'fee_asset', 'text', (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g),
       NULL, NULL, NULL, NULL, 'asset in which fees are paid; null: there are none',
       (SELECT g.document -> 'parameters' ->> 'fee_asset' FROM mes_internal.genesis_rows AS g);
COMMENT ON COLUMN mes.parameters.next_value IS 'value from the next epoch on';

CREATE VIEW mes.keys AS
SELECT m.number, m.member, k.purpose, k.public_key, m.standing, m.incarnation, m.since_height, m.in_force
  FROM mes.members AS m,
       LATERAL (VALUES ('identity', m.identity_key), ('voting', m.voting_key)) AS k (purpose, public_key);
COMMENT ON VIEW mes.keys IS 'public keys of the members, as the ledger has them now';
COMMENT ON COLUMN mes.keys.number IS 'number of the member; given once';
COMMENT ON COLUMN mes.keys.member IS 'its name';
COMMENT ON COLUMN mes.keys.purpose IS 'identity: governs; voting: signs votes';
COMMENT ON COLUMN mes.keys.public_key IS 'Ed25519 public key';
COMMENT ON COLUMN mes.keys.standing IS 'active, suspended or removed';
COMMENT ON COLUMN mes.keys.incarnation IS 'which voting key it is, from 0';
COMMENT ON COLUMN mes.keys.since_height IS 'block that wrote it, 0 for genesis';
COMMENT ON COLUMN mes.keys.in_force IS 'false: from the next epoch on';

CREATE VIEW mes.features AS
SELECT pg_catalog.convert_from(pg_catalog.substring(r.key, 2), 'UTF8') AS feature,
       mes_internal.setting_state(r.value) <> 0 AS enabled, r.height AS since_height, r.in_force
  FROM mes_internal.governance_rows AS r WHERE r.table_number = 49 AND pg_catalog.get_byte(r.key, 0) = 102;
COMMENT ON VIEW mes.features IS 'features that the members switched';
COMMENT ON COLUMN mes.features.feature IS 'name';
COMMENT ON COLUMN mes.features.enabled IS 'on or off';
COMMENT ON COLUMN mes.features.since_height IS 'block that wrote it';
COMMENT ON COLUMN mes.features.in_force IS 'false: from the next epoch on';

CREATE VIEW mes.platforms AS
SELECT pg_catalog.decode(pg_catalog.convert_from(pg_catalog.substring(r.key, 2), 'UTF8'), 'hex') AS platform,
       mes_internal.setting_state(r.value) <> 0 AS admitted, r.height AS since_height, r.in_force
  FROM mes_internal.governance_rows AS r WHERE r.table_number = 49 AND pg_catalog.get_byte(r.key, 0) = 104;
COMMENT ON VIEW mes.platforms IS 'platforms on which the members agreed to run';
COMMENT ON COLUMN mes.platforms.platform IS 'hash of what can change a result';
COMMENT ON COLUMN mes.platforms.admitted IS 'admitted or no longer';
COMMENT ON COLUMN mes.platforms.since_height IS 'block that wrote it';
COMMENT ON COLUMN mes.platforms.in_force IS 'false: from the next epoch on';

CREATE VIEW mes.proposals AS
SELECT r.key AS proposal, k.member, p.kind, p.body, pg_catalog.to_timestamp(p.expires_ms / 1000.0) AS expires_at,
       CASE WHEN a.passed AND NOT w.in_force THEN 'passed' WHEN a.passed THEN 'in force'
            WHEN p.expires_ms <= (SELECT pg_catalog.extract('epoch', pg_catalog.max(b.block_time)) * 1000
                                    FROM mes_internal.block_rows AS b) THEN 'expired'
            ELSE 'open' END AS state,
       coalesce((SELECT pg_catalog.array_agg(n.member ORDER BY n.number) FROM mes.keys AS n
                  WHERE n.purpose = 'identity' AND n.number = ANY (a.members)), '{}') AS approved_by,
       r.height AS proposed_height, CASE WHEN a.passed THEN w.height END AS passed_height
  FROM mes_internal.governance_rows AS r
 CROSS JOIN LATERAL mes_internal.proposal_state(r.value) AS p
  LEFT JOIN mes.keys AS k ON k.number = p.member_number AND k.purpose = 'identity'
  LEFT JOIN mes_internal.governance_rows AS w ON w.table_number = 51 AND w.key = r.key
  LEFT JOIN LATERAL mes_internal.approval_state(w.value) AS a ON w.value IS NOT NULL
 WHERE r.table_number = 50;
COMMENT ON VIEW mes.proposals IS 'what was put to the members';
COMMENT ON COLUMN mes.proposals.proposal IS 'name of the proposal, for mes.approve()';
COMMENT ON COLUMN mes.proposals.member IS 'who proposed it';
COMMENT ON COLUMN mes.proposals.kind IS 'a kind of mes.proposal_kinds';
COMMENT ON COLUMN mes.proposals.body IS 'what it would change';
COMMENT ON COLUMN mes.proposals.expires_at IS 'chain time from which it cannot be approved';
COMMENT ON COLUMN mes.proposals.state IS 'open, passed: holds from the next epoch, in force, or expired';
COMMENT ON COLUMN mes.proposals.approved_by IS 'members who approved it';
COMMENT ON COLUMN mes.proposals.proposed_height IS 'block of the proposal';
COMMENT ON COLUMN mes.proposals.passed_height IS 'block of the approval that made it pass, null before';

DO $$
DECLARE
  object text;
BEGIN
  FOREACH object IN ARRAY ARRAY['member_state(bytea)', 'setting_state(bytea)', 'setting_at("char", text, bigint)', 'seat_number(bigint, integer)', 'roll_height(bigint)', 'proposal_state(bytea)',
                                'approval_state(bytea)', 'proposal_kind_rows()'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION mes_internal.%s FROM PUBLIC', object);
    EXECUTE format('GRANT EXECUTE ON FUNCTION mes_internal.%s TO mes_reader, mes_auditor, mes_admin', object);
  END LOOP;
  FOREACH object IN ARRAY ARRAY['proposal_kinds', 'proposals', 'keys', 'features', 'platforms', 'epochs'] LOOP
    EXECUTE format('GRANT SELECT ON mes.%I TO mes_reader, mes_auditor, mes_admin', object);
  END LOOP;
  GRANT SELECT ON mes_internal.governance_rows TO mes_reader, mes_auditor, mes_admin;
END $$;
REVOKE ALL ON FUNCTION mes.rotate_node_key(), mes.attest_node(), mes.rejoin(bytea), mes_internal.follow_roll() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.rejoin(bytea) TO mes_admin, mes_member;
GRANT EXECUTE ON FUNCTION mes_internal.follow_roll() TO mes_engine;
REVOKE ALL ON FUNCTION mes.propose(text, jsonb, timestamptz, text, bytea), mes.approve(bytea, bytea, text),
  mes.proposal_id(text, jsonb, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.propose(text, jsonb, timestamptz, text, bytea), mes.approve(bytea, bytea, text),
  mes.proposal_id(text, jsonb, timestamptz, text) TO mes_admin;
