/*
 * cmd_proof.c - checks a proof of a transaction without any server.
 */
#include "cli/trust_file.h"
#include "cli/tx_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROOF_FILE_MAX (64 * 1024 * 1024)

/* The bytes, or their hex as psql prints a bytea. */
static McSpan
read_proof(const char *path)
{
	McSpan content = cli_read(path, PROOF_FILE_MAX);
	char *text = (char *) content.data;
	size_t size;
	uint8_t *bytes;

	if (content.size < 2 || memcmp(text, "\\x", 2) != 0)
		return content;
	text[strcspn(text, "\r\n")] = '\0';
	size = strlen(text + 2) / 2;
	bytes = cli_alloc(size);
	cli_hex("proof", text + 2, bytes, size);
	return span_of(bytes, size);
}

static void
print_verdict(const ProofResult *result)
{
	char message[512];

	if (result->kind == PROOF_ORDERED_ONLY)
		printf("effect     not proved: the transaction is in the block for ever, no more\n");
	else if (result->verdict.status == MC_OK)
		printf("effect     ok\n");
	else
	{
		status_message(&result->verdict, message, sizeof(message));
		printf("effect     refused with MC%03d: %s\n", result->verdict.status, message);
	}
}

static void
print_result(const ProofResult *result, const char *believed)
{
	TxView view;
	McProblem problem;

	printf("valid      %s\n", proof_kind_name(result->kind));
	printf("block      %" PRIu64 ", position %u\n", result->height, result->position);
	printf("block_hash %s\n", cli_to_hex(result->block_hash.bytes, HASH_SIZE));
	printf("time_ms    %" PRIu64 "\n", result->block_time_ms);
	print_verdict(result);
	if (result->member_count > 0)
		printf("signed_by  %u of %u members, block %" PRIu64 "\n", result->signer_count,
			   result->member_count, result->sealed_height);
	printf("believed   %s\n", believed);
	if (result->rests_on_anchor)
		printf("           no quorum of several members vouches: this is worth what that is "
			   "worth\n");
	cli_check(tx_read(result->envelope, &view, &problem), &problem);
	draft_print(draft_of_body(view.body));
}

static int
run_verify(int argc, char **argv)
{
	const char *trust_path = NULL;
	const CliOption options[] = { { "trust", CLI_TEXT, &trust_path, 0, 0 }, { 0 } };
	ProofTrust *trust = cli_alloc(sizeof(ProofTrust));
	ProofResult *result = cli_alloc(sizeof(ProofResult));
	const char *believed;
	McProblem problem;

	if (cli_options(argc, argv, options) != 1)
		cli_usage("proof verify takes one FILE; add --help to see how it is used");
	believed = trust_file_read(cli_required(trust_path, "--trust"), trust);
	cli_check(proof_verify(read_proof(argv[1]), trust, result, &problem), &problem);
	print_result(result, believed);
	return CLI_DONE;
}

const CliCommand cmd_proof[] = {
	{ "proof verify", "checks a proof of a transaction, offline",
	  "usage: mesctl proof verify FILE --trust FILE\n\n"
	  "The proof is its bytes, or their hex behind \\x as psql prints it. The trust is JSON: a\n"
	  "genesis document, or a block {\"chain_id\": HEX, \"height\": N, \"block_hash\": HEX} that "
	  "the\n"
	  "verifier knows otherwise. Exit code 0 when whoever believes the trust must believe what is\n"
	  "printed, else 1 with the first thing that is wrong. docs/transaction-proofs.md says what a\n"
	  "proof is worth.\n\n"
	  "example:\n  mesctl proof verify payment.proof --trust genesis.json\n",
	  run_verify },
	{ 0 },
};
