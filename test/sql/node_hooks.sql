-- Commit hooks: a member's own functions in the block's transaction, which they cannot hold up.  -- P8
SET meschain.account = 'hook_payer';
SELECT length(mes.create_account('hook_payer')) AS address_length;
SELECT mes.issue_asset('HOOK', 1000, 2) IS NOT NULL AS issued;
CREATE TABLE public.core (height bigint, amount numeric, memo text,
                          CONSTRAINT core_memo UNIQUE (memo) DEFERRABLE INITIALLY DEFERRED);
CREATE FUNCTION public.hook_book(event jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.core SELECT (event ->> 'height')::bigint, (o ->> 'amount')::numeric, event -> 'detail' ->> 'memo'
    FROM jsonb_array_elements(event -> 'detail' -> 'outputs') o;
END $$;
CREATE FUNCTION public.hook_raise(event jsonb) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'no %', event ->> 'operation'; END $$;
CREATE FUNCTION public.hook_ddl(event jsonb) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN CREATE TABLE public.made_by_hook (a int); END $$;
CREATE FUNCTION public.hook_set(event jsonb) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN SET DateStyle = 'german'; END $$;
CREATE FUNCTION public.hook_notify(event jsonb) RETURNS void LANGUAGE plpgsql AS $$ BEGIN NOTIFY x; END $$;
CREATE FUNCTION public.hook_wrong(event jsonb) RETURNS integer LANGUAGE sql RETURN 1;
CREATE FUNCTION pg_temp.pay(amount numeric, memo text) RETURNS boolean LANGUAGE sql AS $$
  SELECT mes.transfer((SELECT document -> 'members' -> 0 ->> 'fee_address' FROM mes_internal.genesis_rows),
                      'HOOK', amount, memo) IS NOT NULL $$;

-- a hook is void, takes jsonb and belongs to who registers it
SELECT mes.add_commit_hook('transfer', 'public.hook_wrong(jsonb)');
SELECT mes.add_commit_hook('transfer', 'public.no_such(jsonb)');
SET ROLE mes_admin;
SELECT mes.add_commit_hook('transfer', 'public.hook_book(jsonb)');
RESET ROLE;

-- rows of the member move with the block; only what was asked for
SELECT mes.add_commit_hook('transfer', 'public.hook_book(jsonb)') > 0 AS added;
SELECT pg_temp.pay(5, 'rent');
SELECT mes.notarise(sha256('not for the hook')) IS NOT NULL AS notarised;
SELECT amount, memo, height = (SELECT max(height) - 1 FROM mes_internal.block_rows) AS of_its_block FROM public.core;

-- what fails takes neither the others nor the block with it, and cannot become anything else
SELECT mes.add_commit_hook('transfer', format('public.hook_%s(jsonb)', h)) > 0 AS added
  FROM unnest(ARRAY['raise', 'ddl', 'set', 'notify']) h;
SELECT pg_temp.pay(6, 'heating');
SELECT amount, memo FROM public.core ORDER BY amount;
SELECT h.function_signature, e.sqlstate, e.message, e.attempts
  FROM mes.hook_errors e JOIN mes.commit_hooks h USING (hook_id) ORDER BY h.function_signature;
SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks WHERE function_signature NOT LIKE '%hook_book%';

-- a deferred constraint is checked within the hook, not at the block's COMMIT
SELECT pg_temp.pay(7, 'rent');
SELECT e.sqlstate, e.message FROM mes.hook_errors e JOIN mes.commit_hooks h USING (hook_id);
-- once mended it is called again with the same event, and only once
UPDATE public.core SET memo = 'old rent' WHERE memo = 'rent';
SELECT mes.retry_hook_error(error_id), mes.retry_hook_error(error_id)
  FROM mes.hook_errors JOIN mes.commit_hooks USING (hook_id);
SELECT amount, memo FROM public.core ORDER BY amount;

-- filters look into the detail; what is switched off is not called
SELECT mes.enable_commit_hook(hook_id, false) FROM mes.commit_hooks;
SELECT pg_temp.pay(8, 'nobody sees');
SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks;
SELECT mes.add_commit_hook(NULL, 'public.hook_book(jsonb)', '{"memo": "wanted"}') > 0 AS added;
SELECT pg_temp.pay(9, 'unwanted'), pg_temp.pay(10, 'wanted');
SELECT amount, memo FROM public.core ORDER BY amount;
SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks;

-- a submission from within a hook leaves after the block: the payment is answered by a notarisation
CREATE FUNCTION public.hook_submit(event jsonb) RETURNS void LANGUAGE plpgsql SET meschain.account = 'hook_payer' AS $$
BEGIN
  PERFORM mes.begin_submission(reference => 'answers ' || (event -> 'detail' ->> 'memo'));
  PERFORM mes.notarise(sha256(convert_to(event -> 'detail' ->> 'memo', 'UTF8')));
END $$;
CREATE FUNCTION pg_temp.noted(document text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  FOR attempt IN 1 .. 400 LOOP
    IF EXISTS (SELECT FROM mes.notarisations n WHERE n.document_hash = sha256(convert_to(document, 'UTF8'))) THEN
      RETURN true;
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
  RETURN false;
END $$;
SELECT mes.add_commit_hook('transfer', 'public.hook_submit(jsonb)') AS submitting \gset
SELECT pg_temp.pay(11, 'first'), pg_temp.pay(12, 'second');
SELECT pg_temp.noted('first') AND pg_temp.noted('second') AS noted;
SELECT reference, status FROM mes.transactions WHERE reference LIKE 'answers%' ORDER BY reference;
-- what it cannot pay fails in the hook, not in the block, and is not promised either
CREATE OR REPLACE FUNCTION public.hook_submit(event jsonb) RETURNS void LANGUAGE plpgsql SET meschain.account = 'hook_payer' AS $$
BEGIN
  INSERT INTO public.core (memo) VALUES ('not kept');
  PERFORM mes.transfer(event ->> 'address', 'HOOK', 100000);
END $$;
SELECT pg_temp.pay(13, 'third');
-- (whether the change of the payment is there already depends on who is faster)
SELECT e.sqlstate, e.message ~ '^the account has [0-9]+ base units of HOOK to spend, 10000000 are needed$' AS says_what
  FROM mes.hook_errors e WHERE hook_id = :submitting;
SELECT count(*) AS kept FROM public.core WHERE memo = 'not kept';
-- a session that calls a hook again must not have a submission of its own
BEGIN;
SELECT mes.notarise(sha256('own')) IS NOT NULL AS submitted;
SELECT mes.replay_hook(:submitting, 1);
ROLLBACK;
SELECT mes.drop_commit_hook(:submitting);

-- a range of blocks is replayed for what did not take effect yet, once an operation
TRUNCATE public.core;
SELECT mes.replay_hook(0, 1);
SELECT mes.add_commit_hook('transfer', 'public.hook_book(jsonb)') AS replayed \gset
SELECT pg_temp.pay(14, 'seen by apply');
SELECT height AS last FROM public.core \gset
SELECT * FROM mes.replay_hook(:replayed, 1, :last);
SELECT count(*) AS lines, count(DISTINCT memo) AS memos, sum(amount) AS amount FROM public.core;
SELECT * FROM mes.replay_hook(:replayed, 1, :last);
-- what failed then is called with the event of then
SELECT sqlstate, message, attempts, resolved_at IS NULL AS open FROM mes.hook_errors WHERE hook_id = :replayed;
UPDATE public.core SET memo = memo || ' paid' WHERE memo IN (SELECT event -> 'detail' ->> 'memo' FROM mes.hook_errors WHERE hook_id = :replayed);
SELECT * FROM mes.replay_hook(:replayed, 1, :last);
SELECT attempts, resolved_at IS NULL AS open FROM mes.hook_errors WHERE hook_id = :replayed;
-- the events are the same, byte for byte, whoever makes them
CREATE TABLE public.events (event jsonb);
CREATE FUNCTION public.hook_events(event jsonb) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO public.events VALUES (event) $$;
SELECT mes.add_commit_hook(NULL, 'public.hook_events(jsonb)') AS listing \gset
SELECT pg_temp.pay(15, 'compared');
SELECT count(*) AS of_apply, bool_and(e.event IN (SELECT h.event FROM mes_internal.hook_events(:listing, (e.event ->> 'height')::bigint,
                                                                (e.event ->> 'height')::bigint) h)) AS same
  FROM public.events e;
SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks;
DROP TABLE public.core, public.events;
DROP FUNCTION public.hook_events, public.hook_book, public.hook_raise, public.hook_ddl, public.hook_set, public.hook_notify,
  public.hook_submit, public.hook_wrong;
