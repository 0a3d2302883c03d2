/*
 * proof_bytes.h - a transaction proof as bytes.
 *
 * The shape is that of a COSE receipt (RFC 9942): a tagged array of protected header, unprotected
 * header, payload and signature, with inclusion proofs under the label 396. The signature is not
 * COSE's: members sign the strings of pbft/certificate.h, so the algorithm has a private number.
 *
 *   proof       = 18([protected, unprotected, payload, signature])
 *   protected   = bytes of { 1: -70001, 16: "mes-proof-1", 395: 1 }    395: trees as RFC 9162
 *   unprotected = { 396: { -1: [inclusion, ...] }, -70002: header, -70003: effect or null,
 *                   -70004: [header, ...], -70005: [epoch, ...] }
 *   inclusion   = bytes of [tree size, index, [hash, ...]]     of tx_root, then of receipts_root
 *   effect      = [receipt, exec_root of the parent, receipts_root, writeset_root, H(LtHash),
 *                  next_valset, [inner hash of a later block, ...]]
 *   epoch       = [certificate, [[voting key, incarnation], ...]]
 *   payload     = envelope
 *   signature   = certificate, or no bytes when the proof ends at a block hash the verifier trusts
 *
 * With an effect, and so two inclusions, a proof is final: the result is certified by CHECKPOINT,
 * or by stable_exec_root in a trusted block. Without one it is ordered only: by COMMIT, or behind a
 * trusted block. -70004 holds the headers between the transaction's block and the one that COMMIT
 * or the verifier names; -70005 the changes of the validator set since the verifier's trust.
 */
#ifndef MESCHAIN_LEDGER_PROOF_BYTES_H
#define MESCHAIN_LEDGER_PROOF_BYTES_H

#include "base/merkle.h"
#include "base/suite.h"
#include "base/wire.h"
#include "pbft/certificate.h"
#include "pbft/header.h"

/* Bounds of one proof; 2^20 blocks are ten minutes at 1,700 a second. */
#define PROOF_LATER_MAX (1u << 20)
#define PROOF_HEADERS_MAX (1u << 16)
#define PROOF_EPOCHS_MAX (1u << 16)
#define PROOF_TYPE "mes-proof-1"

typedef struct ProofMember
{
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
	uint64_t incarnation;
} ProofMember;

typedef struct ProofPath
{
	uint64_t size;
	uint64_t index;
	uint32_t count;
	McHash hashes[MERKLE_PATH_MAX];
} ProofPath;

typedef struct ProofEffect
{
	McSpan receipt;
	McHash parent_exec_root;
	McHash receipts_root;
	McHash writeset_root;
	McHash state_digest;
	McHash next_valset;
} ProofEffect;

/* Items of an array, without its head; read one by one with the functions below. */
typedef struct ProofList
{
	McSpan items;
	uint32_t count;
} ProofList;

typedef struct ProofEpoch
{
	McSpan certificate;
	uint32_t member_count;
	ProofMember members[PBFT_NODE_MAX];
} ProofEpoch;

/* A proof as it was read: shape checked, nothing proved. Borrows the bytes. */
typedef struct ProofView
{
	McSpan envelope;
	McSpan header_bytes;
	PbftHeader header;
	ProofPath tx_path;
	bool has_effect;
	ProofEffect effect;
	ProofPath receipt_path;
	ProofList later; /* hashes */
	ProofList headers;
	ProofList epochs;
	McSpan certificate; /* size 0: ends at a trusted block */
} ProofView;

extern McStatus proof_read(McSpan bytes, ProofView *view, McProblem *problem);

/* The next item; need a list that proof_read gave and a reader on its items. */
extern void proof_next_hash(WireReader *reader, McHash *hash);
extern McSpan proof_next_header(WireReader *reader);
extern void proof_next_epoch(WireReader *reader, ProofEpoch *epoch);

/* What a prover gathers. Lists are contiguous; headers are PBFT_HEADER_SIZE bytes each. */
typedef struct ProofParts
{
	McSpan envelope;
	McSpan header;
	const ProofPath *tx_path;
	const ProofEffect *effect; /* NULL: ordered only */
	const ProofPath *receipt_path;
	const McHash *later;
	uint32_t later_count;
	McSpan headers;
	const ProofEpoch *epochs;
	uint32_t epoch_count;
	McSpan certificate;
} ProofParts;

/* An upper bound on the bytes of the proof. */
extern size_t proof_size_max(const ProofParts *parts);
extern void proof_write(WireWriter *writer, const ProofParts *parts);

#endif
