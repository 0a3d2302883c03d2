/*
 * cmd_tx.c - tx coins, build, sign, show, submit: a transaction whose keys never meet a server.
 */
#include "cli/federation.h"
#include "cli/key_file.h"
#include "cli/tx_plan.h"

#include "base/digest.h"
#include "tx/build.h"

#include <stdio.h>
#include <string.h>

/* ---- coins -------------------------------------------------------------------------------------
 */

static const char *const coins_query =
	"SELECT encode(o.txid, 'hex'), o.output_index, o.height, o.asset, "
	"round(o.amount * power(10::numeric, a.decimals))::bigint, a.decimals "
	"FROM mes.outputs AS o JOIN mes.assets AS a ON a.asset = o.asset "
	"WHERE o.address = $1 AND o.spent_txid IS NULL ORDER BY o.height, o.txid, o.output_index";

/* An asset's decimals once, however many coins of it there are. */
static char *
asset_line(const char *text, const char *code, const char *decimals)
{
	char *line = cli_format("asset %s %s\n", code, decimals);

	return strstr(text, line) != NULL ? "" : line;
}

static char *
coin_lines(PGconn *connection, const char *text, const char *address)
{
	PGresult *result = query(connection, coins_query, 1, (const char *[]){ address });
	char *lines = cli_format("%s", text);

	cli_address(address); /* refuses what is none */
	for (int row = 0; row < PQntuples(result); row++)
	{
		const char *code = PQgetvalue(result, row, 3);

		lines = cli_format("%s%scoin %s %s %s %s %s %s\n", lines,
						   asset_line(lines, code, PQgetvalue(result, row, 5)),
						   PQgetvalue(result, row, 0), PQgetvalue(result, row, 1),
						   PQgetvalue(result, row, 2), address, code, PQgetvalue(result, row, 4));
	}
	return lines;
}

static int
run_coins(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *out = "-";
	const CliOption options[] = { TARGET_OPTIONS(target), { "out", CLI_TEXT, &out, 0, 0 }, { 0 } };
	int words = cli_options(argc, argv, options);
	PGconn *connection;
	PGresult *chain;
	char *text;

	if (words < 1)
		cli_usage("tx coins takes the addresses whose coins are wanted");
	connection = target_connect(&target);
	chain = query_one(connection, CHAIN_QUERY, 0, NULL);
	text = cli_format("mes-coins-1\nchain %s\ntime %s\nwindow %s\nfee %s%s%s\n",
					  PQgetvalue(chain, 0, 0), PQgetvalue(chain, 0, 1), PQgetvalue(chain, 0, 2),
					  PQgetvalue(chain, 0, 3), PQgetisnull(chain, 0, 4) ? "" : " ",
					  PQgetvalue(chain, 0, 4));
	for (int i = 1; i <= words; i++)
		text = coin_lines(connection, text, argv[i]);
	cli_write(out, span_text(text));
	return CLI_DONE;
}

/* ---- offline -----------------------------------------------------------------------------------
 */

static void
print(const Draft *draft)
{
	draft_print(draft);
	printf("signatures %zu\n", draft->signature_count);
}

static int
run_build(int argc, char **argv)
{
	const char *coins = NULL;
	const char *out = NULL;
	PlanOptions plan = { 0 };
	const CliOption options[] = {
		{ "coins", CLI_TEXT, &coins, 0, 0 },
		{ "out", CLI_TEXT, &out, 0, 0 },
		{ "from", CLI_TEXT, &plan.from, 0, 0 },
		{ "reference", CLI_TEXT, &plan.reference, 0, 0 },
		{ "memo", CLI_TEXT, &plan.memo, 0, 0 },
		{ "submission", CLI_TEXT, &plan.submission, 0, 0 },
		{ "valid-for", CLI_NUMBER, &plan.valid_for_s, 1, 86400 },
		{ "metadata", CLI_LIST, &plan.metadata, 0, 0 },
		{ 0 },
	};
	int words = cli_options(argc, argv, options);
	CoinFile file;
	Draft *draft;

	cli_required(out, "--out");
	coin_file_read(cli_required(coins, "--coins"), &file);
	draft = draft_of_body(plan_body(&file, &plan, words, argv + 1));
	draft_write(draft, out);
	print(draft);
	return CLI_DONE;
}

static bool
acts_in(const TxView *view, const McAddress *address)
{
	for (uint32_t i = 0; i < view->actor_count; i++)
	{
		McAddress actor;

		tx_actor_address(view, i, &actor);
		if (hash_equal(&actor, address))
			return true;
	}
	return false;
}

/* The branch of a single key. */
static char *
branch_of_key(const SuiteKey *key)
{
	uint8_t bytes[CONDITION_BYTES_MAX];
	WireWriter writer;

	wire_writer_init(&writer, bytes, sizeof(bytes));
	condition_put(&writer, 1, key, 1, 0, NULL);
	return cli_to_hex(bytes, writer.size);
}

static uint32_t
key_index_of(const TxCondition *condition, const SuiteKey *key)
{
	for (uint32_t i = 0; i < condition->key_count; i++)
	{
		SuiteKey one;

		condition_key(condition, i, &one);
		if (one.suite == key->suite &&
			memcmp(one.public_key, key->public_key, SUITE_PUBLIC_SIZE) == 0)
			return i;
	}
	cli_fail("the key is none of the %u keys of the condition", condition->key_count);
}

/* A preimage that does not fit is refused here, before it is in anybody's file. */
static void
add_preimage(DraftSignature *added, const char *given)
{
	McHash found;
	McSpan preimage;

	added->has_preimage = given != NULL;
	if (given == NULL)
		return;
	if (!added->branch.condition.hash_locked)
		cli_fail("this branch has no hash lock, so no preimage opens it");
	cli_hex("preimage", given, added->preimage, PREIMAGE_SIZE);
	preimage = span_of(added->preimage, PREIMAGE_SIZE);
	digest_sha256(&found, &preimage, 1);
	if (memcmp(found.bytes, added->branch.condition.hash_lock, HASH_SIZE) != 0)
		cli_fail("the preimage has hash %s, the branch asks for %s",
				 cli_to_hex(found.bytes, HASH_SIZE),
				 cli_to_hex(added->branch.condition.hash_lock, HASH_SIZE));
}

static void
sign(Draft *draft, const SuiteSecret *secret, const char *branch, const char *preimage)
{
	DraftSignature *added = &draft->signatures[draft->signature_count];
	char text[ADDRESS_TEXT_SIZE + 1];
	McHash signing;

	if (draft->signature_count == TX_FILE_SIGNATURES_MAX)
		cli_fail("more than %d signatures", TX_FILE_SIGNATURES_MAX);
	memset(added, 0, sizeof(*added));
	draft_branch_parse(branch != NULL ? branch : branch_of_key(&secret->key), &added->branch);
	address_format(&added->branch.address, text);
	if (!acts_in(&draft->view, &added->branch.address))
		cli_fail("%s has no part in this transaction, so its key cannot sign it", text);
	added->signature.key_index = key_index_of(&added->branch.condition, &secret->key);
	add_preimage(added, preimage);
	for (size_t i = 0; i < draft->signature_count; i++)
		if (strcmp(draft_branch_text(&draft->signatures[i].branch),
				   draft_branch_text(&added->branch)) == 0 &&
			draft->signatures[i].signature.key_index == added->signature.key_index)
			cli_fail("this key has signed for %s already", text);
	tx_signing_hash(draft->view.chain_id, &draft->view.txid, &signing);
	suite_sign(secret, span_hash(&signing), added->signature.bytes);
	draft->signature_count++;
}

static int
run_sign(int argc, char **argv)
{
	const char *key = NULL;
	const char *branch = NULL;
	const char *preimage = NULL;
	const char *out = NULL;
	const CliOption options[] = { { "key", CLI_TEXT, &key, 0, 0 },
								  { "condition", CLI_TEXT, &branch, 0, 0 },
								  { "preimage", CLI_TEXT, &preimage, 0, 0 },
								  { "out", CLI_TEXT, &out, 0, 0 },
								  { 0 } };
	SuiteSecret secret;
	Draft *draft;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("tx sign takes one FILE; add --help to see how it is used");
	draft = draft_read(argv[1]);
	key_file_read(cli_required(key, "--key"), &secret);
	sign(draft, &secret, branch, preimage);
	suite_wipe(&secret, sizeof(secret));
	draft_write(draft, out != NULL ? out : argv[1]);
	print(draft);
	return CLI_DONE;
}

static int
run_show(int argc, char **argv)
{
	const CliOption options[] = { { 0 } };

	if (cli_options(argc, argv, options) != 1)
		cli_usage("tx show takes one FILE");
	print(draft_read(argv[1]));
	return CLI_DONE;
}

/* ---- online ------------------------------------------------------------------------------------
 */

static int
run_submit(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const CliOption options[] = { TARGET_OPTIONS(target), { 0 } };
	Draft *draft;
	McSpan envelope;
	PGconn *connection;
	PGresult *result;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("tx submit takes one FILE; add --help to see how it is used");
	draft = draft_read(argv[1]);
	envelope = draft_envelope(draft);
	connection = target_connect(&target);
	result = PQexecParams(connection, "SELECT mes.submit($1)", 1, NULL,
						  (const char *[]){ (const char *) envelope.data },
						  (int[]){ (int) envelope.size }, (int[]){ 1 }, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		query_fail("not accepted", result, connection);
	printf("submission %s\ntxid       %s\n", PQgetvalue(result, 0, 0),
		   cli_to_hex(draft->view.txid.bytes, HASH_SIZE));
	return CLI_DONE;
}

const CliCommand cmd_tx[] = {
	{ "tx coins", "lists unspent coins, for a machine that sees no server",
	  "usage: mesctl tx coins ADDRESS... [--out FILE] [--dir DIR --node K | --db "
	  "CONNINFO]\n\n" TARGET_HELP
	  "\nThe file also says chain, time, fee and decimals: all that tx build needs.\n\n"
	  "example:\n  mesctl tx coins mes1q... --dir /var/lib/ledger --out coins.txt\n",
	  run_coins },
	{ "tx build", "builds a transaction, offline",
	  "usage: mesctl tx build --coins FILE --out FILE [options] OPERATION...\n\n"
	  "  transfer ADDRESS ASSET AMOUNT    issue CODE SUPPLY DECIMALS\n"
	  "  burn ASSET AMOUNT                issue_more CODE AMOUNT\n"
	  "  notarise HASH (32 bytes in hex)\n"
	  "  as ADDRESS                       who acts from here on, instead of the sender\n\n"
	  "  --from ADDRESS        the sender; needed when the coins belong to several\n"
	  "  --reference TEXT      of the submission    --memo TEXT  of its transfers\n"
	  "  --metadata NAME=TEXT  of issue and notarise, as often as needed\n"
	  "  --submission UUID     makes it idempotent  --valid-for SECONDS\n\n"
	  "Everything in one transaction happens or nothing: `as` builds payment against payment,\n"
	  "which each party then signs.\n\n"
	  "examples:\n"
	  "  mesctl tx build --coins coins.txt --out tx.txt transfer mes1q... EUR 12.50\n"
	  "  mesctl tx build --coins both.txt --out swap.txt --from mes1alice... \\\n"
	  "    transfer mes1bob... EUR 100 as mes1bob... transfer mes1alice... GOLD 1\n",
	  run_build },
	{ "tx sign", "adds a signature, offline",
	  "usage: mesctl tx sign FILE --key KEYFILE [--condition BRANCH] [--preimage HEX] [--out "
	  "FILE]\n\n"
	  "Shows what is signed. --condition is what key address or key policy printed, for an "
	  "address\n"
	  "of several keys or several branches: the branch signed for is revealed, the others are "
	  "not.\n"
	  "--preimage opens its hash lock. Without --out the signature is added to FILE.\n\n"
	  "example:\n  mesctl tx sign tx.txt --key alice.key\n",
	  run_sign },
	{ "tx show", "shows what a transaction does", "usage: mesctl tx show FILE\n", run_show },
	{ "tx submit", "hands a signed transaction to a node",
	  "usage: mesctl tx submit FILE [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "\nReturns when the transaction is final, or with its refusal.\n\n"
	  "example:\n  mesctl tx submit tx.txt --dir /var/lib/ledger\n",
	  run_submit },
	{ 0 },
};
