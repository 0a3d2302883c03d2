/*
 * recovery_desk_pg.h - where a session asks the order worker what this node proves.
 */
#ifndef MESCHAIN_NODE_RECOVERY_DESK_PG_H
#define MESCHAIN_NODE_RECOVERY_DESK_PG_H

#include "postgres.h"

#include "pbft/resume.h"
#include "port/atomics.h"

/* A session wants what this node proves, for a recovery (C8); the order worker has it. */
typedef enum RecoveryStage
{
	RECOVERY_IDLE,
	RECOVERY_ASKED,    /* order's */
	RECOVERY_ANSWERED, /* the session's; blocks that it holds are in a file */
} RecoveryStage;

typedef struct RecoveryDesk
{
	pg_atomic_uint32 stage;
	bool witness; /* the vote log was whole up to here, and votes no more */
	PbftAttest attest;
} RecoveryDesk;

#endif
