/*
 * apply_pg.c - the apply worker: executes final blocks in order, each in one transaction (law 4),
 * several in one where the node is behind.
 *
 * An error ends the process; the launcher starts all workers anew and the block is done again from
 * committed state. So nothing here needs undoing, and shared memory changes only after a commit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "bi/bi_pg.h"
#include "executor/spi.h"
#include "ledger/epoch_pg.h"
#include "ledger/recovery_pg.h"
#include "ledger/store_pg.h"
#include "ledger/tables_pg.h"
#include "miscadmin.h"
#include "node/apply_load_pg.h"
#include "node/decided_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/handoff_pg.h"
#include "node/home_pg.h"
#include "node/hooks_pg.h"
#include "node/launcher_pg.h"
#include "node/members_pg.h"
#include "node/outcomes_pg.h"
#include "node/shmem_pg.h"
#include "node/worker_pg.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include <sys/resource.h>

/* The set hash is stored every so many blocks; a restart adds up at most that many. */
#define SUM_INTERVAL 256

static struct
{
	LedgerBlock *block;
	LtHash sum; /* of the state after the last committed block */
	LtHash next_sum;
	uint64_t sum_stored_height;
	MemoryContext block_context;
	Genesis *origin; /* as all signed it */
	NodeGenesis *genesis;
	NodeGenesis *next; /* the epoch that begins, until it is published */
	PbftTip tip;
	GovernanceEpoch epoch; /* of the next block */
	uint64_t base;         /* of a recovery under way: above the tip, and the members run on it */
	StoreStats stats_told;
	uint32_t held; /* blocks of the open transaction that are done but for its commit */
	uint64_t held_since_us;
} apply;

static void
publish_start(void)
{
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	genesis_publish(apply.base > 0 ? apply.next : apply.genesis);
	node_shared->tip = apply.tip;
	node_shared->final_height = apply.tip.height;
	node_shared->database_oid = MyDatabaseId;
	node_shared->genesis_known = true;
	LWLockRelease(node_shared->lock);
	launcher_wake();
}

static void
forget_genesis(int code, Datum argument)
{
	bool ran;

	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	ran = node_shared->genesis_known;
	node_shared->genesis_known = false;
	LWLockRelease(node_shared->lock);
	if (code == 0 && !ran)
		return; /* it left by itself and has said why */
	node_set_mode(NODE_OFFLINE, code == 0 ? "the workers are stopped" : "the apply worker failed",
				  code == 0 ? "" : "See the server log for its last error.");
}

static void
start_apply(void)
{
	BlockExchange *exchange = &node_shared->exchange;

	apply.origin = MemoryContextAllocZero(TopMemoryContext, sizeof(Genesis));
	apply.genesis = MemoryContextAllocZero(TopMemoryContext, sizeof(NodeGenesis));
	apply.next = MemoryContextAllocZero(TopMemoryContext, sizeof(NodeGenesis));
	if (!genesis_read(apply.origin))
		worker_leave(NODE_OFFLINE, "no genesis yet",
					 "Run mes.create_genesis() or mes.join_federation().");
	apply_load_tip(apply.origin, &apply.tip);
	members_open(apply.tip.height + 1, apply.origin, &apply.epoch, apply.genesis);
	apply.base = members_open_recovery(apply.tip.height, apply.origin, apply.next);
	home_enter(apply.origin, apply.genesis->document.member_count);
	store_set_epoch(apply.origin, &apply.genesis->rules);
	apply.sum_stored_height = apply_load_sum(apply.tip.height, &apply.sum);
	store_open((Size) guc_utxo_cache_size_kb * 1024, apply.genesis->rules.window_max_ms);
	bi_open(apply.tip.height, apply.tip.ts_ms);
	pg_atomic_write_u32(&node_shared->apply_in_hooks, 0);
	decided_recall();
	pg_atomic_write_u64(&exchange->applied, apply.tip.height);
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_EMPTY);
}

/* ---- one block --------------------------------------------------------------------------------
 */

/* False when the time (ms, -1: any) ran out first. */
static bool
wait_for_stage(ExchangeStage wanted, int64 limit_ms)
{
	TimestampTz start = limit_ms < 0 ? 0 : GetCurrentTimestamp();
	int64 left_ms = limit_ms;

	while (pg_atomic_read_u32(&node_shared->exchange.stage) != (uint32_t) wanted)
	{
		if (limit_ms >= 0 && (left_ms = limit_ms - (GetCurrentTimestamp() - start) / 1000) <= 0)
			return false;
		worker_wait((long) left_ms);
	}
	pg_read_barrier();
	return true;
}

static void
execute(const BlockExchange *exchange)
{
	LedgerFees fees = genesis_fees(&apply.genesis->document, exchange->header.proposer);

	ledger_block_begin(apply.block, store_table(), exchange->header.height, exchange->header.ts_ms,
					   &fees, &apply.next_sum);
	for (uint32_t i = 0; i < exchange->slot_count; i++)
		(void) ledger_block_execute(apply.block, &pool_slot(exchange->slots[i])->view);
	recovery_execute(apply.block, exchange->header.height, &apply.epoch, apply.origin);
	ledger_block_close(apply.block);
}

static void
fill_record(const BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	memset(record, 0, sizeof(*record));
	pbft_header_encode(&exchange->header, header);
	record->height = exchange->header.height;
	record->block_time_ms = exchange->header.ts_ms;
	record->hash = exchange->hash;
	record->header = span_of(header, PBFT_HEADER_SIZE);
	record->proposer = apply.genesis->numbers[exchange->header.proposer];
	ledger_block_roots(apply.block, &record->roots);
	epoch_close(apply.block, &exchange->header, apply.tip.ts_ms, apply.origin,
				&apply.genesis->document, &apply.epoch, &record->next_valset_hash);
	ledger_exec_root(&apply.tip.exec_root, record->height, &record->hash, &record->roots,
					 &record->next_valset_hash, &record->exec_root);
	record->commit_certificate =
		span_of(exchange->commit_certificate, exchange->commit_certificate_size);
}

/* Everybody hears of what was committed, before order takes it as done. */
static void
publish_blocks(void)
{
	home_note_height(apply.tip.height);
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->tip = apply.tip;
	LWLockRelease(node_shared->lock);
	outcomes_tell();
	apply.held = 0;
}

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

static uint64_t
cpu_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
		   (uint64_t) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void
count_block(const uint64_t at[4], uint64_t cpu_before)
{
	NodeStats *stats = &node_shared->stats;
	const StoreStats *store = store_stats();

	pg_atomic_fetch_add_u64(&stats->blocks, 1);
	pg_atomic_fetch_add_u64(&stats->execute_us, (int64) (at[1] - at[0]));
	pg_atomic_fetch_add_u64(&stats->write_us, (int64) (at[2] - at[1]));
	pg_atomic_fetch_add_u64(&stats->commit_us, (int64) (at[3] - at[2]));
	pg_atomic_fetch_add_u64(&stats->cpu_us, (int64) (cpu_us() - cpu_before));
	pg_atomic_fetch_add_u64(&stats->cache_hits,
							(int64) (store->cache_hits - apply.stats_told.cache_hits));
	pg_atomic_fetch_add_u64(&stats->cache_misses,
							(int64) (store->cache_misses - apply.stats_told.cache_misses));
	apply.stats_told = *store;
}

/* The reports' rows are written while order gathers votes; their processor time is told apart. */
static void
write_reports(const BlockRecord *record)
{
	uint64_t cpu_before = cpu_us();

	bi_write_block(apply.block, record, &apply.genesis->rules.fee_asset);
	pg_atomic_fetch_add_u64(&node_shared->stats.report_us, (int64) (cpu_us() - cpu_before));
}

static void
begin_transaction(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	MemoryContextSwitchTo(apply.block_context);
}

static void
commit_transaction(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	MemoryContextSwitchTo(TopMemoryContext);
	MemoryContextReset(apply.block_context);
	pgstat_report_stat(false);
}

/* A leaf that is not there yet is the housekeeper's to make: wait and say so (P15). */
static void
wait_for_leaf(uint64_t height)
{
	for (;;)
	{
		bool ready;

		begin_transaction();
		ready = tables_ready(height);
		commit_transaction();
		if (ready)
			return;
		node_set_mode(NODE_VOTING, "waiting for the next leaf tables",
					  "The housekeeper makes them; see the server log if this lasts.");
		node_wake(&node_shared->housekeeper_latch);
		worker_wait(200);
	}
}

/* The block in memory, its roots and its record. */
static void
evaluate(const BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	apply.next_sum = apply.sum;
	store_begin_block(exchange->header.height, exchange->header.ts_ms);
	execute(exchange);
	fill_record(exchange, header, record);
}

static bool
sum_due(uint64_t height)
{
	return height >= apply.sum_stored_height + SUM_INTERVAL;
}

static void
write_rows(const BlockRecord *record)
{
	tables_write_effects(apply.block, record->height, record->block_time_ms);
	write_reports(record);
	if (sum_due(record->height))
		tables_write_sum(record->height, &apply.next_sum);
}

static void
tell_root(BlockExchange *exchange, const BlockRecord *record)
{
	exchange->exec_root = record->exec_root;
	exchange->next_valset = record->next_valset_hash;
	pg_write_barrier();
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_EXECUTED);
	node_wake(&node_shared->order_latch);
}

/* Execution repeats itself; where it does not, this node's result was never worth anything. */
static void
evaluate_again(const BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	McHash told = record->exec_root;

	begin_transaction();
	evaluate(exchange, header, record);
	if (!hash_equal(&told, &record->exec_root))
		elog(ERROR, "block " UINT64_FORMAT " gave another result when executed again",
			 record->height);
}

/* As long as a view may take. */
static bool
quorum_comes(void)
{
	return wait_for_stage(EXCHANGE_COMMIT, apply.genesis->document.parameters[PARAMETER_TAU0]);
}

/*
 * A14, C2: the rows are written while signatures travel. Without a quorum for so long nothing is
 * held open for it: roll back, wait, and do the block again when the quorum is there.
 */
static void
wait_for_quorum(BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	if (apply.genesis->document.member_count == 1)
		handoff_watch(EXCHANGE_EXECUTED); /* signed by one: it is nearly there */
	if (quorum_comes())
		return;
	AbortCurrentTransaction();
	MemoryContextSwitchTo(TopMemoryContext);
	MemoryContextReset(apply.block_context);
	(void) wait_for_stage(EXCHANGE_COMMIT, -1);
	begin_transaction();
	store_roll_back_block();
	bi_open(apply.tip.height, apply.tip.ts_ms);
	commit_transaction();
	evaluate_again(exchange, header, record);
	write_rows(record);
}

static void
publish_epoch(void)
{
	NodeGenesis *before = apply.genesis;

	apply.genesis = apply.next, apply.next = before;
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	genesis_publish(apply.genesis);
	LWLockRelease(node_shared->lock);
	if (!members_differ(before, apply.genesis))
		return;
	pg_atomic_write_u32(&node_shared->roll_due, 1);
	node_wake(&node_shared->housekeeper_latch);
}

/*
 * An epoch with other parameters begins with new workers: one way to start, whatever changed. An
 * epoch with other members begins here; the order worker maps its links to them.
 */
static void
begin_epoch(void)
{
	bool changed;

	begin_transaction();
	members_open(apply.tip.height + 1, apply.origin, &apply.epoch, apply.next);
	commit_transaction();
	apply.base = 0;
	changed = memcmp(apply.next->document.parameters, apply.genesis->document.parameters,
					 sizeof(apply.genesis->document.parameters)) != 0;
	if (changed)
	{
		ereport(LOG, (errmsg("meschain begins epoch " UINT64_FORMAT " with other parameters",
							 apply.epoch.number)));
		proc_exit(0);
	}
	publish_epoch();
	store_set_epoch(apply.origin, &apply.genesis->rules);
}

/* Guests and addresses of the running epoch. */
static void
reload_members(void)
{
	pg_atomic_write_u32(&node_shared->addresses_due, 0);
	*apply.next = *apply.genesis;
	begin_transaction();
	members_reload(apply.origin, apply.next);
	commit_transaction();
	if (!members_differ(apply.genesis, apply.next))
		return;
	publish_epoch();
	pg_atomic_write_u32(&node_shared->peers_changed, 1);
	node_wake(&node_shared->order_latch);
}

static bool
roll_written(void)
{
	uint32_t count;
	const LedgerRow *row = ledger_block_rows(apply.block, &count);

	while (count > 0 && row->table != TX_TABLE_MEMBERS)
		row++, count--;
	return count > 0;
}

/* What the next block builds on in this process. Nobody else hears of it before the commit. */
static void
take_block(const BlockExchange *exchange, const BlockRecord *record)
{
	if (sum_due(record->height))
		apply.sum_stored_height = record->height;
	apply.sum = apply.next_sum;
	store_commit_block(apply.block, record->block_time_ms);
	outcomes_note(apply.block, record->height, exchange->slots);
	apply.tip = (PbftTip){
		.height = record->height,
		.hash = record->hash,
		.exec_root = record->exec_root,
		.ts_ms = record->block_time_ms,
		.stable_height = exchange->header.stable_height,
		.stable_exec_root = exchange->header.stable_exec_root,
	};
}

static void
tell_applied(BlockExchange *exchange)
{
	pg_atomic_write_u64(&exchange->applied, apply.tip.height);
	pg_write_barrier();
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_APPLIED);
	node_wake(&node_shared->order_latch);
}

static void
commit_blocks(void)
{
	commit_transaction();
	publish_blocks();
}

/* ---- several blocks in one transaction ---------------------------------------------------------
 *
 * A node that is behind waits for its disk once for many blocks: a block whose successors a quorum
 * has agreed on already is written and not committed, and the next one goes into the same
 * transaction, as long as that is short. A crash loses all of them or none; each has its own
 * results, sums and certificates. What a session may wait for ends it: a block in which a commit
 * hook ran, and whose locks it holds; and whatever changes who the members are.
 */

#define HELD_US 100000

static bool
may_hold(const BlockExchange *exchange, const BlockRecord *record, bool hooks_ran)
{
	return exchange->more && !hooks_ran && !epoch_named(&record->next_valset_hash) &&
		   record->height != apply.base && !roll_written() && tables_known(record->height + 1) &&
		   outcomes_fit(exchange->slot_count) &&
		   (apply.held == 0 || now_us() - apply.held_since_us < HELD_US);
}

/* The rows of this block are seen by the next. */
static void
hold_block(BlockExchange *exchange, const BlockRecord *record)
{
	if (apply.held++ == 0)
		apply.held_since_us = now_us();
	take_block(exchange, record);
	SPI_finish();
	PopActiveSnapshot();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	MemoryContextReset(apply.block_context);
	MemoryContextSwitchTo(apply.block_context);
	pg_write_barrier();
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_HELD);
	node_wake(&node_shared->order_latch);
}

/* Blocks that are held do not wait for the result of one that is not: without it they are
 * committed before anything of that block is written. */
static void
part_from_held(BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	if (quorum_comes())
		return;
	commit_blocks();
	pg_atomic_write_u64(&exchange->applied, apply.tip.height);
	node_wake(&node_shared->order_latch);
	evaluate_again(exchange, header, record);
}

static void
close_held(BlockExchange *exchange)
{
	commit_blocks();
	tell_applied(exchange);
}

static void
finish_block(BlockExchange *exchange, const BlockRecord *record)
{
	take_block(exchange, record);
	commit_blocks();
	/* order makes the next instance of what stands there when it learns that this is durable */
	if (epoch_named(&record->next_valset_hash) || record->height == apply.base)
		begin_epoch();
	else if (apply.base == 0 && roll_written())
		reload_members();
	tell_applied(exchange);
}

static void
apply_block(BlockExchange *exchange)
{
	uint8_t header[PBFT_HEADER_SIZE];
	BlockRecord record;
	uint64_t at[4] = { now_us() };
	uint64_t cpu_before = cpu_us();
	uint64_t height = exchange->header.height;
	bool hooks_ran;

	if (height != apply.tip.height + 1)
		elog(ERROR, "block " UINT64_FORMAT " cannot follow " UINT64_FORMAT, height,
			 apply.tip.height);
	if (apply.held == 0)
	{
		if (!tables_known(height))
			wait_for_leaf(height);
		begin_transaction();
	}
	evaluate(exchange, header, &record);
	tell_root(exchange, &record);
	at[1] = now_us();
	if (apply.held > 0)
		part_from_held(exchange, header, &record);
	write_rows(&record);
	at[2] = now_us();
	wait_for_quorum(exchange, header, &record);
	hooks_ran = hooks_run(apply.block, height, record.block_time_ms);
	record.result_certificate =
		span_of(exchange->result_certificate, exchange->result_certificate_size);
	tables_write_block(apply.block, &record);
	if (may_hold(exchange, &record, hooks_ran))
		hold_block(exchange, &record);
	else
		finish_block(exchange, &record);
	at[3] = now_us();
	count_block(at, cpu_before);
}

/* ---- the worker -------------------------------------------------------------------------------
 */

void
apply_main(Datum argument)
{
	worker_begin(&node_shared->apply_pid, &node_shared->apply_latch);
	worker_connect();
	node_set_mode(NODE_STARTING, "reading the ledger", "");
	before_shmem_exit(forget_genesis, 0);
	apply.block = (LedgerBlock *) TYPEALIGN(
		LEDGER_BLOCK_ALIGNMENT,
		MemoryContextAllocHuge(TopMemoryContext, ledger_block_size() + LEDGER_BLOCK_ALIGNMENT));
	ledger_block_init(apply.block);
	apply.block_context =
		AllocSetContextCreate(TopMemoryContext, "meschain block", ALLOCSET_DEFAULT_SIZES);

	begin_transaction();
	worker_check_extension();
	start_apply();
	commit_transaction();
	publish_start();

	for (;;)
	{
		if (pg_atomic_read_u32(&node_shared->exchange.stage) == EXCHANGE_EXECUTE)
		{
			pg_read_barrier();
			apply_block(&node_shared->exchange);
		}
		else if (pg_atomic_read_u32(&node_shared->exchange.stage) == EXCHANGE_CLOSE)
			close_held(&node_shared->exchange);
		else if (apply.held > 0)
			worker_wait(-1);
		else if (apply.base == 0 && pg_atomic_read_u32(&node_shared->addresses_due) != 0)
			reload_members();
		else
			worker_wait(-1);
	}
}
