/*
 * cmd_recovery.c - a lost quorum: statements of the members, signed where their identity keys are
 * kept; the recovery that they make; every node goes on from it. Judging is the servers'.
 */
#include "cli/federation.h"
#include "cli/key_file.h"
#include "pbft/resume.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAG_SIZE 8
#define FILE_BYTES_MAX ((size_t) 512 * 1024 * 1024)

/* ---- files -------------------------------------------------------------------------------------
 */

/* The document in a statement or a recovery; what is behind it is blocks. */
static McSpan
document_of(const char *path, McSpan bytes, const char *tag)
{
	size_t at = TAG_SIZE + 4;
	size_t size = bytes.size >= at ? get_be32(bytes.data + TAG_SIZE) : 0;

	if (bytes.size < at || memcmp(bytes.data, tag, TAG_SIZE) != 0 || size > bytes.size - at)
		cli_fail("\"%s\" is no %s", path,
				 strcmp(tag, "MES-RCV1") == 0 ? "recovery; mesctl recovery assemble makes one"
											  : "statement; mesctl recovery attest makes one");
	return span_of(bytes.data + at, size);
}

static char *
hex_of(McSpan bytes)
{
	return cli_format("\\x%s", cli_to_hex(bytes.data, bytes.size));
}

static McSpan
bytes_of(const PGresult *result)
{
	size_t size;
	unsigned char *bytes = PQunescapeBytea((const unsigned char *) PQgetvalue(result, 0, 0), &size);

	if (bytes == NULL)
		cli_fail("the server's answer cannot be read");
	return span_of(bytes, size);
}

/* ---- the identity key --------------------------------------------------------------------------
 */

/* What the key signed last stands beside it, durable before the signature leaves (C8). */
static void
record(const char *key, const PbftAttest *attest, const uint8_t *message)
{
	const char *path = cli_format("%s.recovery", key);
	const char *fresh = cli_format("%s.new", path);
	const char *chain = cli_to_hex(attest->chain_id, PBFT_CHAIN_ID_SIZE);
	const char *line =
		cli_format("%s %llu %s\n", chain, (unsigned long long) attest->resume_no,
				   cli_to_hex(message + PBFT_DOCUMENT_SIGNED_SIZE - HASH_SIZE, HASH_SIZE));
	char *words[3];
	char *before;

	if (access(path, F_OK) == 0)
	{
		before = cli_format("%s", (const char *) cli_read(path, 4096).data);
		if (strcmp(before, line) == 0)
			return;
		if (cli_split(before, words, 3) == 3 && strcmp(words[0], chain) == 0 &&
			strtoull(words[1], NULL, 10) >= attest->resume_no)
			cli_fail("this key has signed for recovery %s and signs nothing else for %llu\n"
					 "hint: hand in the statement that was made first, or begin a recovery of a "
					 "higher number on all nodes",
					 words[1], (unsigned long long) attest->resume_no);
	}
	unlink(fresh);
	cli_write_secret(fresh, span_of(line, strlen(line)));
	if (rename(fresh, path) != 0)
		cli_fail("cannot write \"%s\"", path);
}

static void
read_identity(const char *key, SuiteSecret *secret)
{
	key_file_read(key, secret);
	if (secret->key.suite != SUITE_ED25519)
		cli_fail("\"%s\" is no identity key: those are of suite %d", key, SUITE_ED25519);
}

static void
sign_statement(const char *path, McSpan bytes, const char *key)
{
	McSpan document = document_of(path, bytes, "MES-STM1");
	PbftAttest *attest = cli_alloc(sizeof(PbftAttest));
	uint8_t message[PBFT_DOCUMENT_SIGNED_SIZE];
	SuiteSecret secret;
	McProblem problem;

	cli_check(pbft_attest_decode(document, attest, &problem), &problem);
	pbft_attest_signed(attest, message);
	read_identity(key, &secret);
	record(key, attest, message);
	suite_sign(&secret, span_of(message, sizeof(message)),
			   (uint8_t *) document.data + document.size - PBFT_SIGNATURE_SIZE);
	suite_wipe(&secret, sizeof(secret));
}

static void
sign_recovery(const char *path, McSpan bytes, const char *key)
{
	McSpan document = document_of(path, bytes, "MES-RCV1");
	uint8_t message[PBFT_DOCUMENT_SIGNED_SIZE];
	SuiteSecret secret;

	if (bytes.size < TAG_SIZE + 4 + document.size + PBFT_SIGNATURE_SIZE)
		cli_fail("\"%s\" is cut off", path);
	pbft_resume_signed(document, message);
	read_identity(key, &secret);
	suite_sign(&secret, span_of(message, sizeof(message)),
			   (uint8_t *) document.data + document.size);
	suite_wipe(&secret, sizeof(secret));
}

/* ---- status ------------------------------------------------------------------------------------
 */

static void
print_node(const char *name, PGconn *connection)
{
	PGresult *row =
		query_one(connection,
				  "SELECT s.mode, s.voting, coalesce(s.applied_height::text, '-'), "
				  "coalesce(s.members_voting::text, '-'), coalesce(s.members_total::text, '-'), "
				  "coalesce(s.quorum::text, '-'), coalesce(s.reason, ''), "
				  "(SELECT coalesce(max(number), 0) FROM mes.recoveries) FROM mes.status AS s",
				  0, NULL);

	printf("%-10s %s, block %s, sees %s of %s vote, %s needed, %s recoveries%s%s\n", name,
		   PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 2), PQgetvalue(row, 0, 3),
		   PQgetvalue(row, 0, 4), PQgetvalue(row, 0, 5), PQgetvalue(row, 0, 7),
		   PQgetvalue(row, 0, 6)[0] != '\0' ? ": " : "", PQgetvalue(row, 0, 6));
	PQfinish(connection);
}

static int
run_status(int argc, char **argv)
{
	Target target = TARGET_INIT;
	Federation federation;
	const CliOption options[] = { TARGET_OPTIONS(target), { 0 } };

	if (cli_options(argc, argv, options) != 0)
		cli_usage("recovery status takes no word \"%s\"", argv[1]);
	if (target.dir == NULL)
	{
		print_node("node", target_connect(&target));
		return CLI_DONE;
	}
	federation_read(target.dir, &federation);
	for (int node = 1; node <= federation.nodes; node++)
	{
		if (server_pid(federation_path(&federation, node, "data")) == 0)
		{
			printf("%-10s its server does not run\n", federation.members[node - 1]);
			continue;
		}
		target.node = node;
		print_node(federation.members[node - 1], target_connect(&target));
	}
	return CLI_DONE;
}

/* ---- attest, assemble, show, apply -------------------------------------------------------------
 */

static int
run_attest(int argc, char **argv)
{
	Target target = TARGET_INIT;
	int64_t number = 0;
	const char *key = NULL;
	const char *out = NULL;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "number", CLI_NUMBER, &number, 1, INT64_MAX },
								  { "key", CLI_TEXT, &key, 0, 0 },
								  { "out", CLI_TEXT, &out, 0, 0 },
								  { 0 } };
	PbftAttest *attest = cli_alloc(sizeof(PbftAttest));
	McProblem problem;
	McSpan statement;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("recovery attest takes no word \"%s\"", argv[1]);
	cli_required(out, "--out");
	statement = bytes_of(
		query_one(target_connect(&target), "SELECT mes.recovery_statement($1::bigint)", 1,
				  (const char *[]){ number > 0 ? cli_format("%lld", (long long) number) : NULL }));
	if (key != NULL)
		sign_statement(out, statement, key);
	cli_check(pbft_attest_decode(document_of(out, statement, "MES-STM1"), attest, &problem),
			  &problem);
	cli_write(out, statement);
	printf("recovery   %llu\nmember     number %u, vote log %s\nproves     block %llu\n"
		   "statement  %s\n",
		   (unsigned long long) attest->resume_no, attest->roster,
		   attest->fenced ? "lost: the database speaks" : "whole",
		   (unsigned long long) (attest->lock.present ? attest->lock.certificate.subject.height
								 : attest->commit.present
									 ? attest->commit.certificate.subject.height
									 : 0),
		   out);
	return CLI_DONE;
}

static void
print_recovery(PGconn *connection, McSpan recovery)
{
	PGresult *row = query_one(
		connection,
		"SELECT number, issuer, base_height, encode(base_hash, 'hex'), agreed_height, members, "
		"signers, fenced, coalesce(warning, 'nothing that was acknowledged is lost') "
		"FROM mes.describe_recovery($1)",
		1, (const char *[]){ hex_of(recovery) });

	printf("recovery   %s, issued by %s\n"
		   "statements %s of %s members, %s of them without their vote log\n"
		   "goes on    from block %s, %s\n"
		   "agreed     results up to block %s\n"
		   "loss       %s\n",
		   PQgetvalue(row, 0, 0), PQgetvalue(row, 0, 1), PQgetvalue(row, 0, 6),
		   PQgetvalue(row, 0, 5), PQgetvalue(row, 0, 7), PQgetvalue(row, 0, 2),
		   PQgetvalue(row, 0, 3), PQgetvalue(row, 0, 4), PQgetvalue(row, 0, 8));
}

/* The node that assembled it is not the issuer's, or its identity key is kept elsewhere. */
static bool
unsigned_yet(McSpan recovery)
{
	static const uint8_t zeros[PBFT_SIGNATURE_SIZE];
	McSpan document = document_of("the answer", recovery, "MES-RCV1");

	return memcmp(document.data + document.size, zeros, sizeof(zeros)) == 0;
}

static int
run_assemble(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *key = NULL;
	const char *out = NULL;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "key", CLI_TEXT, &key, 0, 0 },
								  { "out", CLI_TEXT, &out, 0, 0 },
								  { 0 } };
	int words = cli_options(argc, argv, options);
	PGconn *connection;
	McSpan recovery;
	char *array = "{";

	if (words < 1 || words > PBFT_NODE_MAX)
		cli_usage("recovery assemble takes the STATEMENTS of the members");
	cli_required(out, "--out");
	for (int i = 1; i <= words; i++)
	{
		McSpan statement = cli_read(argv[i], FILE_BYTES_MAX);

		(void) document_of(argv[i], statement, "MES-STM1");
		array = cli_format("%s%s\"\\\\x%s\"", array, i > 1 ? "," : "",
						   cli_to_hex(statement.data, statement.size));
	}
	array = cli_format("%s}", array);
	connection = target_connect(&target);
	recovery = bytes_of(query_one(connection, "SELECT mes.assemble_recovery($1::bytea[])", 1,
								  (const char *const *) &array));
	if (key != NULL)
		sign_recovery(out, recovery, key);
	cli_write(out, recovery);
	if (unsigned_yet(recovery))
	{
		printf("written    %s; not signed: mesctl recovery sign, by the member who issues it\n",
			   out);
		return CLI_DONE;
	}
	print_recovery(connection, recovery);
	printf("written    %s; apply it on every node: mesctl recovery apply\n", out);
	return CLI_DONE;
}

static int
run_sign(int argc, char **argv)
{
	const char *key = NULL;
	const char *out = NULL;
	const CliOption options[] = { { "key", CLI_TEXT, &key, 0, 0 },
								  { "out", CLI_TEXT, &out, 0, 0 },
								  { 0 } };
	McSpan file;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("recovery sign takes one STATEMENT or RECOVERY");
	cli_required(key, "--key");
	cli_required(out, "--out");
	file = cli_read(argv[1], FILE_BYTES_MAX);
	if (file.size >= TAG_SIZE && memcmp(file.data, "MES-RCV1", TAG_SIZE) == 0)
		sign_recovery(argv[1], file, key);
	else
		sign_statement(argv[1], file, key);
	cli_write(out, file);
	return CLI_DONE;
}

static McSpan
read_recovery(int argc, char **argv, Target *target)
{
	const CliOption options[] = { TARGET_OPTIONS(*target), { 0 } };
	McSpan recovery;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("recovery %s takes one RECOVERY", argv[0]);
	recovery = cli_read(argv[1], FILE_BYTES_MAX);
	(void) document_of(argv[1], recovery, "MES-RCV1");
	return recovery;
}

static int
run_show(int argc, char **argv)
{
	Target target = TARGET_INIT;
	McSpan recovery = read_recovery(argc, argv, &target);

	print_recovery(target_connect(&target), recovery);
	return CLI_DONE;
}

static int
run_apply(int argc, char **argv)
{
	Target target = TARGET_INIT;
	McSpan recovery = read_recovery(argc, argv, &target);
	PGresult *row = query_one(target_connect(&target), "SELECT mes.apply_recovery($1)", 1,
							  (const char *[]){ hex_of(recovery) });

	printf("applied    this node goes on from block %s; it votes when a quorum does\n",
		   PQgetvalue(row, 0, 0));
	return CLI_DONE;
}

const CliCommand cmd_recovery[] = {
	{ "recovery status", "says who votes and what each node has, when a quorum is lost",
	  "usage: mesctl recovery status [--dir DIR | --db CONNINFO]\n\n" TARGET_HELP
	  "\nA line a node: its mode and last block, how many members it sees voting, how many are\n"
	  "needed, and why it does not vote itself. More than f fenced members never become a quorum\n"
	  "again: then the members make statements (recovery attest), one of them assembles these\n"
	  "(recovery assemble), and each applies what comes of it (recovery apply).\n\n"
	  "example:\n  mesctl recovery status --dir /var/lib/ledger\n",
	  run_status },
	{ "recovery attest", "writes down what a node still proves, for a recovery",
	  "usage: mesctl recovery attest --out FILE [--number N] [--key KEYFILE]\n"
	  "         [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "\nAsks mes.recovery_statement(). From then on the node votes no more before the recovery, "
	  "or\n"
	  "until it comes back with a new key (node attest). The statement bears the signature of the\n"
	  "identity key: of the one in the node's state directory, or of KEYFILE, which is read here\n"
	  "and nowhere else; KEYFILE.recovery records what it signed. A key signs one statement a\n"
	  "recovery. Asked again the node gives the same one. --number begins a later recovery, when\n"
	  "an earlier one cannot be finished.\n\n"
	  "example:\n  mesctl recovery attest --dir /var/lib/ledger --node 3 --out node3.statement\n",
	  run_attest },
	{ "recovery sign", "signs a statement or a recovery where the identity key is kept",
	  "usage: mesctl recovery sign --key KEYFILE --out FILE STATEMENT|RECOVERY\n"
	  "\nAsks no server. KEYFILE.recovery records which statement the key signed last.\n\n"
	  "example:\n  mesctl recovery sign --key /mnt/safe/identity.key --out signed.statement "
	  "node3.statement\n",
	  run_sign },
	{ "recovery assemble", "makes a recovery of the members' statements",
	  "usage: mesctl recovery assemble --out FILE [--key KEYFILE]\n"
	  "         [--dir DIR --node K | --db CONNINFO] STATEMENT...\n\n" TARGET_HELP
	  "\nTakes the statements of as many members as there are, at least a quorum: one that is "
	  "left\n"
	  "out needs a new key afterwards. Recovery N is issued by the member whose number is N "
	  "modulo\n"
	  "how many were ever admitted: run this on its node, or give its identity key. Says on which\n"
	  "block the members go on and what may be lost; nothing is changed.\n\n"
	  "example:\n  mesctl recovery assemble --dir /var/lib/ledger --node 2 --out the.recovery "
	  "*.statement\n",
	  run_assemble },
	{ "recovery show", "judges a recovery, and says what may be lost",
	  "usage: mesctl recovery show [--dir DIR --node K | --db CONNINFO] RECOVERY\n\n" TARGET_HELP
	  "\nAsks mes.describe_recovery(): a node judges by its own chain and believes nobody.\n\n"
	  "example:\n  mesctl recovery show --dir /var/lib/ledger --node 1 the.recovery\n",
	  run_show },
	{ "recovery apply", "lets a node go on from a recovery",
	  "usage: mesctl recovery apply [--dir DIR --node K | --db CONNINFO] RECOVERY\n\n" TARGET_HELP
	  "\nAsks mes.apply_recovery(), on every node. The members prepare the block that the "
	  "recovery\n"
	  "names, agree on it, and go on. Applied again it changes nothing.\n\n"
	  "example:\n  mesctl recovery apply --dir /var/lib/ledger --node 1 the.recovery\n",
	  run_apply },
	{ 0 },
};
