/*
 * body.h - what a block of the simulator holds. Included by sim.h.
 */
#ifndef MESCHAIN_SIM_BODY_H
#define MESCHAIN_SIM_BODY_H

#include "pbft/evidence.h"

#define SIM_PROOF_MAX 1024
#define SIM_TX_BAD ((uint64_t) 1 << 63) /* statically invalid: every honest member refuses it */

/* What a block holds: one transaction, and the signatures that stand outside its identity (A1). */
typedef struct SimBody
{
	uint64_t tx;
	uint64_t witness;
	uint64_t rejoin;    /* member + 1 and its next key; 0: none */
	uint32_t proof;     /* number of evidence in the world's table; 0: none */
	uint32_t returning; /* a ticket for nothing of the member before this number; 0: none */
} SimBody;

/* Evidence, or what somebody calls so. */
typedef struct SimProof
{
	uint32_t member;
	size_t size;
	uint8_t bytes[PBFT_EVIDENCE_MAX];
} SimProof;

#endif
