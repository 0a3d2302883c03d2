/*
 * status_pg.c - what the node says of itself: mes.status and the stat views. Copies of shared
 * memory taken under its locks, made into rows after; works as well where the node is not running.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xlog.h"
#include "commands/dbcommands.h"
#include "fmgr.h"
#include "funcapi.h"
#include "ledger/datum_pg.h"
#include "miscadmin.h"
#include "node/desk_pg.h"
#include "node/guc_pg.h"
#include "node/pause_pg.h"
#include "node/peer_stats_pg.h"
#include "node/shmem_pg.h"
#include "node/worker_pg.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/wait_event.h"

#define STATUS_COLUMNS 17
#define POOL_COLUMNS 12

static Datum
row_datum(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* ---- mes.status
 * ----------------------------------------------------------------------------------
 */

typedef struct NodeSnapshot
{
	NodeMode mode;
	char reason[NODE_REASON_MAX];
	char hint[NODE_REASON_MAX];
	int64 reason_since_us;
	bool runs; /* the rest is meaningful */
	char member[GENESIS_NAME_MAX + 1];
	uint32_t member_count;
	uint32_t self;
	uint32_t leader; /* on the roll */
	PbftTip tip;
	uint64_t final_height;
	PbftSummary consensus;
} NodeSnapshot;

static void
set_reason(NodeSnapshot *snapshot, NodeMode mode, const char *reason, const char *hint)
{
	snapshot->mode = mode;
	strlcpy(snapshot->reason, reason, sizeof(snapshot->reason));
	strlcpy(snapshot->hint, hint, sizeof(snapshot->hint));
}

static void
copy_genesis(NodeSnapshot *snapshot, const NodeGenesis *genesis)
{
	snapshot->member_count = genesis->document.member_count;
	snapshot->self = genesis->self;
	snapshot->leader = genesis->numbers[snapshot->consensus.primary];
	if (genesis->self < genesis->peer_count)
		strlcpy(snapshot->member, genesis->name, sizeof(snapshot->member));
}

/* P27: a synchronous standby that is down holds up every block, and nothing else says so. */
static bool
waits_for_standby(pid_t apply_pid)
{
	PGPROC *apply = apply_pid == 0 ? NULL : BackendPidGetProc(apply_pid);

	return apply != NULL && apply->wait_event_info == WAIT_EVENT_SYNC_REP;
}

/* Members known to vote: this node, and who is connected and said lately that it is active. */
static uint32_t
members_voting(const NodeSnapshot *snapshot)
{
	uint32_t count = snapshot->consensus.voting ? 1 : 0;

	for (uint32_t i = 0; i < snapshot->member_count && snapshot->member_count > 1; i++)
		count += i != snapshot->self && peer_votes(peer_of(i)) && !desk_peer_mute(i);
	return count;
}

static uint32_t
members_heard(const NodeSnapshot *snapshot)
{
	uint32_t count = 1;

	for (uint32_t i = 0; i < snapshot->member_count; i++)
		count += i != snapshot->self && peer_heard(peer_of(i));
	return count;
}

static const char hint_recovery[] =
	"More members are fenced than the federation can do without: all make statements "
	"(mesctl recovery attest), and go on from what these prove.";

/* Between two views nobody votes; when that lasts, too few are there to agree on the next. */
static void
say_view(NodeSnapshot *snapshot)
{
	const PbftSummary *consensus = &snapshot->consensus;
	char reason[NODE_REASON_MAX];

	if (!snapshot->runs || snapshot->mode != NODE_VOTING || snapshot->reason[0] != '\0' ||
		consensus->voting || consensus->mode != PBFT_MODE_CHANGING)
		return;
	snprintf(reason, sizeof(reason),
			 "waiting for view " UINT64_FORMAT ": %u of %u members are heard, %u are needed",
			 consensus->view, members_heard(snapshot), snapshot->member_count, consensus->quorum);
	set_reason(snapshot, snapshot->mode, reason, "mes.stat_peers names who is missing.");
}

/*
 * A node among too few that vote says who it waits for. Before its first quorum it does not vote
 * itself: it asks the others first whether it forgot a vote.
 */
static void
say_quorum(NodeSnapshot *snapshot)
{
	const PbftSummary *consensus = &snapshot->consensus;
	bool in_view = consensus->voting || consensus->mode == PBFT_MODE_STARTING ||
				   consensus->mode == PBFT_MODE_ACTIVE;
	uint32_t voting = members_voting(snapshot);
	char reason[NODE_REASON_MAX];

	if (!snapshot->runs || !in_view || snapshot->mode != NODE_VOTING || voting >= consensus->quorum)
		return;
	snprintf(reason, sizeof(reason), "%u of %u members vote, %u are needed", voting,
			 snapshot->member_count, consensus->quorum);
	set_reason(snapshot, snapshot->mode, reason, "mes.stat_peers names who is missing.");
}

/* So many that cannot vote never become a quorum by themselves: no block comes, no ticket counts.
 */
static void
say_lost_quorum(NodeSnapshot *snapshot)
{
	bool fenced = snapshot->mode == NODE_FENCED;
	uint32_t count = snapshot->member_count;
	uint32_t mute = fenced ? 1 : 0;

	for (uint32_t i = 0; i < count && count > 1; i++)
		mute += i != snapshot->self && desk_peer_mute(i);
	if (!snapshot->runs || (snapshot->mode != NODE_VOTING && !fenced) ||
		mute <= count - snapshot->consensus.quorum)
		return;
	if (!fenced)
		snprintf(snapshot->reason, sizeof(snapshot->reason),
				 "%u of %u members can vote, %u are needed", count - mute, count,
				 snapshot->consensus.quorum);
	strlcpy(snapshot->hint, hint_recovery, sizeof(snapshot->hint));
}

/* Workers that found no extension look again when there is a genesis; whoever asks here has one. */
static void
forget_missing_extension(NodeSnapshot *snapshot)
{
	const char *database = get_database_name(MyDatabaseId);

	if (!snapshot->runs && strcmp(snapshot->reason, REASON_NO_EXTENSION) == 0 && database != NULL &&
		strcmp(database, guc_database) == 0)
		set_reason(snapshot, snapshot->mode, "", "");
}

static void
take_snapshot(NodeSnapshot *snapshot)
{
	Oid database;
	pid_t apply_pid;

	memset(snapshot, 0, sizeof(*snapshot));
	if (node_shared == NULL)
	{
		set_reason(snapshot, NODE_OFFLINE, "meschain is not preloaded",
				   "Add meschain to shared_preload_libraries and restart the server.");
		return;
	}
	LWLockAcquire(node_shared->lock, LW_SHARED);
	set_reason(snapshot, node_shared->mode, node_shared->reason, node_shared->hint);
	snapshot->reason_since_us = node_shared->reason_since_us;
	snapshot->runs = node_shared->genesis_known;
	database = node_shared->database_oid;
	apply_pid = node_shared->apply_pid;
	snapshot->tip = node_shared->tip;
	snapshot->final_height = node_shared->final_height;
	snapshot->consensus = node_shared->consensus;
	if (snapshot->runs)
		copy_genesis(snapshot, &node_shared->genesis);
	LWLockRelease(node_shared->lock);
	if (snapshot->runs && pause_in_force(snapshot->reason))
	{
		snapshot->mode = NODE_PAUSED;
		/* alone it stands still, among others it goes on voting */
		snapshot->consensus.voting &= snapshot->member_count > 1;
		strlcpy(snapshot->hint, "Call mes.resume_node() to go on.", sizeof(snapshot->hint));
	}
	forget_missing_extension(snapshot);
	say_quorum(snapshot);
	say_view(snapshot);
	say_lost_quorum(snapshot);
	if (snapshot->runs && database != MyDatabaseId)
	{
		snapshot->runs = false;
		set_reason(snapshot, NODE_OFFLINE, "the node runs in another database of this server",
				   "Connect to the database that meschain.database names.");
	}
	if (snapshot->runs && waits_for_standby(apply_pid))
		set_reason(snapshot, snapshot->mode, "a block waits for a synchronous standby",
				   "Bring a standby of synchronous_standby_names back, or take it off the list.");
	if (RecoveryInProgress())
	{
		snapshot->runs = false;
		set_reason(snapshot, NODE_STANDBY, "this server is a standby", "Connect to the primary.");
	}
}

/* Would the others still decide blocks without this node? */
static bool
others_suffice(const NodeSnapshot *snapshot)
{
	uint32_t others = members_voting(snapshot) - (snapshot->consensus.voting ? 1 : 0);

	return others >= snapshot->consensus.quorum;
}

static void
running_columns(const NodeSnapshot *snapshot, Datum *values, bool *nulls)
{
	const PbftSummary *consensus = &snapshot->consensus;

	values[6] = Int64GetDatum((int64) snapshot->final_height);
	values[7] = Int64GetDatum((int64) snapshot->tip.height);
	values[8] = Int64GetDatum((int64) consensus->stable);
	values[9] = bytes_datum(snapshot->tip.exec_root.bytes, HASH_SIZE);
	values[10] = Int64GetDatum((int64) consensus->view);
	values[11] = Int32GetDatum((int32) snapshot->member_count);
	values[12] = Int32GetDatum((int32) members_voting(snapshot));
	values[13] = Int32GetDatum((int32) consensus->quorum);
	values[14] = Int32GetDatum((int32) consensus->faults);
	values[15] = BoolGetDatum(others_suffice(snapshot));
	values[16] = Int64GetDatum((int64) snapshot->tip.ts_ms);
}

/*
 * node, member, mode, voting, reason, hint, final_height, applied_height, stable_height,
 * state_root, view, members_total, members_voting, quorum, faults_tolerated, can_stop, tip_ms
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_node_status);
Datum
mes_internal_node_status(PG_FUNCTION_ARGS)
{
	NodeSnapshot *snapshot = palloc(sizeof(NodeSnapshot));
	Datum values[STATUS_COLUMNS] = { 0 };
	bool nulls[STATUS_COLUMNS] = { false };
	bool named = guc_node_name != NULL && guc_node_name[0] != '\0';

	take_snapshot(snapshot);
	values[0] = CStringGetTextDatum(named ? guc_node_name : snapshot->member);
	nulls[0] = !named && snapshot->member[0] == '\0';
	values[1] = CStringGetTextDatum(snapshot->member);
	nulls[1] = snapshot->member[0] == '\0';
	values[2] = CStringGetTextDatum(node_mode_name(snapshot->mode));
	values[3] = BoolGetDatum(snapshot->runs && snapshot->consensus.voting);
	values[4] = CStringGetTextDatum(snapshot->reason);
	nulls[4] = snapshot->reason[0] == '\0';
	values[5] = CStringGetTextDatum(snapshot->hint);
	nulls[5] = snapshot->hint[0] == '\0';
	if (snapshot->runs)
		running_columns(snapshot, values, nulls);
	else
		for (int i = 6; i < STATUS_COLUMNS; i++)
			nulls[i] = true;
	return row_datum(fcinfo, values, nulls);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_can_stop);
Datum
mes_can_stop(PG_FUNCTION_ARGS)
{
	NodeSnapshot *snapshot = palloc(sizeof(NodeSnapshot));

	take_snapshot(snapshot);
	/* a node that does not run is not missed more when its server stops too */
	PG_RETURN_BOOL(!snapshot->runs || !snapshot->consensus.voting || others_suffice(snapshot));
}

/* ---- the pool
 * ------------------------------------------------------------------------------------
 */

typedef struct PoolRow
{
	PoolState state;
	int waiter_pid;
	int commit_level;
	int64 since_us;
	McHash txid;
	McAddress sender;
	uint8_t submission[SUBMISSION_SIZE];
	uint32_t operation_count;
	uint16_t operation; /* of the only one */
	int64 size;
	uint64_t valid_until_ms;
	bool watched;
} PoolRow;

typedef struct PoolRows
{
	uint32_t count;
	uint32_t capacity;
	PoolRow *rows;
} PoolRows;

/*
 * Under the pool's lock: copies, and nothing that can fail. A body out of the queue that no final
 * block has is kept for a block that may name it; its transaction stands elsewhere or is decided.
 */
static void
copy_slot(const PoolSlot *slot, void *context)
{
	PoolRows *rows = context;
	uint32_t state = pg_atomic_read_u32(unconstify(pg_atomic_uint32 *, &slot->state));
	PoolRow *row;
	TxOperation operation = { 0 };
	WireReader reader;

	if (rows->count == rows->capacity || (state == POOL_READY && !slot->queued))
		return;
	row = &rows->rows[rows->count++];
	*row = (PoolRow){
		.state = (PoolState) state,
		.waiter_pid = slot->waiter_pid,
		.commit_level = slot->commit_level,
		.since_us = slot->since_us,
		.txid = slot->view.txid,
		.sender = slot->view.sender,
		.operation_count = slot->view.operation_count,
		.size = (int64) slot->view.bytes.size,
		.valid_until_ms = slot->view.valid_until_ms,
		.watched = slot->watched,
	};
	memcpy(row->submission, slot->view.submission, SUBMISSION_SIZE);
	wire_reader_init(&reader, slot->view.operations);
	if (row->operation_count == 1 && tx_next_operation(&reader, &slot->view, &operation))
		row->operation = operation.kind;
}

static const char *
pool_state_name(const PoolRow *row)
{
	if (row->state == POOL_READY)
		return "queued";
	return row->state == POOL_ORDERED ? "in block" : "decided";
}

static const char *
commit_level_name(int level)
{
	if (level == COMMIT_LOCAL)
		return "local";
	return level == COMMIT_ORDERED ? "ordered" : "final";
}

static void
put_pool_row(ReturnSetInfo *result, const PoolRow *row)
{
	pg_uuid_t *submission = palloc(sizeof(pg_uuid_t));
	Datum values[POOL_COLUMNS];
	bool nulls[POOL_COLUMNS] = { false };

	memcpy(submission->data, row->submission, UUID_LEN);
	values[0] = Int32GetDatum(row->waiter_pid);
	nulls[0] = row->waiter_pid == 0 || !row->watched;
	values[1] = bytes_datum(row->sender.bytes, HASH_SIZE);
	values[2] = UUIDPGetDatum(submission);
	values[3] = bytes_datum(row->txid.bytes, HASH_SIZE);
	values[4] = CStringGetTextDatum(commit_level_name(row->commit_level));
	values[5] = CStringGetTextDatum(pool_state_name(row));
	values[6] = TimestampTzGetDatum(row->since_us);
	values[7] = Int16GetDatum((int16) row->operation);
	values[8] = Int32GetDatum((int32) row->operation_count);
	values[9] = Int64GetDatum(row->size);
	values[10] = Int64GetDatum((int64) row->valid_until_ms);
	values[11] = BoolGetDatum(row->state == POOL_DONE);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * pid, address, submission, txid, commit_level, state, since, operation, operation_count, size,
 * valid_until_ms, decided
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_pool_rows);
Datum
mes_internal_pool_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PoolRows rows = { 0 };
	PoolCounts counts;

	InitMaterializedSRF(fcinfo, 0);
	if (node_shared == NULL)
		return (Datum) 0;
	pool_counts(&counts);
	rows.capacity = counts.used + 64; /* those that come meanwhile may be missed */
	rows.rows = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(PoolRow) * rows.capacity);
	pool_each(copy_slot, &rows);
	for (uint32_t i = 0; i < rows.count; i++)
		put_pool_row(result, &rows.rows[i]);
	return (Datum) 0;
}

/* slots, used, ready, bytes, bytes_max, submissions, refused, full, stats_reset */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_stat_mempool);
Datum
mes_internal_stat_mempool(PG_FUNCTION_ARGS)
{
	Datum values[9];
	bool nulls[9] = { false };
	NodeStats *stats;
	PoolCounts counts;

	shmem_require();
	stats = &node_shared->stats;
	pool_counts(&counts);
	values[0] = Int32GetDatum((int32) counts.slots);
	values[1] = Int32GetDatum((int32) counts.used);
	values[2] = Int32GetDatum((int32) counts.ready);
	values[3] = Int64GetDatum((int64) counts.bytes);
	values[4] = Int64GetDatum((int64) guc_mempool_size_kb * 1024);
	values[5] = Int64GetDatum((int64) pg_atomic_read_u64(&stats->submissions));
	values[6] = Int64GetDatum((int64) pg_atomic_read_u64(&stats->submissions_refused));
	values[7] = Int64GetDatum((int64) pg_atomic_read_u64(&stats->pool_full));
	LWLockAcquire(node_shared->lock, LW_SHARED);
	values[8] = TimestampTzGetDatum(node_shared->pool_stats_reset_us);
	LWLockRelease(node_shared->lock);
	return row_datum(fcinfo, values, nulls);
}

/* ---- apply and consensus
 * -------------------------------------------------------------------------
 */

/* The counters of apply in the order of mes_internal.stat_apply()'s columns. */
static void
apply_counters(pg_atomic_uint64 *counters[16])
{
	NodeStats *stats = &node_shared->stats;
	pg_atomic_uint64 *list[16] = {
		&stats->blocks,     &stats->transactions,       &stats->refused,
		&stats->cache_hits, &stats->cache_misses,       &stats->execute_us,
		&stats->write_us,   &stats->commit_us,          &stats->cpu_us,
		&stats->lock_waits, &stats->sessions_cancelled, &stats->sessions_terminated,
		&stats->hook_calls, &stats->hook_errors,        &stats->notify_failures,
		&stats->report_us,
	};

	memcpy(counters, list, sizeof(list));
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_stat_apply);
Datum
mes_internal_stat_apply(PG_FUNCTION_ARGS)
{
	pg_atomic_uint64 *counters[16];
	Datum values[17];
	bool nulls[17] = { false };

	shmem_require();
	apply_counters(counters);
	for (int i = 0; i < 16; i++)
		values[i] = Int64GetDatum((int64) pg_atomic_read_u64(counters[i]));
	LWLockAcquire(node_shared->lock, LW_SHARED);
	values[16] = TimestampTzGetDatum(node_shared->stats_reset_us);
	LWLockRelease(node_shared->lock);
	return row_datum(fcinfo, values, nulls);
}

static const char *const consensus_mode_names[] = {
	[PBFT_MODE_STARTING] = "starting",      [PBFT_MODE_ACTIVE] = "active",
	[PBFT_MODE_CHANGING] = "changing view", [PBFT_MODE_ENDED] = "epoch ended",
	[PBFT_MODE_FENCED] = "fenced",          [PBFT_MODE_DIVERGED] = "diverged",
	[PBFT_MODE_CLOSED] = "closed",
};

/*
 * mode, voting, view, primary, quorum, faults, base, tip, committed, executed, stable, resulted,
 * applied, view_changes, messages_refused, evidence_seen; no row while the node does not run
 */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_stat_consensus);
Datum
mes_internal_stat_consensus(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	NodeSnapshot *snapshot = palloc(sizeof(NodeSnapshot));
	const PbftSummary *summary = &snapshot->consensus;

	InitMaterializedSRF(fcinfo, 0);
	take_snapshot(snapshot);
	if (snapshot->runs)
	{
		Datum values[16] = {
			CStringGetTextDatum(consensus_mode_names[summary->mode]),
			BoolGetDatum(summary->voting),
			Int64GetDatum((int64) summary->view),
			Int32GetDatum((int32) snapshot->leader),
			Int32GetDatum((int32) summary->quorum),
			Int32GetDatum((int32) summary->faults),
			Int64GetDatum((int64) summary->base),
			Int64GetDatum((int64) summary->tip),
			Int64GetDatum((int64) summary->committed),
			Int64GetDatum((int64) summary->executed),
			Int64GetDatum((int64) summary->stable),
			Int64GetDatum((int64) summary->resulted),
			Int64GetDatum((int64) summary->applied),
			Int64GetDatum((int64) summary->view_changes),
			Int64GetDatum((int64) summary->messages_refused),
			Int64GetDatum((int64) summary->evidence_seen),
		};
		bool nulls[16] = { false };

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---- mes.stat_reset
 * ------------------------------------------------------------------------------
 */

static void
reset_apply(void)
{
	pg_atomic_uint64 *counters[16];

	apply_counters(counters);
	for (int i = 0; i < 16; i++)
		pg_atomic_write_u64(counters[i], 0);
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->stats_reset_us = GetCurrentTimestamp();
	LWLockRelease(node_shared->lock);
}

static void
reset_mempool(void)
{
	pg_atomic_write_u64(&node_shared->stats.submissions, 0);
	pg_atomic_write_u64(&node_shared->stats.submissions_refused, 0);
	pg_atomic_write_u64(&node_shared->stats.pool_full, 0);
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->pool_stats_reset_us = GetCurrentTimestamp();
	LWLockRelease(node_shared->lock);
}

PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_stat_reset);
Datum
mes_stat_reset(PG_FUNCTION_ARGS)
{
	const char *target = PG_ARGISNULL(0) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(0));
	bool apply = target == NULL || strcmp(target, "apply") == 0;
	bool mempool = target == NULL || strcmp(target, "mempool") == 0;

	shmem_require();
	if (!apply && !mempool)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("there are no counters named \"%s\"", target),
						errhint("Targets are \"apply\" and \"mempool\"; null resets both.")));
	if (apply)
		reset_apply();
	if (mempool)
		reset_mempool();
	PG_RETURN_VOID();
}
