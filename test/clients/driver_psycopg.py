"""driver_psycopg.py DSN BOB ENVELOPE [unprepared] - what a Python program sees of the ledger through psycopg 3."""
import os
import sys
import tempfile

import psycopg

dsn, bob, envelope = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3])
pooled = "unprepared" in sys.argv
document = os.urandom(32)


def say(key, value):
    print(key, value)


connection = psycopg.connect(dsn, autocommit=True)
if pooled:
    connection.prepare_threshold = None  # a pool in transaction mode keeps no prepared statements
cursor = connection.cursor()


def one(statement, *arguments):
    return cursor.execute(statement, arguments).fetchone()


submission = one("SELECT mes.transfer(%s, 'GOLD', %s)", bob, 1)[0]
say("receipt", one("SELECT status FROM mes.receipt_of(%s)", submission)[0])
one("SELECT mes.notarise(%s)", document)
try:
    one("SELECT mes.notarise(%s)", document)
except psycopg.Error as error:
    say("rejected", error.sqlstate)
with connection.transaction():
    uuids = {one("SELECT mes.transfer(%s, 'GOLD', 1, %s)", bob, f"row {n}")[0] for n in range(20)}
say("submissions", len(uuids))
with connection.transaction():
    cursor.executemany("SELECT mes.transfer(%s, 'GOLD', 1)", [(bob,)] * 20)
say("balance", one("SELECT amount FROM mes.balances WHERE address = %s", bob)[0])
say("batch", " ".join(row[0] for row in cursor.execute(
    "SELECT status FROM mes.submit_batch(%s)", ([envelope],))))

if not pooled:
    # the wire itself: a statement on its own is over when it is committed, and that is at Sync
    with tempfile.TemporaryFile() as trace:
        connection.pgconn.trace(trace.fileno())
        try:
            one("SELECT mes.notarise(%s)", document)
        except psycopg.Error as error:
            say("again", error.sqlstate)
        connection.pgconn.untrace()
        trace.seek(0)
        seen = [line.split(b"\t")[3].decode() for line in trace if b"\tB\t" in line]
        say("wire", " ".join(name for name in seen
                             if name in ("DataRow", "CommandComplete", "ErrorResponse", "ReadyForQuery")))
    # in a pipeline the transaction is said, so that the rejection is the answer to a COMMIT
    try:
        with connection.pipeline(), connection.transaction():
            connection.execute("SELECT mes.transfer(%s, 'GOLD', 1)", (bob,))
            connection.execute("SELECT mes.notarise(%s)", (document,))
    except psycopg.Error as error:
        say("pipeline", error.sqlstate)
say("status", connection.execute("SELECT 1").fetchone()[0])
