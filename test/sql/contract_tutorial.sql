-- contract_tutorial: every SQL block of docs/contracts-acs.md gives what the block below it shows.

\set page `cat docs/contracts-acs.md`
SELECT set_config('tutorial.page', :'page', false) <> '' AS read;

DO $$
DECLARE
  block text[];
  found text;
  step integer = 0;
BEGIN
  FOR block IN SELECT regexp_matches(current_setting('tutorial.page'),
    E'```sql\n(.*?)\n```\n```text\n(.*?)\n```', 'g')
  LOOP
    step = step + 1;
    EXECUTE format('SELECT string_agg(t.c::text, E''\n'') FROM (%s) AS t(c)', block[1]) INTO found;
    IF found IS DISTINCT FROM block[2] THEN
      RAISE WARNING E'step % gives\n%\ninstead of\n%', step, found, block[2];
    END IF;
  END LOOP;
  RAISE INFO '% steps', step;
END $$;

-- no block was passed over
SELECT (SELECT count(*) FROM regexp_matches(current_setting('tutorial.page'), '```sql', 'g')) AS blocks;
