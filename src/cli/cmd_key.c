/*
 * cmd_key.c - key new, key show: keys of clients who hold their own. Prints no secret, ever.
 */
#include "cli/key_file.h"

#include "cli/tx_file.h"
#include "tx/condition.h"

#include <stdio.h>
#include <string.h>

#define BRANCHES_MAX 64

static void
print_key(const SuiteKey *key)
{
	McAddress address;
	char text[ADDRESS_TEXT_SIZE + 1];

	condition_address_of_key(key, &address);
	address_format(&address, text);
	printf("address    %s\nsuite      %d %s\npublic_key %s\n", text, key->suite,
		   suite_name(key->suite), cli_to_hex(key->public_key, SUITE_PUBLIC_SIZE));
}

static int
run_new(int argc, char **argv)
{
	int64_t suite = SUITE_ED25519;
	const CliOption options[] = { { "suite", CLI_NUMBER, &suite, 1, SUITE_MAX }, { 0 } };
	SuiteSecret secret;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("key new takes one FILE; add --help to see how it is used");
	key_new((uint8_t) suite, &secret);
	key_file_write(argv[1], &secret);
	print_key(&secret.key);
	suite_wipe(&secret, sizeof(secret));
	return CLI_DONE;
}

static int
run_show(int argc, char **argv)
{
	const CliOption options[] = { { 0 } };
	SuiteSecret secret;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("key show takes one FILE; add --help to see how it is used");
	key_file_read(argv[1], &secret);
	print_key(&secret.key);
	suite_wipe(&secret, sizeof(secret));
	return CLI_DONE;
}

/* "2 KEY KEY KEY" with keys as SUITE:HEX. */
static int
run_address(int argc, char **argv)
{
	int64_t threshold = 0;
	const CliOption options[] = {
		{ "threshold", CLI_NUMBER, &threshold, 1, CONDITION_KEYS_MAX },
		{ 0 },
	};
	int words = cli_options(argc, argv, options);
	SuiteKey keys[CONDITION_KEYS_MAX];
	uint8_t bytes[CONDITION_BYTES_MAX];
	WireWriter writer;
	McHash leaf;
	McAddress address;
	char text[ADDRESS_TEXT_SIZE + 1];

	if (words < 1 || words > CONDITION_KEYS_MAX || threshold > words)
		cli_usage("key address takes 1 to %d keys, and a threshold of at most their number",
				  CONDITION_KEYS_MAX);
	for (int i = 0; i < words; i++)
		keys[i] = key_parse(argv[i + 1]);
	condition_sort_keys(keys, (uint32_t) words);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	condition_put(&writer, (uint32_t) (threshold > 0 ? threshold : words), keys, (uint32_t) words,
				  0, NULL);
	condition_leaf(wire_written(&writer), &leaf);
	condition_address(&leaf, &address);
	address_format(&address, text);
	printf("address    %s\ncondition  %s\n", text, cli_to_hex(bytes, writer.size));
	return CLI_DONE;
}

/* "2/KEY/KEY/KEY/height=N/hash=HEX": threshold, keys, locks. */
static McSpan
branch_condition(const char *text)
{
	char *parts = cli_format("%s", text);
	uint8_t *bytes = cli_alloc(CONDITION_BYTES_MAX);
	SuiteKey keys[CONDITION_KEYS_MAX];
	uint8_t hash[HASH_SIZE];
	const uint8_t *hash_lock = NULL;
	int64_t height = 0;
	uint32_t count = 0;
	int64_t threshold = cli_number("threshold", strsep(&parts, "/"), 1, CONDITION_KEYS_MAX);
	WireWriter writer;

	for (char *part; (part = strsep(&parts, "/")) != NULL;)
		if (strncmp(part, "height=", 7) == 0)
			height = cli_number("height", part + 7, 1, INT64_MAX);
		else if (strncmp(part, "hash=", 5) == 0)
		{
			cli_hex("hash lock", part + 5, hash, HASH_SIZE);
			hash_lock = hash;
		}
		else if (count == CONDITION_KEYS_MAX)
			cli_usage("a branch has at most %d keys", CONDITION_KEYS_MAX);
		else
			keys[count++] = key_parse(part);
	if (threshold > count)
		cli_usage("\"%s\" asks for %d signatures of %u keys", text, (int) threshold, count);
	condition_sort_keys(keys, count);
	wire_writer_init(&writer, bytes, CONDITION_BYTES_MAX);
	condition_put(&writer, (uint32_t) threshold, keys, count, (uint64_t) height, hash_lock);
	return wire_written(&writer);
}

static int
run_policy(int argc, char **argv)
{
	const CliOption options[] = { { 0 } };
	int words = cli_options(argc, argv, options);
	McSpan conditions[BRANCHES_MAX];
	McHash leaves[BRANCHES_MAX];
	DraftBranch branch;
	char text[ADDRESS_TEXT_SIZE + 1];

	if (words < 1 || words > BRANCHES_MAX)
		cli_usage("key policy takes 1 to %d branches; add --help to see how it is used",
				  BRANCHES_MAX);
	for (int i = 0; i < words; i++)
	{
		conditions[i] = branch_condition(argv[i + 1]);
		condition_leaf(conditions[i], &leaves[i]);
	}
	for (int i = 0; i < words; i++)
	{
		branch = (DraftBranch){ .bytes = conditions[i] };
		branch.path_count =
			condition_path(leaves, (size_t) words, (size_t) i, branch.path, &branch.position);
		/* what it prints is what tx sign reads: the address comes out of that */
		draft_branch_parse(draft_branch_text(&branch), &branch);
		address_format(&branch.address, text);
		if (i == 0)
			printf("address    %s\n", text);
		printf("branch     %s\n", draft_branch_text(&branch));
	}
	return CLI_DONE;
}

const CliCommand cmd_key[] = {
	{ "key new", "makes a key in a file of its own",
	  "usage: mesctl key new FILE [--suite 1|2]\n\n"
	  "Makes a key and writes it to FILE, which must not exist and gets mode 0600. Prints the\n"
	  "address of the key, never the key. Suite 1 is Ed25519 (default), 2 is BIP340 Schnorr.\n\n"
	  "example:\n  mesctl key new alice.key\n",
	  run_new },
	{ "key show", "shows address and public key of a key file",
	  "usage: mesctl key show FILE\n\n"
	  "example:\n  mesctl key show alice.key\n",
	  run_show },
	{ "key address", "shows the address that m of n keys spend from",
	  "usage: mesctl key address [--threshold M] SUITE:PUBLIC_KEY...\n\n"
	  "The order of the keys does not matter. Without --threshold all of them have to sign. The\n"
	  "condition that it prints is what each of them gives to tx sign.\n\n"
	  "example:\n  mesctl key address --threshold 2 1:9d61b1... 1:4ccd08... 2:f9308a...\n",
	  run_address },
	{ "key policy", "shows the address that any of several conditions spends from",
	  "usage: mesctl key policy BRANCH...\n\n"
	  "  BRANCH  M/KEY/KEY...[/height=N][/hash=HEX]: M signatures of these keys "
	  "(SUITE:PUBLIC_KEY),\n"
	  "          from block N on, with the 32 bytes whose SHA-256 is HEX\n\n"
	  "Prints the address and each branch as tx sign --condition takes it, in the order given.\n"
	  "A spend reveals one branch only.\n\n"
	  "example, a payment that can be claimed by a secret or goes back later:\n"
	  "  mesctl key policy 1/1:9d61b1.../hash=5891b5... 1/1:4ccd08.../height=5000\n",
	  run_policy },
	{ 0 },
};
