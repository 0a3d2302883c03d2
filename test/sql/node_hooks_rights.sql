-- What a commit hook could take with it out of its call: the rights of the worker by way of a deferred
-- trigger, a block's COMMIT, settings for whoever comes next.  -- P8
DO $$ BEGIN
  FOR i IN 1 .. 1000 LOOP
    EXIT WHEN (SELECT mode = 'voting' FROM mes.status);
    PERFORM pg_sleep(0.02);
  END LOOP;
END $$;
SET meschain.account = 'rights_payer';
SELECT length(mes.create_account('rights_payer')) AS address_length;
SELECT mes.issue_asset('RIGHT', 1000, 2) IS NOT NULL AS issued;
CREATE FUNCTION pg_temp.pay(amount numeric) RETURNS boolean LANGUAGE sql AS $$
  SELECT mes.transfer((SELECT document -> 'members' -> 0 ->> 'fee_address' FROM mes_internal.genesis_rows),
                      'RIGHT', amount) IS NOT NULL $$;
CREATE ROLE hook_teller IN ROLE mes_admin;
GRANT CREATE ON SCHEMA public TO hook_teller;
SET ROLE hook_teller;
CREATE TABLE public.till (amount numeric, who text DEFAULT current_user, deferred_as text, deferred_super text);
CREATE FUNCTION public.till_deferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE public.till SET deferred_as = current_user, deferred_super = current_setting('is_superuser') WHERE amount = NEW.amount;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON public.till DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION public.till_deferred();
CREATE FUNCTION public.hook_till(event jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.till (amount) SELECT (o ->> 'amount')::numeric FROM jsonb_array_elements(event -> 'detail' -> 'outputs') AS o $$;
SELECT mes.add_commit_hook('transfer', 'public.hook_till(jsonb)') AS till \gset

-- X8: a deferred trigger of the member's own runs as the member, before the worker is itself again
RESET ROLE;
SELECT pg_temp.pay(1);
SET ROLE hook_teller;
SELECT * FROM public.till;

-- X7: and when it fails, it fails the call and not the block
CREATE OR REPLACE FUNCTION public.till_deferred() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too late'; END $$;
RESET ROLE;
SELECT pg_temp.pay(2);
SET ROLE hook_teller;
SELECT count(*) FROM public.till;
SELECT sqlstate, message FROM mes.hook_errors WHERE hook_id = :till;
SELECT mes.drop_commit_hook(:till);

-- X9: what a hook sets is gone with it, for the hook after it and for the rest of the block
CREATE TABLE public.seen (style text, nulls text, path text);
CREATE FUNCTION public.hook_sets(event jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('DateStyle', 'German', true), set_config('transform_null_equals', 'on', true),
          set_config('search_path', 'public, pg_temp', false);
END $$;
CREATE FUNCTION public.hook_sees(event jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.seen VALUES (current_setting('DateStyle'), current_setting('transform_null_equals'), current_setting('search_path')) $$;
SELECT mes.add_commit_hook('transfer', 'public.hook_sees(jsonb)') AS before \gset
RESET ROLE;
SELECT pg_temp.pay(3);
SET ROLE hook_teller;
SELECT mes.drop_commit_hook(:before);
SELECT mes.add_commit_hook('transfer', 'public.hook_sets(jsonb)') AS sets \gset
SELECT mes.add_commit_hook('transfer', 'public.hook_sees(jsonb)') AS after \gset
RESET ROLE;
SELECT pg_temp.pay(4);
RESET ROLE;
SELECT pg_temp.pay(5);
SET ROLE hook_teller;
SELECT * FROM public.seen;
SELECT mes.drop_commit_hook(hook_id) FROM mes.commit_hooks WHERE hook_id IN (:sets, :after);
RESET ROLE;
DROP TABLE public.till, public.seen;
DROP FUNCTION public.till_deferred, public.hook_till, public.hook_sets, public.hook_sees;
REVOKE CREATE ON SCHEMA public FROM hook_teller;
DROP ROLE hook_teller;
