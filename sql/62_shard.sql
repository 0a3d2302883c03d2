-- 62_shard.sql - which shard a key belongs to, who holds it, and where to find them.
--
-- The rules are in docs/sharding.md. Two small relations of the engine are read here: the maps by
-- epoch, and the addresses. While there is no map, one shard is held by every member.

CREATE FUNCTION mes_internal.shard_map_create(members text[], faults integer, seats integer,
    salt bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_create_sql';
COMMENT ON FUNCTION mes_internal.shard_map_create(text[], integer, integer, bytea) IS
  'a shard map of one shard for these members; seats 0: every member holds every shard';

CREATE FUNCTION mes_internal.shard_map_split(map bytea, shard integer) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_split_sql';
COMMENT ON FUNCTION mes_internal.shard_map_split(bytea, integer) IS
  'the map with shard n split into 2n and 2n+1, both held by the committee of n';

CREATE FUNCTION mes_internal.shard_map_merge(map bytea, shard integer, salt bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_merge_sql';
COMMENT ON FUNCTION mes_internal.shard_map_merge(bytea, integer, bytea) IS
  'the map with a shard and its sibling made one, held by members of the two';

CREATE FUNCTION mes_internal.shard_map_admit(map bytea, member text, salt bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_admit_sql';
COMMENT ON FUNCTION mes_internal.shard_map_admit(bytea, text, bytea) IS
  'the map with a new member, who takes its fair share of seats from the most loaded';

CREATE FUNCTION mes_internal.shard_map_remove(map bytea, member text, salt bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_remove_sql';
COMMENT ON FUNCTION mes_internal.shard_map_remove(bytea, text, bytea) IS
  'the map without a member, whose seats go to the least loaded';

CREATE FUNCTION mes_internal.shard_map_resalt(map bytea, salt bytea) RETURNS bytea
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_resalt_sql';
COMMENT ON FUNCTION mes_internal.shard_map_resalt(bytea, bytea) IS
  'the map of the next epoch: at most one seat of each committee moves';

CREATE FUNCTION mes_internal.shard_map_epoch(map bytea) RETURNS bigint
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'shard_map_epoch_sql';
COMMENT ON FUNCTION mes_internal.shard_map_epoch(bytea) IS
  'the epoch in a shard map; an error with a code when the bytes are no whole map';

CREATE FUNCTION mes_internal.shard_map_rows(map bytea)
  RETURNS TABLE (shard integer, prefix text, first_bucket integer, last_bucket integer,
    generation bigint, tree_generation bigint, epoch bigint, seats integer,
    faults_tolerated integer, held_by text, members text[])
  LANGUAGE c STABLE PARALLEL SAFE ROWS 16 AS 'MODULE_PATHNAME', 'shard_map_rows';
COMMENT ON FUNCTION mes_internal.shard_map_rows(bytea) IS
  'the shards of a map; of the map in force when it is null';

CREATE TABLE mes_internal.shard_maps (
  epoch bigint PRIMARY KEY CHECK (epoch >= 0),
  map bytea NOT NULL,
  CONSTRAINT shard_maps_map_check CHECK (mes_internal.shard_map_epoch(map) = epoch)
);
COMMENT ON TABLE mes_internal.shard_maps IS
  'shard maps by the epoch from which each is in force; empty while one shard is held by all';
COMMENT ON COLUMN mes_internal.shard_maps.epoch IS 'first epoch in which the map is in force';
COMMENT ON COLUMN mes_internal.shard_maps.map IS
  'tree, members and committees in canonical CBOR; mes_internal.shard_map_rows shows it';

CREATE TABLE mes_internal.shard_addresses (
  member text NOT NULL CHECK (octet_length(member) BETWEEN 1 AND 63),
  node text NOT NULL CHECK (octet_length(node) BETWEEN 1 AND 63),
  host text NOT NULL CHECK (octet_length(host) BETWEEN 1 AND 255),
  port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  PRIMARY KEY (member, node)
);
COMMENT ON TABLE mes_internal.shard_addresses IS 'where the nodes of each member are reached';
COMMENT ON COLUMN mes_internal.shard_addresses.member IS 'the member, a legal entity';
COMMENT ON COLUMN mes_internal.shard_addresses.node IS 'one of its servers';
COMMENT ON COLUMN mes_internal.shard_addresses.host IS 'host name or address of the server';
COMMENT ON COLUMN mes_internal.shard_addresses.port IS 'TCP port of the server';

SELECT pg_catalog.pg_extension_config_dump('mes_internal.shard_maps', '');
SELECT pg_catalog.pg_extension_config_dump('mes_internal.shard_addresses', '');

-- Backends remember both relations; a change of either tells them so. ALWAYS, since the engine
-- applies blocks with session_replication_role = replica (rule P25).
CREATE FUNCTION mes_internal.shard_invalidate() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'shard_invalidate';
COMMENT ON FUNCTION mes_internal.shard_invalidate() IS
  'makes every backend read the shard map and the addresses again';
CREATE TRIGGER shard_maps_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON mes_internal.shard_maps
  FOR EACH STATEMENT EXECUTE FUNCTION mes_internal.shard_invalidate();
CREATE TRIGGER shard_addresses_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON mes_internal.shard_addresses
  FOR EACH STATEMENT EXECUTE FUNCTION mes_internal.shard_invalidate();
ALTER TABLE mes_internal.shard_maps ENABLE ALWAYS TRIGGER shard_maps_changed;
ALTER TABLE mes_internal.shard_addresses ENABLE ALWAYS TRIGGER shard_addresses_changed;

CREATE FUNCTION mes.bucket_of(key bytea) RETURNS integer
  LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_bucket_of';
COMMENT ON FUNCTION mes.bucket_of(bytea) IS
  'the bucket of a key, 0 to 65535: the first 16 bits of its SHA-256';

CREATE FUNCTION mes.shard_of(key bytea) RETURNS integer
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'mes_shard_of';
COMMENT ON FUNCTION mes.shard_of(bytea) IS
  'the shard that holds a key now; 1 while there is one shard';

CREATE FUNCTION mes.route(key bytea)
  RETURNS TABLE (shard integer, generation bigint, member text, node text, host text,
    port integer, preference integer, held_by text)
  LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 4 AS 'MODULE_PATHNAME', 'mes_route';
COMMENT ON FUNCTION mes.route(bytea) IS
  'where to go with a key: the addresses of its shard, best first; held_by says "all members" '
  'while every member holds every shard';

CREATE FUNCTION mes.committee(shard integer, epoch bigint DEFAULT NULL)
  RETURNS TABLE (seat integer, member text, generation bigint, since_epoch bigint)
  LANGUAGE c STABLE PARALLEL SAFE ROWS 7 AS 'MODULE_PATHNAME', 'mes_committee';
COMMENT ON FUNCTION mes.committee(integer, bigint) IS
  'the members that hold a shard at an epoch, now when it is null; since_epoch is the epoch from '
  'which that map is in force';

CREATE VIEW mes.shards AS
  SELECT shard, prefix, first_bucket, last_bucket, generation, tree_generation, epoch, seats,
         faults_tolerated, held_by
    FROM mes_internal.shard_map_rows(NULL);
COMMENT ON VIEW mes.shards IS 'the shards of the tree in force, from the lowest bucket on';
COMMENT ON COLUMN mes.shards.shard IS 'number: the prefix behind a leading 1 bit; 1 is everything';
COMMENT ON COLUMN mes.shards.prefix IS 'leading bits of the buckets it holds, empty for all';
COMMENT ON COLUMN mes.shards.first_bucket IS 'lowest bucket it holds';
COMMENT ON COLUMN mes.shards.last_bucket IS 'highest bucket it holds';
COMMENT ON COLUMN mes.shards.generation IS 'generation of the tree that gave it this shape';
COMMENT ON COLUMN mes.shards.tree_generation IS 'generation of the tree; each split or merge adds 1';
COMMENT ON COLUMN mes.shards.epoch IS 'epoch from which the map is in force';
COMMENT ON COLUMN mes.shards.seats IS 'members of its committee';
COMMENT ON COLUMN mes.shards.faults_tolerated IS 'faulty members that any committee must stand';
COMMENT ON COLUMN mes.shards.held_by IS '"all members", or "committee"';

REVOKE ALL ON FUNCTION
  mes_internal.shard_map_create(text[], integer, integer, bytea),
  mes_internal.shard_map_split(bytea, integer),
  mes_internal.shard_map_merge(bytea, integer, bytea),
  mes_internal.shard_map_admit(bytea, text, bytea),
  mes_internal.shard_map_remove(bytea, text, bytea),
  mes_internal.shard_map_resalt(bytea, bytea),
  mes_internal.shard_map_epoch(bytea),
  mes_internal.shard_map_rows(bytea),
  mes_internal.shard_invalidate(),
  mes.bucket_of(bytea), mes.shard_of(bytea), mes.route(bytea), mes.committee(integer, bigint)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  mes.bucket_of(bytea), mes.shard_of(bytea), mes.route(bytea), mes.committee(integer, bigint)
  TO mes_reader, mes_member, mes_admin, mes_auditor, mes_engine;
GRANT EXECUTE ON FUNCTION
  mes_internal.shard_map_create(text[], integer, integer, bytea),
  mes_internal.shard_map_split(bytea, integer),
  mes_internal.shard_map_merge(bytea, integer, bytea),
  mes_internal.shard_map_admit(bytea, text, bytea),
  mes_internal.shard_map_remove(bytea, text, bytea),
  mes_internal.shard_map_resalt(bytea, bytea),
  mes_internal.shard_map_epoch(bytea),
  mes_internal.shard_map_rows(bytea)
  TO mes_auditor, mes_engine;
-- a view checks its functions as the one who asks, and this one only shows what mes.route does
GRANT EXECUTE ON FUNCTION mes_internal.shard_map_rows(bytea)
  TO mes_reader, mes_member, mes_admin;
GRANT SELECT ON mes.shards TO mes_reader, mes_member, mes_admin, mes_auditor;
GRANT SELECT ON mes_internal.shard_maps, mes_internal.shard_addresses TO mes_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON mes_internal.shard_maps, mes_internal.shard_addresses
  TO mes_engine;
