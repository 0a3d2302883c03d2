/*
 * wallet_pg.c - runs the operations against a TxWorld that only counts, so that a new kind of
 * operation needs nothing here; then picks coins and writes the envelope.
 */
#include "node/wallet_pg.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/amounts_pg.h"
#include "node/errors_pg.h"
#include "node/hooks_pg.h"
#include "node/rows_pg.h"
#include "pgstat.h"
#include "tx/build.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include <time.h>

/* How long a submission from here stays valid, within what genesis allows. */
#define VALIDITY_MS 600000
#define BACKDATE_MS 10000
/* Besides what is needed, so many coins are merged into the change when they are at hand. */
#define MERGE_COINS 4
#define COINS_PER_QUERY 64
/* Another session holds the coins for the time of a signature: look again so often. */
#define RETRIES 200
#define RETRY_MS 2

typedef struct Need
{
	TxAsset asset;
	int64_t amount; /* positive: to be paid by coins */
	int64_t paid;
} Need;

typedef struct Overlay
{
	TxTable table;
	McSpan key;
	McSpan value;
} Overlay;

typedef struct Count
{
	WalletPlan *plan;
	int need_count;
	Need needs[TX_ASSETS_MAX];
	int row_count;
	int row_capacity;
	Overlay *rows;
} Count;

/* ---- what the operations cost ------------------------------------------------------------------
 */

static Datum
bytes_datum(McSpan span)
{
	bytea *bytes = palloc(VARHDRSZ + span.size);

	SET_VARSIZE(bytes, VARHDRSZ + span.size);
	if (span.size > 0)
		memcpy(VARDATA(bytes), span.data, span.size);
	return PointerGetDatum(bytes);
}

static McSpan
span_copy(McSpan span)
{
	uint8_t *copy = palloc(Max(span.size, 1));

	memcpy(copy, span.data, span.size);
	return span_of(copy, span.size);
}

static McStatus
need(Count *count, const TxAsset *asset, int64_t amount, McProblem *problem)
{
	int i = 0;

	while (i < count->need_count && strcmp(count->needs[i].asset.code, asset->code) != 0)
		i++;
	if (i == TX_ASSETS_MAX)
		return status_problem(problem, MC_TOO_MANY_ASSETS, i + 1, TX_ASSETS_MAX);
	if (i == count->need_count)
		count->needs[count->need_count++] = (Need){ .asset = *asset };
	if (pg_add_s64_overflow(count->needs[i].amount, amount, &count->needs[i].amount))
	{
		status_problem_name(problem, MC_SUM_OVERFLOW, asset->code, strlen(asset->code));
		problem->limit = TX_AMOUNT_MAX;
		return MC_SUM_OVERFLOW;
	}
	return MC_OK;
}

static McStatus
count_output(TxWorld *world, uint32_t actor, const TxOutput *output, McProblem *problem)
{
	return need(world->ledger, &output->asset, output->amount, problem);
}

static McStatus
count_issued(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount,
			 McProblem *problem)
{
	return need(world->ledger, asset, -amount, problem);
}

static McStatus
count_burned(TxWorld *world, uint32_t actor, const TxAsset *asset, int64_t amount,
			 McProblem *problem)
{
	return need(world->ledger, asset, amount, problem);
}

static bool
count_get_row(TxWorld *world, TxTable table, McSpan key, McSpan *value)
{
	Count *count = world->ledger;

	for (int i = count->row_count; i-- > 0;)
		if (count->rows[i].table == table && span_compare(count->rows[i].key, key) == 0)
		{
			*value = count->rows[i].value;
			return true;
		}
	return rows_get_current(table, key, value);
}

static void
count_put_row(TxWorld *world, TxTable table, McSpan key, McSpan value)
{
	Count *count = world->ledger;

	if (count->row_count == count->row_capacity)
	{
		count->row_capacity = Max(16, 2 * count->row_capacity);
		count->rows = count->rows == NULL
						  ? palloc(sizeof(Overlay) * (size_t) count->row_capacity)
						  : repalloc(count->rows, sizeof(Overlay) * (size_t) count->row_capacity);
	}
	count->rows[count->row_count++] =
		(Overlay){ .table = table, .key = span_copy(key), .value = span_copy(value) };
}

static uint64_t
wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t) now.tv_sec * 1000 + (uint64_t) now.tv_nsec / 1000000;
}

static int64
fee_of(const WalletPlan *plan)
{
	TxOperation only = { .kind = plan->operations[0].kind,
						 .arguments = plan->operations[0].arguments };

	return tx_fee_floor(&plan->genesis->rules, plan->operation_count == 1 ? &only : NULL);
}

static void
count_costs(Count *count)
{
	const WalletPlan *plan = count->plan;
	McProblem problem;
	TxWorld world = {
		.chain_id = plan->genesis->chain_id,
		.genesis = &plan->genesis->document,
		.ledger = count,
		.get_row = count_get_row,
		.put_row = count_put_row,
		.add_output = count_output,
		.add_issued = count_issued,
		.add_burned = count_burned,
	};

	LWLockAcquire(node_shared->lock, LW_SHARED);
	world.height = node_shared->tip.height + 1;
	world.block_time_ms = Max(node_shared->tip.ts_ms + 1, wall_ms());
	LWLockRelease(node_shared->lock);
	for (int i = 0; i < plan->operation_count; i++)
	{
		TxOperation operation = { .kind = plan->operations[i].kind,
								  .index = (uint32_t) i,
								  .actor_address = plan->account->address,
								  .arguments = plan->operations[i].arguments };

		if (operation_kind(operation.kind)->execute(&operation, &world, &problem) != MC_OK)
			problem_raise(&problem);
	}
	if (fee_of(plan) > 0)
		problem_check(need(count, &plan->genesis->rules.fee_asset, fee_of(plan), &problem),
					  &problem);
}

/* ---- which coins pay ---------------------------------------------------------------------------
 */

static void
take(WalletPlan *plan, Need *need, const Coin *coin)
{
	plan->coins[plan->coin_count++] = *coin;
	need->paid += coin->amount;
}

static Coin
coin_from_row(HeapTuple row, TupleDesc desc)
{
	Coin coin = { 0 };
	bool isnull;

	memcpy(coin.txid.bytes, VARDATA_ANY(DatumGetByteaPP(SPI_getbinval(row, desc, 1, &isnull))),
		   HASH_SIZE);
	coin.index = (uint32_t) DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull));
	coin.amount = DatumGetInt64(SPI_getbinval(row, desc, 3, &isnull));
	coin.height = (uint64_t) DatumGetInt64(SPI_getbinval(row, desc, 4, &isnull));
	return coin;
}

/* Newest first: change is young, so a busy account's search ends soon however long its history. */
static const char *const coins_query =
	"SELECT coalesce(t.txid, mes_internal.fees_txid(o.output_id >> 20)), o.output_index, "
	"o.amount_units, o.output_id >> 20 FROM mes_internal.output_rows o "
	"LEFT JOIN mes_internal.transaction_rows t ON t.tx_id = (o.output_id >> 20 << 20) + "
	"o.position_in_block "
	"WHERE o.address_id = (SELECT address_id FROM mes_internal.address_rows WHERE address = $1) "
	"AND o.asset_id = (SELECT asset_id FROM mes_internal.asset_rows WHERE code = $2) "
	"AND NOT EXISTS (SELECT 1 FROM mes_internal.spend_rows s WHERE s.output_id = o.output_id) "
	"ORDER BY o.output_id DESC";

static void
take_from_tables(WalletPlan *plan, Need *need)
{
	Datum values[2] = { bytes_datum(span_hash(&plan->account->address)),
						CStringGetTextDatum(need->asset.code) };
	Portal portal = SPI_cursor_open_with_args(NULL, coins_query, 2, (Oid[]){ BYTEAOID, TEXTOID },
											  values, NULL, true, 0);
	int merged = 0;
	bool more = true;

	while (more && merged < MERGE_COINS && plan->coin_count < TX_INPUTS_MAX)
	{
		SPI_cursor_fetch(portal, true, need->paid < need->amount ? COINS_PER_QUERY : MERGE_COINS);
		more = SPI_processed > 0;
		for (uint64 i = 0;
			 i < SPI_processed && merged < MERGE_COINS && plan->coin_count < TX_INPUTS_MAX; i++)
		{
			Coin coin = coin_from_row(SPI_tuptable->vals[i], SPI_tuptable->tupdesc);

			merged += need->paid >= need->amount;
			if (coins_reserve(&coin))
				take(plan, need, &coin);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
}

static void
take_change(WalletPlan *plan, Need *need)
{
	Coin found[COINS_PER_QUERY];
	uint32_t count = coins_reserve_change(&plan->account->address, &need->asset,
										  need->amount - need->paid, found, COINS_PER_QUERY);

	for (uint32_t i = 0; i < count; i++)
		take(plan, need, &found[i]);
}

static char *
whole_units(int64_t units, uint8_t decimals)
{
	return DatumGetCString(
		DirectFunctionCall1(numeric_out, NumericGetDatum(amount_from_units(units, decimals))));
}

/* In base units as the catalogue has it, and as people write amounts. */
static void
insufficient(const Need *need)
{
	McProblem problem;
	char message[256];
	uint8_t decimals = 0;
	bool known = asset_find_decimals(&need->asset, &decimals);

	status_problem_name(&problem, MC_INSUFFICIENT_FUNDS, need->asset.code,
						strlen(need->asset.code));
	problem.number = need->paid;
	problem.limit = need->amount;
	status_message(&problem, message, sizeof(message));
	ereport(ERROR,
			(errcode(errcode_of(MC_INSUFFICIENT_FUNDS)), errmsg("%s", message),
			 known ? errdetail("That is %s of the %s %s needed.", whole_units(need->paid, decimals),
							   whole_units(need->amount, decimals), need->asset.code)
				   : 0,
			 errhint("%s", status_info(MC_INSUFFICIENT_FUNDS)->hint)));
}

/* The account's unspent outputs, whoever reserved them: is it worth waiting for the others? */
static int64
owned_amount(WalletPlan *plan, const Need *need)
{
	Datum values[2] = { bytes_datum(span_hash(&plan->account->address)),
						CStringGetTextDatum(need->asset.code) };
	bool isnull;
	Datum sum;

	if (SPI_execute_with_args(
			psprintf(
				"SELECT least(sum(amount_units), 9223372036854775807)::bigint FROM (%s) q(a, b, "
				"amount_units, c)",
				coins_query),
			2, (Oid[]){ BYTEAOID, TEXTOID }, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not add up coins");
	sum = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? 0 : DatumGetInt64(sum);
}

/* A hook must not wait for other submissions to give coins back: the housekeeper calls it again. */
static void
refuse_to_wait(const Need *need)
{
	if (hooks_running())
		ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE),
						errmsg("other submissions hold the account's %s for the moment",
							   need->asset.code)));
}

static void
cover(WalletPlan *plan, Need *need)
{
	for (int attempt = 0; need->paid < need->amount; attempt++)
	{
		take_change(plan, need);
		if (need->paid >= need->amount)
			return;
		PushActiveSnapshot(GetLatestSnapshot());
		take_from_tables(plan, need);
		if (need->paid < need->amount && (attempt == 0 || attempt == RETRIES) &&
			(attempt == RETRIES || owned_amount(plan, need) < need->amount))
			insufficient(need);
		PopActiveSnapshot();
		if (need->paid >= need->amount)
			return;
		refuse_to_wait(need);
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, RETRY_MS,
						 PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/* ---- the envelope ------------------------------------------------------------------------------
 */

/*
 * Under load chain time runs ahead of the clock, never behind its own past; while nothing happens
 * it stands still, and at least half of the window must be left when the block comes.
 */
static void
fill_window(uint64_t length_ms, TxHeader *header)
{
	uint64_t now_ms = wall_ms();
	uint64_t chain_ms;
	uint64_t from_ms;

	LWLockAcquire(node_shared->lock, LW_SHARED);
	chain_ms = node_shared->tip.ts_ms;
	LWLockRelease(node_shared->lock);
	from_ms = Min(now_ms, chain_ms);
	from_ms -= Min(from_ms, BACKDATE_MS);
	header->valid_from_ms = Max(from_ms, Max(now_ms, chain_ms) - length_ms / 2);
	header->valid_until_ms = header->valid_from_ms + length_ms;
}

static void
fill_header(const WalletPlan *plan, TxHeader *header)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->chain_id, plan->genesis->chain_id, CHAIN_ID_SIZE);
	memcpy(header->submission, plan->submission, SUBMISSION_SIZE);
	header->sender = plan->account->address;
	fill_window(Min(plan->genesis->rules.window_max_ms, VALIDITY_MS), header);
	header->reference = span_text(plan->reference != NULL ? plan->reference : "");
	header->fee = fee_of(plan);
}

static void
write_envelope(WalletPlan *plan, const Count *count)
{
	size_t arguments = 0;
	size_t size;
	TxBuilder builder;
	TxHeader header;
	WireWriter body;
	WireWriter envelope;
	McHash txid;
	McHash signing;
	McProblem problem;

	for (int i = 0; i < plan->operation_count; i++)
		arguments += plan->operations[i].arguments.size + 16;
	size = arguments + plan->coin_count * sizeof(TxInput) + 64;
	fill_header(plan, &header);
	tx_build_init(&builder, &header, palloc(size), size);
	for (uint32_t i = 0; i < plan->coin_count; i++)
		tx_build_input(&builder, &(TxInput){ .txid = plan->coins[i].txid,
											 .output_index = plan->coins[i].index,
											 .height = plan->coins[i].height });
	for (int i = 0; i < plan->operation_count; i++)
		wire_put_raw(tx_build_operation(&builder, plan->operations[i].kind, 0),
					 plan->operations[i].arguments);
	for (int i = 0; i < count->need_count; i++)
		if (count->needs[i].paid > count->needs[i].amount)
			tx_build_change(&builder, 0, &count->needs[i].asset,
							count->needs[i].paid - Max(count->needs[i].amount, 0));
	size = arguments + (size_t) plan->coin_count * 64 + TX_CHANGE_MAX * 32 + 1024;
	wire_writer_init(&body, palloc(size), size);
	problem_check(tx_build_body(&builder, &body, &problem), &problem);
	tx_txid(wire_written(&body), &txid);
	tx_signing_hash(plan->genesis->chain_id, &txid, &signing);
	wire_writer_init(&envelope, palloc(size + 512), size + 512);
	tx_put_envelope(&envelope, wire_written(&body), 1);
	tx_put_key_witness(&envelope, &plan->account->secret, &signing);
	Assert(!envelope.full);
	plan->envelope = wire_written(&envelope);
}

void
wallet_build(WalletPlan *plan)
{
	MemoryContext caller = CurrentMemoryContext;
	Count *count = palloc0(sizeof(Count));
	EngineRights saved;

	plan->coins = palloc(sizeof(Coin) * TX_INPUTS_MAX);
	plan->coin_count = 0;
	count->plan = plan;
	engine_rights_take(&saved);
	PushActiveSnapshot(GetLatestSnapshot());
	SPI_connect();
	count_costs(count);
	for (int i = 0; i < count->need_count; i++)
		if (count->needs[i].amount > 0)
			cover(plan, &count->needs[i]);
	MemoryContextSwitchTo(caller); /* what is built outlives SPI */
	write_envelope(plan, count);
	SPI_finish();
	PopActiveSnapshot();
	engine_rights_return(&saved);
}
