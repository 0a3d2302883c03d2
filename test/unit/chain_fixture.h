/*
 * chain_fixture.h - a small federation on paper: ten blocks with results, a change of validators
 * after the seventh, one real transaction in each.
 */
#ifndef MESCHAIN_TEST_CHAIN_FIXTURE_H
#define MESCHAIN_TEST_CHAIN_FIXTURE_H

#include "base/digest.h"
#include "ledger/proof.h"
#include "tx/receipt.h"
#include "unit/tx_fixture.h"

#define CHAIN_BLOCKS 10
#define CHAIN_EPOCH_END 7
#define CHAIN_TXS 5
#define CHAIN_POSITION 2 /* of the transaction that is proved, in every block */

typedef struct ChainBlock
{
	PbftHeader header;
	uint8_t bytes[PBFT_HEADER_SIZE];
	McHash hash;
	ProofEffect effect;
	McHash inner;
	McHash exec_root;
	ProofPath tx_path;
	ProofPath receipt_path;
} ChainBlock;

typedef struct Chain
{
	uint32_t member_count[2];
	ProofMember members[2][PBFT_NODE_MAX];
	SuiteSecret secrets[2][8];
	PbftDomain domain[2];
	McHash genesis_hash;
	McSpan envelope;
	McSpan receipt;
	ChainBlock blocks[CHAIN_BLOCKS + 1]; /* by height; 0 is genesis */
} Chain;

static inline McHash
chain_hash(const char *what, uint64_t number)
{
	uint8_t bytes[8];
	McHash hash;

	put_be64(bytes, number);
	digest_tagged(&hash, what, span_of(bytes, 8));
	return hash;
}

static inline void
chain_members(Chain *chain, int epoch, uint32_t count)
{
	chain->member_count[epoch] = count;
	for (uint32_t i = 0; i < count; i++)
	{
		chain->secrets[epoch][i] = fixture_secret(SUITE_ED25519, (uint8_t) (100 + 10 * epoch + i));
		memcpy(chain->members[epoch][i].voting_key, chain->secrets[epoch][i].key.public_key,
			   SUITE_PUBLIC_SIZE);
		chain->members[epoch][i].incarnation = epoch == 0 ? 0 : i;
	}
}

static inline void
chain_path(ProofPath *path, McHash leaves[CHAIN_TXS], McHash *root)
{
	merkle_root(leaves, CHAIN_TXS, root);
	path->size = CHAIN_TXS;
	path->index = CHAIN_POSITION;
	path->count = (uint32_t) merkle_path(leaves, CHAIN_TXS, CHAIN_POSITION, path->hashes);
}

static inline void
chain_block(Chain *chain, uint64_t height, const TxView *tx)
{
	ChainBlock *block = &chain->blocks[height];
	const ChainBlock *parent = &chain->blocks[height - 1];
	McSpan parts[2] = { span_hash(&tx->txid), span_hash(&tx->body_id) };
	McHash leaves[CHAIN_TXS];
	McSpan bytes;

	block->header = (PbftHeader){ .version = PBFT_HEADER_VERSION,
								  .epoch = height > CHAIN_EPOCH_END,
								  .height = height,
								  .parent_hash = parent->hash,
								  .tx_count = CHAIN_TXS,
								  .ts_ms = 1000000 + height,
								  .stable_height = height < 2 ? 0 : height - 2,
								  .stable_exec_root = chain->blocks[height < 2 ? 0 : height - 2]
														  .exec_root,
								  .flags = height == CHAIN_EPOCH_END ? PBFT_FLAG_END_EPOCH : 0 };
	for (int i = 0; i < CHAIN_TXS; i++)
		leaves[i] = chain_hash("tx", height * 10 + (uint64_t) i);
	merkle_leaf(&leaves[CHAIN_POSITION], parts, 2);
	chain_path(&block->tx_path, leaves, &block->header.tx_root);
	for (int i = 0; i < CHAIN_TXS; i++)
		leaves[i] = chain_hash("receipt", height * 10 + (uint64_t) i);
	receipt_leaf(chain->receipt, &leaves[CHAIN_POSITION]);
	chain_path(&block->receipt_path, leaves, &block->effect.receipts_root);
	block->effect.receipt = chain->receipt;
	block->effect.parent_exec_root = parent->exec_root;
	block->effect.writeset_root = chain_hash("writeset", height);
	block->effect.state_digest = chain_hash("state", height);
	if (height == CHAIN_EPOCH_END)
		proof_valset_hash(chain->members[1], chain->member_count[1], &block->effect.next_valset);
	pbft_header_encode(&block->header, block->bytes);
	bytes = span_of(block->bytes, PBFT_HEADER_SIZE);
	digest_sha256(&block->hash, &bytes, 1);
	proof_inner_hash(height, &block->hash, &block->effect, &block->inner);
	block->exec_root = parent->exec_root;
	proof_exec_step(&block->exec_root, &block->inner);
}

static inline void
chain_domain(Chain *chain, int epoch, const McHash *anchor)
{
	McHash valset;

	memcpy(chain->domain[epoch].chain_id, chain->genesis_hash.bytes, PBFT_CHAIN_ID_SIZE);
	proof_valset_hash(chain->members[epoch], chain->member_count[epoch], &valset);
	pbft_instance((uint64_t) epoch, 0, anchor, &valset, chain->domain[epoch].instance);
}

/* Blocks with this envelope in each, and a receipt of this verdict. */
static inline void
chain_fill(Chain *chain, McSpan envelope, const McProblem *verdict)
{
	static uint8_t receipt[RECEIPT_BYTES_MAX];
	WireWriter writer;
	McProblem problem;
	McStatus status;
	TxView tx;

	chain->envelope = envelope;
	status = tx_read(envelope, &tx, &problem);
	assert(status == MC_OK);
	(void) status;
	wire_writer_init(&writer, receipt, sizeof(receipt));
	receipt_write(&writer, &tx.txid, verdict);
	chain->receipt = wire_written(&writer);
	for (uint64_t height = 1; height <= CHAIN_BLOCKS; height++)
		chain_block(chain, height, &tx);
	chain_domain(chain, 0, &chain->genesis_hash);
	chain_domain(chain, 1, &chain->blocks[CHAIN_EPOCH_END].hash);
}

static inline void
chain_make(Chain *chain, uint32_t first_members, uint32_t second_members,
		   const McProblem *verdict)
{
	Draft draft;

	memset(chain, 0, sizeof(*chain));
	arena_used = 0;
	memcpy(chain->genesis_hash.bytes, fixture_chain, CHAIN_ID_SIZE);
	chain_members(chain, 0, first_members);
	chain_members(chain, 1, second_members);
	chain->blocks[0].hash = chain->genesis_hash;
	chain->blocks[0].exec_root = chain->genesis_hash;
	draft_init(&draft);
	chain_fill(chain, draft_envelope(&draft), verdict);
}

#endif
