/*
 * sim.h - a federation in one process and in virtual time. Everything random comes from one seed,
 * so that a seed is a test case: run.sh SEED=s shows it again.
 *
 * world.c   time and network           plan.c   what a seed makes: members, faults, healing
 * node.c    what the order and apply workers do around pbft_step()
 * epoch.c   one instance after the other       keys.c   voting keys, and REJOIN
 * resume.c  a federation without a quorum        verifier.c  what a RESUME is judged by
 * cause.c   whom a body names
 * disk.c    the vote log: mirrored batches that tear, rot, fill up and fail
 * cost.c    signatures, messages and bytes a block where nothing breaks; what a slow disk costs
 * byzantine.c  how faulty members lie  check.c  what must hold after every step
 */
#ifndef MESCHAIN_SIM_H
#define MESCHAIN_SIM_H

#include "pbft/replica.h"
#include "sim/body.h"
#include "sim/instance.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define SIM_NODE_MAX (PBFT_NODE_MAX + 1) /* a twin has a place of its own */
#define SIM_HEIGHT_MAX 20000
#define SIM_EPOCH_MAX 256
#define SIM_BODY_TRIES 400
#define SIM_LOG_MAX 600  /* records; then the log begins anew with a snapshot */
#define SIM_LIVE_TAUS 20 /* after healing all must be level again within so many tau_max */

enum /* ways to be faulty, a set per faulty member */
{
	BYZ_EQUIVOCATE = 1,       /* two proposals for one height, and votes for both */
	BYZ_VOTE_ALL = 2,         /* PREPARE and COMMIT whatever passes by */
	BYZ_WITHHOLD = 4,         /* no bodies, or only to some */
	BYZ_FORGET_LOCK = 8,      /* VIEW-CHANGE with the anchor as lock */
	BYZ_REPLAY = 16,          /* old messages again, at any time */
	BYZ_MUTATE = 32,          /* bits flipped, ends cut */
	BYZ_MUTE = 64,            /* silent to some, or now and then */
	BYZ_LIE_RESULT = 128,     /* other execution results */
	BYZ_TWIN = 256,           /* two of it, one key */
	BYZ_WORST_NEW_VIEW = 512, /* NEW-VIEW from the lowest locks it can choose */
	BYZ_RUSH_VIEW = 1024,     /* asks for views far ahead */
	BYZ_FORGE_LOCK = 2048,    /* VIEW-CHANGE with a certificate only it has signed */
	BYZ_OTHER_BODY = 4096,    /* another body to each: other contents, or the same re-signed */
	BYZ_BAD_BODY = 8192,      /* proposes what no rule of transactions allows */
	BYZ_TRUNCATE = 16384,     /* certificates with a signer less, or one twice */
	BYZ_KINDS = 15
};


typedef enum SimDoor
{
	SIM_DOOR_UNSEEN,
	SIM_DOOR_GOOD,
	SIM_DOOR_BAD,
	SIM_DOOR_CORE /* the core verifies it itself */
} SimDoor;

typedef struct SimBytes
{
	uint32_t references;
	uint32_t size;
	SimDoor door; /* law 1: verified once, whoever receives it */
	bool has_body;
	SimBody body;
	uint8_t data[];
} SimBytes;

typedef enum SimKind
{
	SIM_DELIVER,
	SIM_FLUSH,
	SIM_TIMER,
	SIM_EXECUTED,
	SIM_APPLIED,
	SIM_BODY, /* number: height to execute, or 0 to validate; bytes: the block's hash */
	SIM_POOL,
	SIM_FAULT,
	SIM_REJOIN,
	SIM_CLOSE,  /* a member attests for a RESUME */
	SIM_ATTEST, /* an operator looks who has */
	SIM_ENTER,  /* and hands the document to a member */
	SIM_RESTART
} SimKind;

typedef struct SimEvent
{
	uint64_t time_us;
	uint64_t order;
	uint64_t number;
	SimBytes *bytes;
	uint32_t incarnation;
	uint16_t node;
	uint16_t from; /* of a body: tries so far */
	uint8_t kind;
	uint8_t timer;
	bool certified;
} SimEvent;

typedef struct SimBlock
{
	PbftHeader header;
	McHash hash;
	McHash exec_root;
	uint64_t tx;
	uint64_t rejoin;
	uint32_t at; /* the instance that its certificates are of */
	McHash mix;
	bool effect;      /* not a transaction the chain had before */
	SimBytes *commit; /* certificates as the effects gave them */
	SimBytes *checkpoint;
} SimBlock;

/* What one sync covers, written twice (A19). */
typedef struct SimBatch
{
	size_t end; /* records up to here */
	bool bad[2];
} SimBatch;

typedef struct SimLog
{
	SimBytes **records;
	size_t count, capacity;
	SimBatch *batches; /* the last one may be on its way to the disk */
	size_t batch_count, batch_capacity;
	uint32_t at;   /* the instance it belongs to */
	size_t synced; /* batches */
} SimLog;

typedef struct SimNode
{
	uint32_t place; /* in the world */
	uint32_t member;
	uint32_t byzantine;
	bool up;
	uint32_t incarnation;
	SimKeys keys;
	uint32_t key;      /* its log's; voting keys are counted from 0 */
	uint32_t next_key; /* asked for by REJOIN; 0: none */
	PbftReplica *replica;
	PbftEffects *effects;
	bool busy; /* waits for its disk: input is queued */
	SimEvent *inbox;
	size_t inbox_count, inbox_capacity;

	uint32_t at;     /* the instance it is in */
	uint32_t since;  /* in which its log is a witness */
	uint32_t resume; /* the last resumed one it entered; 0: none */
	bool resume_due; /* there is a document for it */
	bool closed;     /* it has attested: no vote until it enters */
	PbftDomain domain;
	bool epoch_over;
	SimLog log;
	SimLog backup; /* a copy of the log of an earlier day, and of the database */
	uint64_t backup_applied;
	bool snapshot_due;
	bool sync_fails; /* the next one */
	uint64_t full_until_us;
	bool may_fence; /* something happened to it that must end its votes */
	bool fenced;
	bool restored;       /* may contradict its lost self: counts as faulty */
	bool was_restored;   /* in some instance */
	uint64_t wrong_from; /* broken memory: wrong results from this height; 0: never */
	bool diverged;

	SimBlock *chain; /* by height: what EXECUTE gave, durable up to applied */
	uint64_t chain_capacity;
	uint64_t ordered;
	uint64_t executed;
	uint64_t committed_result;
	uint64_t applied;
	uint64_t executor_free_us;
	McHash *bodies; /* blocks whose body is here; open addressing */
	SimBody *body_contents;
	size_t body_count, body_capacity;

	int64_t clock_offset_ms;
	uint64_t disk_us; /* mean time of a sync */
	uint64_t execute_us;
	uint64_t releases;
	uint32_t proof; /* of evidence this node holds, for its next body */
} SimNode;

#include "sim/world.h"
#include "sim/cause.h"

#endif
