/*
 * shmem_pg.h - all shared memory of the extension: one file requests and lays it out. Fields stand
 * grouped by what guards them.
 */
#ifndef MESCHAIN_NODE_SHMEM_PG_H
#define MESCHAIN_NODE_SHMEM_PG_H

#include "postgres.h"

#include "ledger/execute.h"
#include "ledger/genesis.h"
#include "node/exchange_pg.h"
#include "node/peers_pg.h"
#include "node/pool_pg.h"
#include "node/recovery_desk_pg.h"
#include "pbft/pbft.h"
#include "port/atomics.h"
#include "storage/latch.h"
#include "storage/lwlock.h"

#define NODE_REASON_MAX 256

typedef enum NodeMode
{
	NODE_OFFLINE, /* workers are not running */
	NODE_STARTING,
	NODE_VOTING,
	NODE_FOLLOWING,
	NODE_SYNCING,
	NODE_FENCED,
	NODE_DIVERGED,
	NODE_PAUSED,
	NODE_STANDBY,
} NodeMode;

/*
 * What holds in the running epoch, once apply has read it. The document has the epoch's parameters
 * and its members in the order of the validator set; behind those document.member_count seats stand
 * the guests, who are members without a seat: who was admitted and waits for the next epoch.
 */
typedef struct NodeGenesis
{
	Genesis document;
	uint8_t chain_id[CHAIN_ID_SIZE];
	McHash genesis_hash;
	McHash valset_hash;
	uint32_t peer_count;                        /* seats and guests */
	uint16_t numbers[GENESIS_MEMBERS_MAX];      /* on the roll, which never change */
	uint64_t incarnations[GENESIS_MEMBERS_MAX]; /* of the seats' voting keys */
	uint32_t self;                              /* which of them this node is; peer_count: none */
	uint64_t incarnation;                       /* of its voting key, when it has a seat */
	bool seated;                                /* its voting key is the one that its seat names */
	char name[GENESIS_NAME_MAX + 1];
	uint64_t epoch;
	PbftTip anchor;                     /* the epoch's, as an instance begins on it */
	uint64_t resume_no;                 /* of the last recovery below it */
	bool resumed;                       /* the anchor is a recovery's base, final in this epoch */
	McHash base_parent;                 /* then: the parent of the base */
	uint64_t roll_height;               /* the roll holds as it stood then */
	uint8_t before[PBFT_INSTANCE_SIZE]; /* the instance that ended there */
	PbftTip older; /* height and time of the anchor so many epochs back as there are seats (C9) */
	TxRules rules;
} NodeGenesis;

/* Counters that only one process writes; readers take them as they are. */
typedef struct NodeStats
{
	pg_atomic_uint64 blocks;
	pg_atomic_uint64 transactions;
	pg_atomic_uint64 refused;
	pg_atomic_uint64 cache_hits;
	pg_atomic_uint64 cache_misses;
	pg_atomic_uint64 execute_us;
	pg_atomic_uint64 write_us;
	pg_atomic_uint64 commit_us;
	pg_atomic_uint64 cpu_us;
	pg_atomic_uint64 report_us; /* of cpu_us, for mes_bi */
	pg_atomic_uint64 lock_waits;
	pg_atomic_uint64 sessions_cancelled;
	pg_atomic_uint64 sessions_terminated;
	pg_atomic_uint64 hook_calls;
	pg_atomic_uint64 hook_errors;
	pg_atomic_uint64 notify_failures;
	pg_atomic_uint64 submissions;
	pg_atomic_uint64 submissions_refused;
	pg_atomic_uint64 pool_full;
} NodeStats;

/* One run of mes.verify, for mes.stat_progress_verify; pid 0: free. */
#define VERIFY_PROGRESS_SLOTS 16
typedef struct VerifyProgress
{
	pid_t pid; /* guarded by the lock, as all but the counters */
	Oid database_oid;
	int64 started_us;
	uint64_t from_height;
	uint64_t to_height;
	int jobs;
	pg_atomic_uint64 blocks_done;
	pg_atomic_uint64 transactions_done;
	pg_atomic_uint64 problems;
} VerifyProgress;

typedef struct NodeShared
{
	/* guarded by lock */
	LWLock *lock;
	NodeMode mode;
	char reason[NODE_REASON_MAX];
	char hint[NODE_REASON_MAX];
	int64 reason_since_us;
	char pause_reason[NODE_REASON_MAX];
	int64 pause_until_us; /* 0: until somebody resumes */
	pid_t launcher_pid;
	pid_t order_pid;
	pid_t apply_pid;
	pid_t housekeeper_pid;
	Oid database_oid; /* of the running apply worker */
	bool genesis_known;
	NodeGenesis genesis;
	uint64_t genesis_version; /* counts its changes: 40 kB are copied only then */
	PbftTip tip;              /* the last block whose transaction is durable */
	uint64_t final_height;
	PbftSummary consensus;
	bool domain_known;
	PbftDomain domain;        /* of the running instance: what signatures are checked against */
	NodeGenesis running;      /* as the order worker has it, together with the domain */
	uint64_t running_version; /* grows with each change of the two */
	int64 stats_reset_us;     /* of what apply counts */
	int64 pool_stats_reset_us;
	VerifyProgress verify[VERIFY_PROGRESS_SLOTS];

	/* latches are set without a lock; the pointers are stable while the process lives */
	Latch *volatile launcher_latch;
	Latch *volatile order_latch;
	Latch *volatile apply_latch;
	Latch *volatile housekeeper_latch;

	/* atomics */
	pg_atomic_uint32 order_rest;     /* OrderRest, node/handoff_pg.h */
	pg_atomic_uint32 order_wants;    /* so many waiting transactions end its sleep */
	pg_atomic_uint32 announced;      /* a transaction is about to be published */
	pg_atomic_uint32 stop_requested; /* DROP DATABASE and friends: stay down */
	pg_atomic_uint32 start_requests; /* somebody made it worth looking into the database */
	pg_atomic_uint32
		apply_in_hooks; /* its lock waits end by themselves: nobody is to be cancelled */
	pg_atomic_uint32 hook_generation; /* grows when the list of commit hooks changes */
	pg_atomic_uint32 paused;
	pg_atomic_uint32 peers_changed; /* addresses or guests: order reads genesis again */
	pg_atomic_uint32 roll_due;      /* other members: the housekeeper looks after their roles */
	pg_atomic_uint32 addresses_due; /* mes.set_peer_address: apply reads them again */
	pg_atomic_uint32 outbox_due;    /* a hook submitted: the outbox is to be handed over at once */
	pg_atomic_uint32 apply_waiting_since_ms; /* for a lock; 0 when not */

	NodeStats stats;
	RecoveryDesk recovery;
	BlockExchange exchange;
} NodeShared;

extern NodeShared *node_shared;

extern void shmem_init(void);

/* Errors unless the library was preloaded. */
extern void shmem_require(void);

/* True while workers take submissions of some database of this server. */
extern bool node_lives(void);

/* Sets another process's latch if it is there. */
extern void node_wake(Latch *volatile *latch);

extern void node_set_mode(NodeMode mode, const char *reason, const char *hint);
extern const char *node_mode_name(NodeMode mode);

#endif
