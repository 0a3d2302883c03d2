/*
 * run.h - a run of a program: fields in; writes, result, legs of money and gas out.
 */
#ifndef MESCHAIN_CONTRACT_RUN_H
#define MESCHAIN_CONTRACT_RUN_H

#include "contract/program.h"

/* A field of the program as the host fills it in: slot i belongs to program->fields[i]. */
typedef struct AcsSlot
{
	AcsCell value;
	AcsCell before; /* what value was when the run began */
	bool present;
	bool written;
} AcsSlot;

/* Money that moves because a bound field gained. */
typedef struct AcsLeg
{
	uint16_t asset; /* constant */
	uint16_t from;  /* fields */
	uint16_t to;
	bool withheld; /* the withheld share, not the credit */
	AcsDec amount;
} AcsLeg;

#define ACS_LEG_MAX (2 * ACS_BINDING_MAX)

typedef struct AcsOutcome
{
	McStatus status;
	McProblem problem;
	uint32_t offset; /* in the source, when the run failed */
	int64_t gas_used;
	uint8_t result_type; /* ACS_NONE when the run gave no result */
	AcsCell result;
	size_t leg_count;
	AcsLeg legs[ACS_LEG_MAX];
} AcsOutcome;

/*
 * Runs a verified program. Sets each slot's value and written; a failed run leaves them as they
 * were. What texts and hashes point at is in the program, in what the host filled in, or in the
 * arena, which needs ACS_RUN_MEMORY.
 */
extern McStatus acs_run(const AcsProgram *program, AcsSlot *slots, int64_t gas, AcsArena *arena,
						AcsOutcome *outcome);

/* Books what bound fields gained; acs_run calls it after the last instruction. */
extern McStatus acs_settle(const AcsProgram *program, AcsSlot *slots, AcsOutcome *outcome);

/* "p.name" or "p.$name" */
extern size_t acs_field_label(const AcsField *field, char out[ACS_NAME_MAX + 4]);

#endif
