/*
 * proof.h - one value that proves what became of one transaction, to someone without a server.
 *
 * Every byte is hashed into, compared with or signed as part of what is proved: there is no bit of
 * a proof that can change unseen.
 */
#ifndef MESCHAIN_LEDGER_PROOF_H
#define MESCHAIN_LEDGER_PROOF_H

#include "ledger/proof_bytes.h"

/* H("MES1-valset" || (index, voting key, incarnation)...), numbers big-endian (A7). */
extern void proof_valset_hash(const ProofMember *members, uint32_t count, McHash *hash);

/* One epoch's validators: what a certificate is checked against. */
typedef struct ProofInstance
{
	PbftDomain domain;
	uint64_t epoch;
	uint64_t resume_no;
	uint64_t anchor_height;
	uint32_t member_count;
	ProofMember members[PBFT_NODE_MAX];
} ProofInstance;

/* What the verifier believes beforehand: a validator set, a block, or both. */
typedef struct ProofTrust
{
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	bool has_instance;
	ProofInstance instance;
	bool has_block;
	uint64_t block_height;
	McHash block_hash;
} ProofTrust;

/* Trust in a genesis: its hash and the voting keys it names, in its order. */
extern void proof_trust_genesis(ProofTrust *trust, const McHash *genesis_hash,
								const ProofMember *members, uint32_t member_count);

/* Where a later epoch began: its anchor is the last block of the one before. */
typedef struct ProofStart
{
	uint64_t epoch;
	uint64_t resume_no;
	uint64_t anchor_height;
	McHash anchor_hash;
} ProofStart;

extern void proof_trust_epoch(ProofTrust *trust, const uint8_t chain_id[PBFT_CHAIN_ID_SIZE],
							  const ProofStart *start, const ProofMember *members,
							  uint32_t member_count);

/* Trust in one block; chain_id is the first bytes of the genesis hash. */
extern void proof_trust_block(ProofTrust *trust, const uint8_t chain_id[PBFT_CHAIN_ID_SIZE],
							  uint64_t height, const McHash *hash);

/* H(n || h_n || receipts_root || writeset_root || H(LtHash) || next_valset): a block's own part. */
extern void proof_inner_hash(uint64_t height, const McHash *block_hash, const ProofEffect *effect,
							 McHash *inner);
/* exec_root(n) = H("MES1-exec" || exec_root(n-1) || inner(n)); root is updated in place (A15). */
extern void proof_exec_step(McHash *root, const McHash *inner);

typedef enum ProofKind
{
	PROOF_ORDERED_ONLY = 1,
	PROOF_FINAL = 2
} ProofKind;

extern const char *proof_kind_name(ProofKind kind);

typedef struct ProofResult
{
	ProofKind kind;
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	McHash txid;
	uint64_t height;
	uint32_t position;
	uint64_t block_time_ms;
	McHash block_hash;
	McSpan envelope;
	McSpan receipt; /* size 0 when ordered only */
	McProblem verdict; /* of the receipt; status MC_OK: the transaction took effect */
	uint64_t sealed_height; /* the block that the certificate or the verifier's trust names */
	uint32_t member_count; /* 0 when no signature was needed */
	uint32_t signer_count;
	uint8_t signers[PBFT_BITMAP_SIZE]; /* by index in the validator set of that epoch */
	bool rests_on_anchor; /* no quorum of several members vouches: one signer, or a trusted block */
} ProofResult;

/*
 * Checks everything, offline. MC_OK means that whoever believes the trust must believe the result;
 * any other status comes with the first thing that is wrong.
 */
extern McStatus proof_verify(McSpan bytes, const ProofTrust *trust, ProofResult *result,
							 McProblem *problem);

#endif
