/*
 * verify_closing_pg.c - closing balances against the ledger. They are sums of lines; here they are
 * added up by the other hand, from outputs made and outputs spent, in one pass for all leaves.
 */
#include "ledger/verify_item_pg.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/guc.h"

/* What was added up in $1 to $2: the blocks after each such height up to the next are a bucket. */
#define CUTS                                                                                       \
	"WITH cuts AS (SELECT array_agg(k.reached ORDER BY k.reached) AS reached, "                    \
	"array_agg(k.height ORDER BY k.reached) AS heights, "                                          \
	"mes_internal.summed_until($1 - 1) + 1 AS first, mes_internal.closing_at($1 - 1) AS before, "  \
	"max(k.reached) AS last "                                                                      \
	"FROM mes_internal.closings AS k WHERE k.reached BETWEEN $1 AND $2) "

/* A row's account for people; a number without a row stays a number. */
#define OWNER                                                                                      \
	"format('%s of %s', coalesce((SELECT a.code FROM mes_internal.asset_rows AS a WHERE "          \
	"a.asset_id = x.asset_id), 'asset ' || x.asset_id), coalesce((SELECT "                         \
	"mes_internal.address_text(r.address) FROM mes_internal.address_rows AS r "                    \
	"WHERE r.address_id = x.address_id), 'address ' || x.address_id))"

#define LAST_ROW                                                                                   \
	"(SELECT k.amount_units FROM mes_internal.closing_rows AS k WHERE k.address_id = "             \
	"x.address_id AND k.asset_id = x.asset_id AND k.height <= "
#define LAST_OF " ORDER BY k.height DESC LIMIT 1)"

static const char wrong_query[] = CUTS
	", parts AS ("
	"SELECT o.address_id, o.asset_id, "
	"width_bucket((o.output_id >> 20) - 1, c.reached) + 1 AS cut, o.amount_units AS units "
	"FROM mes_internal.output_rows AS o, cuts AS c "
	"WHERE o.output_id >= c.first << 20 AND o.output_id < (c.last + 1) << 20 "
	"UNION ALL "
	"SELECT o.address_id, o.asset_id, width_bucket((s.spent_tx_id >> 20) - 1, c.reached) + 1, "
	"-o.amount_units FROM cuts AS c, mes_internal.spend_rows AS s "
	"JOIN mes_internal.output_rows AS o ON o.output_id = s.output_id "
	"WHERE s.spent_tx_id >= c.first << 20 AND s.spent_tx_id < (c.last + 1) << 20 "
	"UNION ALL "
	"SELECT k.address_id, k.asset_id, array_position(c.heights, k.height), 0 "
	"FROM mes_internal.closing_rows AS k, cuts AS c WHERE k.height = ANY (c.heights)), "
	"moved AS (SELECT p.address_id, p.asset_id, p.cut, sum(p.units) AS units FROM parts AS p "
	"GROUP BY 1, 2, 3), "
	"due AS (SELECT m.address_id, m.asset_id, c.reached[m.cut] AS reached, "
	"c.heights[m.cut] AS height, c.before, "
	"sum(m.units) OVER (PARTITION BY m.address_id, m.asset_id ORDER BY m.cut) AS units "
	"FROM moved AS m, cuts AS c), "
	"judged AS (SELECT x.*, x.units + coalesce(" LAST_ROW "x.before" LAST_OF ", 0) AS computed, "
	"coalesce(" LAST_ROW "x.height" LAST_OF ", 0) AS stored FROM due AS x) "
	"SELECT x.reached, " OWNER " || format(': stored %s, computed %s', x.stored, x.computed) "
	"FROM judged AS x WHERE x.computed <> x.stored "
	"ORDER BY x.reached, x.address_id, x.asset_id LIMIT 100";

/* Rows that balances would begin with although nothing was added up there; the last block is $3. */
static const char stray_query[] =
	"SELECT x.height, " OWNER " FROM mes_internal.closing_rows AS x "
	"WHERE x.height BETWEEN $1 AND $2 "
	"AND NOT EXISTS (SELECT FROM mes_internal.closings AS c WHERE c.height = x.height) "
	"UNION ALL "
	"SELECT c.height, format('closings says %s', c.reached) FROM mes_internal.closings AS c "
	"WHERE c.height BETWEEN $1 AND $2 AND (c.reached > $3 OR NOT EXISTS (SELECT FROM "
	"mes_internal.leaves AS l WHERE l.to_height = c.height + 1 "
	"AND c.reached BETWEEN l.from_height AND c.height)) "
	"ORDER BY 1 LIMIT 100";

static void
report_all(Verifier *verifier, const char *query, const char *problem, const Datum *heights,
		   int height_count)
{
	MemoryContext context = CurrentMemoryContext;
	Datum values[2];
	bool nulls[2];

	if (SPI_execute_with_args(query, height_count, (Oid[]){ INT8OID, INT8OID, INT8OID },
							  unconstify(Datum *, heights), NULL, true, 0) != SPI_OK_SELECT)
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
any_closing(const Datum *heights)
{
	MemoryContext context = CurrentMemoryContext;
	bool found;

	if (SPI_execute_with_args("SELECT FROM mes_internal.closings AS k "
							  "WHERE k.reached BETWEEN $1 AND $2 LIMIT 1",
							  2, (Oid[]){ INT8OID, INT8OID }, unconstify(Datum *, heights), NULL,
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
verify_check_closings(Verifier *verifier, uint64_t from_height, uint64_t to_height, bool to_tip)
{
	Datum heights[2] = { Int64GetDatum((int64) from_height), Int64GetDatum((int64) to_height) };
	/* the leaf that takes blocks ends above the last one */
	Datum beyond[3] = { heights[0], to_tip ? Int64GetDatum(PG_INT64_MAX) : heights[1],
						to_tip ? heights[1] : Int64GetDatum(PG_INT64_MAX) };
	int level;

	report_all(verifier, stray_query, "nothing was added up for this row", beyond, 3);
	if (!any_closing(heights))
		return;
	/* whole leaves are joined here, leaf by leaf; elsewhere a verification looks up by index */
	level = NewGUCNestLevel();
	set_on("enable_hashjoin");
	set_on("enable_partitionwise_join");
	report_all(verifier, wrong_query, "a closing balance is not what was made less what was spent",
			   heights, 2);
	AtEOXact_GUC(true, level);
}
