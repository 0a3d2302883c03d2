-- storage_poc2: the published vectors of capacity plots, and what is refused
SELECT encode(mes.shabal256(''), 'hex') AS shabal_of_nothing;
\set gensig '\\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0'
SELECT mes.poc2_hit(4297397359864028267, 0, :'gensig', 0) AS hit_of_scoop_0;
SELECT mes.poc2_scoop(:'gensig', 500000) AS scoop;
SELECT mes.poc2_hit(4297397359864028267, 0, :'gensig', 3696) AS hit,
       mes.poc2_deadline(503243497204857930, 70312) AS deadline;
SELECT mes.poc2_hit_of_scoop(:'gensig'::bytea || :'gensig'::bytea, :'gensig') AS hit_of_bytes;
-- accounts are unsigned 64-bit numbers
SELECT mes.poc2_hit(18446744073709551615, 18446744073709551615, :'gensig', 4095) AS largest;
SELECT mes.poc2_next_gensig(:'gensig', 1) = mes.shabal256(:'gensig'::bytea || int8send(1)) AS next_gensig;

-- what raises an error raises it with a code
CREATE FUNCTION pg_temp.refusal(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT pg_temp.refusal(query) FROM (VALUES
  ($$SELECT mes.poc2_hit(18446744073709551616, 0, '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', 0)$$),
  ($$SELECT mes.poc2_hit(-1, 0, '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', 0)$$),
  ($$SELECT mes.poc2_hit(1.5, 0, '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', 0)$$),
  ($$SELECT mes.poc2_hit('NaN', 0, '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', 0)$$),
  ($$SELECT mes.poc2_hit(1, 'Infinity', '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', 0)$$),
  ($$SELECT mes.poc2_hit(1, 0, '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', 4096)$$),
  ($$SELECT mes.poc2_hit(1, 0, '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', -1)$$),
  ($$SELECT mes.poc2_hit(1, 0, '\x00', 0)$$),
  ($$SELECT mes.poc2_hit_of_scoop('\x00', '\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0')$$),
  ($$SELECT mes.poc2_deadline(1, 0)$$),
  ($$SELECT mes.poc2_scoop('\x6ec823b5fd86c4aee9f7c3453cacaf4a43296f48ede77e70060ca8225c2855d0', -1)$$)
) AS tried (query);
