-- 53_node_check.sql - what is right and what is wrong with this node, in words

CREATE FUNCTION mes_internal.node_files(OUT name text, OUT path text, OUT there boolean, OUT owned boolean, OUT mode integer)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_internal_node_files';
COMMENT ON FUNCTION mes_internal.node_files() IS 'key and certificate files of this node: whether they are there, the server''s, and closed to others';

CREATE FUNCTION mes_internal.node_room(OUT name text, OUT free_bytes bigint, OUT free_percent integer)
RETURNS SETOF record LANGUAGE c STRICT VOLATILE AS 'MODULE_PATHNAME', 'mes_internal_node_room';
COMMENT ON FUNCTION mes_internal.node_room() IS 'room that is left where this node writes';

CREATE FUNCTION mes_internal.common_block(member text, OUT height bigint, OUT same boolean)
RETURNS record LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_common_block';
COMMENT ON FUNCTION mes_internal.common_block(text) IS 'the last block that this node and a member both have, and whether it is the same; nulls when the member does not answer';

-- each part answers item, state, what, advice

CREATE FUNCTION mes_internal.check_server()
RETURNS TABLE (item text, state text, what text, advice text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'library', CASE WHEN e.extversion = mes.version() THEN 'ok' ELSE 'wrong' END,
         format('extension %s, library %s', e.extversion, mes.version()),
         'Run ALTER EXTENSION meschain UPDATE, or install the library that fits.'
    FROM pg_extension AS e WHERE e.extname = 'meschain'
  UNION ALL
  SELECT 'setting ' || s.name, CASE WHEN s.setting = w.wanted THEN 'ok' ELSE 'wrong' END, s.name || ' is ' || s.setting,
         format('Set %s to %s; the node does not vote otherwise.', s.name, w.wanted)
    FROM (VALUES ('fsync', 'on'), ('full_page_writes', 'on'), ('zero_damaged_pages', 'off'),
                 ('ignore_checksum_failure', 'off'), ('ssl', 'on')) AS w (name, wanted)
    JOIN pg_settings AS s ON s.name = w.name
   WHERE s.setting <> w.wanted
     AND (s.name <> 'ssl' OR (SELECT count(*) FROM mes.members AS m WHERE m.standing <> 'removed') > 1)
  UNION ALL
  SELECT 'setting ' || s.name, CASE WHEN s.setting::integer >= w.least THEN 'ok' ELSE 'wrong' END,
         format('%s is %s, %s are needed', s.name, s.setting, w.least), format('Raise %s and restart the server.', s.name)
    FROM (SELECT 'max_connections' AS name, (3 * count(*) + 20)::integer AS least FROM mes.members AS m WHERE m.standing <> 'removed'
          UNION ALL VALUES ('max_worker_processes', 8), ('superuser_reserved_connections', 1)) AS w
    JOIN pg_settings AS s ON s.name = w.name
  UNION ALL
  SELECT 'synchronous standbys', 'warning', 'synchronous_standby_names is ' || s.setting,
         'A standby that is down holds up every block; the other members are the replica.'
    FROM pg_settings AS s WHERE s.name = 'synchronous_standby_names' AND s.setting <> ''
  UNION ALL
  SELECT 'room in the ' || r.name, CASE WHEN r.free_percent < 3 THEN 'wrong' WHEN r.free_percent < 10 THEN 'warning' ELSE 'ok' END,
         format('%s free, %s %%', pg_size_pretty(r.free_bytes), r.free_percent),
         'Make room: a full disk ends this node''s voting.'
    FROM mes_internal.node_room() AS r
$$;
COMMENT ON FUNCTION mes_internal.check_server() IS 'part of mes.check_setup(): settings and disks';

CREATE FUNCTION mes_internal.check_files()
RETURNS TABLE (item text, state text, what text, advice text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  WITH files AS (
    SELECT f.*, CASE WHEN f.name LIKE '%certificate%' THEN 18 ELSE 63 END AS forbidden,
           f.name LIKE 'TLS%' OR f.name LIKE 'members%' AS tls,
           CASE WHEN f.name = 'state directory' THEN '0700' WHEN f.name LIKE '%certificate%' THEN '0644' ELSE '0600' END AS wanted
      FROM mes_internal.node_files() AS f
     WHERE (SELECT count(*) FROM mes.members AS m WHERE m.standing <> 'removed') > 1 OR NOT (f.name LIKE 'TLS%' OR f.name LIKE 'members%')
  )
  SELECT f.name,
         CASE WHEN f.there AND f.owned AND f.mode & f.forbidden = 0 THEN 'ok'
              WHEN NOT f.there AND f.name = 'identity.key' THEN 'ok' ELSE 'wrong' END,
         CASE WHEN NOT f.there AND f.name = 'identity.key' THEN 'kept elsewhere'
              WHEN f.path = '' THEN 'not set'
              WHEN NOT f.there THEN f.path || ' is missing'
              WHEN NOT f.owned THEN f.path || ' is not the server''s user''s'
              ELSE format('%s, mode %s', f.path, concat(f.mode >> 9 & 7, f.mode >> 6 & 7, f.mode >> 3 & 7, f.mode & 7)) END,
         CASE WHEN f.path = '' THEN format('Set meschain.%s.', CASE f.name WHEN 'state directory' THEN 'state_directory'
                WHEN 'TLS key' THEN 'peer_ssl_key_file' WHEN 'TLS certificate' THEN 'peer_ssl_cert_file' ELSE 'peer_ssl_ca_file' END)
              WHEN NOT f.there AND f.tls THEN 'Put it there; mesctl node certificate makes key and certificate.'
              WHEN NOT f.there THEN 'Bring it back from your copy of the state directory.'
              ELSE format('Give it to the server''s user and set its mode to %s.', f.wanted) END
    FROM files AS f
  UNION ALL
  SELECT 'certificate''s end', CASE WHEN s.at < now() THEN 'wrong' WHEN s.at < now() + interval '30 days' THEN 'warning' ELSE 'ok' END,
         'it expires on ' || s.at::date, 'Make another with mesctl node certificate, and give it to the other members first.'
    FROM (SELECT mes_internal.certificate_expires_at() AS at) AS s WHERE s.at IS NOT NULL
  UNION ALL
  SELECT 'pg_hba.conf', CASE WHEN h.lets IS NULL THEN 'wrong' WHEN (h.lets).auth_method <> 'cert' THEN 'wrong' ELSE 'ok' END,
         CASE WHEN h.lets IS NULL THEN 'no line lets members in over TLS'
              ELSE format('line %s lets members in by %s', (h.lets).line_number, (h.lets).auth_method) END,
         'Before other lines: hostssl DATABASE +mes_peer ADDRESS cert map=meschain.'
    FROM (SELECT (SELECT r FROM pg_hba_file_rules AS r
                   WHERE '+mes_peer' = ANY (r.user_name) AND r.type IN ('host', 'hostssl') AND r.auth_method <> 'reject'
                   ORDER BY r.line_number LIMIT 1) AS lets) AS h
   WHERE (SELECT count(*) FROM mes.members AS m WHERE m.standing <> 'removed') > 1
$$;
COMMENT ON FUNCTION mes_internal.check_files() IS 'part of mes.check_setup(): keys, certificates and who is let in';

CREATE FUNCTION mes_internal.check_peers()
RETURNS TABLE (item text, state text, what text, advice text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  peer record;
  common record;
BEGIN
  FOR peer IN SELECT * FROM mes.stat_peers AS p ORDER BY p.number LOOP
    item := 'member ' || peer.member;
    state := 'wrong';
    IF NOT peer.connected THEN
      what := format('no connection to %s, port %s', peer.host, peer.port);
      advice := 'Is its server up, the port open, and this node''s certificate in its peers.crt? The log there says why it refuses.';
    ELSIF NOT peer.heard THEN
      what := 'connected, and it says nothing here';
      advice := 'It has to reach this node too: open the port here, and see the server log for a refused certificate.';
    ELSE
      SELECT * INTO common FROM mes_internal.common_block(peer.member);
      advice := 'mes.locate_divergence() finds the row; if all differ, compare mes.genesis_hash().';
      IF common.height IS NULL THEN
        state := 'warning';
        what := 'connected, and it does not answer questions';
        advice := 'Try again; its log may say more.';
      ELSIF common.same IS FALSE THEN
        what := format('block %s is another there', common.height);
      ELSE
        state := CASE WHEN peer.frames_refused > 0 THEN 'warning' ELSE 'ok' END;
        what := format('connected, %s%s', CASE WHEN peer.voting THEN 'votes, ' ELSE '' END,
                       CASE WHEN common.height > 0 THEN 'block ' || common.height || ' is the same' ELSE 'no block yet' END)
                || CASE WHEN peer.frames_refused > 0 THEN format(', %s of its messages were refused', peer.frames_refused) ELSE '' END;
        advice := 'Members of one genesis and release send nothing that is refused: compare mes.version() and mes.genesis.';
      END IF;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION mes_internal.check_peers() IS 'part of mes.check_setup(): the other members, one line each';

CREATE FUNCTION mes_internal.check_ledger()
RETURNS TABLE (item text, state text, what text, advice text)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'genesis', CASE WHEN g.genesis_hash IS NULL THEN 'wrong' ELSE 'ok' END,
         CASE WHEN g.genesis_hash IS NULL THEN 'this database holds no ledger'
              ELSE format('%s, %s', encode(g.genesis_hash, 'hex'), CASE WHEN s.member IS NULL THEN 'this node has no seat' ELSE 'member ' || s.member END) END,
         'Run mes.join_federation(), or mesctl node bootstrap.'
    FROM mes.status AS s LEFT JOIN mes.genesis AS g ON true
  UNION ALL
  SELECT 'node', CASE WHEN s.mode IN ('voting', 'following', 'standby') AND s.reason IS NULL THEN 'ok'
                      WHEN s.mode IN ('voting', 'following', 'starting', 'syncing', 'paused', 'standby') THEN 'warning' ELSE 'wrong' END,
         s.mode || coalesce(': ' || s.reason, format(', block %s', s.applied_height)), coalesce(s.hint, '')
    FROM mes.status AS s
  UNION ALL
  SELECT 'clock', CASE WHEN t.ahead > p.drift THEN 'wrong' WHEN t.ahead > p.drift / 2 THEN 'warning' ELSE 'ok' END,
         CASE WHEN t.ahead > 0 THEN format('the last block is %s ms ahead of this machine''s clock', t.ahead)
              ELSE 'not behind the last block' END,
         'Run a time service (chrony, systemd-timesyncd) on this machine; a node whose clock is off refuses good blocks.'
    FROM (SELECT (extract(epoch FROM max(b.block_time) - clock_timestamp()) * 1000)::bigint AS ahead FROM mes_internal.block_rows AS b) AS t,
         (SELECT m.value::bigint AS drift FROM mes.parameters AS m WHERE m.name = 'drift') AS p
   WHERE t.ahead IS NOT NULL
  UNION ALL
  SELECT 'parameters', CASE WHEN r.slowest * 4 > p.tau0 THEN 'warning' ELSE 'ok' END,
         format('a view lasts %s ms, the slowest member answers in %s ms', p.tau0, round(r.slowest, 1)),
         'Propose a tau0 of ten times that; a view that ends before the votes are here is lost.'
    FROM (SELECT m.value::numeric AS tau0 FROM mes.parameters AS m WHERE m.name = 'tau0') AS p,
         (SELECT max(s.round_trip_time) AS slowest FROM mes.stat_peers AS s WHERE s.connected) AS r
   WHERE r.slowest IS NOT NULL
$$;
COMMENT ON FUNCTION mes_internal.check_ledger() IS 'part of mes.check_setup(): ledger, clock and parameters';

CREATE FUNCTION mes.check_setup(OUT item text, OUT state text, OUT what text, OUT advice text)
RETURNS SETOF record LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.item, c.state, c.what, CASE WHEN c.state <> 'ok' THEN nullif(c.advice, '') END
    FROM (SELECT * FROM mes_internal.check_server() UNION ALL SELECT * FROM mes_internal.check_files()
          UNION ALL SELECT * FROM mes_internal.check_ledger() UNION ALL SELECT * FROM mes_internal.check_peers()) AS c
$$;
COMMENT ON FUNCTION mes.check_setup() IS 'what is right and what is wrong with this node, a line each: ok, warning or wrong, and what to do';

REVOKE ALL ON FUNCTION mes_internal.node_files(), mes_internal.node_room(), mes_internal.common_block(text),
  mes_internal.check_server(), mes_internal.check_files(), mes_internal.check_peers(), mes_internal.check_ledger(),
  mes.check_setup() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.check_setup() TO mes_admin, mes_auditor;

-- a node in another place: cluster upgraded, data directory moved, another machine

CREATE FUNCTION mes_internal.rehome_votelog()
RETURNS void LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_internal_rehome_votelog';
COMMENT ON FUNCTION mes_internal.rehome_votelog() IS 'stamps the vote log with the cluster, machine and place that it is in now';

CREATE FUNCTION mes.rehome_node(jobs integer DEFAULT 1, OUT height bigint, OUT state_root bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM mes_internal.restart_workers();
  SELECT f.height, f.state_root INTO rehome_node.height, rehome_node.state_root FROM mes.finish_restore(jobs => jobs) AS f;
  IF (SELECT count(*) FROM mes.members AS m WHERE m.standing = 'active') > 1 THEN
    PERFORM mes_internal.rehome_votelog();
  END IF;
  INSERT INTO mes_internal.node_event_rows (kind, height, message)
    VALUES ('rehome', rehome_node.height, 'this place was made the node''s home');
END $$;
COMMENT ON FUNCTION mes.rehome_node(integer) IS 'makes the place in which data and state directory are now the node''s home, after every other copy was stopped for good: verifies the ledger, takes over the vote log, starts the workers';
REVOKE ALL ON FUNCTION mes_internal.rehome_votelog(), mes.rehome_node(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.rehome_node(integer) TO mes_admin;
