/*
 * resume.h - the documents by which members return: REJOIN, one member with a new log (C9), and
 * RESUME, all of them from what a quorum still proves (C8). Signed by identity keys, which live in
 * no node and no backup. Pure: bytes in, verdict out; nothing here reads a replica but
 * pbft_attest(), and no replica acts on a document by itself.
 */
#ifndef MESCHAIN_PBFT_RESUME_H
#define MESCHAIN_PBFT_RESUME_H

#include "pbft/pbft.h"

#define PBFT_KEY_SIZE 32
#define PBFT_LOG_UUID_SIZE 16

/* What an instance's eight bytes are made of (A7). */
typedef struct PbftInstance
{
	uint64_t epoch;
	uint64_t resume_no;
	McHash anchor_hash;
	McHash valset_hash;
} PbftInstance;

/* ---- REJOIN ---- */

typedef struct PbftRejoin
{
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	uint32_t roster;      /* number of the member among all ever admitted */
	uint64_t incarnation; /* above every earlier one of this member in the ancestors */
	uint8_t voting_key[PBFT_KEY_SIZE];
	uint8_t log_uuid[PBFT_LOG_UUID_SIZE]; /* the ticket is this log's alone */
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftRejoin;

#define PBFT_REJOIN_SIZE                                                                           \
	(PBFT_CHAIN_ID_SIZE + 4 + 8 + PBFT_KEY_SIZE + PBFT_LOG_UUID_SIZE + PBFT_SIGNATURE_SIZE)
#define PBFT_DOCUMENT_SIGNED_SIZE 44 /* a tag of twelve bytes and a hash */

extern void pbft_rejoin_signed(const PbftRejoin *rejoin, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE]);
extern void pbft_rejoin_encode(const PbftRejoin *rejoin, uint8_t out[PBFT_REJOIN_SIZE]);
extern McStatus pbft_rejoin_decode(McSpan bytes, PbftRejoin *rejoin, McProblem *problem);

/* ---- TIP: what one member still proves ---- */

typedef struct PbftProof
{
	bool present;
	PbftInstance at; /* in which it was signed */
	PbftCertificate certificate;
} PbftProof;

/* A result this member signed above its newest agreed one. */
typedef struct PbftOwnResult
{
	uint64_t height;
	McHash hash;
	McHash exec_root;
} PbftOwnResult;

typedef struct PbftAttest
{
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	uint32_t roster;
	uint64_t resume_no; /* of the RESUME it is for: above every one known */
	PbftProof result;   /* s: newest CHECKPOINT certificate */
	PbftProof commit;   /* c: newest COMMIT certificate */
	PbftProof lock;     /* pk: PREPARE or COMMIT certificate of highest rank */
	uint32_t result_count;
	PbftOwnResult results[PBFT_LAG_MAX]; /* ascending */
	bool fenced; /* the log is no witness; else it is since this resume_no and epoch */
	uint64_t since_resume;
	uint64_t since_epoch;
	uint8_t fresh_key[PBFT_KEY_SIZE];
	uint64_t incarnation;
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftAttest;

#define PBFT_ATTEST_MAX 32768

/*
 * Fills the proofs and own results from a replica; who has restarted in an instance without
 * progress fills missing ones from the tables. Step CLOSE, with its record synced, comes before.
 */
extern void pbft_attest(PbftReplica *replica, const PbftInstance *at, PbftAttest *attest);
extern void pbft_attest_signed(const PbftAttest *attest, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE]);
extern size_t pbft_attest_encode(const PbftAttest *attest, uint8_t out[PBFT_ATTEST_MAX]);
extern McStatus pbft_attest_decode(McSpan bytes, PbftAttest *attest, McProblem *problem);

/* E8: two of one member for one RESUME. */
extern bool pbft_attest_conflict(const PbftAttest *left, const PbftAttest *right);

/* ---- RESUME: TIPs of a quorum, and what follows from them ---- */

/* What the verifier knows of the chain. `at` that is not on its chain: no members. */
typedef struct PbftResumeRules
{
	void *context;
	uint8_t chain_id[PBFT_CHAIN_ID_SIZE];
	uint32_t roster_count; /* members now: number r mod this one issues the RESUME */
	bool (*identity_good)(void *context, uint32_t roster, McSpan message,
						  const uint8_t signature[PBFT_SIGNATURE_SIZE]);
	uint32_t (*member_count)(void *context, const PbftInstance *at);
	bool (*has_seat)(void *context, const PbftInstance *at, uint32_t roster);
	bool (*certificate_good)(void *context, const PbftInstance *at,
							 const PbftCertificate *certificate);
	/* after this block: the next validator set's size, 0 when the block ends no epoch */
	uint32_t (*next_count)(void *context, const McHash *block);
	bool (*has_next_seat)(void *context, const McHash *block, uint32_t roster);
	bool (*extends)(void *context, const McHash *block, const McHash *ancestor, uint64_t height);
} PbftResumeRules;

typedef struct PbftResume
{
	uint64_t resume_no;
	McHash hash;       /* of the document: the valset_hash of the new instance */
	PbftInstance from; /* J: where the certificate of highest rank was signed */
	uint64_t base_height;
	McHash base;
	uint32_t member_count; /* of valset(J); of the next one when the base ends an epoch */
	uint64_t agreed;       /* s: the newest result a TIP proves; the tables begin there */
	uint32_t signers;
	uint32_t fenced;  /* signers whose log begins later than J */
	bool may_be_lost; /* acknowledged blocks above the base (C8 (4)) */
	bool only_if_intact_lied;
	uint64_t results_from; /* results from this height on may be changed (C8 (5)); 0: none */
} PbftResume;

/* The document of TIPs, ascending by roster; returns its size, 0 when it does not fit. */
extern size_t pbft_resume_encode(const uint8_t chain_id[PBFT_CHAIN_ID_SIZE], uint64_t resume_no,
								 const McSpan *attests, uint32_t count, uint8_t *out, size_t room);
extern void pbft_resume_signed(McSpan document, uint8_t out[PBFT_DOCUMENT_SIGNED_SIZE]);

/* The next TIP of a document that was judged, from *offset on (at first 0); false behind the last.
 */
extern bool pbft_resume_next(McSpan document, size_t *offset, PbftAttest *attest);

/* Any bytes may come; scratch holds two TIPs while they are compared. */
extern McStatus pbft_resume_judge(const PbftResumeRules *rules, McSpan document,
								  const uint8_t signature[PBFT_SIGNATURE_SIZE],
								  PbftAttest scratch[2], PbftResume *verdict, McProblem *problem);

#endif
