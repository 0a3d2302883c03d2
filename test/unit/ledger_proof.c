/* ledger_proof.c - transaction proofs: what verifies against which trust, and nothing else. */
#include "ledger/execute.h"
#include "ledger/genesis.h"
#include "unit/proof_fixture.h"

static const McProblem success = { .operation = -1 };
static Chain chain;
static ChainProof proof;
static ProofTrust trust;
static ProofResult result;
static McProblem problem;

static void
usual_chain(void)
{
	chain_make(&chain, 4, 5, &success);
	chain_trust(&chain, &trust);
}

static McStatus
verify(void)
{
	return proof_verify(proof_bytes(&proof), &trust, &result, &problem);
}

static void
trust_block(uint64_t height)
{
	proof_trust_block(&trust, fixture_chain, height, &chain.blocks[height].hash);
}

static void
test_final_at_its_own_block(void)
{
	usual_chain();
	proof_final(&proof, &chain, 3, 3, 0x7);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.kind, PROOF_FINAL);
	CHECK_TEXT(proof_kind_name(result.kind), "final");
	CHECK(memcmp(result.chain_id, fixture_chain, CHAIN_ID_SIZE) == 0);
	CHECK_INT(result.height, 3);
	CHECK_INT(result.sealed_height, 3);
	CHECK_INT(result.position, CHAIN_POSITION);
	CHECK_INT(result.block_time_ms, 1000003);
	CHECK(hash_equal(&result.block_hash, &chain.blocks[3].hash));
	CHECK(span_compare(result.envelope, chain.envelope) == 0);
	CHECK(span_compare(result.receipt, chain.receipt) == 0);
	CHECK_INT(result.verdict.status, MC_OK);
	CHECK_INT(result.member_count, 4);
	CHECK_INT(result.signer_count, 3);
	CHECK_INT(result.signers[0], 0x7);
	CHECK(!result.rests_on_anchor);
}

static void
test_final_by_a_later_certificate(void)
{
	usual_chain();
	proof_final(&proof, &chain, 2, 6, 0xE);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.kind, PROOF_FINAL);
	CHECK_INT(result.height, 2);
	CHECK_INT(result.sealed_height, 6);
}

static void
test_the_verdict_of_a_refused_transaction(void)
{
	McProblem refused;

	status_problem_name(&refused, MC_NUMBER_TOO_LARGE, "MES", 3);
	chain_make(&chain, 4, 5, &refused);
	chain_trust(&chain, &trust);
	proof_final(&proof, &chain, 3, 3, 0x7);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.verdict.status, MC_NUMBER_TOO_LARGE);
	CHECK_TEXT(result.verdict.name, "MES");
}

static void
test_ordered_only(void)
{
	usual_chain();
	proof_ordered(&proof, &chain, 3, 3, 0xB);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.kind, PROOF_ORDERED_ONLY);
	CHECK_TEXT(proof_kind_name(result.kind), "ordered only");
	CHECK_INT(result.receipt.size, 0);
	proof_ordered(&proof, &chain, 3, 6, 0xB);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.height, 3);
	CHECK_INT(result.sealed_height, 6);
}

static void
test_through_a_change_of_validators(void)
{
	usual_chain();
	proof_final(&proof, &chain, 8, 9, 0x1D);
	proof_add_epoch(&proof, &chain, 0x7);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.member_count, 5);
	CHECK_INT(result.signers[0], 0x1D);
	/* a block of the old epoch under a certificate of the new */
	proof_final(&proof, &chain, 5, 9, 0xF);
	proof_add_epoch(&proof, &chain, 0x7);
	CHECK_INT(verify(), MC_OK);
	/* the last certificate of the old epoch needs nobody else */
	proof_final(&proof, &chain, 5, CHAIN_EPOCH_END, 0x7);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.member_count, 4);
}

static void
test_trust_in_a_later_epoch(void)
{
	ProofStart start = { .epoch = 1, .anchor_height = CHAIN_EPOCH_END };

	usual_chain();
	start.anchor_hash = chain.blocks[CHAIN_EPOCH_END].hash;
	proof_trust_epoch(&trust, fixture_chain, &start, chain.members[1], 5);
	proof_final(&proof, &chain, 8, 9, 0xF);
	CHECK_INT(verify(), MC_OK);
	/* an instance after a recovery is another one, with the same members */
	start.resume_no = 1;
	proof_trust_epoch(&trust, fixture_chain, &start, chain.members[1], 5);
	CHECK_INT(verify(), MC_CONSENSUS_SIGNATURE);
	proof_add_epoch(&proof, &chain, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_EPOCH);
}

static void
test_trust_in_a_block(void)
{
	usual_chain();
	trust_block(6);
	proof_of_block(&proof, &chain, 2);
	proof_add_headers(&proof, &chain, 2, 6);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.kind, PROOF_ORDERED_ONLY);
	CHECK(result.rests_on_anchor);
	CHECK_INT(result.member_count, 0);
	/* block 6 names the result of block 4 as stable */
	proof_add_effect(&proof, &chain, 2, 4);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.kind, PROOF_FINAL);
	CHECK_INT(result.sealed_height, 6);
	/* the trusted block is the transaction's own */
	trust_block(2);
	proof_of_block(&proof, &chain, 2);
	CHECK_INT(verify(), MC_OK);
}

static void
test_one_member_means_trust_in_the_anchor(void)
{
	chain_make(&chain, 1, 5, &success);
	chain_trust(&chain, &trust);
	proof_final(&proof, &chain, 3, 4, 0x1);
	CHECK_INT(verify(), MC_OK);
	CHECK_INT(result.kind, PROOF_FINAL);
	CHECK(result.rests_on_anchor);
}

/* The verifier's formulas are written a second time on purpose; they must be the ledger's. */
static void
test_the_hashes_are_those_of_the_ledger(void)
{
	static Genesis genesis;
	McHash by_genesis;
	McHash by_proof;

	usual_chain();
	for (uint64_t height = 1; height <= CHAIN_BLOCKS; height++)
	{
		const ChainBlock *block = &chain.blocks[height];
		LedgerRoots roots = { block->effect.receipts_root, block->effect.writeset_root,
							  block->effect.state_digest };
		McHash root;

		ledger_exec_root(&chain.blocks[height - 1].exec_root, height, &block->hash, &roots,
						 &block->effect.next_valset, &root);
		CHECK(hash_equal(&root, &block->exec_root));
	}
	genesis.member_count = 4;
	for (int i = 0; i < 4; i++)
		memcpy(genesis.members[i].voting_key, chain.members[0][i].voting_key, SUITE_PUBLIC_SIZE);
	genesis_valset_hash(&genesis, &by_genesis);
	proof_valset_hash(chain.members[0], 4, &by_proof);
	CHECK(hash_equal(&by_genesis, &by_proof));
}

static uint32_t
flip_every_bit(void)
{
	McSpan bytes = proof_bytes(&proof);
	uint8_t *at = (uint8_t *) bytes.data;

	CHECK_INT(proof_verify(bytes, &trust, &result, &problem), MC_OK);
	for (size_t bit = 0; bit < bytes.size * 8; bit++)
	{
		at[bit / 8] ^= (uint8_t) (1 << bit % 8);
		problem.status = MC_OK;
		if (proof_verify(bytes, &trust, &result, &problem) == MC_OK)
			CHECK_INT(bit, -1);
		CHECK(problem.status != MC_OK);
		at[bit / 8] ^= (uint8_t) (1 << bit % 8);
	}
	return (uint32_t) bytes.size * 8;
}

static void
test_no_bit_of_a_proof_can_change(void)
{
	uint32_t bits;

	usual_chain();
	proof_final(&proof, &chain, 3, 5, 0x7);
	bits = flip_every_bit();
	proof_ordered(&proof, &chain, 3, 5, 0x7);
	bits += flip_every_bit();
	proof_final(&proof, &chain, 8, 8, 0xF);
	proof_add_epoch(&proof, &chain, 0x7);
	bits += flip_every_bit();
	trust_block(6);
	proof_of_block(&proof, &chain, 2);
	proof_add_headers(&proof, &chain, 2, 6);
	proof_add_effect(&proof, &chain, 2, 4);
	bits += flip_every_bit();
	printf("# %u bits flipped one by one\n", bits);
}

static void
test_cut_and_extended(void)
{
	McSpan bytes;

	usual_chain();
	proof_final(&proof, &chain, 8, 8, 0xF);
	proof_add_epoch(&proof, &chain, 0x7);
	bytes = proof_bytes(&proof);
	for (size_t size = 0; size < bytes.size; size++)
		CHECK_INT(proof_verify(span_of(bytes.data, size), &trust, &result, &problem),
				  MC_TX_PROOF_FORMAT);
	((uint8_t *) bytes.data)[bytes.size] = 0;
	CHECK_INT(proof_verify(span_of(bytes.data, bytes.size + 1), &trust, &result, &problem),
			  MC_TX_PROOF_FORMAT);
	CHECK_INT(problem.number, bytes.size);
}

static void
test_the_wrong_trust(void)
{
	McHash other = { { 'x' } };

	usual_chain();
	proof_final(&proof, &chain, 3, 3, 0x7);
	trust_block(3);
	CHECK_INT(verify(), MC_TX_PROOF_TRUST);
	CHECK_TEXT(problem_text(&problem),
			   "the proof can only be judged by one who trusts the members' voting keys");
	proof_trust_genesis(&trust, &other, chain.members[0], 4);
	CHECK_INT(verify(), MC_TX_PROOF_CHAIN);
	/* the same first bytes of another genesis: the chain id agrees, the signatures do not */
	other = chain.genesis_hash;
	other.bytes[31] ^= 1;
	proof_trust_genesis(&trust, &other, chain.members[0], 4);
	CHECK_INT(verify(), MC_CONSENSUS_SIGNATURE);
	proof_trust_genesis(&trust, &chain.genesis_hash, chain.members[1], 4);
	CHECK_INT(verify(), MC_CONSENSUS_SIGNATURE);
	proof_trust_genesis(&trust, &chain.genesis_hash, chain.members[0], 3);
	CHECK_INT(verify(), MC_CONSENSUS_MEMBER);
	chain_trust(&chain, &trust);
	proof.parts.certificate = span_of("", 0);
	CHECK_INT(verify(), MC_TX_PROOF_TRUST);
	trust_block(4);
	CHECK_INT(verify(), MC_TX_PROOF_ANCHOR);
	CHECK(problem.number == 3 && problem.limit == 4);
	proof_trust_block(&trust, fixture_chain, 3, &chain.blocks[4].hash);
	CHECK_INT(verify(), MC_TX_PROOF_ANCHOR);
	proof_trust_block(&trust, fixture_chain, 4, &chain.blocks[3].hash);
	CHECK_INT(verify(), MC_TX_PROOF_ANCHOR);
}

static void
test_too_few_signers(void)
{
	usual_chain();
	proof_final(&proof, &chain, 3, 3, 0x3);
	CHECK_INT(verify(), MC_CONSENSUS_QUORUM);
	CHECK(problem.number == 2 && problem.limit == 3);
	proof_final(&proof, &chain, 3, 3, 0xF);
	CHECK_INT(verify(), MC_OK);
	/* 2f+1 is three of five, and one too few (A13) */
	proof_final(&proof, &chain, 8, 8, 0x7);
	proof_add_epoch(&proof, &chain, 0x7);
	CHECK_INT(verify(), MC_CONSENSUS_QUORUM);
	proof_final(&proof, &chain, 8, 8, 0xF);
	proof_add_epoch(&proof, &chain, 0x5);
	CHECK_INT(verify(), MC_CONSENSUS_QUORUM);
}

static void
test_a_certificate_of_something_else(void)
{
	PbftSubject subject;

	usual_chain();
	/* order is not result, and a result certificate is not asked for by an ordered proof */
	proof_final(&proof, &chain, 3, 3, 0x7);
	subject = chain_subject(&chain, PBFT_COMMIT, 3);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_RESULT);
	proof_ordered(&proof, &chain, 3, 3, 0x7);
	subject = chain_subject(&chain, PBFT_PREPARE, 3);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_ORDER);
	subject = chain_subject(&chain, PBFT_COMMIT, 4);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_ORDER);
	/* the right hash at another height */
	subject = chain_subject(&chain, PBFT_COMMIT, 3);
	subject.height = 4;
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_ORDER);
	proof_final(&proof, &chain, 3, 3, 0x7);
	subject = chain_subject(&chain, PBFT_CHECKPOINT, 3);
	subject.height = 4;
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_RESULT);
	/* the result of another block */
	proof_final(&proof, &chain, 3, 3, 0x7);
	subject = chain_subject(&chain, PBFT_CHECKPOINT, 4);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_ORDER);
	proof_final(&proof, &chain, 3, 5, 0x7);
	subject = chain_subject(&chain, PBFT_CHECKPOINT, 4);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_RESULT);
	subject = chain_subject(&chain, PBFT_CHECKPOINT, 2);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_RESULT);
}

static void
test_a_transaction_at_another_place(void)
{
	usual_chain();
	proof_final(&proof, &chain, 3, 3, 0x7);
	proof.tx_path.index = 3;
	CHECK_INT(verify(), MC_TX_PROOF_TRANSACTION);
	proof_final(&proof, &chain, 3, 3, 0x7);
	proof.tx_path.size = 6;
	CHECK_INT(verify(), MC_TX_PROOF_TRANSACTION);
	proof_final(&proof, &chain, 3, 3, 0x7);
	proof.tx_path = chain.blocks[4].tx_path;
	CHECK_INT(verify(), MC_TX_PROOF_TRANSACTION);
}

static void
test_a_receipt_of_another_transaction(void)
{
	uint8_t bytes[RECEIPT_BYTES_MAX];
	McHash txid = chain_hash("another", 1);
	WireWriter writer;

	usual_chain();
	proof_final(&proof, &chain, 3, 3, 0x7);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	receipt_write(&writer, &txid, &success);
	proof.effect.receipt = wire_written(&writer);
	CHECK_INT(verify(), MC_TX_PROOF_RECEIPT);
	proof_final(&proof, &chain, 3, 3, 0x7);
	proof.receipt_path.index = 1;
	CHECK_INT(verify(), MC_TX_PROOF_RECEIPT);
	proof_final(&proof, &chain, 3, 3, 0x7);
	proof.receipt_path = chain.blocks[4].receipt_path;
	CHECK_INT(verify(), MC_TX_PROOF_RECEIPT);
}

/* Makes a quorum certify whatever effect the proof now has. */
static void
certify_effect(uint64_t height)
{
	PbftSubject subject = chain_subject(&chain, PBFT_CHECKPOINT, height);
	McHash inner;

	subject.exec_root = proof.effect.parent_exec_root;
	proof_inner_hash(height, &chain.blocks[height].hash, &proof.effect, &inner);
	proof_exec_step(&subject.exec_root, &inner);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
}

/* Even a certified root does not lend a receipt to a transaction that it does not name. */
static void
test_a_certified_receipt_of_another_transaction(void)
{
	uint8_t bytes[RECEIPT_BYTES_MAX];
	McHash txid = chain_hash("another", 1);
	McHash leaves[CHAIN_TXS];
	WireWriter writer;

	usual_chain();
	proof_final(&proof, &chain, 3, 3, 0x7);
	wire_writer_init(&writer, bytes, sizeof(bytes));
	receipt_write(&writer, &txid, &success);
	proof.effect.receipt = wire_written(&writer);
	for (int i = 0; i < CHAIN_TXS; i++)
		receipt_leaf(proof.effect.receipt, &leaves[i]);
	chain_path(&proof.receipt_path, leaves, &proof.effect.receipts_root);
	certify_effect(3);
	CHECK_INT(verify(), MC_TX_PROOF_RECEIPT);
	/* the right receipt at the place of another transaction */
	for (int i = 0; i < CHAIN_TXS; i++)
		receipt_leaf(chain.receipt, &leaves[i]);
	proof.effect.receipt = chain.receipt;
	chain_path(&proof.receipt_path, leaves, &proof.effect.receipts_root);
	certify_effect(3);
	CHECK_INT(verify(), MC_OK);
	proof.receipt_path.index = 1;
	proof.receipt_path.count = (uint32_t) merkle_path(leaves, CHAIN_TXS, 1,
													  proof.receipt_path.hashes);
	CHECK_INT(verify(), MC_TX_PROOF_RECEIPT);
}

/* No honest quorum orders it; a verifier does not rely on that. The signature stands last. */
static void
test_a_transaction_with_a_bad_signature(void)
{
	usual_chain();
	((uint8_t *) chain.envelope.data)[chain.envelope.size - 20] ^= 1;
	chain_fill(&chain, chain.envelope, &success);
	proof_final(&proof, &chain, 3, 3, 0x7);
	CHECK(verify() != MC_OK);
	CHECK_INT(problem.status / 100, 1);
}

static void
test_headers_that_do_not_chain(void)
{
	PbftHeader header;
	PbftSubject subject;

	usual_chain();
	proof_ordered(&proof, &chain, 3, 6, 0x7);
	memcpy(proof.headers[1], proof.headers[2], PBFT_HEADER_SIZE);
	CHECK_INT(verify(), MC_TX_PROOF_ORDER);
	CHECK_INT(problem.number, 4);
	/* a child that skips a height */
	proof_of_block(&proof, &chain, 3);
	header = chain.blocks[4].header;
	header.height = 5;
	pbft_header_encode(&header, proof.headers[0]);
	proof.parts.headers = span_of(proof.headers, PBFT_HEADER_SIZE);
	subject = chain_subject(&chain, PBFT_COMMIT, 5);
	pbft_header_hash(&header, &subject.hash);
	proof.parts.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_ORDER);
	/* headers that a result does not need */
	proof_final(&proof, &chain, 3, 3, 0x7);
	proof_add_headers(&proof, &chain, 3, 4);
	CHECK_INT(verify(), MC_TX_PROOF_RESULT);
	/* epochs that a trusted block does not need */
	trust_block(3);
	proof_of_block(&proof, &chain, 3);
	proof_add_epoch(&proof, &chain, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_ANCHOR);
	/* the trusted block does not name this result as stable */
	trust_block(6);
	proof_of_block(&proof, &chain, 2);
	proof_add_headers(&proof, &chain, 2, 6);
	proof_add_effect(&proof, &chain, 2, 5);
	CHECK_INT(verify(), MC_TX_PROOF_RESULT);
}

static void
test_validators_nobody_certified(void)
{
	PbftSubject subject;

	usual_chain();
	proof_final(&proof, &chain, 8, 8, 0xF);
	CHECK_INT(verify(), MC_CONSENSUS_MEMBER);
	proof_add_epoch(&proof, &chain, 0x7);
	proof.epoch.members[4].voting_key[0] ^= 1;
	CHECK_INT(verify(), MC_TX_PROOF_EPOCH);
	proof_add_epoch(&proof, &chain, 0x7);
	proof.epoch.members[4].incarnation++;
	CHECK_INT(verify(), MC_TX_PROOF_EPOCH);
	proof_add_epoch(&proof, &chain, 0x7);
	proof.epoch.member_count--;
	CHECK_INT(verify(), MC_TX_PROOF_EPOCH);
	/* a block inside the epoch names no next set */
	proof_add_epoch(&proof, &chain, 0x7);
	subject = chain_subject(&chain, PBFT_CHECKPOINT, 6);
	proof.epoch.certificate = chain_certificate(&chain, 0, &subject, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_EPOCH);
	/* a set that changes itself: signed by the new members alone */
	subject = chain_subject(&chain, PBFT_CHECKPOINT, CHAIN_EPOCH_END);
	proof.epoch.certificate = chain_certificate(&chain, 1, &subject, 0xF);
	CHECK_INT(verify(), MC_CONSENSUS_MEMBER);
	/* a block of an epoch that the proof does not reach */
	chain.blocks[3].header.epoch = 1;
	pbft_header_encode(&chain.blocks[3].header, chain.blocks[3].bytes);
	pbft_header_hash(&chain.blocks[3].header, &chain.blocks[3].hash);
	proof_ordered(&proof, &chain, 3, 3, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_EPOCH);
	/* a block of another shard */
	chain.blocks[3].header.epoch = 0;
	chain.blocks[3].header.shard = 2;
	pbft_header_encode(&chain.blocks[3].header, chain.blocks[3].bytes);
	pbft_header_hash(&chain.blocks[3].header, &chain.blocks[3].hash);
	proof_ordered(&proof, &chain, 3, 3, 0x7);
	CHECK_INT(verify(), MC_TX_PROOF_CHAIN);
}

static void
test_the_bytes_of_the_frame(void)
{
	McSpan bytes;

	usual_chain();
	proof_ordered(&proof, &chain, 3, 3, 0x7);
	bytes = proof_bytes(&proof);
	/* 18([ h'{1: -70001, 16: "mes-proof-1", 395: 1}', {396: {-1: [ ... */
	CHECK_HEX(bytes.data, 36,
			  "d2845818a3013a00011170106b6d65732d70726f6f662d3119018b01a519018ca1208158");
}

int
main(void)
{
	RUN(test_final_at_its_own_block);
	RUN(test_final_by_a_later_certificate);
	RUN(test_the_verdict_of_a_refused_transaction);
	RUN(test_ordered_only);
	RUN(test_through_a_change_of_validators);
	RUN(test_trust_in_a_later_epoch);
	RUN(test_trust_in_a_block);
	RUN(test_one_member_means_trust_in_the_anchor);
	RUN(test_the_hashes_are_those_of_the_ledger);
	RUN(test_no_bit_of_a_proof_can_change);
	RUN(test_cut_and_extended);
	RUN(test_the_wrong_trust);
	RUN(test_too_few_signers);
	RUN(test_a_certificate_of_something_else);
	RUN(test_a_transaction_at_another_place);
	RUN(test_a_receipt_of_another_transaction);
	RUN(test_a_certified_receipt_of_another_transaction);
	RUN(test_a_transaction_with_a_bad_signature);
	RUN(test_headers_that_do_not_chain);
	RUN(test_validators_nobody_certified);
	RUN(test_the_bytes_of_the_frame);
	return CHECK_RESULT();
}
