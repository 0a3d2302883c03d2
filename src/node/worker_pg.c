/*
 * worker_pg.c - the common start of apply and housekeeper.
 */
#include "node/worker_pg.h"

#include "commands/extension.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "node/guard_pg.h"
#include "node/guc_pg.h"
#include "node/launcher_pg.h"
#include "node/shmem_pg.h"
#include "postmaster/bgworker.h"
#include "access/xlog.h"
#include "storage/bufmgr.h"
#include "storage/ipc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* ALTER DATABASE and ALTER ROLE … SET reach workers: what matters is set again, above them (P5). */
static const char *const pinned[][2] = {
	{ "default_transaction_isolation", "read committed" },
	{ "default_transaction_read_only", "off" },
	{ "default_transaction_deferrable", "off" },
	{ "lock_timeout", "0" },
	{ "statement_timeout", "0" },
	{ "idle_in_transaction_session_timeout", "0" },
	{ "idle_session_timeout", "0" },
	{ "search_path", "pg_catalog, pg_temp" },
	{ "session_replication_role", "origin" },
	{ "row_security", "off" },
	{ "TimeZone", "UTC" },
	{ "DateStyle", "ISO, YMD" },
	{ "IntervalStyle", "postgres" },
	{ "extra_float_digits", "1" },
	{ "bytea_output", "hex" },
	{ "jit", "off" },
	{ "max_parallel_workers_per_gather", "0" },
	{ "default_table_access_method", "heap" },
	{ "default_tablespace", "" },
	{ "default_toast_compression", "pglz" },
	{ "synchronous_commit", "on" },
	{ "plan_cache_mode", "auto" },
};

void
worker_connect(void)
{
	BackgroundWorkerInitializeConnection(guc_database, NULL, 0);
	guard_open_process();
	for (size_t i = 0; i < lengthof(pinned); i++)
		SetConfigOption(pinned[i][0], pinned[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

void
worker_leave(NodeMode mode, const char *reason, const char *hint)
{
	ereport(LOG, (errmsg("meschain stays down in database \"%s\": %s", guc_database, reason),
				  hint[0] != '\0' ? errhint("%s", hint) : 0));
	node_set_mode(mode, reason, hint);
	proc_exit(0);
}

/* A vote or a receipt that a power cut can take back is none (P5). */
static void
check_durability(void)
{
	if (!enableFsync || !fullPageWrites)
		worker_leave(NODE_OFFLINE, "fsync or full_page_writes is off",
					 "Switch both on and restart the server.");
	if (zero_damaged_pages ||
		strcmp(GetConfigOption("ignore_checksum_failure", false, false), "on") == 0)
		worker_leave(NODE_OFFLINE, "zero_damaged_pages or ignore_checksum_failure is on",
					 "Switch both off.");
}

void
worker_check_extension(void)
{
	char *version;

	if (!OidIsValid(get_extension_oid("meschain", true)))
		worker_leave(NODE_OFFLINE, REASON_NO_EXTENSION, "Run CREATE EXTENSION meschain CASCADE.");
	if (SPI_execute("SELECT extversion FROM pg_extension WHERE extname = 'meschain'", true, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the version of the extension");
	version = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (strcmp(version, MESCHAIN_VERSION) != 0)
		worker_leave(
			NODE_OFFLINE,
			psprintf("the extension is version %s, the library %s", version, MESCHAIN_VERSION),
			"Run ALTER EXTENSION meschain UPDATE, or install the library that fits.");
	check_durability();
	SetSessionAuthorization(get_role_oid("mes_engine", false), false);
}

static void
add_outputs(LtHash *sum, const char *query, bool remove)
{
	Portal portal = SPI_cursor_parse_open(NULL, query, &(SPIParseOpenOptions){ .read_only = true });

	do
	{
		SPI_cursor_fetch(portal, true, 1000);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			HeapTuple row = SPI_tuptable->vals[i];
			TupleDesc desc = SPI_tuptable->tupdesc;
			LedgerOutput output = { 0 };
			McHash element;
			bool isnull;

			memcpy(output.txid.bytes,
				   VARDATA_ANY(DatumGetByteaPP(SPI_getbinval(row, desc, 1, &isnull))), HASH_SIZE);
			output.index = (uint32_t) DatumGetInt32(SPI_getbinval(row, desc, 2, &isnull));
			memcpy(output.address.bytes,
				   VARDATA_ANY(DatumGetByteaPP(SPI_getbinval(row, desc, 3, &isnull))), HASH_SIZE);
			strlcpy(output.asset.code, TextDatumGetCString(SPI_getbinval(row, desc, 4, &isnull)),
					sizeof(output.asset.code));
			output.amount = DatumGetInt64(SPI_getbinval(row, desc, 5, &isnull));
			ledger_output_element(&output, &element);
			if (remove)
				lthash_remove(sum, &element);
			else
				lthash_add(sum, &element);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
}

static void
add_rows(LtHash *sum, const char *query)
{
	if (SPI_execute(query, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read state rows");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool isnull;
		bool removed = DatumGetBool(SPI_getbinval(row, desc, 4, &isnull));
		bytea *key = DatumGetByteaPP(SPI_getbinval(row, desc, 2, &isnull));
		bytea *value = DatumGetByteaPP(SPI_getbinval(row, desc, 3, &isnull));
		McHash element;

		ledger_row_element((TxTable) DatumGetInt16(SPI_getbinval(row, desc, 1, &isnull)),
						   span_of(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)),
						   span_of(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)), &element);
		if (removed)
			lthash_remove(sum, &element);
		else
			lthash_add(sum, &element);
	}
}

#define OUTPUT_COLUMNS                                                                             \
	"SELECT coalesce(t.txid, mes_internal.fees_txid(o.output_id >> 20)), o.output_index, "         \
	"a.address, c.code, o.amount_units FROM mes_internal.output_rows o "                           \
	"LEFT JOIN mes_internal.transaction_rows t ON t.tx_id = (o.output_id >> 20 << 20) + "          \
	"o.position_in_block "                                                                         \
	"JOIN mes_internal.address_rows a ON a.address_id = o.address_id "                             \
	"JOIN mes_internal.asset_rows c ON c.asset_id = o.asset_id "

void
state_sum_add(LtHash *sum, uint64_t from_height, uint64_t to_height)
{
	uint64_t low = OUTPUT_ID(from_height + 1, 0);
	uint64_t high = OUTPUT_ID(to_height + 1, 0);

	if (from_height >= to_height)
		return;
	add_outputs(sum,
				psprintf(OUTPUT_COLUMNS "WHERE o.output_id >= " UINT64_FORMAT
										" AND o.output_id < " UINT64_FORMAT,
						 low, high),
				false);
	add_outputs(sum,
				psprintf(OUTPUT_COLUMNS
						 "JOIN mes_internal.spend_rows s ON s.output_id = o.output_id "
						 "WHERE s.spent_tx_id >= " UINT64_FORMAT
						 " AND s.spent_tx_id < " UINT64_FORMAT,
						 low, high),
				true);
	add_rows(sum,
			 psprintf("SELECT r.table_number, r.key, r.value, false FROM mes_internal.state_rows r "
					  "WHERE r.height > " UINT64_FORMAT " AND r.height <= " UINT64_FORMAT,
					  from_height, to_height));
	/* the version that the first write of a key replaced, and those in between, are gone */
	add_rows(sum,
			 psprintf("SELECT o.table_number, o.key, o.value, true FROM mes_internal.state_rows r "
					  "JOIN LATERAL (SELECT * FROM mes_internal.state_rows p "
					  "WHERE p.table_number = r.table_number AND p.key = r.key "
					  "AND p.height < r.height ORDER BY p.height DESC LIMIT 1) o ON true "
					  "WHERE r.height > " UINT64_FORMAT " AND r.height <= " UINT64_FORMAT,
					  from_height, to_height));
}

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

/*
 * A slice of the heights, each of its relations read by range. The rest of mes.verify looks up by
 * index and has hash joins switched off.
 */
void
state_sum_current(LtHash *sum, uint64_t from_height, uint64_t to_height)
{
	uint64_t low = OUTPUT_ID(from_height, 0);
	uint64_t high = OUTPUT_ID(to_height + 1, 0);
	int level = NewGUCNestLevel();

	set_option("enable_hashjoin", "on");
	set_option("cursor_tuple_fraction", "1"); /* all of it is fetched */
	add_outputs(sum,
				psprintf("SELECT coalesce(t.txid, mes_internal.fees_txid(o.output_id >> 20)), "
						 "o.output_index, a.address, c.code, o.amount_units "
						 "FROM mes_internal.output_rows o "
						 "LEFT JOIN mes_internal.spend_rows s ON s.output_id = o.output_id "
						 "AND s.output_id >= " UINT64_FORMAT " AND s.output_id < " UINT64_FORMAT
						 " LEFT JOIN mes_internal.transaction_rows t "
						 "ON t.tx_id = (o.output_id >> 20 << 20) + o.position_in_block "
						 "AND t.tx_id >= " UINT64_FORMAT " AND t.tx_id < " UINT64_FORMAT
						 " JOIN mes_internal.address_rows a ON a.address_id = o.address_id "
						 "JOIN mes_internal.asset_rows c ON c.asset_id = o.asset_id "
						 "WHERE o.output_id >= " UINT64_FORMAT " AND o.output_id < " UINT64_FORMAT
						 " AND s.output_id IS NULL",
						 low, high, low, high, low, high),
				false);
	AtEOXact_GUC(true, level);
}

void
state_sum_current_rows(LtHash *sum)
{
	add_rows(sum,
			 "SELECT DISTINCT ON (r.table_number, r.key) r.table_number, r.key, r.value, false "
			 "FROM mes_internal.state_rows r ORDER BY r.table_number, r.key, r.height DESC");
}
