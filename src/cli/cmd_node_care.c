/*
 * cmd_node_care.c - node check, repair, rehome: what a DBA does to a node that runs, each a
 * function of schema mes; here with lines to read and an exit code.
 */
#include "cli/federation.h"

#include <stdio.h>
#include <string.h>

static void
take_no_word(int argc, char **argv, const CliOption *options)
{
	if (cli_options(argc, argv, options) != 0)
		cli_usage("node %s takes no word \"%s\"", argv[0], argv[1]);
}

/* ---- check -------------------------------------------------------------------------------------
 */

static int
run_check(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const CliOption options[] = { TARGET_OPTIONS(target), { 0 } };
	PGresult *lines;
	int wrong = 0;

	take_no_word(argc, argv, options);
	lines = query(target_connect(&target),
				  "SELECT item, state, what, coalesce(advice, '') FROM mes.check_setup()", 0, NULL);
	for (int i = 0; i < PQntuples(lines); i++)
	{
		const char *advice = PQgetvalue(lines, i, 3);

		wrong += strcmp(PQgetvalue(lines, i, 1), "wrong") == 0;
		printf("%-8s %s: %s\n", PQgetvalue(lines, i, 1), PQgetvalue(lines, i, 0),
			   PQgetvalue(lines, i, 2));
		if (advice[0] != '\0')
			printf("         -> %s\n", advice);
	}
	return wrong > 0 ? CLI_FAILED : CLI_DONE;
}

/* ---- repair ------------------------------------------------------------------------------------
 */

static int
run_repair(int argc, char **argv)
{
	Target target = TARGET_INIT;
	int64_t from = 1;
	int64_t to = 0;
	bool dry_run = false;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "from", CLI_NUMBER, &from, 1, INT64_MAX },
								  { "to", CLI_NUMBER, &to, 1, INT64_MAX },
								  { "dry-run", CLI_FLAG, &dry_run, 0, 0 },
								  { 0 } };
	PGresult *rows;

	take_no_word(argc, argv, options);
	rows = query(target_connect(&target),
				 "SELECT height, relation, row_key, problem, source "
				 "FROM mes.repair_node($1::bigint, $2::bigint, $3::boolean)",
				 3,
				 (const char *[]){ cli_format("%lld", (long long) from),
								   to > 0 ? cli_format("%lld", (long long) to) : NULL,
								   dry_run ? "true" : "false" });
	for (int i = 0; i < PQntuples(rows); i++)
		printf("block %s, %s where %s: %s; from %s\n", PQgetvalue(rows, i, 0),
			   PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 2), PQgetvalue(rows, i, 3),
			   PQgetvalue(rows, i, 4));
	printf("%-10s %d\n", dry_run ? "to mend" : "mended", PQntuples(rows));
	return CLI_DONE;
}

/* ---- rehome ------------------------------------------------------------------------------------
 */

static int
run_rehome(int argc, char **argv)
{
	Target target = TARGET_INIT;
	int64_t jobs = 1;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "jobs", CLI_NUMBER, &jobs, 1, 64 },
								  { 0 } };
	PGresult *found;

	take_no_word(argc, argv, options);
	found = query_one(target_connect(&target),
					  "SELECT height, encode(state_root, 'hex') FROM mes.rehome_node($1::integer)",
					  1, (const char *[]){ cli_format("%lld", (long long) jobs) });
	printf("verified   blocks 1 to %s\nstate      %s\nhome       here; see mes.status\n",
		   PQgetvalue(found, 0, 0), PQgetvalue(found, 0, 1));
	return CLI_DONE;
}

const CliCommand cmd_node_care[] = {
	{ "node check", "says what is right and what is wrong with a node",
	  "usage: mesctl node check [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "\nAsks mes.check_setup(): settings, disks, key files and their modes, certificates, who is\n"
	  "let in, genesis, clock, parameters, and each other member: whether it is reached, answers,\n"
	  "and has the same last block. A line each, with what to do. Ends with 1 when a line says\n"
	  "wrong.\n\nexample:\n  mesctl node check --dir /var/lib/ledger --node 2\n",
	  run_check },
	{ "node repair", "mends rows that differ from what the signed blocks lead to",
	  "usage: mesctl node repair [--from HEIGHT] [--to HEIGHT] [--dry-run]\n"
	  "         [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "  --dry-run             only says what it would mend\n"
	  "\nAsks mes.repair_node(). What is wrong is what mes.verify() finds; rows are derived again\n"
	  "from the signed blocks, and a block that is damaged itself comes from another member, "
	  "under\n"
	  "the signatures of a quorum.\n\nexample:\n  mesctl node repair --dir /var/lib/ledger --node "
	  "3 "
	  "--dry-run\n",
	  run_repair },
	{ "node rehome", "makes a moved node's new place its home",
	  "usage: mesctl node rehome [--jobs N] [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "\nAfter a data directory, a state directory or both were moved or the cluster was "
	  "upgraded:\n"
	  "stop every other copy of the node for good, start the server here, then run this. Asks\n"
	  "mes.rehome_node(), which verifies the ledger and takes over the vote log. The node votes\n"
	  "when the other members confirm that the log has forgotten nothing.\n\n"
	  "example:\n  mesctl node rehome --db 'dbname=ledger'\n",
	  run_rehome },
	{ 0 },
};
