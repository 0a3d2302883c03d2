/*
 * cmd_verify.c - verify: has the whole ledger re-derived by the server, chunk by chunk, and shows
 * how far it is. One connection works, another one looks.
 */
#include "cli/federation.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS 200
#define BAR_WIDTH 40

static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	(void) number;
	interrupted = 1;
}

static const char *const progress_query =
	"SELECT r.to_height - r.from_height + 1, "
	"r.verified_height - r.from_height + 1 + coalesce(p.blocks_done, 0), "
	"r.problem_count + coalesce(p.problems, 0) FROM mes.verify_runs AS r "
	"LEFT JOIN mes.stat_progress_verify AS p ON p.pid = $1::integer "
	"WHERE r.finished_at IS NULL ORDER BY r.run_id DESC LIMIT 1";

static void
draw(int64_t done, int64_t total, const char *problems)
{
	char bar[BAR_WIDTH + 1] = "";
	int64_t share = total > 0 ? (done < total ? done : total) * 100 / total : 100;

	memset(bar, '.', BAR_WIDTH);
	memset(bar, '#', (size_t) (share * BAR_WIDTH / 100));
	fprintf(stderr, "\r[%s] %3" PRId64 "%%  %" PRId64 " of %" PRId64 " blocks, %s problems ", bar,
			share, done, total, problems);
	fflush(stderr);
}

static void
show_progress(PGconn *watcher, int pid)
{
	PGresult *result = query(watcher, progress_query, 1, (const char *[]){ cli_format("%d", pid) });

	if (PQntuples(result) == 1)
		draw(strtoll(PQgetvalue(result, 0, 1), NULL, 10),
			 strtoll(PQgetvalue(result, 0, 0), NULL, 10), PQgetvalue(result, 0, 2));
	PQclear(result);
}

static void
cancel(PGconn *worker)
{
	PGcancel *handle = PQgetCancel(worker);
	char problem[256];

	if (handle != NULL)
		PQcancel(handle, problem, sizeof(problem));
	PQfreeCancel(handle);
	cli_fail("cancelled; mes.verify_runs says how far it came");
}

static void
wait_for(PGconn *worker, PGconn *watcher, bool progress)
{
	while (PQisBusy(worker))
	{
		struct pollfd socket = { .fd = PQsocket(worker), .events = POLLIN };

		if (poll(&socket, 1, LOOK_MS) > 0 && PQconsumeInput(worker) == 0)
			cli_fail("lost the server: %s", PQerrorMessage(worker));
		if (interrupted)
			cancel(worker);
		if (progress && PQisBusy(worker))
			show_progress(watcher, PQbackendPID(worker));
	}
}

static void
run(PGconn *worker, PGconn *watcher, const char *const *values, bool progress)
{
	PGresult *result;

	if (!PQsendQueryParams(worker,
						   "CALL mes.run_verify($1::bigint, $2::bigint, $3::integer, $4::integer, "
						   "$5::integer)",
						   5, NULL, values, NULL, NULL, 0))
		cli_fail("cannot ask the server: %s", PQerrorMessage(worker));
	wait_for(worker, watcher, progress);
	while ((result = PQgetResult(worker)) != NULL)
	{
		if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
			query_fail("not verified", result, worker);
		PQclear(result);
	}
	if (progress)
		fprintf(stderr, "\r%*s\r", BAR_WIDTH + 60, "");
}

/* The run of this connection is the last that is finished. */
static int
report(PGconn *watcher)
{
	PGresult *run = query_one(watcher,
							  "SELECT run_id, from_height, to_height, problem_count "
							  "FROM mes.verify_runs WHERE finished_at IS NOT NULL "
							  "ORDER BY run_id DESC LIMIT 1",
							  0, NULL);
	PGresult *problems;
	int64_t count = strtoll(PQgetvalue(run, 0, 3), NULL, 10);

	if (count == 0)
	{
		printf("intact     blocks %s to %s\n", PQgetvalue(run, 0, 1), PQgetvalue(run, 0, 2));
		return CLI_DONE;
	}
	problems = query(watcher,
					 "SELECT p.height, p.object, p.problem, coalesce(p.detail, '') "
					 "FROM mes.verify_runs AS r, jsonb_to_recordset(r.problems) "
					 "AS p(height bigint, object text, problem text, detail text) "
					 "WHERE r.run_id = $1::bigint",
					 1, (const char *[]){ PQgetvalue(run, 0, 0) });
	printf("problems   %" PRId64 " in blocks %s to %s\n", count, PQgetvalue(run, 0, 1),
		   PQgetvalue(run, 0, 2));
	for (int i = 0; i < PQntuples(problems); i++)
		printf("block %s, %s: %s %s\n", PQgetvalue(problems, i, 0), PQgetvalue(problems, i, 1),
			   PQgetvalue(problems, i, 2), PQgetvalue(problems, i, 3));
	return CLI_FAILED;
}

static int
run_verify(int argc, char **argv)
{
	Target target = TARGET_INIT;
	int64_t from = 1;
	int64_t to = 0;
	int64_t jobs = 1;
	int64_t sample = 1000000;
	int64_t chunk = 8192;
	bool progress = isatty(STDERR_FILENO);
	bool quiet = false;
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "from", CLI_NUMBER, &from, 1, INT64_MAX },
								  { "to", CLI_NUMBER, &to, 1, INT64_MAX },
								  { "jobs", CLI_NUMBER, &jobs, 1, 64 },
								  { "sample", CLI_NUMBER, &sample, 0, 1000000 },
								  { "chunk", CLI_NUMBER, &chunk, 1, 1 << 20 },
								  { "progress", CLI_FLAG, &progress, 0, 0 },
								  { "quiet", CLI_FLAG, &quiet, 0, 0 },
								  { 0 } };
	PGconn *watcher;

	if (cli_options(argc, argv, options) != 0)
		cli_usage("verify takes no word \"%s\"", argv[1]);
	signal(SIGINT, on_interrupt);
	watcher = target_connect(&target);
	run(target_connect(&target), watcher,
		(const char *[]){ cli_format("%" PRId64, from), to > 0 ? cli_format("%" PRId64, to) : NULL,
						  cli_format("%" PRId64, jobs), cli_format("%" PRId64, sample),
						  cli_format("%" PRId64, chunk) },
		progress && !quiet);
	return report(watcher);
}

const CliCommand cmd_verify[] = {
	{ "verify", "has a node re-derive its ledger, and shows how far it is",
	  "usage: mesctl verify [--from BLOCK] [--to BLOCK] [--jobs N] [--sample PPM] [--chunk "
	  "BLOCKS]\n"
	  "                     [--progress | --quiet] [--dir DIR --node K | --db "
	  "CONNINFO]\n\n" TARGET_HELP
	  "\nCalls mes.run_verify(): hashes, roots, signatures (PPM of a million), conservation, no\n"
	  "double spend. Prints `intact`, or each problem and ends with 1. The bar stands on stderr\n"
	  "when that is a terminal. Interrupting it stops the server's work too; what is done stays "
	  "in\n"
	  "mes.verify_runs.\n\n"
	  "example:\n  mesctl verify --jobs 2 --dir /var/lib/ledger\n",
	  run_verify },
	{ 0 },
};
