-- contract_acs: the printed programs through SQL, every refusal by its code, numeric as oracle.

\set properties `cat test/vectors/acs/nbcs.properties`

-- the property file around the programs loads, and its programs are right
SELECT key, left(value, 24) AS value, is_program, line FROM mes.acs_properties(:'properties');
SELECT * FROM mes.check_contract('acs_properties', :'properties');

CREATE FUNCTION pg_temp.program(file text, wanted text) RETURNS text LANGUAGE sql STABLE AS
  'SELECT value FROM mes.acs_properties(file) WHERE key = wanted';
SELECT pg_temp.program(:'properties', 'afs.nbcs.acs.operator') AS operator,
       pg_temp.program(:'properties', 'afs.nbcs.acs.holder') AS holder,
       pg_temp.program(:'properties', 'afs.nbcs.acs.holder.getvbl') AS getvbl \gset

-- 100,000 registered holders, 1.5 a holder earned, 1 paid to each; the 100,001st pays 6600 a share
SELECT jsonb_pretty(mes.acs_evaluate(:'operator',
  '{"rate": 0.05, "sprate": 1.00, "rc": 100000, "bl": 150000, "xdbl": 20000, "xdc": 3}'));
SELECT mes.acs_evaluate(:'operator',
  '{"rate": 0.05, "sprate": 1, "rc": 100001, "bl": 0, "xdbl": 0, "xdc": 0}') #> '{writes,stkav}' AS stkav;

-- three dividends of 1 outstanding, tax 0.05
SELECT mes.acs_evaluate(:'holder', '{"stka": 100, "stkb": 0, "xdc": 4, "bl": 10}',
                        '{"rate": 0.05, "sprate": 1, "xdc": 7}') AS holder;
SELECT mes.acs_evaluate(:'getvbl', '{"stka": 100, "xdc": 4, "bl": 10}',
                        '{"rate": 0.05, "sprate": 1, "xdc": 7}') AS getvbl;
SELECT mes.acs_max_gas(:'operator') AS operator, mes.acs_max_gas(:'holder') AS holder,
       mes.acs_max_gas(:'getvbl') AS getvbl, mes.acs_max_gas('while (true) { }') AS loop,
       mes.acs_max_gas('not a program') AS refused;

-- bound: the operator's reserve pays the credit and the tax, or nothing happens
SELECT 'bind p.bl to "CNY" from p.$xdbl withhold p.$rate to p.$taxbl;' || :'holder' AS bound \gset
SELECT jsonb_pretty(mes.acs_evaluate(:'bound', '{"stka": 100, "stkb": 0, "xdc": 4, "bl": 10}',
  '{"rate": 0.05, "sprate": 1, "xdc": 7, "xdbl": 100000, "taxbl": 0}'));
SELECT mes.acs_evaluate(:'bound', '{"stka": 100, "stkb": 0, "xdc": 4, "bl": 10}',
  '{"rate": 0.05, "sprate": 1, "xdc": 7, "xdbl": 2.99, "taxbl": 0}') - 'legs' AS unfunded;

-- a mistake has a line, a column and a caret
SELECT line, "column", code, message, hint FROM mes.check_contract('acs', E'$a = 1 +;\n$b = "x\n;\np.x = 2;\n@');
SELECT line, "column", code FROM mes.check_contract('acs', E'$b = $a;\n$c = $b + "";\n$d = f(1);\nwhile (1) { }');
SELECT caret FROM mes.check_contract('acs', E'$余额 = 1;');
SELECT line, "column", code FROM mes.check_contract('acs_properties', E'# two\na={ $x = 1; }\nb={\n  p.w.y = $z; }');
SELECT line, "column", code, message FROM mes.check_contract('acs_properties', E'a=1\nb={ $x = 1;');
SELECT * FROM mes.acs_properties('no equals sign');
SELECT count(*) FROM mes.acs_properties(repeat(E'a=1\n', 65536));
SELECT count(*) FROM mes.acs_properties(repeat(E'a=1\n', 65537));
SELECT * FROM mes.check_contract('lua', 'return 1');

-- what is refused before it runs, each with a code of its own
WITH bad(what, source) AS (VALUES
  ('unterminated text', '$a = "x;'),
  ('unknown escape', '$a = "\q";'),
  ('nesting 10,000 deep', 'return ' || repeat('(', 10000) || '1' || repeat(')', 10000) || ';'),
  ('1 MiB', 'return 1;' || repeat(' ', 1048576)),
  ('recursion', 'function f($x) { return f($x - 1); } return f(1);'),
  ('unassigned', 'return $a;'),
  ('unknown function', 'return system(1);'),
  ('wrong count', 'return min(1);'),
  ('wrong type', 'return 1 + "1";'),
  ('13 decimals', 'return 0.1234567890123;'),
  ('no return', 'function f($x) { if ($x > 0) { return 1; } } return f(1);'),
  ('no statement', '1 + 1;'),
  ('no effect', 'abs(1);'),
  ('declared twice', 'param p.a: text; param p.a: dec;'),
  ('paid by itself', 'bind p.a to "CNY" from p.a;'),
  ('foreign character', 'return 1 # 2;'),
  ('short hash', 'return 0x12;'))
SELECT what, line, "column", code, message FROM bad, mes.check_contract('acs', source);

-- what fails while it runs
WITH bad(what, source, gas) AS (VALUES
  ('unknown field', 'return p.nothing;', 1000),
  ('division by zero', '$z = 0; return 1 / $z;', 1000),
  ('remainder by zero', '$z = 0; return 1 % $z;', 1000),
  ('overflow', '$x = 10; while (true) { $x = $x * $x; }', 1000),
  ('endless loop', 'while (true) { }', 10000000),
  ('enough gas', 'p.w.x = 1; return 2;', 53),
  ('one short', 'p.w.x = 1; return 2;', 52),
  ('no gas', 'return 1;', 0),
  ('text too long', '$t = "0123456789abcdef"; while (true) { $t = $t + $t; }', 100000),
  ('not a number', 'return dec("1e5");', 1000),
  ('memory', '$t = "0123456789abcdef"; $i = 0; while ($i < 7) { $t = $t + $t; $i = $i + 1; }
    while (true) { $u = $t + "!"; }', 10000000))
SELECT what, e->'gas_used' AS gas, e->'writes' AS writes, e#>>'{error,code}' AS code, e#>>'{error,sqlstate}' AS sqlstate,
       e#>>'{error,message}' AS message
  FROM bad, LATERAL mes.acs_evaluate(source, '{}', '{}', gas) AS e;

-- fields that do not fit
WITH bad(self) AS (VALUES ('{"n": "1"}'::jsonb), ('{"n": 1.0000000000001}'), ('{"n": 1e27}'), ('{"n": [1]}'),
  ('{"n": null}'), ('{"n": 1.500000000000000}'), ('{"n": 1, "h": "abc"}'))
SELECT self, e->'return' AS result, e#>>'{error,code}' AS code, e#>>'{error,message}' AS message
  FROM bad, LATERAL mes.acs_evaluate('param p.h: hash = 0x00000000000000000000000000000000000000000000000000000000000000ff;
    $h = p.h; return p.n;', self) AS e;
SELECT mes.acs_evaluate('return 1;', '[]');
SELECT mes.acs_evaluate('return 1;', '{}', '1');
SELECT mes.acs_evaluate('return 1;', '{}', '{}', -1);
SELECT mes.acs_evaluate('return 1;', '{}', '{}', 10000001);

-- other types in and out
SELECT mes.acs_evaluate('param p.name: text; param p.open: bool; param p.$key: hash;
  p.w.name = p.name + "!"; p.w.open = !p.open; p.w.$key = sha256(p.name);',
  '{"name": "区块", "open": false}', jsonb_build_object('key', repeat('0', 64))) -> 'writes' AS writes;
SELECT (mes.acs_evaluate('return sha256("abc");', '{}') ->> 'return') = encode(sha256('abc'), 'hex') AS same_sha256;

-- numeric is the oracle: 2,000 pairs, small and large, through every operation
CREATE TEMP TABLE pairs AS
  SELECT ((i * 48271::bigint * 69621) % 2147483647 - 1073741823) * (0.1 ^ (i % 13)) AS a,
         nullif(((i * 16807::bigint * 39373) % 2147483647 - 1073741823) * (0.1 ^ (i * 5 % 13)), 0) AS b
    FROM generate_series(1, 2000) AS i;
CREATE FUNCTION pg_temp.run(expression text, a numeric, b numeric) RETURNS numeric LANGUAGE sql STABLE AS
$$ SELECT (mes.acs_evaluate('return ' || expression || ';', jsonb_build_object('a', a, 'b', b)) ->> 'return')::numeric $$;
SELECT count(*) AS pairs,
       count(*) FILTER (WHERE pg_temp.run('p.a', a, b) IS NULL OR pg_temp.run('p.b', a, b) IS NULL OR
         pg_temp.run('p.a + p.a / p.b', a, b) IS NULL OR pg_temp.run('p.a * p.b - p.a % p.b', a, b) IS NULL) AS failed,
       count(*) FILTER (WHERE pg_temp.run('p.a + p.b', a, b) <> a + b) AS plus,
       count(*) FILTER (WHERE pg_temp.run('p.a - p.b', a, b) <> a - b) AS minus,
       count(*) FILTER (WHERE pg_temp.run('p.a * p.b', a, b) <> trunc(a * b, 12)) AS times,
       count(*) FILTER (WHERE pg_temp.run('p.a / p.b', a, b) <>
         -- numeric rounds a quotient; the exact one is truncated here
         sign(a) * sign(b) * div(abs(a) * 1000000000000, abs(b)) * 0.000000000001) AS divided,
       count(*) FILTER (WHERE pg_temp.run('p.a % p.b', a, b) <> a % b) AS remainder,
       count(*) FILTER (WHERE pg_temp.run('floor(p.a) + ceil(p.b)', a, b) <> floor(a) + ceil(b)) AS whole
  FROM pairs WHERE b IS NOT NULL;

-- a backend remembers a few dozen programs; those that made room are compiled again
SELECT count(*) AS programs, count(*) FILTER (WHERE (mes.acs_evaluate('return p.n * ' || i % 200 || ';',
         jsonb_build_object('n', i)) ->> 'return')::bigint <> i * (i % 200)) AS wrong
  FROM generate_series(1, 600) AS i;

-- what the language is made of
SELECT * FROM mes.acs_instructions();
SELECT * FROM mes.acs_builtins();

-- anyone who may read may try
SELECT proname, provolatile, proparallel, has_function_privilege('mes_reader', oid, 'EXECUTE') AS reader,
       has_function_privilege('public', oid, 'EXECUTE') AS everyone, obj_description(oid, 'pg_proc') IS NOT NULL AS described
  FROM pg_proc WHERE pronamespace = 'mes'::regnamespace AND (proname LIKE 'acs%' OR proname = 'check_contract') ORDER BY 1;
