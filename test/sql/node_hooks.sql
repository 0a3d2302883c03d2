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
CREATE FUNCTION public.hook_submit(event jsonb) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN PERFORM mes.notarise(sha256('x')); END $$;
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
  FROM unnest(ARRAY['raise', 'ddl', 'set', 'notify', 'submit']) h;
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
DROP TABLE public.core;
DROP FUNCTION public.hook_book, public.hook_raise, public.hook_ddl, public.hook_set, public.hook_notify,
  public.hook_submit, public.hook_wrong;
