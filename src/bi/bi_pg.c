/*
 * bi_pg.c - a block's accounts, assets and own row; what its transactions did is facts_pg.c's.
 *
 * Private memory of the apply worker: which accounts and assets have their rows, and the decimals
 * of an asset. It is read from committed rows at start, and a failed block ends the process.
 */
#include "bi/bi_pg.h"

#include "bi/facts_pg.h"
#include "bi/rollup_pg.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "ledger/governance.h"
#include "ledger/store_pg.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* numeric(28,8) of amount columns */
#define AMOUNT_SCALE 8

static const char *const table_names[FACT_TABLES] = {
	[FACT_TRANSFER] = "fact_transfer",
	[FACT_FEE] = "fact_fee",
	[FACT_REFUSAL] = "fact_refusal",
	[FACT_RATE] = "fact_rate",
	[FACT_BLOCK] = "fact_block",
	[DIM_ACCOUNT] = "dim_account",
	[DIM_ASSET] = "dim_asset",
	[DIM_WORK] = "dim_work",
	[DIM_LICENCE] = "dim_licence",
	[FACT_LICENCE_SALE] = "fact_licence_sale",
	[FACT_ROYALTY] = "fact_royalty",
	[FACT_SHARE_CHANGE] = "fact_share_change",
	[AGG_REVENUE_DAY] = "agg_revenue_day",
	[AGG_PAYEE_MONTH] = "agg_payee_month",
};

/* Accounts are numbered here: a holder of shares may be nobody whom the ledger has a number for. */
#define ACCOUNTS_CACHED_MAX 500000
typedef struct Account
{
	McAddress address;
	int64 key;
} Account;

static struct
{
	HTAB *accounts;
	SPIPlanPtr account_plan;
	int64 last_account;
	int32 last_asset;
	int32 decimals_size;
	uint8_t *decimals; /* by number of the asset */
	uint64_t previous_ms;
} bi;

/* ---- rows --------------------------------------------------------------------------------------
 */

TupleTableSlot *
facts_row(Facts *facts, FactTable table)
{
	if (facts->writers[table] == NULL)
		facts->writers[table] =
			bulk_open(get_relname_relid(table_names[table], get_namespace_oid("mes_bi", false)));
	return bulk_row(facts->writers[table]);
}

void
facts_common(const Facts *facts, TupleTableSlot *row, int64 key)
{
	row->tts_values[0] = Int64GetDatum(key);
	row->tts_values[1] = Int64GetDatum((int64) facts->height);
	row->tts_values[2] = facts->block_time;
	row->tts_values[3] = facts->date_key;
}

Datum
facts_text(McSpan span)
{
	return PointerGetDatum(cstring_to_text_with_len((const char *) span.data, (int) span.size));
}

Datum
facts_amount(int64_t units, uint8_t decimals)
{
	static const int64 scale[AMOUNT_SCALE + 1] = { 1,      10,      100,      1000,     10000,
												   100000, 1000000, 10000000, 100000000 };
	int64 scaled;

	/* the common case without a division: digits move into the fixed scale */
	if (decimals <= AMOUNT_SCALE &&
		!pg_mul_s64_overflow(units, scale[AMOUNT_SCALE - decimals], &scaled))
		return NumericGetDatum(int64_div_fast_to_numeric(scaled, AMOUNT_SCALE));
	return DirectFunctionCall2(numeric_round,
							   NumericGetDatum(int64_div_fast_to_numeric(units, decimals)),
							   Int32GetDatum(AMOUNT_SCALE));
}

/* yyyymmdd of the day in UTC */
static Datum
date_key_of(uint64_t unix_ms)
{
	int year;
	int month;
	int day;

	j2date((int) (unix_ms / 86400000) + UNIX_EPOCH_JDATE, &year, &month, &day);
	return Int64GetDatum((int64) year * 10000 + month * 100 + day);
}

Datum
facts_hex(const McHash *hash)
{
	char text[HASH_SIZE * 2 + 1];

	hex_format(hash->bytes, HASH_SIZE, text);
	return facts_text(span_of(text, HASH_SIZE * 2));
}

/* ---- accounts and assets -----------------------------------------------------------------------
 */

static void
write_account(Facts *facts, int64 key, const char *text)
{
	TupleTableSlot *row = facts_row(facts, DIM_ACCOUNT);

	row->tts_values[0] = Int64GetDatum(key);
	row->tts_values[1] = facts_text(span_text(text));
	row->tts_values[2] = Int64GetDatum((int64) facts->height);
	row->tts_values[3] = facts->block_time;
	row->tts_values[4] = facts->date_key;
}

int64
facts_account(Facts *facts, const McAddress *address)
{
	char text[ADDRESS_TEXT_SIZE + 1];
	Account *account;
	bool found;
	bool isnull;

	account = hash_search(bi.accounts, address, HASH_ENTER, &found);
	if (found)
		return account->key;
	address_format(address, text);
	if (SPI_execute_plan(bi.account_plan, (Datum[]){ CStringGetTextDatum(text) }, NULL, true, 1) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not look up an account");
	if (SPI_processed == 1)
		account->key =
			DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	else
	{
		account->key = ++bi.last_account;
		write_account(facts, account->key, text);
	}
	return account->key;
}

/* Only between blocks: what this one numbers cannot be looked up before it is committed. */
static void
forget_accounts(void)
{
	HASH_SEQ_STATUS scan;
	Account *account;

	if (hash_get_num_entries(bi.accounts) <= ACCOUNTS_CACHED_MAX)
		return;
	hash_seq_init(&scan, bi.accounts);
	while ((account = hash_seq_search(&scan)) != NULL)
		hash_search(bi.accounts, &account->address, HASH_REMOVE, NULL);
}

int32
facts_asset(const TxAsset *asset, uint8_t *decimals)
{
	bool is_new;
	int32 id = store_asset_id(asset, &is_new);

	if (is_new || id > bi.last_asset)
		elog(ERROR, "asset \"%s\" of the block has no row", asset->code);
	*decimals = bi.decimals[id];
	return id;
}

static void
write_accounts(Facts *facts)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(facts->block, &count);
	const LedgerOutput *outputs;

	for (uint32_t i = 0; i < count; i++)
		(void) facts_account(facts, &txs[i].view->sender);
	outputs = ledger_block_outputs(facts->block, &count);
	for (uint32_t i = 0; i < count; i++)
		(void) facts_account(facts, &outputs[i].address);
}

static void
set_decimals(int32 asset_id, uint8_t decimals)
{
	if (asset_id >= bi.decimals_size)
	{
		int32 size = asset_id + 1024;

		bi.decimals = bi.decimals == NULL ? MemoryContextAllocHuge(TopMemoryContext, (Size) size)
										  : repalloc_huge(bi.decimals, (Size) size);
		bi.decimals_size = size;
	}
	bi.decimals[asset_id] = decimals;
	bi.last_asset = asset_id;
}

/* Who received the first units; the sender when none were issued. */
static const McAddress *
first_owner(const LedgerBlock *block, const LedgerTx *tx, const TxAsset *asset)
{
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(block, &count);

	for (uint32_t i = tx->first_output; i < tx->first_output + tx->output_count; i++)
		if (outputs[i].kind == LEDGER_OUTPUT_ISSUE &&
			strcmp(outputs[i].asset.code, asset->code) == 0)
			return &outputs[i].address;
	return &tx->view->sender;
}

static void
note_asset(Facts *facts, const LedgerRow *asset_row)
{
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(facts->block, &count);
	TxAsset asset = { 0 };
	AssetRow content;
	TupleTableSlot *row;
	bool is_new;
	int32 id;

	memcpy(asset.code, asset_row->key.data, asset_row->key.size);
	id = store_asset_id(&asset, &is_new);
	if (id <= bi.last_asset)
		return;
	if (is_new || !asset_row_read(asset_row->value, &content))
		elog(ERROR, "asset row of \"%s\" is damaged", asset.code);
	set_decimals(id, content.decimals);
	row = facts_row(facts, DIM_ASSET);
	row->tts_values[0] = Int64GetDatum(id);
	row->tts_values[1] = facts_text(span_text(asset.code));
	row->tts_values[2] = Int32GetDatum(content.decimals);
	row->tts_values[3] = Int64GetDatum(
		facts_account(facts, first_owner(facts->block, &txs[asset_row->position], &asset)));
	row->tts_values[4] = BoolGetDatum(content.open);
	row->tts_values[5] = Int64GetDatum((int64) facts->height);
	row->tts_values[6] = facts->block_time;
}

static void
write_assets(Facts *facts)
{
	uint32_t count;
	const LedgerRow *rows = ledger_block_rows(facts->block, &count);

	for (uint32_t i = 0; i < count; i++)
		if (rows[i].table == TX_TABLE_ASSETS)
			note_asset(facts, &rows[i]);
}

/* After the block's rows, which say who is a member from the next epoch on. */
static void
write_members(const Facts *facts)
{
	uint32_t count;
	const LedgerRow *rows = ledger_block_rows(facts->block, &count);
	bool changed = false;

	for (uint32_t i = 0; i < count; i++)
		changed |= rows[i].table == TX_TABLE_MEMBERS;
	if (changed &&
		SPI_execute("SELECT mes_internal.complete_report_members()", false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not bring members up to date");
}

/* ---- the block ---------------------------------------------------------------------------------
 */

static void
write_block(Facts *facts, const BlockRecord *record, const TxAsset *fee_asset)
{
	TupleTableSlot *row = facts_row(facts, FACT_BLOCK);
	uint32_t tx_count;
	uint32_t output_count;
	uint32_t refused = 0;
	uint8_t decimals = 0;
	const LedgerTx *txs = ledger_block_txs(facts->block, &tx_count);

	(void) ledger_block_outputs(facts->block, &output_count);
	for (uint32_t i = 0; i < tx_count; i++)
		refused += txs[i].problem.status != MC_OK;
	if (ledger_block_fees(facts->block) > 0)
		(void) facts_asset(fee_asset, &decimals);
	facts_common(facts, row, (int64) facts->height);
	row->tts_values[4] = Int64GetDatum((int64) record->proposer);
	row->tts_values[5] = Int32GetDatum((int32) tx_count);
	row->tts_values[6] = Int32GetDatum((int32) refused);
	row->tts_values[7] = Int32GetDatum((int32) output_count);
	row->tts_isnull[8] = bi.previous_ms == 0;
	row->tts_values[8] = Int64GetDatum((int64) (record->block_time_ms - bi.previous_ms));
	row->tts_values[9] = facts_hex(&record->hash);
	row->tts_values[10] = facts_hex(&record->exec_root);
	row->tts_values[11] = facts_amount(ledger_block_fees(facts->block), decimals);
}

/* The block's fees are an output of no transaction, to its proposer. */
static void
write_fees(Facts *facts)
{
	uint32_t count;
	const LedgerOutput *outputs = ledger_block_outputs(facts->block, &count);
	const LedgerOutput *fees = count > 0 ? &outputs[count - 1] : NULL;
	TupleTableSlot *row;
	uint8_t decimals;

	if (fees == NULL || fees->kind != LEDGER_OUTPUT_FEES)
		return;
	row = facts_row(facts, FACT_TRANSFER);
	facts_common(facts, row, (int64) fees->output_id);
	row->tts_values[4] = Int64GetDatum(FACTS_NOBODY);
	row->tts_values[5] = Int64GetDatum(facts_account(facts, &fees->address));
	row->tts_values[6] = Int64GetDatum(facts_asset(&fees->asset, &decimals));
	row->tts_values[7] = Int32GetDatum((int32) fees->position);
	row->tts_values[8] = Int32GetDatum((int32) fees->index);
	row->tts_values[9] = facts_text(span_text("fees"));
	row->tts_values[10] = facts_hex(&fees->txid);
	row->tts_values[11] = facts_amount(fees->amount, decimals);
	row->tts_isnull[12] = true;
	row->tts_isnull[13] = true;
}

void
bi_write_block(const LedgerBlock *block, const BlockRecord *record, const TxAsset *fee_asset)
{
	Facts facts = {
		.block = block,
		.height = record->height,
		.block_time = TimestampTzGetDatum(tables_timestamp(record->block_time_ms)),
		.date_key = date_key_of(record->block_time_ms),
	};
	uint32_t count;
	const LedgerTx *txs = ledger_block_txs(block, &count);

	forget_accounts();
	write_accounts(&facts);
	write_assets(&facts);
	facts_rights(&facts);
	for (uint32_t i = 0; i < count; i++)
		facts_transaction(&facts, &txs[i], i, fee_asset);
	write_fees(&facts);
	write_block(&facts, record, fee_asset);
	rollups_write(&facts);
	for (int table = 0; table < FACT_TABLES; table++)
		if (facts.writers[table] != NULL)
			bulk_close(facts.writers[table]);
	facts_rights_end(&facts);
	write_members(&facts);
	bi.previous_ms = record->block_time_ms;
}

/* ---- start -------------------------------------------------------------------------------------
 */

/* Not read-only: it sees what complete_reports wrote. */
static int64
query_integer(const char *query)
{
	bool isnull;
	Datum value;

	if (SPI_execute(query, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not run \"%s\"", query);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? 0 : DatumGetInt64(value);
}

static void
load_assets(void)
{
	if (SPI_execute("SELECT asset_id, decimals FROM mes_internal.asset_rows ORDER BY asset_id",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read assets");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		bool isnull;

		set_decimals(
			DatumGetInt32(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull)),
			(uint8_t) DatumGetInt16(SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull)));
	}
}

void
bi_open(uint64_t tip_height, uint64_t tip_ms)
{
	int64 height;

	/* a plan made while a relation is small is kept: it must be by index from the first */
	SetConfigOption("enable_seqscan", "off", PGC_USERSET, PGC_S_SESSION);
	if (SPI_execute("SELECT mes_internal.complete_reports()", false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look after the reports");
	height = query_integer(psprintf(
		"SELECT max(height) FROM mes_bi.fact_block WHERE height <= " UINT64_FORMAT, tip_height));
	if ((uint64_t) height != tip_height)
		elog(ERROR, "reports end with block " INT64_FORMAT ", the ledger with " UINT64_FORMAT,
			 height, tip_height);
	bi.accounts = hash_create("meschain accounts", 1024,
							  &(HASHCTL){ .keysize = HASH_SIZE, .entrysize = sizeof(Account) },
							  HASH_ELEM | HASH_BLOBS);
	bi.account_plan = SPI_prepare("SELECT account_key FROM mes_bi.dim_account WHERE address = $1",
								  1, (Oid[]){ TEXTOID });
	if (bi.account_plan == NULL || SPI_keepplan(bi.account_plan) != 0)
		elog(ERROR, "could not prepare the look-up of accounts");
	facts_rights_open();
	rollups_open();
	bi.last_account = query_integer("SELECT max(account_key) FROM mes_bi.dim_account");
	load_assets();
	bi.previous_ms = tip_height > 0 ? tip_ms : 0;
}
