/*
 * cmd_attest.c - a fenced node comes back: its ticket, and the transaction that puts it on the
 * ledger.
 */
#include "cli/federation.h"
#include "cli/key_file.h"
#include "pbft/resume.h"

#include <stdio.h>

/* The ticket as hex, with the signature of an identity key that no server holds. */
static char *
sign_ticket(const char *hex, const char *key)
{
	uint8_t ticket[PBFT_REJOIN_SIZE];
	uint8_t signed_bytes[PBFT_DOCUMENT_SIGNED_SIZE];
	PbftRejoin rejoin;
	SuiteSecret secret;
	McProblem problem;

	cli_hex("ticket", hex, ticket, sizeof(ticket));
	cli_check(pbft_rejoin_decode(span_of(ticket, sizeof(ticket)), &rejoin, &problem), &problem);
	key_file_read(key, &secret);
	if (secret.key.suite != SUITE_ED25519)
		cli_fail("\"%s\" is no identity key: those are of suite %d", key, SUITE_ED25519);
	printf("member     number %u, incarnation %llu\nkey        %s\n", rejoin.roster,
		   (unsigned long long) rejoin.incarnation, cli_to_hex(rejoin.voting_key, PBFT_KEY_SIZE));
	pbft_rejoin_signed(&rejoin, signed_bytes);
	suite_sign(&secret, span_of(signed_bytes, sizeof(signed_bytes)), rejoin.signature);
	suite_wipe(&secret, sizeof(secret));
	pbft_rejoin_encode(&rejoin, ticket);
	return cli_to_hex(ticket, sizeof(ticket));
}

static int
run_attest(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *via = NULL;
	const char *account = NULL;
	const char *key = NULL;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "via", CLI_TEXT, &via, 0, 0 },
								  { "account", CLI_TEXT, &account, 0, 0 },
								  { "key", CLI_TEXT, &key, 0, 0 },
								  { 0 } };
	Target carrier;
	PGconn *connection;
	char *ticket;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("node attest takes no word \"%s\"", argv[1]);
	carrier = target;
	if (via != NULL && target.dir != NULL)
		carrier.node = cli_number("--via", via, 1, FEDERATION_NODES_MAX);
	else if (via != NULL)
		carrier.db = via;
	connection = target_connect(&target);
	ticket = cli_format(
		"%s", PQgetvalue(query_one(connection, "SELECT mes.attest_node()", 0, NULL), 0, 0));
	PQfinish(connection);
	if (key != NULL)
		ticket = cli_format("\\x%s", sign_ticket(ticket + 2, key));
	printf("ticket     %s\n", ticket + 2);
	fflush(stdout);
	connection = target_connect(&carrier);
	if (account != NULL)
		query_one(connection, "SELECT set_config('meschain.account', $1, false)", 1, &account);
	query_one(connection, "SELECT mes.rejoin($1)", 1, (const char *const *) &ticket);
	PQfinish(connection);
	printf("handed in  the member votes with its new key from the next epoch on\n");
	return CLI_DONE;
}

const CliCommand cmd_attest[] = {
	{ "node attest", "lets a fenced node return with a new voting key",
	  "usage: mesctl node attest [--dir DIR --node K | --db CONNINFO] [--via K2 | --via CONNINFO]\n"
	  "         [--account NAME] [--key KEYFILE]\n\n" TARGET_HELP
	  "\nA node is fenced when its vote log is lost, a copy, or of another time than its\n"
	  "database: it may have forgotten what it voted for, so its voting key must never vote\n"
	  "again. This makes a new key with an empty vote log on the node, has the identity key sign\n"
	  "a ticket for it, and hands that in as a transaction of the account, on the node itself or\n"
	  "on the one that --via names. The node votes again from the next epoch on. KEYFILE is the\n"
	  "identity key, read here and nowhere else; without it identity.key has to be in the node's\n"
	  "state directory.\n\n"
	  "example:\n  mesctl node attest --dir /var/lib/ledger --node 3 --key "
	  "/mnt/safe/identity.key\n",
	  run_attest },
	{ 0 },
};
