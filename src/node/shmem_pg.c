/*
 * shmem_pg.c - the shared-memory hooks of the whole extension, and small accessors.
 */
#include "node/shmem_pg.h"

#include "miscadmin.h"
#include "node/coins_pg.h"
#include "node/desk_pg.h"
#include "node/guc_pg.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

NodeShared *node_shared;

static shmem_request_hook_type previous_request_hook;
static shmem_startup_hook_type previous_startup_hook;

#define TRANCHE "meschain"

static void
on_request(void)
{
	if (previous_request_hook)
		previous_request_hook();
	RequestAddinShmemSpace(MAXALIGN(sizeof(NodeShared)));
	RequestAddinShmemSpace(pool_shmem_size());
	RequestAddinShmemSpace(peers_shmem_size());
	RequestAddinShmemSpace(desk_shmem_size());
	RequestNamedLWLockTranche(TRANCHE, 1);
	pool_shmem_request();
	RequestAddinShmemSpace(coins_shmem_size());
	RequestNamedLWLockTranche("meschain_coins", 1);
}

static void
stats_init(NodeStats *stats)
{
	pg_atomic_uint64 *counter = (pg_atomic_uint64 *) stats;

	for (size_t i = 0; i < sizeof(*stats) / sizeof(*counter); i++)
		pg_atomic_init_u64(&counter[i], 0);
}

static void
on_startup(void)
{
	bool found;

	if (previous_startup_hook)
		previous_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	node_shared = ShmemInitStruct("meschain", sizeof(NodeShared), &found);
	if (!found)
	{
		memset(node_shared, 0, sizeof(NodeShared));
		node_shared->lock = &GetNamedLWLockTranche(TRANCHE)[0].lock;
		pg_atomic_init_u32(&node_shared->order_rest, 0);
		pg_atomic_init_u32(&node_shared->order_wants, 0);
		pg_atomic_init_u32(&node_shared->announced, 0);
		pg_atomic_init_u32(&node_shared->stop_requested, 0);
		pg_atomic_init_u32(&node_shared->start_requests, 0);
		pg_atomic_init_u32(&node_shared->apply_in_hooks, 0);
		pg_atomic_init_u32(&node_shared->hook_generation, 1);
		pg_atomic_init_u32(&node_shared->paused, 0);
		pg_atomic_init_u32(&node_shared->outbox_due, 0);
		pg_atomic_init_u32(&node_shared->peers_changed, 0);
		pg_atomic_init_u32(&node_shared->addresses_due, 0);
		pg_atomic_init_u32(&node_shared->roll_due, 0);
		pg_atomic_init_u32(&node_shared->apply_waiting_since_ms, 0);
		pg_atomic_init_u32(&node_shared->exchange.stage, EXCHANGE_EMPTY);
		pg_atomic_init_u64(&node_shared->exchange.applied, 0);
		pg_atomic_init_u32(&node_shared->recovery.stage, RECOVERY_IDLE);
		stats_init(&node_shared->stats);
		node_shared->stats_reset_us = GetCurrentTimestamp();
		node_shared->pool_stats_reset_us = node_shared->stats_reset_us;
	}
	pool_shmem_startup(found);
	peers_shmem_startup();
	desk_shmem_startup();
	coins_shmem_startup();
	LWLockRelease(AddinShmemInitLock);
}

void
shmem_init(void)
{
	previous_request_hook = shmem_request_hook;
	shmem_request_hook = on_request;
	previous_startup_hook = shmem_startup_hook;
	shmem_startup_hook = on_startup;
}

void
shmem_require(void)
{
	if (node_shared == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("meschain is not preloaded"),
				 errhint("Add meschain to shared_preload_libraries and restart the server.")));
}

bool
node_lives(void)
{
	bool lives;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	lives = node_shared->genesis_known;
	LWLockRelease(node_shared->lock);
	return lives;
}

void
node_wake(Latch *volatile *latch)
{
	Latch *target = *latch;

	if (target != NULL)
		SetLatch(target);
}

static const char *const mode_names[] = {
	[NODE_OFFLINE] = "offline",     [NODE_STARTING] = "starting", [NODE_VOTING] = "voting",
	[NODE_FOLLOWING] = "following", [NODE_SYNCING] = "syncing",   [NODE_FENCED] = "fenced",
	[NODE_DIVERGED] = "diverged",   [NODE_PAUSED] = "paused",     [NODE_STANDBY] = "standby",
};

const char *
node_mode_name(NodeMode mode)
{
	return mode_names[mode];
}

void
node_set_mode(NodeMode mode, const char *reason, const char *hint)
{
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	/* order may say that it votes when apply has just ended: what apply said last stands */
	if ((mode == NODE_VOTING || mode == NODE_FOLLOWING) && !node_shared->genesis_known)
	{
		LWLockRelease(node_shared->lock);
		return;
	}
	if (node_shared->mode != mode || strcmp(node_shared->reason, reason) != 0)
		node_shared->reason_since_us = GetCurrentTimestamp();
	node_shared->mode = mode;
	strlcpy(node_shared->reason, reason, NODE_REASON_MAX);
	strlcpy(node_shared->hint, hint, NODE_REASON_MAX);
	LWLockRelease(node_shared->lock);
}
