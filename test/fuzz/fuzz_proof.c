/*
 * fuzz_proof.c - any bytes as a transaction proof, and edits of good ones. The first byte chooses a
 * good proof, whose bytes the rest overwrites in steps of three (two of place, one of value), or
 * says that the rest is the proof. What verifies must say what is true of the fixture's chain:
 * there is no other way to MC_OK than its members' signatures.
 */
#include "unit/proof_fixture.h"

#define GOOD_COUNT 5

static Chain chain;
static ProofTrust genesis;
static ProofTrust block;
static McSpan good[GOOD_COUNT];

extern int LLVMFuzzerInitialize(int *argc, char ***argv);
extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const McProblem success = { .operation = -1 };
	static ChainProof proof;

	(void) argc;
	(void) argv;
	chain_make(&chain, 4, 5, &success);
	chain_trust(&chain, &genesis);
	proof_trust_block(&block, fixture_chain, 6, &chain.blocks[6].hash);
	proof_final(&proof, &chain, 3, 3, 0x7);
	good[0] = proof_bytes(&proof);
	proof_final(&proof, &chain, 2, 6, 0xE);
	good[1] = proof_bytes(&proof);
	proof_ordered(&proof, &chain, 3, 5, 0x7);
	good[2] = proof_bytes(&proof);
	proof_final(&proof, &chain, 8, 8, 0xF);
	proof_add_epoch(&proof, &chain, 0x7);
	good[3] = proof_bytes(&proof);
	proof_of_block(&proof, &chain, 2);
	proof_add_headers(&proof, &chain, 2, 6);
	proof_add_effect(&proof, &chain, 2, 4);
	good[4] = proof_bytes(&proof);
	return 0;
}

static bool
verifies(McSpan bytes, const ProofTrust *trust)
{
	ProofResult result;
	McProblem problem;

	if (proof_verify(bytes, trust, &result, &problem) != MC_OK)
		return false;
	if (result.height > CHAIN_BLOCKS || result.position != CHAIN_POSITION ||
		!hash_equal(&result.block_hash, &chain.blocks[result.height].hash) ||
		span_compare(result.envelope, chain.envelope) != 0 ||
		(result.kind == PROOF_FINAL && span_compare(result.receipt, chain.receipt) != 0))
		__builtin_trap();
	return true;
}

static void
edit(McSpan from, const uint8_t *data, size_t size)
{
	static uint8_t bytes[4096];
	McSpan edited = span_of(bytes, from.size);

	assert(from.size <= sizeof(bytes));
	memcpy(bytes, from.data, from.size);
	for (; size >= 3; data += 3, size -= 3)
		bytes[(size_t) (data[0] << 8 | data[1]) % from.size] = data[2];
	if ((verifies(edited, &genesis) || verifies(edited, &block)) !=
		(span_compare(edited, from) == 0))
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] < GOOD_COUNT)
		edit(good[data[0]], data + 1, size - 1);
	else
	{
		(void) verifies(span_of(data + 1, size - 1), &genesis);
		(void) verifies(span_of(data + 1, size - 1), &block);
	}
	return 0;
}
