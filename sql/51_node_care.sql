-- 51_node_care.sql - a DBA's hand on the node: how well it is, pausing it

CREATE FUNCTION mes.pause_node(reason text, until timestamptz DEFAULT NULL)
RETURNS void LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_pause_node';
COMMENT ON FUNCTION mes.pause_node(text, timestamptz) IS 'the node takes no submissions until then, mes.resume_node() or a restart of the server, and tells the other members why; among them it goes on voting, alone it makes no block';

CREATE FUNCTION mes.resume_node()
RETURNS boolean LANGUAGE c STRICT VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'mes_resume_node';
COMMENT ON FUNCTION mes.resume_node() IS 'ends a pause; true when there was one';

REVOKE ALL ON FUNCTION mes.pause_node(text, timestamptz), mes.resume_node() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.pause_node(text, timestamptz), mes.resume_node() TO mes_admin;

-- read through the views: whoever monitors needs mes_reader and nothing else
CREATE FUNCTION mes.health(OUT exit_code integer, OUT state text, OUT message text)
RETURNS record LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
WITH s AS (
  SELECT * FROM mes.status
), facts (code, fact) AS (
  SELECT CASE WHEN NOT EXISTS (SELECT FROM mes.genesis) THEN 3
              WHEN s.mode = 'voting' AND s.members_voting < s.quorum THEN 1
              WHEN s.mode IN ('voting', 'following', 'standby') THEN 0
              WHEN s.mode IN ('starting', 'syncing', 'paused') THEN 1 ELSE 2 END,
         s.mode || coalesce(': ' || s.reason, '') FROM s
  UNION ALL
  SELECT 0, pg_catalog.format('final height %s, applied %s, %s waiting', s.final_height, s.applied_height, s.mempool_count)
    FROM s
  UNION ALL
  SELECT 1, pg_catalog.format('a submission waits for %s s', pg_catalog.extract('epoch', p.oldest)::bigint)
    FROM (SELECT pg_catalog.clock_timestamp() - pg_catalog.min(w.pending_since) AS oldest
            FROM mes.pending_transactions AS w) AS p
   WHERE p.oldest > interval '1 minute'
  UNION ALL
  SELECT 1, pg_catalog.format('%s calls of commit hooks failed', pg_catalog.count(*))
    FROM mes.hook_errors AS e WHERE e.resolved_at IS NULL HAVING pg_catalog.count(*) > 0
  UNION ALL
  SELECT 2, pg_catalog.format('run %s of mes.run_verify() found %s problems', r.run_id, r.problem_count)
    FROM (SELECT v.run_id, v.problem_count FROM mes.verify_runs AS v ORDER BY v.run_id DESC LIMIT 1) AS r
   WHERE r.problem_count > 0
), worst AS (
  SELECT pg_catalog.max(f.code) AS code, pg_catalog.string_agg(f.fact, ', ') AS facts FROM facts AS f
)
SELECT worst.code, (ARRAY['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'])[worst.code + 1], worst.facts FROM worst;
END;
COMMENT ON FUNCTION mes.health() IS 'the node in one row for monitoring: exit code of a plug-in (0 ok, 1 warning, 2 critical, 3 unknown), its name, and why';
REVOKE ALL ON FUNCTION mes.health() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mes.health() TO mes_reader, mes_auditor, mes_admin;
