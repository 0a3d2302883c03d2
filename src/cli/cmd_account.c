/*
 * cmd_account.c - accounts whose keys a node keeps: made, brought in, taken out, opened. A key or
 * passphrase leaves this process encrypted or not at all.
 */
#include "cli/federation.h"
#include "cli/key_file.h"
#include "cli/passphrase.h"

#include <stdio.h>
#include <string.h>

static char *
to_bytea(const void *data, size_t size)
{
	return cli_format("\\x%s", cli_to_hex(data, size));
}

/* A bytea as text; refuses what is not of this size. */
static uint8_t *
from_bytea(const char *text, size_t size)
{
	uint8_t *bytes = cli_alloc(size);

	if (strncmp(text, "\\x", 2) != 0)
		cli_fail("the server did not answer with bytes in hex");
	cli_hex("answer of the server", text + 2, bytes, size);
	return bytes;
}

static char *
sealed_to(const uint8_t *recipient, McSpan message)
{
	uint8_t one_time[KEYWRAP_SEED_SIZE];
	size_t size = message.size + KEYWRAP_SEAL_OVERHEAD;
	uint8_t *sealed = cli_alloc(size);

	cli_random(one_time, sizeof(one_time));
	if (!keywrap_seal(recipient, one_time, message, sealed))
		cli_fail("%s is no key to seal to", cli_to_hex(recipient, KEYWRAP_PUBLIC_SIZE));
	suite_wipe(one_time, sizeof(one_time));
	return to_bytea(sealed, size);
}

/* ---- into the node -----------------------------------------------------------------------------
 */

static void
import_locked(PGconn *connection, const char *name, const SuiteSecret *secret)
{
	uint8_t random[KEYWRAP_SALT_SIZE + KEYWRAP_NONCE_SIZE];
	uint8_t locked[KEYWRAP_LOCKED_SIZE];
	CliPassphrase passphrase;
	PGresult *result;

	passphrase_new("Passphrase of the new account", &passphrase);
	cli_random(random, sizeof(random));
	if (!keywrap_lock(secret->seed, span_of(passphrase.text, passphrase.size), span_text(name),
					  random, locked))
		cli_fail("cannot lock the key: out of memory");
	suite_wipe(&passphrase, sizeof(passphrase));
	result =
		query_one(connection, "SELECT mes.import_account($1, $2::integer, $3::bytea, $4::bytea)", 4,
				  (const char *[]){ name, cli_format("%d", secret->key.suite),
									to_bytea(locked, sizeof(locked)),
									to_bytea(secret->key.public_key, SUITE_PUBLIC_SIZE) });
	printf("%s\n", PQgetvalue(result, 0, 0));
}

static void
import_sealed(PGconn *connection, const char *name, const SuiteSecret *secret)
{
	PGresult *result = query_one(connection, "SELECT mes.wrapping_key()", 0, NULL);
	uint8_t *recipient = from_bytea(PQgetvalue(result, 0, 0), KEYWRAP_PUBLIC_SIZE);

	result =
		query_one(connection, "SELECT mes.import_account($1, $2::integer, $3::bytea)", 3,
				  (const char *[]){ name, cli_format("%d", secret->key.suite),
									sealed_to(recipient, span_of(secret->seed, SUITE_SEED_SIZE)) });
	printf("%s\n", PQgetvalue(result, 0, 0));
}

static int
run_create(int argc, char **argv)
{
	Target target = TARGET_INIT;
	int64_t suite = SUITE_ED25519;
	bool locked = false;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "suite", CLI_NUMBER, &suite, 1, SUITE_MAX },
								  { "passphrase", CLI_FLAG, &locked, 0, 0 },
								  { 0 } };
	PGresult *result;
	SuiteSecret secret;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("account create takes one NAME; add --help to see how it is used");
	if (locked)
	{
		key_new((uint8_t) suite, &secret);
		import_locked(target_connect(&target), argv[1], &secret);
		suite_wipe(&secret, sizeof(secret));
		return CLI_DONE;
	}
	result = query_one(target_connect(&target), "SELECT mes.create_account($1, $2::integer)", 2,
					   (const char *[]){ argv[1], cli_format("%d", (int) suite) });
	printf("%s\n", PQgetvalue(result, 0, 0));
	return CLI_DONE;
}

static int
run_import(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *key = NULL;
	bool locked = false;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "key", CLI_TEXT, &key, 0, 0 },
								  { "passphrase", CLI_FLAG, &locked, 0, 0 },
								  { 0 } };
	SuiteSecret secret;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("account import takes one NAME; add --help to see how it is used");
	key_file_read(cli_required(key, "--key"), &secret);
	(locked ? import_locked : import_sealed)(target_connect(&target), argv[1], &secret);
	suite_wipe(&secret, sizeof(secret));
	return CLI_DONE;
}

/* ---- out of it ---------------------------------------------------------------------------------
 */

static void
unlock(const char *name, const uint8_t *locked, uint8_t seed[SUITE_SEED_SIZE])
{
	CliPassphrase passphrase;
	bool opened;

	passphrase_ask(cli_format("Passphrase of %s", name), &passphrase);
	opened = keywrap_unlock(span_of(locked, KEYWRAP_LOCKED_SIZE),
							span_of(passphrase.text, passphrase.size), span_text(name), seed);
	suite_wipe(&passphrase, sizeof(passphrase));
	if (!opened)
	{
		McProblem problem;

		cli_check(status_problem_name(&problem, MC_WRONG_PASSPHRASE, name, strlen(name)), &problem);
	}
}

static size_t
sealed_size(size_t key_size)
{
	return 1 + key_size + KEYWRAP_SEAL_OVERHEAD;
}

/* Asks the node for the key, sealed to a key made for this one answer. */
static void
fetch(PGconn *connection, const char *name, SuiteSecret *secret)
{
	uint8_t own_seed[KEYWRAP_SEED_SIZE];
	uint8_t own_key[KEYWRAP_PUBLIC_SIZE];
	uint8_t content[1 + KEYWRAP_LOCKED_SIZE]; /* suite, key */
	uint8_t seed[SUITE_SEED_SIZE];
	const char *answer;
	size_t size;

	cli_random(own_seed, sizeof(own_seed));
	keywrap_public(own_seed, own_key);
	answer = PQgetvalue(query_one(connection, "SELECT mes.export_account($1, $2::bytea)", 2,
								  (const char *[]){ name, to_bytea(own_key, sizeof(own_key)) }),
						0, 0);
	size = (strlen(answer) - 2) / 2;
	if (size != sealed_size(SUITE_SEED_SIZE) && size != sealed_size(KEYWRAP_LOCKED_SIZE))
		cli_fail("the server answered with %zu bytes, which are no key", size);
	if (!keywrap_open(own_seed, span_of(from_bytea(answer, size), size), content))
		cli_fail("what the server answered is not sealed to this program");
	if (size == sealed_size(KEYWRAP_LOCKED_SIZE))
		unlock(name, content + 1, seed);
	else
		memcpy(seed, content + 1, SUITE_SEED_SIZE);
	if (!suite_secret_from_seed(content[0], seed, secret))
		cli_fail("the key of \"%s\" is damaged", name);
	suite_wipe(own_seed, sizeof(own_seed));
	suite_wipe(content, sizeof(content));
	suite_wipe(seed, sizeof(seed));
}

static int
run_export(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *out = NULL;
	const CliOption options[] = { TARGET_OPTIONS(target), { "out", CLI_TEXT, &out, 0, 0 }, { 0 } };
	SuiteSecret secret;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("account export takes one NAME; add --help to see how it is used");
	cli_required(out, "--out");
	fetch(target_connect(&target), argv[1], &secret);
	key_file_write(out, &secret);
	suite_wipe(&secret, sizeof(secret));
	return CLI_DONE;
}

/* What a session gives to mes.unlock_account(): of use to the session of that key alone. */
static int
run_unlock(int argc, char **argv)
{
	const char *session = NULL;
	const CliOption options[] = { { "session-key", CLI_TEXT, &session, 0, 0 }, { 0 } };
	uint8_t recipient[KEYWRAP_PUBLIC_SIZE];
	CliPassphrase passphrase;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("account unlock takes one NAME; add --help to see how it is used");
	cli_required(session, "--session-key");
	cli_hex("session key", strncmp(session, "\\x", 2) == 0 ? session + 2 : session, recipient,
			sizeof(recipient));
	passphrase_ask(cli_format("Passphrase of %s", argv[1]), &passphrase);
	printf("%s\n", sealed_to(recipient, span_of(passphrase.text, passphrase.size)));
	suite_wipe(&passphrase, sizeof(passphrase));
	return CLI_DONE;
}

const CliCommand cmd_account[] = {
	{ "account create", "makes an account whose key the node holds",
	  "usage: mesctl account create NAME [--suite 1|2] [--passphrase] [--dir DIR | --db CONNINFO]\n"
	  "\n" TARGET_HELP
	  "\nPrints the address. The key is encrypted under the node's own and of use to the role\n"
	  "that made it only; with --passphrase under that, which this asks for and the node never\n"
	  "learns: a session then opens it with account unlock. A client that keeps its keys itself\n"
	  "uses key new and tx sign.\n\n"
	  "example:\n  mesctl account create alice --dir /var/lib/ledger\n",
	  run_create },
	{ "account import", "gives a key file's key to the node",
	  "usage: mesctl account import NAME --key KEYFILE [--passphrase] [--dir DIR | --db "
	  "CONNINFO]\n\n" TARGET_HELP "\nThe key travels sealed to the node. Prints the address.\n",
	  run_import },
	{ "account export", "takes an account's key out of the node",
	  "usage: mesctl account export NAME --out KEYFILE [--dir DIR | --db CONNINFO]\n\n" TARGET_HELP
	  "\nThe key travels sealed to this program, which asks for its passphrase where there is\n"
	  "one, and lands in KEYFILE with mode 0600. The account stays as it is.\n",
	  run_export },
	{ "account unlock", "opens an account for one session of psql",
	  "usage: mesctl account unlock NAME --session-key HEX\n\n"
	  "Asks for the passphrase and prints it sealed to one session, which alone can use it:\n\n"
	  "  SELECT mes.session_key() AS key \\gset\n"
	  "  \\set code `mesctl account unlock alice --session-key :key`\n"
	  "  SELECT mes.unlock_account('alice', :'code');\n",
	  run_unlock },
	{ 0 },
};
