/*
 * fuzz_proof.c - any bytes as a transaction proof. What verifies must say what is true of the
 * fixture's chain: there is no other way to MC_OK than its members' signatures.
 */
#include "unit/proof_fixture.h"

static Chain chain;
static ProofTrust genesis;
static ProofTrust block;

extern int LLVMFuzzerInitialize(int *argc, char ***argv);
extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	McProblem success = { .operation = -1 };

	(void) argc;
	(void) argv;
	chain_make(&chain, 4, 5, &success);
	chain_trust(&chain, &genesis);
	proof_trust_block(&block, fixture_chain, 6, &chain.blocks[6].hash);
	return 0;
}

static void
check_trust(McSpan bytes, const ProofTrust *trust)
{
	ProofResult result;
	McProblem problem;

	if (proof_verify(bytes, trust, &result, &problem) != MC_OK)
		return;
	if (result.height > CHAIN_BLOCKS || result.position != CHAIN_POSITION ||
		!hash_equal(&result.block_hash, &chain.blocks[result.height].hash) ||
		span_compare(result.envelope, chain.envelope) != 0 ||
		(result.kind == PROOF_FINAL && span_compare(result.receipt, chain.receipt) != 0))
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_trust(span_of(data, size), &genesis);
	check_trust(span_of(data, size), &block);
	return 0;
}
