-- rights_tutorial: every SQL block of docs/tutorial-film-rights.md, run as psql runs it, gives what the
-- block below it shows.
\i test/lib/fresh_ledger.sql
\set ECHO none
\! mkdir -p build/tutorial && awk '/^```sql$/ { on = 1; next } /^```$/ { on = 0 } on' docs/tutorial-film-rights.md > build/tutorial/statements.sql
\! awk '/^```text$/ { on = 1; next } /^```$/ { if (on) print ""; on = 0 } on' docs/tutorial-film-rights.md > build/tutorial/shown.txt
\pset footer off
\o build/tutorial/given.txt
\i build/tutorial/statements.sql
\o
\! sed 's/ *$//' build/tutorial/given.txt | diff build/tutorial/shown.txt - && echo 'as shown'
\! grep -c '^```sql$' docs/tutorial-film-rights.md
