-- 34_peers.sql - a federation: who this node is, the genesis that all sign, joining it, and the
-- roles, sessions and addresses by which members reach each other.

CREATE FUNCTION mes.node_descriptor(host text DEFAULT NULL, port integer DEFAULT NULL)
RETURNS jsonb LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'mes_node_descriptor';
COMMENT ON FUNCTION mes.node_descriptor(text, integer) IS 'name, public keys and address of this node, for the genesis of a federation; host and port by which the others reach it, where the server''s own settings are not it';

CREATE FUNCTION mes_internal.plain_genesis(genesis jsonb)
RETURNS jsonb LANGUAGE c STRICT IMMUTABLE AS 'MODULE_PATHNAME', 'mes_internal_plain_genesis';
COMMENT ON FUNCTION mes_internal.plain_genesis(jsonb) IS 'a checked genesis document in its one form, without signatures';

CREATE FUNCTION mes_internal.genesis_signers(genesis jsonb)
RETURNS text[] LANGUAGE c STRICT IMMUTABLE AS 'MODULE_PATHNAME', 'mes_internal_genesis_signers';
COMMENT ON FUNCTION mes_internal.genesis_signers(jsonb) IS 'members whose identity keys signed a genesis document; refuses a signature that does not verify';

CREATE FUNCTION mes.genesis_hash(genesis jsonb)
RETURNS bytea LANGUAGE sql STRICT IMMUTABLE
RETURN pg_catalog.sha256(mes_internal.encode_genesis(genesis));
COMMENT ON FUNCTION mes.genesis_hash(jsonb) IS 'hash of a genesis document; members compare it before they join';

CREATE FUNCTION mes.sign_genesis(genesis jsonb)
RETURNS jsonb LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_sign_genesis';
COMMENT ON FUNCTION mes.sign_genesis(jsonb) IS 'the document with the signature of this node''s identity key added; one that all members signed needs no other trust to be joined';

CREATE FUNCTION mes_internal.genesis_difference(ours jsonb, theirs jsonb)
RETURNS text LANGUAGE sql STRICT IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH field AS (
    SELECT side, 3 AS place, 0::bigint AS member, 'created_ms' AS name, document ->> 'created_ms' AS value
      FROM (VALUES (1, ours), (2, theirs)) AS d (side, document)
    UNION ALL
    SELECT side, 1, 0, 'parameters.' || p.key, p.value
      FROM (VALUES (1, ours), (2, theirs)) AS d (side, document), jsonb_each_text(document -> 'parameters') AS p
    UNION ALL
    SELECT side, 2, m.number, format('members[%s].%s', m.number - 1, f.key), f.value
      FROM (VALUES (1, ours), (2, theirs)) AS d (side, document),
           jsonb_array_elements(document -> 'members') WITH ORDINALITY AS m (entry, number), jsonb_each_text(m.entry) AS f)
  SELECT format('%s is %s in one and %s in the other', name, coalesce(l.value, 'absent'), coalesce(r.value, 'absent'))
    FROM (SELECT * FROM field WHERE side = 1) AS l FULL JOIN (SELECT * FROM field WHERE side = 2) AS r
         USING (place, member, name)
   WHERE l.value IS DISTINCT FROM r.value ORDER BY place, member, name COLLATE "C" LIMIT 1 $$;
COMMENT ON FUNCTION mes_internal.genesis_difference(jsonb, jsonb) IS 'the first field in which two genesis documents differ, null when they are equal';

CREATE FUNCTION mes_internal.check_trust(signed jsonb, genesis jsonb, trust jsonb, own jsonb)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  hash text := genesis ->> 'genesis_hash';
  missing text;
BEGIN
  IF trust ? 'members' THEN
    IF mes_internal.plain_genesis(trust) IS DISTINCT FROM genesis THEN
      RAISE EXCEPTION 'genesis differs from the trusted one: %',
          mes_internal.genesis_difference(genesis, mes_internal.plain_genesis(trust))
        USING ERRCODE = 'MC341', HINT = 'Compare the document with the other members''.';
    END IF;
  ELSIF trust ? 'genesis_hash' THEN
    IF lower(trust ->> 'genesis_hash') <> hash THEN
      RAISE EXCEPTION 'genesis differs from the trusted one: genesis_hash is % in one and % in the other',
          hash, trust ->> 'genesis_hash'
        USING ERRCODE = 'MC341', HINT = 'Compare the document with the other members''.';
    END IF;
  ELSE
    SELECT string_agg(m.entry ->> 'name', ', ' ORDER BY m.number) INTO missing
      FROM jsonb_array_elements(genesis -> 'members') WITH ORDINALITY AS m (entry, number)
     WHERE m.entry ->> 'voting_key' <> own ->> 'voting_key'
       AND m.entry ->> 'name' <> ALL (mes_internal.genesis_signers(signed));
    IF missing IS NOT NULL THEN
      RAISE EXCEPTION 'nothing says that this genesis is the federation''s: it lacks the signature of %', missing
        USING ERRCODE = 'MC313',
          HINT = 'Compare its hash with the other members'' and say it: trust => ''{"genesis_hash": "' || hash || '"}''. '
            'Or let every member sign it with mes.sign_genesis().';
    END IF;
  END IF;
END $$;
COMMENT ON FUNCTION mes_internal.check_trust(jsonb, jsonb, jsonb, jsonb) IS 'refuses a genesis that is not the one the caller trusts, naming the field that differs';

CREATE FUNCTION mes_internal.check_own_seat(genesis jsonb, own jsonb, observer boolean)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  seat jsonb;
  field text;
BEGIN
  SELECT m INTO seat FROM jsonb_array_elements(genesis -> 'members') AS m
   WHERE m ->> 'voting_key' = own ->> 'voting_key' OR m ->> 'identity_key' = own ->> 'identity_key';
  IF NOT FOUND AND observer THEN
    RETURN;
  END IF;
  IF NOT FOUND THEN
    SELECT m INTO seat FROM jsonb_array_elements(genesis -> 'members') AS m WHERE m ->> 'name' = own ->> 'name';
  END IF;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this node is no member of the genesis: its voting_key % is not in it', own ->> 'voting_key'
      USING ERRCODE = 'MC343', HINT = 'Was the genesis made from this node''s mes.node_descriptor()? '
        'A node without a seat joins with trust => ''{"observer": true, "genesis_hash": "..."}''.';
  END IF;
  FOREACH field IN ARRAY ARRAY['voting_key', 'identity_key'] LOOP
    IF seat ->> field IS DISTINCT FROM coalesce(own ->> field, seat ->> field) THEN
      RAISE EXCEPTION 'this node is not member "%" of the genesis: % is % there and % here', seat ->> 'name', field,
          seat ->> field, own ->> field
        USING ERRCODE = 'MC343', HINT = 'Was the genesis made from this node''s mes.node_descriptor()?';
    END IF;
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.check_own_seat(jsonb, jsonb, boolean) IS 'refuses a genesis in which this node''s keys are not those of one member, naming the key that differs';

CREATE FUNCTION mes_internal.create_peer_roles(members text[])
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  member text;
  role text;
  existing pg_roles;
BEGIN
  FOREACH member IN ARRAY members LOOP
    role := 'mes_peer_' || member;
    SELECT * INTO existing FROM pg_roles WHERE rolname = role;
    IF NOT FOUND THEN
      EXECUTE format('CREATE ROLE %I LOGIN CONNECTION LIMIT 2 IN ROLE mes_peer', role);
      EXECUTE format('COMMENT ON ROLE %I IS %L', role, 'meschain: delivers the messages of member ' || member);
    ELSIF existing.rolsuper OR existing.rolcreaterole OR existing.rolbypassrls OR existing.rolreplication
          OR NOT pg_has_role(existing.oid, 'mes_peer', 'MEMBER') THEN
      RAISE EXCEPTION 'role "%" exists and is not the group mes_peer''s', role
        USING ERRCODE = 'duplicate_object', HINT = 'Rename or drop the existing role, then join again.';
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN CONNECTION LIMIT 2', role);
    EXECUTE format('ALTER ROLE %I SET temp_file_limit = 0', role);
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.create_peer_roles(text[]) IS 'makes the login roles by which these members deliver';

CREATE FUNCTION mes_internal.check_connections(members integer)
RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  needed integer := 3 * members + 20;
BEGIN
  IF current_setting('max_connections')::integer < needed THEN
    RAISE EXCEPTION 'max_connections is %, a federation of % members needs % at least',
        current_setting('max_connections'), members, needed
      USING ERRCODE = 'configuration_limit_exceeded', HINT = 'Raise max_connections and restart the server.';
  END IF;
END $$;
COMMENT ON FUNCTION mes_internal.check_connections(integer) IS 'refuses a server on which the members'' sessions would leave no room for its own';

CREATE FUNCTION mes.join_federation(genesis jsonb, trust jsonb DEFAULT NULL)
RETURNS void LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  document jsonb := mes_internal.plain_genesis(genesis);
  encoded bytea := mes_internal.encode_genesis(document);
  own jsonb := mes.node_descriptor();
  joined jsonb := (SELECT g.document FROM mes_internal.genesis_rows AS g);
  observer boolean := coalesce((trust ->> 'observer')::boolean, false);
BEGIN
  IF joined IS NOT NULL AND joined IS DISTINCT FROM document THEN
    RAISE EXCEPTION 'this database holds another ledger already: %', mes_internal.genesis_difference(joined, document)
      USING ERRCODE = 'MC312', HINT = 'A database holds one ledger; use another database.';
  ELSIF joined IS NOT NULL THEN
    RAISE NOTICE 'this database holds the ledger of this genesis already';
    RETURN;
  END IF;
  PERFORM mes_internal.check_own_seat(document, own, observer);
  PERFORM mes_internal.check_trust(genesis, document, trust, own);
  PERFORM mes_internal.check_connections(jsonb_array_length(document -> 'members'));
  PERFORM mes_internal.create_peer_roles(ARRAY(
    SELECT m ->> 'name' FROM jsonb_array_elements(document -> 'members') AS m
     WHERE m ->> 'voting_key' <> own ->> 'voting_key'));
  PERFORM mes_internal.create_first_leaves();
  -- last: from here on the relations are append-only
  INSERT INTO mes_internal.genesis_rows (genesis_hash, encoded, document) VALUES (sha256(encoded), encoded, document);
  BEGIN
    PERFORM mes_internal.open_home(NULL);
  EXCEPTION WHEN SQLSTATE 'MC331' THEN
    RAISE WARNING 'the workers stay down: %', sqlerrm
      USING HINT = 'Restore a copy of this ledger in place of an empty one, or start it over with '
                   'mes.finish_restore(go_on_from_height => 0).';
  END;
END $$;
COMMENT ON FUNCTION mes.join_federation(jsonb, jsonb) IS 'makes this database hold the ledger of a genesis document, lets the other members in and starts the node. trust says what the caller compared: {"genesis_hash": hex} or a whole document; null when all members signed it. {"observer": true} joins without a seat';

CREATE FUNCTION mes.create_genesis(members jsonb[] DEFAULT NULL, parameters jsonb DEFAULT '{}')
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own jsonb := mes.node_descriptor();
  genesis jsonb := mes_internal.build_genesis(coalesce(members, ARRAY[own]), coalesce(parameters, '{}'));
  count integer := jsonb_array_length(genesis -> 'members');
BEGIN
  IF EXISTS (SELECT FROM mes_internal.genesis_rows) THEN
    RAISE EXCEPTION 'this database holds a ledger already'
      USING ERRCODE = 'MC312', HINT = 'A database holds one ledger; use another database.';
  END IF;
  IF count < 4 THEN
    RAISE WARNING '% member(s) tolerate no faulty member', count
      USING HINT = 'Four members tolerate one.';
  END IF;
  IF jsonb_path_exists(genesis, '$.members[*] ? (@.voting_key == $key)',
                       jsonb_build_object('key', own -> 'voting_key')) THEN
    PERFORM mes.join_federation(genesis, genesis);
  END IF;
  RETURN genesis;
END $$;
COMMENT ON FUNCTION mes.create_genesis(jsonb[], jsonb) IS 'makes a genesis of these members (default: this node alone), joins it here when this node is among them, and returns it for the others';

-- where the others are, when genesis is not the whole truth

CREATE TABLE mes_internal.peer_addresses (
  member text COLLATE "C" NOT NULL,
  host text NOT NULL,
  port integer NOT NULL CHECK (port OPERATOR(pg_catalog.>=) 1 AND port OPERATOR(pg_catalog.<=) 65535),
  set_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE UNIQUE INDEX peer_addresses_member ON mes_internal.peer_addresses (member);
COMMENT ON TABLE mes_internal.peer_addresses IS 'addresses at which this node reaches members, where they are not those of genesis; local, no part of the ledger';
COMMENT ON COLUMN mes_internal.peer_addresses.member IS 'member';
COMMENT ON COLUMN mes_internal.peer_addresses.host IS 'host or address of its server';
COMMENT ON COLUMN mes_internal.peer_addresses.port IS 'port there';
COMMENT ON COLUMN mes_internal.peer_addresses.set_at IS 'when it was said here';
SELECT pg_catalog.pg_extension_config_dump('mes_internal.peer_addresses', '');

GRANT SELECT ON mes_internal.peer_addresses TO mes_engine;

CREATE FUNCTION mes_internal.reload_addresses()
RETURNS void LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_reload_addresses';
COMMENT ON FUNCTION mes_internal.reload_addresses() IS 'lets the links follow the addresses when this transaction commits';

CREATE FUNCTION mes.set_peer_address(member text, host text, port integer)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF NOT EXISTS (SELECT FROM mes.members AS m WHERE m.member = set_peer_address.member AND m.standing <> 'removed') THEN
    RAISE EXCEPTION 'there is no member "%"', member
      USING ERRCODE = 'MC344', HINT = 'mes.members lists them.';
  END IF;
  PERFORM mes_internal.reload_addresses();
  IF host IS NULL THEN
    DELETE FROM mes_internal.peer_addresses AS p WHERE p.member = set_peer_address.member;
    RETURN;
  END IF;
  IF host = '' OR length(host) > 255 OR port IS NULL OR port NOT BETWEEN 1 AND 65535 THEN
    RAISE EXCEPTION '"%", port % is no address of a server', host, port USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO mes_internal.peer_addresses AS p (member, host, port) VALUES (member, host, port)
    ON CONFLICT (member) DO UPDATE SET host = excluded.host, port = excluded.port, set_at = now();
END $$;
COMMENT ON FUNCTION mes.set_peer_address(text, text, integer) IS 'says where this node reaches a member when it is not where genesis says; a null host goes back to genesis';

CREATE FUNCTION mes_internal.certificate_expires_at()
RETURNS timestamptz LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'mes_internal_certificate_expires_at';
COMMENT ON FUNCTION mes_internal.certificate_expires_at() IS 'when the certificate of meschain.peer_ssl_cert_file expires, null when there is none';

CREATE FUNCTION mes_internal.stat_peers(
  OUT member text, OUT connected boolean, OUT connected_since timestamptz, OUT heard boolean, OUT voting boolean,
  OUT last_heard_at timestamptz, OUT view bigint, OUT committed_height bigint, OUT stable_height bigint,
  OUT round_trip_us bigint, OUT connects bigint, OUT frames_in bigint, OUT bytes_in bigint, OUT bodies_in bigint,
  OUT frames_refused bigint, OUT frames_dropped bigint, OUT frames_out bigint, OUT bytes_out bigint,
  OUT frames_lost bigint, OUT sessions_ended bigint, OUT number integer, OUT frames_late bigint,
  OUT frames_over bigint, OUT paused text, OUT left_out boolean)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE PARALLEL RESTRICTED ROWS 10 AS 'MODULE_PATHNAME', 'mes_internal_stat_peers';
COMMENT ON FUNCTION mes_internal.stat_peers() IS 'counters of the links to the other members; no row while the node does not run';

-- the one statement of a member's session

CREATE FUNCTION mes_internal.deliver(frames bytea[])
RETURNS bytea LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_deliver';
COMMENT ON FUNCTION mes_internal.deliver(bytea[]) IS 'takes messages of the member whose role runs it, and answers how many it took, how many bytes are free and what waits for that member';

DO $$
DECLARE
  object text;
BEGIN
  FOREACH object IN ARRAY ARRAY['mes.node_descriptor(text, integer)', 'mes_internal.plain_genesis(jsonb)',
    'mes_internal.genesis_signers(jsonb)', 'mes.sign_genesis(jsonb)', 'mes_internal.genesis_difference(jsonb, jsonb)',
    'mes_internal.check_trust(jsonb, jsonb, jsonb, jsonb)', 'mes_internal.check_own_seat(jsonb, jsonb, boolean)',
    'mes_internal.create_peer_roles(text[])', 'mes_internal.check_connections(integer)',
    'mes.join_federation(jsonb, jsonb)', 'mes.create_genesis(jsonb[], jsonb)',
    'mes.set_peer_address(text, text, integer)', 'mes_internal.reload_addresses()', 'mes_internal.certificate_expires_at()',
    'mes_internal.stat_peers()', 'mes_internal.deliver(bytea[])'] LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', object);
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION mes_internal.deliver(bytea[]) TO mes_peer;
GRANT EXECUTE ON FUNCTION mes_internal.certificate_expires_at(), mes_internal.stat_peers() TO mes_reader, mes_auditor, mes_admin;
GRANT EXECUTE ON FUNCTION mes.node_descriptor(text, integer), mes.set_peer_address(text, text, integer) TO mes_admin;
