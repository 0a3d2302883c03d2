/*
 * cmd_proposal.c - a member's word on a proposal, signed where its identity key is kept: no server,
 * no other file.
 */
#include "cli/key_file.h"
#include "ledger/proposal.h"

#include <stdio.h>
#include <string.h>

static int
run_sign(int argc, char **argv)
{
	const char *key = NULL;
	bool propose = false;
	const CliOption options[] = { { "key", CLI_TEXT, &key, 0, 0 },
								  { "propose", CLI_FLAG, &propose, 0, 0 },
								  { 0 } };
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	SuiteSecret secret;
	McHash signing;
	McHash id;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("proposal sign takes one PROPOSAL; add --help to see how it is used");
	cli_hex("proposal", strncmp(argv[1], "\\x", 2) == 0 ? argv[1] + 2 : argv[1], id.bytes,
			HASH_SIZE);
	key_file_read(cli_required(key, "--key"), &secret);
	if (secret.key.suite != SUITE_ED25519)
		cli_fail("\"%s\" is no identity key: those are of suite %d", key, SUITE_ED25519);
	proposal_signing_hash(&id, !propose, &signing);
	suite_sign(&secret, span_hash(&signing), signature);
	suite_wipe(&secret, sizeof(secret));
	printf("proposal   %s\nsigned to  %s\nsignature  %s\n", cli_to_hex(id.bytes, HASH_SIZE),
		   propose ? "propose" : "approve", cli_to_hex(signature, sizeof(signature)));
	return CLI_DONE;
}

const CliCommand cmd_proposal[] = {
	{ "proposal sign", "signs a proposal with a member's identity key, offline",
	  "usage: mesctl proposal sign PROPOSAL --key KEYFILE [--propose]\n\n"
	  "PROPOSAL is its name in hex, as mes.proposals shows it: a hash of chain, statement and\n"
	  "proposer, so read there, on a node you trust, what it would change. The signature goes to\n"
	  "mes.approve(), with --propose to mes.propose().\n\n"
	  "example:\n  mesctl proposal sign 5f3c... --key identity.key\n",
	  run_sign },
	{ 0 },
};
