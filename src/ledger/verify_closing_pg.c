/*
 * verify_closing_pg.c - closing balances against the ledger. They are sums of lines; here they are
 * added up by the other hand, from outputs made and outputs spent, in one pass for all leaves.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* What $1 to $2 closed: the blocks after each closing up to the next one are a bucket. */
#define CUTS                                                                                       \
	"WITH cuts AS (SELECT array_agg(k.height ORDER BY k.height) AS heights, "                      \
	"mes_internal.closed_height($1 - 1) + 1 AS first, max(k.height) AS last "                      \
	"FROM mes_internal.closings AS k "                                                             \
	"WHERE k.reached = k.height AND k.height BETWEEN $1 AND $2) "

/* A row's account for people; a number without a row stays a number. */
#define OWNER_OF(row)                                                                              \
	"format('%s of %s', coalesce((SELECT a.code FROM mes_internal.asset_rows AS a WHERE "          \
	"a.asset_id = " row ".asset_id), 'asset ' || " row ".asset_id), coalesce((SELECT "             \
	"mes_internal.address_text(r.address) FROM mes_internal.address_rows AS r "                    \
	"WHERE r.address_id = " row ".address_id), 'address ' || " row ".address_id))"

static const char wrong_query[] = CUTS
	", parts AS ("
	"SELECT o.address_id, o.asset_id, "
	"width_bucket((o.output_id >> 20) - 1, c.heights) + 1 AS cut, o.amount_units AS units "
	"FROM mes_internal.output_rows AS o, cuts AS c "
	"WHERE o.output_id >= c.first << 20 AND o.output_id < (c.last + 1) << 20 "
	"UNION ALL "
	"SELECT o.address_id, o.asset_id, width_bucket((s.spent_tx_id >> 20) - 1, c.heights) + 1, "
	"-o.amount_units FROM cuts AS c, mes_internal.spend_rows AS s "
	"JOIN mes_internal.output_rows AS o ON o.output_id = s.output_id "
	"WHERE s.spent_tx_id >= c.first << 20 AND s.spent_tx_id < (c.last + 1) << 20 "
	"UNION ALL "
	"SELECT k.address_id, k.asset_id, width_bucket(k.height - 1, c.heights) + 1, 0 "
	"FROM mes_internal.closing_rows AS k, cuts AS c WHERE k.height = ANY (c.heights)), "
	"moved AS (SELECT p.address_id, p.asset_id, p.cut, sum(p.units) AS units FROM parts AS p "
	"GROUP BY 1, 2, 3), "
	"due AS (SELECT m.address_id, m.asset_id, c.heights[m.cut] AS height, c.first, "
	"sum(m.units) OVER (PARTITION BY m.address_id, m.asset_id ORDER BY m.cut) AS units "
	"FROM moved AS m, cuts AS c) "
	"SELECT d.height, " OWNER_OF(
		"d") " || format(': stored %s, computed %s', "
			 "coalesce(s.amount_units, 0), d.units + coalesce(b.amount_units, 0)) FROM due AS d "
			 "LEFT JOIN LATERAL (SELECT k.amount_units FROM mes_internal.closing_rows AS k "
			 "WHERE k.address_id = d.address_id AND k.asset_id = d.asset_id AND k.height < d.first "
			 "ORDER BY k.height DESC LIMIT 1) AS b ON true "
			 "LEFT JOIN LATERAL (SELECT k.amount_units FROM mes_internal.closing_rows AS k "
			 "WHERE k.address_id = d.address_id AND k.asset_id = d.asset_id AND k.height <= "
			 "d.height "
			 "ORDER BY k.height DESC LIMIT 1) AS s ON true "
			 "WHERE d.units + coalesce(b.amount_units, 0) <> coalesce(s.amount_units, 0) "
			 "ORDER BY d.height, d.address_id, d.asset_id LIMIT 100";

/* Of no leaf: balances would take them for the last closing of their account. */
static const char stray_query[] = "SELECT k.height, " OWNER_OF(
	"k") " FROM mes_internal.closing_rows AS k "
		 "WHERE k.height BETWEEN $1 AND $2 "
		 "AND NOT EXISTS (SELECT FROM mes_internal.leaves AS l WHERE l.to_height = k.height + 1) "
		 "UNION ALL "
		 "SELECT c.height, 'closings' FROM mes_internal.closings AS c WHERE c.height BETWEEN $1 "
		 "AND $2 "
		 "AND NOT EXISTS (SELECT FROM mes_internal.leaves AS l WHERE l.to_height = c.height + 1) "
		 "ORDER BY 1 LIMIT 100";

static void
report_all(Verifier *verifier, const char *query, const char *problem, uint64_t from_height,
		   uint64_t to_height)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[2];
	bool nulls[2];

	if (SPI_execute_with_args(
			query, 2, (Oid[]){ INT8OID, INT8OID },
			(Datum[]){ Int64GetDatum((int64) from_height), Int64GetDatum((int64) to_height) }, NULL,
			true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not compare closing balances");
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		verify_report(verifier, (uint64_t) DatumGetInt64(values[0]), VERIFY_CLOSING, 0, problem,
					  "%s", TextDatumGetCString(values[1]));
	}
	SPI_freetuptable(SPI_tuptable);
}

static bool
any_closing(uint64_t from_height, uint64_t to_height)
{
	MemoryContext context = CurrentMemoryContext;
	bool found;

	if (SPI_execute_with_args(
			"SELECT FROM mes_internal.closings AS k WHERE k.reached = k.height "
			"AND k.height BETWEEN $1 AND $2 LIMIT 1",
			2, (Oid[]){ INT8OID, INT8OID },
			(Datum[]){ Int64GetDatum((int64) from_height), Int64GetDatum((int64) to_height) }, NULL,
			true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for closing balances");
	found = SPI_processed == 1;
	SPI_freetuptable(SPI_tuptable);
	MemoryContextSwitchTo(context);
	return found;
}

static void
set_on(const char *option)
{
	(void) set_config_option(option, "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

void
verify_check_closings(Verifier *verifier, uint64_t from_height, uint64_t to_height)
{
	int level;

	report_all(verifier, stray_query, "no leaf ends with this block", from_height, to_height);
	if (!any_closing(from_height, to_height))
		return;
	/* whole leaves are joined here, leaf by leaf; elsewhere a verification looks up by index */
	level = NewGUCNestLevel();
	set_on("enable_hashjoin");
	set_on("enable_partitionwise_join");
	report_all(verifier, wrong_query, "a closing balance is not what was made less what was spent",
			   from_height, to_height);
	AtEOXact_GUC(true, level);
}
