/*
 * verify_run_pg.c - rounds, items and processes. Workers are PostgreSQL's own parallel workers, so
 * that they see what the caller's transaction sees, uncommitted rows and a standby's included, are
 * cancelled with it and bring its errors home.
 */
#include "ledger/verify_item_pg.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "ledger/verify_progress_pg.h"
#include "miscadmin.h"
#include "node/errors_pg.h"
#include "node/genesis_pg.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#define ROUND_KEY UINT64CONST(0x4D45535645524946)

/* ---- one process -----------------------------------------------------------------------------
 */

/* Planned once and for any arguments: to plan for an array of thousands costs more than to look up.
 */
static SPIPlanPtr
prepare(const char *query, int count, Oid *types)
{
	SPIPlanPtr plan = SPI_prepare_cursor(query, count, types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

static void
prepare_all(Verifier *verifier)
{
	verifier->row_plan =
		prepare("SELECT value FROM mes_internal.state_rows "
				"WHERE table_number = $1 AND key = $2 AND height < $3 ORDER BY height DESC LIMIT 1",
				3, (Oid[]){ INT2OID, BYTEAOID, INT8OID });
	verifier->version_plan = prepare("SELECT value, tx_id FROM mes_internal.state_rows "
									 "WHERE table_number = $1 AND key = $2 AND height = $3",
									 3, (Oid[]){ INT2OID, BYTEAOID, INT8OID });
	verifier->asset_plan =
		prepare("SELECT decimals, tx_id FROM mes_internal.asset_rows WHERE code = $1", 1,
				(Oid[]){ TEXTOID });
	/* LATERAL and OFFSET: an index for each key, whatever the planner thinks of tables without
	 * statistics; the bound by tx_id skips leaves */
	verifier->txs_plan = prepare(
		"SELECT t.txid, t.tx_id, t.first_output, t.output_count FROM unnest($1) AS i (txid), "
		"LATERAL (SELECT * FROM mes_internal.transaction_rows t WHERE t.txid = i.txid "
		"AND t.output_count > 0 AND t.tx_id >= $2 OFFSET 0) AS t",
		2, (Oid[]){ BYTEAARRAYOID, INT8OID });
	verifier->outputs_plan = prepare(
		"SELECT output_id, address_id, amount_units, asset_id, position_in_block, "
		"output_index, actor, kind FROM mes_internal.output_rows WHERE output_id = ANY ($1)",
		1, (Oid[]){ INT8ARRAYOID });
	verifier->spends_plan =
		prepare("SELECT output_id, spent_tx_id, input_index FROM mes_internal.spend_rows "
				"WHERE output_id = ANY ($1)",
				1, (Oid[]){ INT8ARRAYOID });
	verifier->names_plan =
		prepare("SELECT i.n, e.txid, e.block_time "
				"FROM unnest($1, $2, $3) WITH ORDINALITY AS i (submission, sender, before, n), "
				"LATERAL (SELECT * FROM mes_internal.transaction_rows e "
				"WHERE e.submission = i.submission AND e.sender_id + 0 = i.sender "
				"AND e.tx_id + 0 < i.before AND e.tx_id >= $4 OFFSET 0) AS e ORDER BY e.tx_id DESC",
				4, (Oid[]){ UUIDARRAYOID, INT8ARRAYOID, INT8ARRAYOID, INT8OID });
}

static void
load_genesis(Verifier *verifier)
{
	NodeGenesis *node = palloc0(sizeof(NodeGenesis));
	uint8_t no_key[SUITE_PUBLIC_SIZE] = { 0 };
	McProblem problem;

	if (!genesis_read(&node->document))
		problem_check(status_problem(&problem, MC_NO_LEDGER, 0, 0), &problem);
	genesis_derive(node, no_key);
	verifier->genesis = node->document;
	verifier->genesis_hash = node->genesis_hash;
	verifier->rules = node->rules;
}

/* Needs SPI; everything lives in the current context. */
Verifier *
verifier_create(VerifyRound *round)
{
	HASHCTL addresses = { .keysize = sizeof(int64),
						  .entrysize = sizeof(AddressEntry),
						  .hcxt = CurrentMemoryContext };
	HASHCTL assets = { .keysize = sizeof(int32),
					   .entrysize = sizeof(AssetEntry),
					   .hcxt = CurrentMemoryContext };
	MemoryContext context = CurrentMemoryContext;
	Verifier *verifier = palloc0(sizeof(Verifier));

	verifier->round = round;
	verifier->item_context =
		AllocSetContextCreate(context, "meschain verify", ALLOCSET_DEFAULT_SIZES);
	verifier->block = (LedgerBlock *) TYPEALIGN(
		LEDGER_BLOCK_ALIGNMENT,
		MemoryContextAllocHuge(context, ledger_block_size() + LEDGER_BLOCK_ALIGNMENT));
	ledger_block_init(verifier->block);
	verifier->addresses = hash_create("meschain verify addresses", 1024, &addresses,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	verifier->assets =
		hash_create("meschain verify assets", 64, &assets, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	load_genesis(verifier);
	prepare_all(verifier);
	MemoryContextSwitchTo(context);
	return verifier;
}

static void
work_on_item(Verifier *verifier, const VerifyItem *item)
{
	MemoryContext old = MemoryContextSwitchTo(verifier->item_context);
	ItemRows *rows = &verifier->rows;

	verify_load_item(verifier, item);
	verify_read_transactions(verifier);
	verify_find_sources(verifier);
	verify_find_submissions(verifier);
	verify_find_addresses(verifier);
	for (uint32_t i = 0; i < rows->block_count; i++)
		verify_check_block(verifier, &rows->blocks[i],
						   i == 0 ? &rows->parent : &rows->blocks[i - 1]);
	verify_progress_add(verifier->round->progress_slot, rows->block_count, rows->tx_count);
	MemoryContextSwitchTo(old);
	MemoryContextReset(verifier->item_context);
}

static void
work_on_round(Verifier *verifier, int process)
{
	VerifyRound *round = verifier->round;

	verifier->findings = &round->findings[process];
	for (;;)
	{
		uint32_t item = pg_atomic_fetch_add_u32(&round->next_item, 1);

		if (item >= round->item_count)
			return;
		work_on_item(verifier, &round->items[item]);
	}
}

extern PGDLLEXPORT void verify_worker_main(dsm_segment *segment, shm_toc *toc);

/* A parallel worker's entry: transaction, snapshot and settings are the leader's. */
void
verify_worker_main(dsm_segment *segment, shm_toc *toc)
{
	VerifyRound *round = shm_toc_lookup(toc, ROUND_KEY, false);
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "meschain verifier", ALLOCSET_DEFAULT_SIZES);

	SPI_connect();
	MemoryContextSwitchTo(context);
	work_on_round(verifier_create(round), ParallelWorkerNumber + 1);
	SPI_finish();
}

/* ---- rounds ----------------------------------------------------------------------------------
 */

static Size
round_size(int jobs)
{
	return offsetof(VerifyRound, findings) + (Size) jobs * sizeof(VerifyFindings);
}

/* Items of about as many transactions; what the rows say of their number only balances the work. */
static void
plan_items(VerifyRound *round)
{
	uint32_t counts[VERIFY_ROUND_BLOCKS] = { 0 };
	uint32_t txs = 0;
	bool isnull;
	VerifyItem *item = NULL;

	if (SPI_execute_with_args("SELECT height, tx_count FROM mes_internal.block_rows "
							  "WHERE height BETWEEN $1 AND $2",
							  2, (Oid[]){ INT8OID, INT8OID },
							  (Datum[]){ Int64GetDatum((int64) round->from_height),
										 Int64GetDatum((int64) round->to_height) },
							  NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read blocks");
	for (uint64 i = 0; i < SPI_processed; i++)
		counts[DatumGetInt64(
				   SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)) -
			   (int64) round->from_height] =
			(uint32_t) DatumGetInt32(
				SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull));
	SPI_freetuptable(SPI_tuptable);
	for (uint64_t height = round->from_height; height <= round->to_height; height++)
	{
		uint32_t count = counts[height - round->from_height];

		if (item == NULL || txs + count > VERIFY_ITEM_TXS ||
			height - item->from_height >= VERIFY_ITEM_BLOCKS)
		{
			item = &round->items[round->item_count++];
			item->from_height = height;
			txs = 0;
		}
		item->to_height = height;
		txs += count;
	}
}

static void
begin_round(VerifyRound *round, const VerifyRequest *request, uint64_t from_height, int slot)
{
	memset(round, 0, round_size(request->jobs));
	round->from_height = from_height;
	round->to_height = from_height + VERIFY_ROUND_BLOCKS - 1;
	if (round->to_height > request->to_height)
		round->to_height = request->to_height;
	round->sample_ppm = request->sample_ppm;
	round->progress_slot = slot;
	pg_atomic_init_u32(&round->next_item, 0);
	plan_items(round);
}

/* The leader works as well: with no worker to be had it does everything. */
static void
run_parallel(const VerifyRequest *request, Verifier *verifier, VerifyRound *local)
{
	ParallelContext *context;
	VerifyRound *shared;
	Size size = round_size(request->jobs);

	EnterParallelMode();
	context = CreateParallelContext("meschain", "verify_worker_main", request->jobs - 1);
	shm_toc_estimate_chunk(&context->estimator, size);
	shm_toc_estimate_keys(&context->estimator, 1);
	InitializeParallelDSM(context);
	shared = shm_toc_allocate(context->toc, size);
	memcpy(shared, local, size);
	shm_toc_insert(context->toc, ROUND_KEY, shared);
	LaunchParallelWorkers(context);
	verifier->round = shared;
	work_on_round(verifier, 0);
	WaitForParallelWorkersToFinish(context);
	memcpy(local, shared, size);
	verifier->round = local;
	DestroyParallelContext(context);
	ExitParallelMode();
}

typedef struct Run
{
	Verifier *verifier;
	List *problems;
	uint32_t left_out;
	uint64_t archived;
} Run;

static void
take_findings(Run *run, const VerifyFindings *findings)
{
	for (uint32_t i = 0; i < findings->count; i++)
	{
		VerifyProblem *kept = palloc(sizeof(VerifyProblem));

		*kept = findings->problems[i];
		run->problems = lappend(run->problems, kept);
	}
	run->left_out += findings->left_out;
	run->archived += findings->archived;
}

static void
run_round(Run *run, const VerifyRequest *request, VerifyFindings *own, VerifyChain *chain,
		  VerifyCounts *counts)
{
	VerifyRound *round = run->verifier->round;

	if (request->jobs > 1 && round->item_count > 1)
		run_parallel(request, run->verifier, round);
	else
		work_on_round(run->verifier, 0);
	for (int process = 0; process < request->jobs; process++)
		take_findings(run, &round->findings[process]);
	memset(own, 0, sizeof(*own));
	run->verifier->findings = own;
	verify_chain_round(chain, run->verifier);
	verify_counts_round(counts, round);
	take_findings(run, own);
	verify_progress_problems(round->progress_slot, (uint64_t) list_length(run->problems));
}

/* Surplus rows; where nothing else is wrong also closing balances and the whole current state. */
static void
run_end(Run *run, const VerifyRequest *request, VerifyFindings *own, const VerifyCounts *counts)
{
	memset(own, 0, sizeof(*own));
	run->verifier->findings = own;
	verify_check_surplus(counts, run->verifier, request->to_height, request->to_tip);
	if (run->problems == NIL && own->count == 0)
		verify_check_closings(run->verifier, request->from_height, request->to_height,
							  request->to_tip);
	if (request->to_tip && run->problems == NIL && own->count == 0)
		verify_check_state(run->verifier, request->to_height, request->jobs);
	take_findings(run, own);
	if (run->archived > 0)
		ereport(NOTICE,
				(errmsg("the witnesses of " UINT64_FORMAT " blocks are archived", run->archived),
				 errdetail("Their transactions were executed; their signatures stand under the "
						   "blocks' certificates and were not checked again.")));
	if (run->left_out > 0)
		ereport(WARNING, (errmsg("%u more problems are not shown", run->left_out),
						  errhint("Verify a shorter range.")));
}

List *
verify_run(const VerifyRequest *request)
{
	VerifyRound *round = MemoryContextAllocHuge(CurrentMemoryContext, round_size(request->jobs));
	VerifyFindings *own = palloc(sizeof(VerifyFindings));
	VerifyChain *chain = verify_chain_begin(request->from_height);
	VerifyCounts *counts = verify_counts_create(request->from_height, request->to_height);
	Run run = { .verifier = verifier_create(round) };
	int slot = verify_progress_begin(request);

	for (uint64_t height = request->from_height; height <= request->to_height;
		 height += VERIFY_ROUND_BLOCKS)
	{
		begin_round(round, request, height, slot);
		run_round(&run, request, own, chain, counts);
	}
	run_end(&run, request, own, counts);
	verify_progress_end(slot);
	return verify_settle(run.problems);
}
