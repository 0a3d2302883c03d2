-- A DBA's hand on the node: how well it is, pausing it before work on the machine.
SET meschain.account = 'care_payer';
SELECT length(mes.create_account('care_payer')) AS address_length;
SELECT mes.issue_asset('CARE', 10, 0) IS NOT NULL AS issued;
CREATE FUNCTION pg_temp.well() RETURNS text LANGUAGE sql AS
  $$ SELECT exit_code || ' ' || state || ' ' || regexp_replace(message, '[0-9]+', 'N', 'g') FROM mes.health() $$;
SELECT pg_temp.well();
-- with one member nobody goes on without this node
SELECT mes.can_stop(), can_stop FROM mes.status;

-- paused: it says so, takes nothing in, and goes on where it was
SELECT mes.pause_node('');
SELECT mes.pause_node(NULL);
SELECT mes.pause_node('too late', '2000-01-01 00:00+00');
SELECT mes.pause_node('new memory for the machine');
SELECT mode, voting, reason, hint FROM mes.status;
SELECT pg_temp.well();
SELECT mes.burn('CARE', 1);
SELECT mes.submit_batch(ARRAY['\x00'::bytea]);
SELECT mes.resume_node(), mes.resume_node();
SELECT mode, voting FROM mes.status;
SELECT mes.burn('CARE', 1) IS NOT NULL AS burnt;

-- a pause with an end needs nobody
SELECT mes.pause_node('a moment', clock_timestamp() + interval '300 ms');
SELECT mes.burn('CARE', 1);
SELECT pg_sleep(0.4);
SELECT mode, voting FROM mes.status;
SELECT mes.burn('CARE', 1) IS NOT NULL AS burnt;

-- what waits for a hand is a warning, a fault in the books is critical
CREATE FUNCTION public.care_raise(event jsonb) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
SELECT mes.add_commit_hook('burn', 'public.care_raise(jsonb)') AS hook \gset
SELECT mes.burn('CARE', 1) IS NOT NULL AS burnt;
SELECT regexp_replace(exit_code || ' ' || state || ' ' || message, '[0-9]+ calls', 'N calls') ~ '^1 WARNING .*, N calls of commit hooks failed' AS warned
  FROM mes.health();
SELECT mes.drop_commit_hook(:hook);
UPDATE mes_internal.hook_error_rows SET resolved_at = now() WHERE hook_id = :hook;
DROP FUNCTION public.care_raise;
BEGIN;
INSERT INTO mes_internal.verify_run_rows (from_height, to_height, verified_height, jobs, sample_ppm, problem_count)
  VALUES (1, 1, 1, 1, 1000000, 3);
SELECT pg_temp.well() ~ '^2 CRITICAL .* found N problems$' AS critical;
ROLLBACK;

-- who may
SET ROLE mes_member;
SELECT mes.pause_node('mischief');
SELECT mes.health();
RESET ROLE;
SET ROLE mes_reader;
SELECT exit_code IS NOT NULL AS told FROM mes.health();
RESET ROLE;
