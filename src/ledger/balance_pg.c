/*
 * balance_pg.c - the balance after a line of mes.movements. A filter on the view shows some lines
 * of an account; what stood before them comes from its closing balance and the lines since, and
 * lines that follow each other share a page of them, so that a row costs no more than its own line.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "ledger/execute.h"
#include "node/accounts_pg.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* Pages kept by one call site; over it all are forgotten. */
#define PAGES_KEPT_MAX 1000
#define PAGE_LINES_FEW 100
#define PAGE_LINES_MANY 2000
#define PAGE_BLOCKS_FIRST 16
#define PAGE_BLOCKS_MAX 65536

typedef struct Line
{
	int64 tx_id;
	int32 line;
	int32 side;
	int64 balance;
} Line;

typedef struct AccountKey
{
	int64 address_id;
	int64 asset_id;
} AccountKey;

/* The lines of one account and asset in the blocks (after, until]. */
typedef struct AccountPage
{
	AccountKey key;
	int64 after;
	int64 until;
	int64 opening; /* the balance after block "after" */
	int64 blocks;  /* that the next page takes */
	int count;
	Line *lines;
} AccountPage;

typedef struct BalanceCache
{
	MemoryContext context;
	HTAB *pages;
} BalanceCache;

static SPIPlanPtr opening_plan;
static SPIPlanPtr sum_plan;
static SPIPlanPtr lines_plan;

static SPIPlanPtr
prepare(const char *query, int count)
{
	Oid types[4] = { INT8OID, INT4OID, INT8OID, INT8OID };
	SPIPlanPtr plan = SPI_prepare_cursor(query, count, types, CURSOR_OPT_GENERIC_PLAN);

	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare \"%s\"", query);
	return plan;
}

static void
prepare_all(void)
{
	if (lines_plan != NULL)
		return;
	/* the nearest block after which balances are added up, before or behind what is asked for */
	opening_plan = prepare(
		"SELECT c.reached, coalesce((SELECT k.amount_units FROM mes_internal.closing_rows k "
		"WHERE k.address_id = $1 AND k.asset_id = $2 AND k.height <= c.height "
		"ORDER BY k.height DESC LIMIT 1), 0) "
		"FROM (SELECT height, reached FROM mes_internal.closings "
		"UNION ALL SELECT 0, 0) c ORDER BY abs(c.reached - $3) LIMIT 1",
		3);
	sum_plan = prepare("SELECT coalesce(sum(amount_units), 0)::bigint FROM mes_internal.line_rows "
					   "WHERE address_id = $1 AND asset_id = $2 "
					   "AND output_at >= ($3 + 1) << 20 AND output_at < ($4 + 1) << 20 "
					   "AND tx_at >= ($3 + 1) << 20 AND tx_at < ($4 + 1) << 20",
					   4);
	lines_plan =
		prepare("SELECT tx_id, line, side, amount_units "
				"FROM mes_internal.account_lines($1, $3, $4) WHERE asset_id = $2 ORDER BY 1, 2, 3",
				4);
}

static int64
integer_of(uint64 row, int column)
{
	bool isnull;

	return DatumGetInt64(
		SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull));
}

static void
select_rows(SPIPlanPtr plan, const AccountKey *key, int64 after, int64 until)
{
	Datum values[4] = { Int64GetDatum(key->address_id), Int32GetDatum((int32) key->asset_id),
						Int64GetDatum(after), Int64GetDatum(until) };

	if (SPI_execute_plan(plan, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the lines of an account");
}

static int64
sum_between(const AccountKey *key, int64 after, int64 until)
{
	if (after >= until)
		return 0;
	select_rows(sum_plan, key, after, until);
	return integer_of(0, 1);
}

static int64
closing_of(const AccountPage *page)
{
	return page->count == 0 ? page->opening : page->lines[page->count - 1].balance;
}

/* Where the next page begins, and what the balance was there. */
static void
turn_page(AccountPage *page, bool is_new, int64 height)
{
	if (is_new)
	{
		page->blocks = PAGE_BLOCKS_FIRST;
		select_rows(opening_plan, &page->key, height - 1, 0);
		page->after = integer_of(0, 1);
		page->opening = integer_of(0, 2);
		page->opening += sum_between(&page->key, page->after, height - 1);
		page->opening -= sum_between(&page->key, height - 1, page->after);
		page->after = height - 1;
	}
	else if (height > page->until)
	{
		page->opening = closing_of(page) + sum_between(&page->key, page->until, height - 1);
		page->after = height - 1;
	}
	else
	{
		/* backwards: what is asked for next is likely to be before this */
		int64 start = Max(height - page->blocks, 0);

		page->opening -= sum_between(&page->key, start, page->after);
		page->after = start;
	}
	page->until = page->after + page->blocks;
}

static void
read_page(const BalanceCache *cache, AccountPage *page)
{
	int64 balance = page->opening;

	select_rows(lines_plan, &page->key, page->after, page->until);
	if (page->lines != NULL)
		pfree(page->lines);
	page->count = (int) SPI_processed;
	page->lines = MemoryContextAllocHuge(cache->context, sizeof(Line) * (SPI_processed + 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Line *line = &page->lines[i];

		line->tx_id = integer_of(i, 1);
		line->line = (int32) integer_of(i, 2);
		line->side = (int32) integer_of(i, 3);
		balance += line->side == 1 ? integer_of(i, 4) : -integer_of(i, 4);
		line->balance = balance;
	}
	if (page->count < PAGE_LINES_FEW && page->blocks < PAGE_BLOCKS_MAX)
		page->blocks *= 2;
	else if (page->count > PAGE_LINES_MANY && page->blocks > 1)
		page->blocks /= 2;
}

static BalanceCache *
cache_of(FunctionCallInfo fcinfo)
{
	BalanceCache *cache = fcinfo->flinfo->fn_extra;
	HASHCTL control = { .keysize = sizeof(AccountKey), .entrysize = sizeof(AccountPage) };

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(BalanceCache));
		cache->context = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "meschain balances",
											   ALLOCSET_DEFAULT_SIZES);
		fcinfo->flinfo->fn_extra = cache;
	}
	if (cache->pages != NULL && hash_get_num_entries(cache->pages) >= PAGES_KEPT_MAX)
	{
		MemoryContextReset(cache->context);
		cache->pages = NULL;
	}
	if (cache->pages == NULL)
	{
		control.hcxt = cache->context;
		cache->pages =
			hash_create("meschain balances", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	return cache;
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

static void
load_page(const BalanceCache *cache, AccountPage *page, bool is_new, int64 height)
{
	EngineRights saved;

	engine_rights_take(&saved);
	/* index scans or none; and a plan that costs what "off" costs would be compiled */
	set_option("enable_seqscan", "off");
	set_option("jit", "off");
	SPI_connect();
	prepare_all();
	turn_page(page, is_new, height);
	read_page(cache, page);
	SPI_finish();
	engine_rights_return(&saved);
}

static int
compare(const Line *line, int64 tx_id, int32 number, int32 side)
{
	if (line->tx_id != tx_id)
		return line->tx_id < tx_id ? -1 : 1;
	if (line->line != number)
		return line->line < number ? -1 : 1;
	return (line->side > side) - (line->side < side);
}

/* (address_id, asset_id, tx_id, line, side); null for a line that is not the account's */
PGDLLEXPORT PG_FUNCTION_INFO_V1(mes_internal_balance_after);
Datum
mes_internal_balance_after(PG_FUNCTION_ARGS)
{
	AccountKey key = { PG_GETARG_INT64(0), PG_GETARG_INT32(1) };
	int64 tx_id = PG_GETARG_INT64(2);
	int64 height = tx_id >> OUTPUT_ID_SHIFT;
	BalanceCache *cache = cache_of(fcinfo);
	bool found;
	AccountPage *page = hash_search(cache->pages, &key, HASH_ENTER, &found);
	int low = 0;
	int high;

	if (!found)
		memset((char *) page + sizeof(AccountKey), 0, sizeof(AccountPage) - sizeof(AccountKey));
	if (!found || height <= page->after || height > page->until)
		load_page(cache, page, !found, height);
	high = page->count;
	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (compare(&page->lines[middle], tx_id, PG_GETARG_INT32(3), PG_GETARG_INT32(4)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == page->count ||
		compare(&page->lines[low], tx_id, PG_GETARG_INT32(3), PG_GETARG_INT32(4)) != 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(page->lines[low].balance);
}
