/*
 * certificate.h - what members sign, and Q signatures in one piece: a bitmap of the signers and
 * their signatures in the bitmap's order (pitfall 8: distinct signers are counted, not messages).
 */
#ifndef MESCHAIN_PBFT_CERTIFICATE_H
#define MESCHAIN_PBFT_CERTIFICATE_H

#include "base/bytes.h"
#include "base/status.h"

#define PBFT_NODE_MAX 100
#define PBFT_BITMAP_SIZE ((PBFT_NODE_MAX + 7) / 8)
#define PBFT_SIGNATURE_SIZE 64
#define PBFT_CHAIN_ID_SIZE 16
#define PBFT_INSTANCE_SIZE 8

/* Type bytes of signed strings; numbers never change once released. */
typedef enum PbftKind
{
	PBFT_PRE_PREPARE = 1,
	PBFT_PREPARE = 2,
	PBFT_COMMIT = 3,
	PBFT_VIEW_CHANGE = 4,
	PBFT_NEW_VIEW = 5,
	PBFT_CHECKPOINT = 6,
	PBFT_CERTIFIED = 7,
	PBFT_FETCH = 8,
	PBFT_STATUS = 9,
	PBFT_KIND_MAX = 9
} PbftKind;

/* A7: what every signed string begins with, so that no signature serves in another instance. */
typedef struct PbftDomain
{
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	uint64_t shard;
	uint32_t generation;
	uint8_t instance[PBFT_INSTANCE_SIZE];
} PbftDomain;

static inline bool
pbft_domain_equal(const PbftDomain *left, const PbftDomain *right)
{
	return left->shard == right->shard && left->generation == right->generation &&
		   memcmp(left->chain_id, right->chain_id, PBFT_CHAIN_ID_SIZE) == 0 &&
		   memcmp(left->instance, right->instance, PBFT_INSTANCE_SIZE) == 0;
}

#define PBFT_PREFIX_SIZE (4 + PBFT_CHAIN_ID_SIZE + 8 + 4 + PBFT_INSTANCE_SIZE + 1)
#define PBFT_SIGNED_MAX (PBFT_PREFIX_SIZE + 8 + 8 + 3 * HASH_SIZE)

/* instance = first 8 bytes of SHA-256(epoch | resume_no | anchor_hash | valset_hash). */
extern void pbft_instance(uint64_t epoch, uint64_t resume_no, const McHash *anchor_hash,
						  const McHash *valset_hash, uint8_t out[PBFT_INSTANCE_SIZE]);

/*
 * What a vote is about. PREPARE and COMMIT fill view, height, hash; CHECKPOINT height, hash,
 * exec_root, next_valset (zero inside an epoch) and leaves view 0.
 */
typedef struct PbftSubject
{
	uint8_t kind; /* PBFT_PREPARE, PBFT_COMMIT or PBFT_CHECKPOINT */
	uint64_t view;
	uint64_t height;
	McHash hash;
	McHash exec_root;
	McHash next_valset;
} PbftSubject;

/* The exact bytes a member signs; returns their size, at most PBFT_SIGNED_MAX. */
extern size_t pbft_subject_signed(const PbftDomain *domain, const PbftSubject *subject,
								  uint8_t out[PBFT_SIGNED_MAX]);

/* Signing and checking by member index; the simulator puts cheap codes here, nodes Ed25519. */
typedef struct PbftCrypto
{
	void *context;
	void (*sign)(void *context, McSpan message, uint8_t signature[PBFT_SIGNATURE_SIZE]);
	bool (*verify)(void *context, uint32_t member, McSpan message,
				   const uint8_t signature[PBFT_SIGNATURE_SIZE]);
} PbftCrypto;

typedef struct PbftCertificate
{
	PbftSubject subject;
	uint32_t member_count; /* n of the validator set, bits of the bitmap */
	uint8_t bitmap[PBFT_BITMAP_SIZE]; /* bit i: member i, least significant first */
	uint8_t signatures[PBFT_NODE_MAX][PBFT_SIGNATURE_SIZE];
} PbftCertificate;

#define PBFT_CERTIFICATE_MAX \
	(2 + 8 + 8 + 3 * HASH_SIZE + PBFT_BITMAP_SIZE + PBFT_NODE_MAX * PBFT_SIGNATURE_SIZE)

/* A13: f = floor((n - 1) / 3), Q = floor((n + f) / 2) + 1. n from 1 to PBFT_NODE_MAX. */
extern uint32_t pbft_faults(uint32_t member_count);
extern uint32_t pbft_quorum(uint32_t member_count);

extern uint32_t pbft_certificate_signers(const PbftCertificate *certificate);
static inline bool
pbft_certificate_has(const PbftCertificate *certificate, uint32_t member)
{
	return (certificate->bitmap[member / 8] >> (member % 8) & 1) != 0;
}

/* Bytes for the block tables and for messages; returns the size, at most PBFT_CERTIFICATE_MAX. */
extern size_t pbft_certificate_encode(const PbftCertificate *certificate, uint8_t *out);

/* Hostile bytes: shape only, use verify for the signatures. */
extern McStatus pbft_certificate_decode(McSpan bytes, PbftCertificate *certificate,
										McProblem *problem);

/* Quorum of distinct members of a set of member_count, every signature good. */
extern McStatus pbft_certificate_verify(const PbftCertificate *certificate,
										const PbftDomain *domain, uint32_t member_count,
										const PbftCrypto *crypto, McProblem *problem);

#endif
