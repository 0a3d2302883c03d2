/* proof_fixture.h - the proof of chain_fixture.h's transaction, in parts that a test may bend. */
#ifndef MESCHAIN_TEST_PROOF_FIXTURE_H
#define MESCHAIN_TEST_PROOF_FIXTURE_H

#include "unit/chain_fixture.h"

static inline PbftSubject
chain_subject(const Chain *chain, uint8_t kind, uint64_t height)
{
	const ChainBlock *block = &chain->blocks[height];
	PbftSubject subject = { .kind = kind, .height = height, .hash = block->hash };

	if (kind != PBFT_CHECKPOINT)
		subject.view = 3;
	else
	{
		subject.exec_root = block->exec_root;
		subject.next_valset = block->effect.next_valset;
	}
	return subject;
}

/* Signed by the members of the bit mask; the bytes stand in the arena. */
static inline McSpan
chain_certificate(const Chain *chain, int epoch, const PbftSubject *subject, uint32_t signers)
{
	PbftCertificate certificate = { .subject = *subject,
									.member_count = chain->member_count[epoch] };
	uint8_t message[PBFT_SIGNED_MAX];
	size_t size = pbft_subject_signed(&chain->domain[epoch], subject, message);
	uint8_t *out = arena + arena_used;

	for (uint32_t i = 0; i < certificate.member_count; i++)
	{
		if ((signers >> i & 1) == 0)
			continue;
		certificate.bitmap[i / 8] |= (uint8_t) (1 << i % 8);
		suite_sign(&chain->secrets[epoch][i], span_of(message, size), certificate.signatures[i]);
	}
	assert(sizeof(arena) - arena_used >= PBFT_CERTIFICATE_MAX);
	arena_used += pbft_certificate_encode(&certificate, out);
	return span_of(out, (size_t) (arena + arena_used - out));
}

typedef struct ChainProof
{
	ProofParts parts;
	ProofEffect effect;
	ProofPath tx_path;
	ProofPath receipt_path;
	McHash later[CHAIN_BLOCKS];
	uint8_t headers[CHAIN_BLOCKS][PBFT_HEADER_SIZE];
	ProofEpoch epoch;
} ChainProof;

static inline void
proof_of_block(ChainProof *proof, const Chain *chain, uint64_t height)
{
	const ChainBlock *block = &chain->blocks[height];

	memset(proof, 0, sizeof(*proof));
	proof->tx_path = block->tx_path;
	proof->parts.envelope = chain->envelope;
	proof->parts.header = span_of(block->bytes, PBFT_HEADER_SIZE);
	proof->parts.tx_path = &proof->tx_path;
}

static inline void
proof_add_effect(ChainProof *proof, const Chain *chain, uint64_t height, uint64_t certified)
{
	proof->effect = chain->blocks[height].effect;
	proof->receipt_path = chain->blocks[height].receipt_path;
	proof->parts.effect = &proof->effect;
	proof->parts.receipt_path = &proof->receipt_path;
	proof->parts.later = proof->later;
	for (uint64_t i = height + 1; i <= certified; i++)
		proof->later[proof->parts.later_count++] = chain->blocks[i].inner;
}

static inline void
proof_add_headers(ChainProof *proof, const Chain *chain, uint64_t height, uint64_t last)
{
	for (uint64_t i = height + 1; i <= last; i++)
		memcpy(proof->headers[i - height - 1], chain->blocks[i].bytes, PBFT_HEADER_SIZE);
	proof->parts.headers = span_of(proof->headers, (size_t) (last - height) * PBFT_HEADER_SIZE);
}

static inline void
proof_add_epoch(ChainProof *proof, const Chain *chain, uint32_t signers)
{
	PbftSubject subject = chain_subject(chain, PBFT_CHECKPOINT, CHAIN_EPOCH_END);

	proof->epoch.certificate = chain_certificate(chain, 0, &subject, signers);
	proof->epoch.member_count = chain->member_count[1];
	memcpy(proof->epoch.members, chain->members[1], sizeof(chain->members[1]));
	proof->parts.epochs = &proof->epoch;
	proof->parts.epoch_count = 1;
}

/* Ready to be written: final at a checkpoint of the same epoch. */
static inline void
proof_final(ChainProof *proof, const Chain *chain, uint64_t height, uint64_t certified,
			uint32_t signers)
{
	PbftSubject subject = chain_subject(chain, PBFT_CHECKPOINT, certified);

	proof_of_block(proof, chain, height);
	proof_add_effect(proof, chain, height, certified);
	proof->parts.certificate =
		chain_certificate(chain, certified > CHAIN_EPOCH_END, &subject, signers);
}

static inline void
proof_ordered(ChainProof *proof, const Chain *chain, uint64_t height, uint64_t committed,
			  uint32_t signers)
{
	PbftSubject subject = chain_subject(chain, PBFT_COMMIT, committed);

	proof_of_block(proof, chain, height);
	proof_add_headers(proof, chain, height, committed);
	proof->parts.certificate =
		chain_certificate(chain, committed > CHAIN_EPOCH_END, &subject, signers);
}

/* The bytes stand in the arena, with room to spare behind them. */
static inline McSpan
proof_bytes(const ChainProof *proof)
{
	size_t capacity = proof_size_max(&proof->parts);
	WireWriter writer;

	assert(sizeof(arena) - arena_used > capacity);
	wire_writer_init(&writer, arena + arena_used, capacity);
	proof_write(&writer, &proof->parts);
	assert(!writer.full);
	arena_used += capacity + 1;
	return wire_written(&writer);
}

static inline void
chain_trust(const Chain *chain, ProofTrust *trust)
{
	proof_trust_genesis(trust, &chain->genesis_hash, chain->members[0], chain->member_count[0]);
}

#endif
