-- ledger_refusals: bad input from SQL, each refused by a code of its own, none leaves a trace.
\i test/lib/fresh_ledger.sql
SELECT mes.create_account('bank') AS bank \gset
SET meschain.account = 'bank';
SELECT mes.issue_asset('EUR', 100, 2) IS NOT NULL AS submitted;
SELECT mes.issue_asset('FIXED', 9, 0, '{}', false) IS NOT NULL AS submitted;
SELECT mes.notarise(sha256('deed'), '{"a": 1, "b": 2}') IS NOT NULL AS submitted;
SELECT count(*) AS before FROM mes.transactions \gset

-- amounts
SELECT mes.transfer(:'bank', 'EUR', 0);
SELECT mes.transfer(:'bank', 'EUR', -1);
SELECT mes.transfer(:'bank', 'EUR', 'NaN');
SELECT mes.transfer(:'bank', 'EUR', 'Infinity');
SELECT mes.transfer(:'bank', 'EUR', 0.001);
SELECT mes.transfer(:'bank', 'EUR', 1e30);
SELECT mes.transfer(:'bank', 'EUR', NULL);
SELECT mes.burn('EUR', 0);

-- names
SELECT mes.transfer('nobody', 'EUR', 1);
SELECT mes.transfer(:'bank', 'XAU', 1);
SELECT mes.transfer(:'bank', 'eur', 1);
SELECT mes.issue_asset('TOO-LONG-A-CODE', 1);
SELECT mes.issue_asset('XAU', 1, 13);
SELECT mes.issue_asset('XAU', 0, 2, '{}', false);
SELECT mes.create_account('odd', 3);
SELECT mes.create_account('');
SELECT mes.create_account('bank');
SELECT mes.create_account(NULL);
SELECT mes.create_account('alice', NULL);

-- sizes
SELECT mes.transfer(:'bank', 'EUR', 1, repeat('m', 141));
SELECT mes.transfer(:'bank', 'EUR', 1, repeat('é', 71));
SELECT mes.transfer(:'bank', 'EUR', 1, repeat('m', 140), repeat('r', 141));
SELECT mes.notarise(sha256('other'), jsonb_build_object('text', repeat('x', 4100)));
SELECT mes.notarise('\x00');
SELECT mes.notarise(sha256('other'), '{"fraction": 1.5}');
SELECT mes.notarise(sha256('other'), '{"whole": 92233720368547758080}');
SELECT mes.notarise(sha256('other'), '{"deep": [[[[[[[[[1]]]]]]]]]}');

-- against the ledger: at COMMIT, since one SQL transaction is decided as one
SELECT mes.transfer(:'bank', 'EUR', 100.01);
SELECT mes.burn('FIXED', 10);
SELECT mes.issue_asset('EUR', 1);
SELECT mes.issue_more('FIXED', 1);
SELECT mes.issue_more('EUR', 92233720368547758);
\set VERBOSITY sqlstate
SELECT mes.notarise(sha256('deed'));
\set VERBOSITY default
SELECT name FROM mes.error_codes WHERE code = :'LAST_ERROR_SQLSTATE';
BEGIN;
SELECT mes.transfer(:'bank', 'EUR', 1) IS NOT NULL AS submitted;
SELECT mes.transfer(:'bank', 'EUR', 100) IS NOT NULL AS submitted;
COMMIT;

-- a sum that no ledger can hold, though each part can
BEGIN;
SELECT mes.transfer(:'bank', 'EUR', 92233720368547758) IS NOT NULL AS submitted;
SELECT mes.transfer(:'bank', 'EUR', 92233720368547758) IS NOT NULL AS submitted;
COMMIT;
-- what a savepoint took back is not submitted: the rest would not be covered with it
BEGIN;
SELECT mes.burn('FIXED', 1) IS NOT NULL AS submitted;
SAVEPOINT doubt;
SELECT mes.burn('FIXED', 1000) IS NOT NULL AS submitted;
ROLLBACK TO doubt;
COMMIT;
SELECT supply FROM mes.assets WHERE asset = 'FIXED';

-- one account, one reference, one submission
SELECT mes.create_account('alice') AS alice \gset
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1, NULL, 'INV-1') IS NOT NULL AS submitted;
SAVEPOINT s;
SET LOCAL meschain.account = 'alice';
SELECT mes.transfer(:'bank', 'EUR', 1);
ROLLBACK TO s;
SELECT mes.transfer(:'alice', 'EUR', 1, NULL, 'INV-2');
ROLLBACK TO s;
SELECT mes.begin_submission('00000000-0000-4000-8000-000000000009');
ROLLBACK;
SET meschain.account = 'nobody';
SELECT mes.transfer(:'bank', 'EUR', 1);
RESET meschain.account;
SELECT mes.transfer(:'bank', 'EUR', 1);
SET meschain.account = 'bank';

-- P3: what the ledger decides cannot stand beside a local two-phase commit, nor a batch in a block
BEGIN;
SELECT mes.transfer(:'alice', 'EUR', 1) IS NOT NULL AS submitted;
PREPARE TRANSACTION 'two';
BEGIN;
SELECT mes.submit_batch('{}');
ROLLBACK;
SELECT mes.submit_batch(ARRAY[NULL]::bytea[]);

-- bytes: the transaction that is in the ledger, signed as it was, and every way to spoil it
CREATE FUNCTION envelope(kind text) RETURNS bytea LANGUAGE sql AS $$
  SELECT '\x82'::bytea || t.body || substring(w.witnesses, 2)
    FROM mes_internal.transaction_rows AS t JOIN mes_internal.witness_rows AS w ON w.height = t.tx_id >> 20
   WHERE mes_internal.operation_name(t.operation) = kind LIMIT 1 $$;
CREATE TABLE spoilt (id integer GENERATED ALWAYS AS IDENTITY, how text, bytes bytea);
INSERT INTO spoilt (how, bytes)
SELECT v.how, v.bytes
  FROM envelope('notarise') AS e, LATERAL (VALUES
    ('not at all', e),
    ('nothing', '\x'::bytea),
    ('cut short', substring(e, 1, length(e) - 1)),
    ('cut in the middle', substring(e, 1, 40)),
    ('a byte too many', e || '\x00'::bytea),
    ('a longer length than needed', '\x9802'::bytea || substring(e, 2)),
    ('no array', '\xa0'::bytea),
    ('nested deep', decode(repeat('81', 5000), 'hex')),
    ('another version', set_byte(e, 2, 2)),
    ('another chain', set_byte(e, 4, get_byte(e, 4) # 1)),
    ('another sender', set_byte(e, 22, get_byte(e, 22) # 1)),
    ('a window that ends as it begins', overlay(e PLACING substring(e, 57, 8) FROM 66 FOR 8)),
    ('a window without end', set_byte(e, 67, get_byte(e, 67) + 1)),
    ('a window a little longer', set_byte(e, 72, get_byte(e, 72) # 1)),
    ('a key twice in a map', overlay(e PLACING '\x616102' FROM position('\x616202'::bytea IN e) FOR 3)),
    ('keys out of order', overlay(overlay(e PLACING '\x616201' FROM position('\x616101'::bytea IN e) FOR 3)
                                  PLACING '\x616102' FROM position('\x616202'::bytea IN e) FOR 3)),
    ('an operation that is none', overlay(e PLACING '\x81831863' FROM position('\x818304'::bytea IN e) FOR 3)),
    ('another signature', set_byte(e, length(e) - 9, get_byte(e, length(e) - 9) # 1)),
    ('too large', e || decode(repeat('00', 1048576), 'hex'))
  ) AS v (how, bytes);
SELECT how, refusal(format('SELECT mes.submit(%L)', bytes)) FROM spoilt ORDER BY id;
SELECT s.how, b.status, b.txid IS NOT NULL AS read, b.height IS NOT NULL AS decided
  FROM mes.submit_batch((SELECT array_agg(bytes ORDER BY id) FROM spoilt)) AS b JOIN spoilt AS s ON s.id = b.item ORDER BY s.id;
SELECT DISTINCT message FROM mes.submit_batch((SELECT array_agg(bytes) FROM spoilt WHERE how LIKE 'a byte%'));
SELECT count(*) FROM mes.submit_batch('{}');
-- one bit, in any byte: nothing that is not this transaction is taken for it
SELECT count(*) = length(envelope('notarise')) AS every_byte, bool_or(b.status = 'ok') AS accepted,
       count(*) FILTER (WHERE b.status = 'bad_signature') > 100 AS signature_covers_the_body
  FROM mes.submit_batch((SELECT array_agg(set_byte(e, i, get_byte(e, i) # (1 << i % 8)))
                           FROM envelope('notarise') AS e, generate_series(0, length(e) - 1) AS i)) AS b;

-- what was refused in a block stands there as refused; nothing else was written
SELECT operation, status FROM mes.transactions ORDER BY height, position OFFSET :before;
SELECT status, message ~ '^this submission was decided already as transaction [0-9a-f]{64}$' AS told, detail - 'name' AS detail
  FROM mes.receipts WHERE status = 'duplicate' LIMIT 1;
SELECT asset, sum(amount) FROM mes.balances GROUP BY asset ORDER BY asset;
SELECT used FROM mes.stat_mempool;
