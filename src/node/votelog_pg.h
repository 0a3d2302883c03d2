/*
 * votelog_pg.h - what this node has said, durable before it leaves (R0, A17, A19).
 *
 * Two files in meschain.state_directory take turns: one is in use until it is full, then a snapshot
 * starts the other. Each turn's votes are written twice, far apart, under one fdatasync; bodies of
 * blocks stand in the same batch once. A file is this node's only as long as its header agrees with
 * the voting key, the cluster and the place it lies in: anything else has voted without us or
 * forgotten what we said, and the node is fenced.
 */
#ifndef MESCHAIN_NODE_VOTELOG_PG_H
#define MESCHAIN_NODE_VOTELOG_PG_H

#include "postgres.h"

#include "base/bytes.h"
#include "base/suite.h"
#include "pbft/certificate.h"
#include "tx/tx.h"

#define VOTELOG_UUID_SIZE 16

/* Whose log it has to be, and where its node stands. */
typedef struct VoteLogOwner
{
	uint8_t chain_id[CHAIN_ID_SIZE];
	uint8_t voting_key[SUITE_PUBLIC_SIZE];
	uint64_t incarnation;
	uint8_t instance[PBFT_INSTANCE_SIZE]; /* the one that runs */
	uint8_t before[PBFT_INSTANCE_SIZE];   /* the one that ended at its anchor */
	bool at_anchor;                       /* nothing is decided in the running one yet */
} VoteLogOwner;

typedef enum VoteLogState
{
	VOTELOG_FENCED,  /* not to be trusted */
	VOTELOG_GOES_ON, /* the running instance's: its records were given */
	VOTELOG_BEGINS,  /* a snapshot has to make it the running instance's */
	VOTELOG_WAITS,   /* never used, and the instance is under way: from the next one on */
} VoteLogState;

typedef enum VoteLogRecord
{
	VOTELOG_VOTE,
	VOTELOG_BODY,
} VoteLogRecord;

/* With a new voting key, and never without one: a log that is missing later was lost (A18). */
extern void votelog_create(const uint8_t voting_key[SUITE_PUBLIC_SIZE],
						   uint8_t log_uuid[VOTELOG_UUID_SIZE]);

/* The name of this key's log, when it is whole, in its place, and nothing was ever said in it. */
extern bool votelog_unused(const uint8_t voting_key[SUITE_PUBLIC_SIZE],
						   uint8_t log_uuid[VOTELOG_UUID_SIZE]);

/* With its key, which is gone: nothing that the log says matters any more. */
extern void votelog_remove(const uint8_t voting_key[SUITE_PUBLIC_SIZE]);

/*
 * Opens, locks and reads the log, oldest record first; the first use binds it to the chain. Open
 * already: judges only what it has to be for the instance that begins. why says what is wrong.
 */
extern VoteLogState votelog_open(const VoteLogOwner *owner,
								 void (*take)(VoteLogRecord kind, McSpan record), const char **why);

/* Lets go of it: another key votes from here on. */
extern void votelog_close(void);

/* The node may have forgotten a vote: the log says so from now on, at every start. */
extern void votelog_fence(void);

/* Into the batch of this turn. */
extern void votelog_append(VoteLogRecord kind, McSpan record);

/* Writes the batch; false: never trust this log again. Nothing to write is success. */
extern bool votelog_sync(void);

/* True when it is time for a snapshot: begin, append all of it, end. An owner: the log becomes
 * that of the owner's instance. */
extern bool votelog_full(void);
extern void votelog_begin_snapshot(const VoteLogOwner *owner);
extern bool votelog_end_snapshot(void);

/* What a sync takes lately, in microseconds (A10). */
extern uint64_t votelog_sync_time(void);

/* What mes.stat_consensus shows. */
typedef struct VoteLogStats
{
	uint64_t batches;
	uint64_t bytes;
	uint64_t sync_us;
	uint64_t snapshots;
} VoteLogStats;
extern const VoteLogStats *votelog_stats(void);

#endif
