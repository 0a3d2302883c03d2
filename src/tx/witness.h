/*
 * witness.h - what authorises one actor: the condition revealed, its place in the policy,
 * signatures.
 *
 *   witness = [condition, position, path, [[key_index, signature], ...], preimage or null]
 *
 * Exactly threshold signatures, ascending by key: one more or one in another place would be a
 * second form of the same consent. A preimage stands only where a hash lock asks for it.
 */
#ifndef MESCHAIN_TX_WITNESS_H
#define MESCHAIN_TX_WITNESS_H

#include "tx/condition.h"

typedef struct TxWitness
{
	TxCondition condition;
	uint32_t position;
	uint32_t path_count;
	McHash path[POLICY_PATH_MAX];
	uint32_t signature_count;
	McSpan signatures; /* the array's items */
	bool has_preimage;
	uint8_t preimage[PREIMAGE_SIZE];
} TxWitness;

typedef struct TxSignature
{
	uint32_t key_index;
	uint8_t bytes[SUITE_SIGNATURE_SIZE];
} TxSignature;

/*
 * Reads one witness and checks that it is the actor's; signatures are counted, not verified. actor
 * NULL: the same bytes were checked before, only take them apart.
 */
extern McStatus witness_read(WireReader *reader, const McAddress *actor, TxWitness *witness,
							 McProblem *problem);

/* Verifies the signatures of a witness that was read. */
extern McStatus witness_verify(const TxWitness *witness, const McAddress *actor,
							   const McHash *signing_hash, McProblem *problem);

/*
 * Writes a witness. path, position: as condition_path gave them, count 0 for a tree of one leaf.
 * signatures ascending by key_index; preimage NULL unless the condition has a hash lock.
 */
extern void witness_put(WireWriter *writer, McSpan condition, uint32_t position,
						const McHash *path, uint32_t path_count, const TxSignature *signatures,
						uint32_t signature_count, const uint8_t *preimage);

#endif
