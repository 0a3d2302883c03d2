/*
 * evidence.h - R18, A32: two statements that no honest member signs both, as a proof that anybody
 * can judge who knows the member's voting key: the signed bytes and the signatures, nothing else.
 * Pure; nothing of a replica's or a ledger's state is read.
 */
#ifndef MESCHAIN_PBFT_EVIDENCE_H
#define MESCHAIN_PBFT_EVIDENCE_H

#include "pbft/message.h"

/* Numbers never change once released. */
typedef enum PbftLie
{
	PBFT_LIE_NONE = 0,
	PBFT_LIE_PROPOSALS = 1,    /* E1: two proposals for one view and height */
	PBFT_LIE_PREPARES = 2,     /* E2 */
	PBFT_LIE_COMMITS = 3,      /* E3 */
	PBFT_LIE_VIEW_CHANGES = 4, /* E4: two for one view */
	PBFT_LIE_FORGOTTEN = 5,    /* E5: a COMMIT, and a later lock below it */
	PBFT_LIE_NEW_VIEWS = 6,    /* E6 */
	PBFT_LIE_RESULTS = 7,      /* E7: two CHECKPOINTs for one height */
	PBFT_LIE_END
} PbftLie;

/* What was signed, as pbft_message_signed() has it, and the signature over it. */
typedef struct PbftStatement
{
	uint8_t size;
	uint8_t bytes[PBFT_SIGNED_MAX];
	uint8_t signature[PBFT_SIGNATURE_SIZE];
} PbftStatement;

typedef struct PbftEvidence
{
	PbftStatement first;
	PbftStatement second;
} PbftEvidence;

/* Of each statement its size in a byte, its bytes, its signature. */
#define PBFT_EVIDENCE_MAX (2 * (1 + PBFT_SIGNED_MAX + PBFT_SIGNATURE_SIZE))

extern size_t pbft_evidence_encode(const PbftEvidence *evidence, uint8_t out[PBFT_EVIDENCE_MAX]);

/* Hostile bytes: sizes only. */
extern McStatus pbft_evidence_decode(McSpan bytes, PbftEvidence *evidence, McProblem *problem);

typedef struct PbftVerdict
{
	PbftLie lie;
	PbftDomain domain; /* of both statements */
	uint64_t view;     /* of the second; 0 for results */
	uint64_t height;   /* 0 where a view only was lied about */
} PbftVerdict;

/*
 * Which rule the two break together, whoever signed them: statements of one chain and instance that
 * differ where an honest member's cannot. PBFT_LIE_NONE: they prove nothing.
 */
extern PbftLie pbft_evidence_judge(const PbftEvidence *evidence, PbftVerdict *verdict);

static inline McSpan
pbft_statement_signed(const PbftStatement *statement)
{
	return span_of(statement->bytes, statement->size);
}

#endif
