-- rights_works: works and items registered, identifiers and titles in one form, the tree of works.
\i test/lib/fresh_ledger.sql
-- a refusal comes when the transaction ends; ids in its message are random, its code is not
\set VERBOSITY sqlstate
SELECT mes.create_account('studio') AS studio \gset
SELECT mes.create_account('writer') AS writer \gset
SELECT mes.create_account('band') AS band \gset
SET meschain.account = 'studio';
CREATE FUNCTION work(title text) RETURNS bytea LANGUAGE sql AS $$ SELECT mes.work_id(sha256(convert_to($1, 'UTF8'))) $$;
CREATE FUNCTION hex(id bytea) RETURNS text LANGUAGE sql AS $$ SELECT encode($1, 'hex') $$;

SELECT mes.register_work('The Long March Home', sha256('The Long March Home'), 'film', '长路归家',
         isan => 'ISAN 0000-0001-8947-0000-8-0000-0000-D', eidr => 'doi:10.5240/7791-8534-2c23-9030-8610-5',
         shares => jsonb_build_object(:'studio', 700000, :'writer', 300000), resale_ppm => 50000,
         evidence_hash => sha256('deed'), metadata => '{"year": 2026}') IS NOT NULL AS submitted;
SELECT title, title_zh, kind, isan, eidr, isrc, who(registrant_address) AS registrant, status, resale_ppm, depth,
       metadata, work_id = work('The Long March Home') AS id_from_content, registered_height = 1 AS in_block_one
  FROM mes.works;
SELECT who(holder_address) AS holder, share_ppm, since_height FROM mes.shares ORDER BY share_ppm;

-- a sound recording without shares is its registrant's alone; an ISRC as people write it
SET meschain.account = 'band';
SELECT mes.register_work('Theme', sha256('Theme'), 'recording', isrc => 'isrc cnf211800317') IS NOT NULL AS submitted;
SELECT isrc FROM mes.works WHERE kind = 'recording';
SELECT who(holder_address) AS holder, share_ppm FROM mes.shares WHERE work_id = work('Theme');

-- what means the same is the same
SELECT mes.register_work('Other', sha256('The Long March Home')) IS NOT NULL AS same_content;
SELECT mes.register_work('Other', sha256('Other'), isan => '0000000189470000') IS NOT NULL AS isan_without_version;
SELECT mes.register_work('Other', sha256('Other'), eidr => '10.5240/7791-8534-2C23-9030-8610-5') IS NOT NULL AS same_eidr;
SELECT mes.register_work('Other', sha256('Other'), isrc => 'CN-F21-18-00317') IS NOT NULL AS same_isrc;
SELECT mes.register_work('Other', sha256('Other'), isan => '0000-0001-8947-0000-9') IS NOT NULL AS wrong_check;
SELECT mes.register_work('Other', sha256('Other'), eidr => '10.5240/7791-8534-2C23-9030-8610-6') IS NOT NULL AS wrong_check;
SELECT mes.register_work('Other', sha256('Other'), eidr => '10.1000/7791-8534-2C23-9030-8610-5') IS NOT NULL AS no_eidr;
SELECT mes.register_work('Other', sha256('Other'), isrc => 'CN-F21-18-0031') IS NOT NULL AS too_short;

-- a kind or medium that is none: which list it is not in
\set VERBOSITY default
SELECT mes.register_work('Other', sha256('Other'), 'opera');
SELECT mes.grant_licence(work('The Long March Home'), 'CN', 'radio-wave');
\set VERBOSITY sqlstate

-- titles: decomposed text is composed, everything that deceives is refused
SELECT mes.register_work('Ame' || U&'\0301' || 'lie', sha256('decomposed')) IS NOT NULL AS submitted;
SELECT title = U&'Am\00E9lie' AS composed, title IS NFC NORMALIZED AS normal FROM mes.works WHERE work_id = work('decomposed');
SELECT name, refusal(format('SELECT mes.register_work(%L, sha256(%L))', title, name)) AS refused
  FROM (VALUES (1, 'right-to-left override', 'Gold' || U&'\202E' || 'finger'), (2, 'isolate', U&'\2067' || 'Gold'),
               (3, 'zero width', 'Gold' || U&'\200B' || 'finger'), (4, 'soft hyphen', 'Gold' || U&'\00AD' || 'finger'),
               (5, 'Cyrillic o', 'G' || U&'\043E' || 'ldfinger'), (6, 'Greek capital', U&'\0391' || 'lien'),
               (7, 'full width', U&'\FF27\FF2F\FF2C\FF24'), (8, 'line break', E'Gold\nfinger'),
               (9, 'two spaces', 'Gold  finger'), (10, 'space behind', 'Gold '), (11, 'empty', ''),
               (12, 'stacked marks', 'Go' || U&'\0335' || 'ld'), (13, 'too long', repeat('x', 401)),
               (14, 'Roman numeral', 'Rocky ' || U&'\2163')) AS t (n, name, title) ORDER BY n;
SELECT name, refusal(format('SELECT mes.register_work(%L, sha256(%L))', title, name)) AS taken
  FROM (VALUES (1, 'Latin and Han', '007之大破天幕杀机 Skyfall'), (2, 'Cyrillic', 'Сталкер'), (3, 'Greek', 'Ο Θίασος'),
               (4, 'kana', '千と千尋の神隠し'), (5, 'Hangul', '기생충'), (6, 'Devanagari', 'दंगल'), (7, 'Arabic', 'المومياء'),
               (8, 'Chinese marks', '《英雄》：序'), (9, 'longest', repeat('x', 400))) AS t (n, name, title) ORDER BY n;

-- shares that are no whole
SELECT mes.register_work('S', sha256('S'), shares => jsonb_build_object(:'band', 999999)) IS NOT NULL AS short;
SELECT mes.register_work('S', sha256('S'), shares => jsonb_build_object(:'band', 600000, :'writer', 400001)) IS NOT NULL AS over;
SELECT mes.register_work('S', sha256('S'), shares => jsonb_build_object(:'band', 0, :'writer', 1000000)) IS NOT NULL AS zero;
SELECT mes.register_work('S', sha256('S'), shares => '{"mes1nobody": 1000000}') IS NOT NULL AS nobody;
SELECT mes.register_work('S', sha256('S'), 'opera') IS NOT NULL AS kind;
SELECT mes.register_work('S', sha256('S'), resale_ppm => 500001) IS NOT NULL AS resale;

-- the tree: nine works one upon the other are deep enough, a circle cannot close
SELECT mes.register_work('Level 0', sha256('Level 0')) IS NOT NULL AS submitted;
SELECT count(mes.register_work('Level ' || i, sha256(convert_to('Level ' || i, 'UTF8')),
         sources => jsonb_build_object(hex(work('Level ' || i - 1)), 100000))) AS submitted FROM generate_series(1, 8) AS i;
SELECT max(depth) AS deepest FROM mes.works;
SELECT mes.register_work('Level 9', sha256('Level 9'), sources => jsonb_build_object(hex(work('Level 8')), 1)) IS NOT NULL AS ninth;
SELECT mes.register_work('S', sha256('S'), sources => jsonb_build_object(hex(work('Nothing')), 1)) IS NOT NULL AS unknown;
SELECT mes.register_work('S', sha256('S'), sources => jsonb_build_object(hex(work('Level 1')), 600000, hex(work('Level 2')), 400001)) IS NOT NULL AS too_much;
SELECT mes.derive_work(work('Level 0'), work('Level 8'), 1) IS NOT NULL AS circle;
SELECT mes.derive_work(work('Level 8'), work('Level 8'), 1) IS NOT NULL AS itself;
SELECT mes.derive_work(work('Level 1'), work('Theme'), 1) IS NOT NULL AS built_upon;
SELECT mes.derive_work(work('Level 8'), work('Level 7'), 1) IS NOT NULL AS twice;
SELECT mes.derive_work(work('Level 8'), work('Theme'), 250000) IS NOT NULL AS derived;
SELECT w.title, s.share_ppm FROM mes.work_sources AS s JOIN mes.works AS w ON w.work_id = s.source_work_id
 WHERE s.work_id = work('Level 8') ORDER BY 1;
SET meschain.account = 'writer';
SELECT mes.derive_work(work('Level 8'), work('Theme'), 1) IS NOT NULL AS not_its_agent;
SELECT mes.appoint_agent(work('Level 8'), :'writer') IS NOT NULL AS nor_appoints;
SET meschain.account = 'band';
SELECT mes.appoint_agent(work('Level 8'), :'writer') IS NOT NULL AS handed_on;
SELECT who(agent_address) AS agent, who(registrant_address) AS registrant FROM mes.works WHERE work_id = work('Level 8');

-- a code is issued once, however it is written
SELECT mes.register_item('prop', 'bat-1 966', 'Batmobile') IS NOT NULL AS submitted;
SELECT kind, code, title, who(owner_address) AS owner FROM mes.items;
SELECT mes.register_item('prop', 'BAT-1966') IS NOT NULL AS again;
SELECT mes.register_item('costume', 'BAT-1966') IS NOT NULL AS other_kind;
SELECT mes.register_item('Prop', 'X') IS NOT NULL AS kind;
SELECT mes.register_item('prop', 'X_1') IS NOT NULL AS code;

SELECT name_en, name_zh FROM mes.work_kinds WHERE kind = 'film';
SELECT medium FROM mes.mediums ORDER BY number;
SELECT count(*) AS problems FROM mes.verify();
