/*
 * apply_pg.c - the apply worker: executes final blocks in order, one transaction each (law 4).
 *
 * An error ends the process; the launcher starts all workers anew and the block is done again from
 * committed state. So nothing here needs undoing, and shared memory changes only after a commit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "bi/bi_pg.h"
#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "ledger/epoch_pg.h"
#include "ledger/store_pg.h"
#include "ledger/tables_pg.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "node/decided_pg.h"
#include "node/genesis_pg.h"
#include "node/guc_pg.h"
#include "node/home_pg.h"
#include "node/hooks_pg.h"
#include "node/launcher_pg.h"
#include "node/members_pg.h"
#include "node/shmem_pg.h"
#include "node/worker_pg.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "utils/acl.h"
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
	StoreStats stats_told;
} apply;

static McHash
hash_column(HeapTuple row, TupleDesc desc, int column)
{
	McHash hash;
	bool isnull;
	bytea *bytes = DatumGetByteaPP(SPI_getbinval(row, desc, column, &isnull));

	if (isnull || VARSIZE_ANY_EXHDR(bytes) != HASH_SIZE)
		elog(ERROR, "column %d of the last block is damaged", column);
	memcpy(hash.bytes, VARDATA_ANY(bytes), HASH_SIZE);
	return hash;
}

static void
load_tip(void)
{
	PbftHeader header;
	McProblem problem;
	HeapTuple row;
	TupleDesc desc;
	bytea *bytes;
	bool isnull;

	apply.tip = (PbftTip){ .ts_ms = apply.origin->created_ms };
	genesis_hash(apply.origin, &apply.tip.hash);
	apply.tip.exec_root = apply.tip.stable_exec_root = apply.tip.hash;
	if (SPI_execute("SELECT height, hash, state_root, header FROM mes_internal.block_rows "
					"ORDER BY height DESC LIMIT 1",
					true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the last block");
	if (SPI_processed == 0)
		return;
	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	bytes = DatumGetByteaPP(SPI_getbinval(row, desc, 4, &isnull));
	if (pbft_header_decode(span_of(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), &header,
						   &problem) != MC_OK)
		elog(ERROR, "the header of the last block is damaged");
	apply.tip.height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 1, &isnull));
	apply.tip.hash = hash_column(row, desc, 2);
	apply.tip.exec_root = hash_column(row, desc, 3);
	apply.tip.ts_ms = header.ts_ms;
	apply.tip.stable_height = header.stable_height;
	apply.tip.stable_exec_root = header.stable_exec_root;
}

static void
check_sum(uint64_t height)
{
	McHash digest;
	McHash expected;

	if (height == 0)
		return;
	if (SPI_execute(
			psprintf(
				"SELECT state_digest FROM mes_internal.block_rows WHERE height = " UINT64_FORMAT,
				height),
			true, 1) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "block " UINT64_FORMAT " is missing", height);
	expected = hash_column(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	lthash_digest(&apply.sum, &digest);
	if (!hash_equal(&digest, &expected))
		worker_leave(
			NODE_OFFLINE,
			psprintf("the ledger's rows do not add up to the state of block " UINT64_FORMAT,
					 height),
			"Run mesctl node repair; mes.verify() shows the rows at fault.");
}

/* The stored sum and what the blocks after it did to the state. */
static void
load_sum(void)
{
	bool isnull;
	bytea *bytes;

	lthash_clear(&apply.sum);
	apply.sum_stored_height = 0;
	if (SPI_execute(
			"SELECT height, lthash FROM mes_internal.state_sums ORDER BY height DESC LIMIT 1", true,
			1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the state's sum");
	if (SPI_processed == 1)
	{
		HeapTuple row = SPI_tuptable->vals[0];

		apply.sum_stored_height =
			(uint64_t) DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull));
		bytes = DatumGetByteaPP(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull));
		lthash_load(&apply.sum, (const uint8_t *) VARDATA_ANY(bytes));
	}
	state_sum_add(&apply.sum, apply.sum_stored_height, apply.tip.height);
	check_sum(apply.tip.height);
}

static void
publish_start(void)
{
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	genesis_publish(apply.genesis);
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
	load_tip();
	members_open(apply.tip.height + 1, apply.origin, &apply.epoch, apply.genesis);
	home_enter(apply.origin, apply.genesis->document.member_count);
	store_set_epoch(apply.origin, &apply.genesis->rules);
	load_sum();
	store_open((Size) guc_utxo_cache_size_kb * 1024, apply.genesis->rules.window_max_ms);
	bi_open(apply.tip.height, apply.tip.ts_ms);
	pg_atomic_write_u32(&node_shared->apply_in_hooks, 0);
	decided_recall();
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
		if (limit_ms >= 0)
			left_ms = limit_ms - (GetCurrentTimestamp() - start) / 1000;
		if (limit_ms >= 0 && left_ms <= 0)
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

/* Outcomes into the slots, before the stage that lets order take the block as done. */
static void
tell_waiters(const BlockExchange *exchange)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(apply.block, &count);
	uint32_t refused = 0;

	for (uint32_t i = 0; i < count; i++)
	{
		PoolSlot *slot = pool_slot(exchange->slots[i]);

		refused += txs[i].problem.status != MC_OK;
		if (pg_atomic_read_u32(&slot->state) == POOL_DONE)
			continue; /* an earlier block decided it; this one refused the double */
		slot->outcome = (PoolOutcome){ txs[i].problem, exchange->header.height, i };
	}
	pool_finish(exchange->slots, exchange->slot_count);
	pg_atomic_fetch_add_u64(&node_shared->stats.transactions, count);
	pg_atomic_fetch_add_u64(&node_shared->stats.refused, refused);
}

static void
publish_block(const BlockExchange *exchange, const BlockRecord *record)
{
	apply.tip = (PbftTip){
		.height = record->height,
		.hash = record->hash,
		.exec_root = record->exec_root,
		.ts_ms = record->block_time_ms,
		.stable_height = exchange->header.stable_height,
		.stable_exec_root = exchange->header.stable_exec_root,
	};
	LWLockAcquire(node_shared->lock, LW_EXCLUSIVE);
	node_shared->tip = apply.tip;
	LWLockRelease(node_shared->lock);
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

/* The block in memory, its roots and its record; the transaction it began stays open. */
static void
evaluate(const BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	begin_transaction();
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

/*
 * A14, C2: the rows are written while signatures travel. Without a quorum for so long as a view may
 * take, nothing is held open for it: roll back, wait, and do the block again when the quorum is
 * there. Execution repeats itself; where it does not, this node's result was never worth anything.
 */
static void
wait_for_quorum(BlockExchange *exchange, uint8_t header[PBFT_HEADER_SIZE], BlockRecord *record)
{
	McHash told = record->exec_root;

	if (wait_for_stage(EXCHANGE_COMMIT, apply.genesis->document.parameters[PARAMETER_TAU0]))
		return;
	AbortCurrentTransaction();
	MemoryContextSwitchTo(TopMemoryContext);
	MemoryContextReset(apply.block_context);
	(void) wait_for_stage(EXCHANGE_COMMIT, -1);
	begin_transaction();
	store_roll_back_block();
	bi_open(apply.tip.height, apply.tip.ts_ms);
	commit_transaction();
	evaluate(exchange, header, record);
	if (!hash_equal(&told, &record->exec_root))
		elog(ERROR, "block " UINT64_FORMAT " gave another result when executed again",
			 record->height);
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

static void
finish_block(BlockExchange *exchange, const BlockRecord *record)
{
	if (sum_due(record->height))
		apply.sum_stored_height = record->height;
	apply.sum = apply.next_sum;
	home_note_height(record->height);
	store_commit_block(apply.block, record->block_time_ms);
	publish_block(exchange, record);
	tell_waiters(exchange);
	/* order makes the next instance of what stands there when it learns that this is durable */
	if (epoch_named(&record->next_valset_hash))
		begin_epoch();
	else if (roll_written())
		reload_members();
	pg_write_barrier();
	pg_atomic_write_u32(&exchange->stage, EXCHANGE_APPLIED);
	node_wake(&node_shared->order_latch);
}

static void
apply_block(BlockExchange *exchange)
{
	uint8_t header[PBFT_HEADER_SIZE];
	BlockRecord record;
	uint64_t at[4] = { now_us() };
	uint64_t cpu_before = cpu_us();
	uint64_t height = exchange->header.height;

	if (height != apply.tip.height + 1)
		elog(ERROR, "block " UINT64_FORMAT " cannot follow " UINT64_FORMAT, height,
			 apply.tip.height);
	if (!tables_known(height))
		wait_for_leaf(height);
	evaluate(exchange, header, &record);
	tell_root(exchange, &record);
	at[1] = now_us();
	write_rows(&record);
	at[2] = now_us();
	wait_for_quorum(exchange, header, &record);
	hooks_run(apply.block, height, record.block_time_ms);
	record.result_certificate =
		span_of(exchange->result_certificate, exchange->result_certificate_size);
	tables_write_block(apply.block, &record);
	commit_transaction();
	at[3] = now_us();
	finish_block(exchange, &record);
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
		else if (pg_atomic_read_u32(&node_shared->addresses_due) != 0)
			reload_members();
		else
			worker_wait(-1);
	}
}
