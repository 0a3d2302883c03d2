/*
 * message.h - the messages members exchange, and their bounded codec.
 *
 * On the wire: kind, sender, the signed body in the same fixed-width big-endian form as in the
 * signature, the signature, then what travels unsigned (header, certificates). Any bytes at all may
 * arrive: decode answers a status and reads nothing beyond the input.
 */
#ifndef MESCHAIN_PBFT_MESSAGE_H
#define MESCHAIN_PBFT_MESSAGE_H

#include "pbft/certificate.h"
#include "pbft/header.h"

/* What a certificate of order proves; rank is (view, height), lexicographic (pitfall 4). */
typedef enum PbftLockKind
{
	PBFT_LOCK_ANCHOR = 0, /* the instance's first block, proved by being the anchor */
	PBFT_LOCK_PREPARED = 1,
	PBFT_LOCK_COMMITTED = 2
} PbftLockKind;

typedef struct PbftLock
{
	uint8_t kind;
	uint64_t view; /* 0 and the anchor's height for PBFT_LOCK_ANCHOR */
	uint64_t height;
	McHash hash;
} PbftLock;

/* The signed part of a VIEW-CHANGE; immutable for one (member, view) (R8). */
typedef struct PbftViewChangeBody
{
	uint32_t member;
	uint64_t view;
	PbftLock lock;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftViewChangeBody;

typedef struct PbftViewChange
{
	PbftViewChangeBody body;
	bool has_certificate; /* false exactly for PBFT_LOCK_ANCHOR */
	PbftCertificate certificate;
} PbftViewChange;

typedef struct PbftNewView
{
	uint64_t view;
	uint32_t body_count;
	PbftViewChangeBody bodies[PBFT_NODE_MAX]; /* ascending by member */
	bool has_certificate;
	PbftCertificate certificate; /* of the lock of maximal rank */
} PbftNewView;

/* R22: where a member stands. */
typedef enum PbftStatusPhase
{
	PBFT_STATUS_SAYS, /* now and then, to all */
	PBFT_STATUS_ASKS, /* R17b: just started, tell me what you hold of mine */
	PBFT_STATUS_ANSWERS
} PbftStatusPhase;

typedef struct PbftStatus
{
	uint8_t phase;
	uint64_t view;
	bool active;
	bool overdue; /* a block or the NEW-VIEW is: it leaves the view when f others say so too (R7) */
	uint64_t tip;
	uint64_t committed;
	uint64_t stable; /* results held up to here */
	uint64_t executed;
	uint64_t clock_ms;
} PbftStatus;

/* M8: count certified blocks from this height, or the block with this hash when it is not zero. */
#define PBFT_FETCH_MAX 64
typedef struct PbftFetch
{
	uint64_t height;
	uint32_t count;
	McHash hash;
} PbftFetch;

/*
 * M1. The certificate of header.stable_height goes along when that is above the parent's. The
 * body's list of body_ids is the caller's business: it travels beside the message, bound by
 * tx_root.
 */
typedef struct PbftProposal
{
	PbftHeader header;
	bool has_checkpoint;
	PbftCertificate checkpoint;
} PbftProposal;

/* M7: a block and the proof of its order, of its result, or neither (an answer to FETCH by
 * hash). */
typedef struct PbftCertified
{
	PbftHeader header;
	bool has_commit;
	bool has_checkpoint;
	PbftCertificate commit;
	PbftCertificate checkpoint;
} PbftCertified;

typedef struct PbftMessage
{
	uint8_t kind;    /* PbftKind */
	uint32_t sender; /* the signer, whoever brought it */
	uint8_t instance[PBFT_INSTANCE_SIZE];
	uint8_t signature[PBFT_SIGNATURE_SIZE];
	PbftSubject subject; /* PRE_PREPARE, PREPARE, COMMIT, CHECKPOINT */
	union
	{
		PbftProposal proposal; /* PRE_PREPARE */
		PbftViewChange view_change;
		PbftNewView new_view;
		PbftStatus status;
		PbftFetch fetch;
		PbftCertified certified;
	} u;
} PbftMessage;

#define PBFT_MESSAGE_MAX 32768

/* Returns the size written, at most PBFT_MESSAGE_MAX. */
extern size_t pbft_message_encode(const PbftMessage *message, uint8_t out[PBFT_MESSAGE_MAX]);

extern McStatus pbft_message_decode(McSpan bytes, PbftMessage *message, McProblem *problem);

/* The sender's signature and every certificate inside; law 1: called once, by the receiver's
 * door. */
extern McStatus pbft_message_verify(const PbftMessage *message, const PbftDomain *domain,
									uint32_t member_count, const PbftCrypto *crypto,
									McProblem *problem);

#endif
