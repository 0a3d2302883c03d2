-- meschain.commit = local: COMMIT returns when the submission stands in the outbox.  -- P4 P28
SET meschain.account = 'outbox_payer';
SELECT length(mes.create_account('outbox_payer')) AS address_length;
SELECT mes.issue_asset('OUTBOX', 1000, 0) IS NOT NULL AS issued;
CREATE FUNCTION pg_temp.pay(amount numeric) RETURNS uuid LANGUAGE sql AS $$
  SELECT mes.transfer((SELECT document -> 'members' -> 0 ->> 'fee_address' FROM mes_internal.genesis_rows),
                      'OUTBOX', amount) $$;
CREATE FUNCTION pg_temp.decided(id uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  FOR attempt IN 1 .. 200 LOOP
    PERFORM FROM mes_internal.transaction_rows WHERE submission = id;
    IF FOUND THEN
      RETURN (SELECT CASE status WHEN 0 THEN 'ok' ELSE 'refused' END FROM mes_internal.transaction_rows
              WHERE submission = id);
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
  RETURN 'undecided';
END $$;
SET meschain.commit = local;
SELECT pg_temp.pay(5) AS first \gset
SELECT pg_temp.decided(:'first');
-- change of a local submission can be spent at once
SELECT pg_temp.pay(6) AS second \gset
SELECT pg_temp.pay(7) AS third \gset
SELECT pg_temp.decided(:'second'), pg_temp.decided(:'third');
-- a rollback takes the promise back
BEGIN;
SELECT pg_temp.pay(8) AS fourth \gset
ROLLBACK;
SELECT count(*) AS promised FROM mes_internal.outbox_rows WHERE submission = :'fourth';
-- what cannot be paid is refused before it is promised
SELECT pg_temp.pay(5000);
-- the row and the private row stand or fall together
CREATE TABLE public.orders (id integer PRIMARY KEY);
BEGIN;
INSERT INTO public.orders VALUES (1);
SELECT pg_temp.pay(9) AS fifth \gset
COMMIT;
SELECT pg_temp.decided(:'fifth'), count(*) AS orders FROM public.orders;
DROP TABLE public.orders;
