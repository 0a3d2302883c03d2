/*
 * cmd_sample.c - fills a ledger with the film market of sample.h: real transactions, each signed by
 * its party, handed in by batches over several connections.
 */
#include "cli/federation.h"
#include "cli/sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTIONS 4
#define PLATFORMS_EACH (SAMPLE_PLATFORMS / CONNECTIONS)
#define BATCH_MAX (PLATFORMS_EACH * SAMPLE_COINS)
#define SETUP_BATCH 40

#define SUBMIT                                                                                     \
	"SELECT count(*) FILTER (WHERE status = 'ok'), min(status || ': ' || message) FILTER (WHERE "  \
	"status <> 'ok') FROM mes.submit_batch($1)"

typedef struct Batch
{
	PGconn *connection;
	uint32_t count;
	SampleEnvelope *envelopes;
	uint8_t *array; /* of them, as libpq sends it */
} Batch;

typedef struct Load
{
	Sample sample;
	int64_t transactions;
	int64_t done;
	int64_t began_us;
	bool quiet;
	Batch batches[CONNECTIONS];
} Load;

/* ---- batches -----------------------------------------------------------------------------------
 */

static void
send_batch(Batch *batch)
{
	uint8_t *at = batch->array;
	uint32_t head[5] = { 1, 0, 17, batch->count, 1 }; /* a one-dimensional bytea[] */

	for (int i = 0; i < 5; i++, at += 4)
		put_be32(at, head[i]);
	for (uint32_t i = 0; i < batch->count; i++)
	{
		put_be32(at, batch->envelopes[i].size);
		memcpy(at + 4, batch->envelopes[i].bytes, batch->envelopes[i].size);
		at += 4 + batch->envelopes[i].size;
	}
	if (!PQsendQueryParams(batch->connection, SUBMIT, 1, (Oid[]){ 1001 },
						   (const char *[]){ (const char *) batch->array },
						   (int[]){ (int) (at - batch->array) }, (int[]){ 1 }, 0))
		cli_fail("cannot send: %s", PQerrorMessage(batch->connection));
}

static void
take_answer(Load *load, Batch *batch)
{
	PGresult *result = PQgetResult(batch->connection);

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		query_fail("the sample was not taken", result, batch->connection);
	if (cli_number("taken", PQgetvalue(result, 0, 0), 0, INT64_MAX) != batch->count)
		cli_fail("the ledger refused a part of the sample: %s\n"
				 "hint: A market issues an asset: give --asset a code that is new here. Where this "
				 "market is loaded already, give --seed another number too.",
				 PQgetvalue(result, 0, 1));
	PQclear(result);
	while ((result = PQgetResult(batch->connection)) != NULL)
		PQclear(result);
	load->done += batch->count;
	batch->count = 0;
}

static void
show_progress(const Load *load, bool last)
{
	static int64_t shown_us;
	int64_t now_us = cli_now_us();
	double part = (double) load->done / (double) load->transactions;
	double seconds = (double) (now_us - load->began_us) / 1e6;
	int bars = part > 1 ? 40 : (int) (part * 40);

	if (load->quiet || (!last && now_us - shown_us < 200000))
		return;
	shown_us = now_us;
	fprintf(stderr, "\r[%.*s%*s] %3d %%  %lld of %lld  %.0f/s ", bars,
			"########################################", 40 - bars, "",
			part > 1 ? 100 : (int) (part * 100), (long long) load->done,
			(long long) load->transactions, (double) load->done / (seconds > 0.1 ? seconds : 0.1));
	if (last)
		fputc('\n', stderr);
	fflush(stderr);
}

/* One at a time, over the first connection: each stands on the one before. */
static void
submit_now(Load *load)
{
	Batch *batch = &load->batches[0];

	if (batch->count == 0)
		return;
	send_batch(batch);
	take_answer(load, batch);
	show_progress(load, false);
}

static SampleEnvelope *
next_envelope(Load *load)
{
	Batch *batch = &load->batches[0];

	if (batch->count == SETUP_BATCH)
		submit_now(load);
	return &batch->envelopes[batch->count++];
}

/* ---- the market --------------------------------------------------------------------------------
 */

static void
set_up(Load *load)
{
	Sample *sample = &load->sample;
	SampleEnvelope *envelope = next_envelope(load);
	McHash issued;

	sample_sign_issue(sample, envelope);
	issued = envelope->txid;
	submit_now(load);
	sample_sign_coins(sample, &issued, next_envelope(load));
	submit_now(load);
	for (uint32_t i = 0; i < sample->work_count; i++)
	{
		/* a work's sources are there before it */
		if (sample->works[i].row.source_count > 0)
			submit_now(load);
		sample_sign_work(sample, &sample->works[i], next_envelope(load));
	}
	submit_now(load);
	for (uint32_t i = 0; i < sample->licence_count; i++)
		sample_sign_offer(sample, &sample->licences[i], next_envelope(load));
	submit_now(load);
}

static uint32_t
platform_of(const SampleLicence *licence)
{
	return licence->platform - SAMPLE_FIRST_PLATFORM;
}

/* A coin serves one transaction of a batch, since the next one spends its change. */
static void
buy_licences(Load *load)
{
	Sample *sample = &load->sample;
	uint32_t used[SAMPLE_PLATFORMS] = { 0 };
	char reference[SAMPLE_TEXT_MAX];

	for (uint32_t i = 0; i < sample->licence_count; i++)
	{
		SampleLicence *licence = &sample->licences[i];
		uint32_t platform = platform_of(licence);

		if (used[platform] == SAMPLE_COINS || load->batches[0].count == SETUP_BATCH)
		{
			submit_now(load);
			memset(used, 0, sizeof(used));
		}
		sample_reference(sample, licence, sample_random(sample, 12), reference);
		sample_sign_purchase(sample, licence, reference, &sample->coins[platform][used[platform]++],
							 next_envelope(load));
	}
	submit_now(load);
}

/* Few titles earn much, and the newest months most. */
static void
sign_report(Load *load, const SampleLicence *licence, SampleCoin *coin, SampleEnvelope *envelope)
{
	Sample *sample = &load->sample;
	uint32_t months_ago = sample_random(sample, 12);
	int64_t revenue = 500000 + (int64_t) sample_random(sample, 20000000) * (1 + licence->work % 7) /
								   (1 + licence->work % 20);
	char reference[SAMPLE_TEXT_MAX];

	if (months_ago > 5 && sample_random(sample, 3) == 0)
		months_ago -= 5;
	revenue += revenue / 100 * (int64_t) sample_random(sample, 40) * (12 - months_ago) / 12;
	sample_reference(sample, licence, months_ago, reference);
	sample_sign_report(sample, licence, revenue, reference, coin, envelope);
}

/* Licences of one platform, in the order of their numbers. */
typedef struct Portfolio
{
	uint32_t count;
	uint32_t *licences;
} Portfolio;

static void
list_portfolios(const Sample *sample, Portfolio portfolios[SAMPLE_PLATFORMS])
{
	for (uint32_t p = 0; p < SAMPLE_PLATFORMS; p++)
		portfolios[p] = (Portfolio){ 0, cli_alloc(sample->licence_count * sizeof(uint32_t)) };
	for (uint32_t i = 0; i < sample->licence_count; i++)
	{
		Portfolio *portfolio = &portfolios[platform_of(&sample->licences[i])];

		portfolio->licences[portfolio->count++] = i;
	}
}

/* Connection c serves platforms of its own, so that no two spend the same coin. */
static void
fill_batch(Load *load, int connection, const Portfolio portfolios[SAMPLE_PLATFORMS], int64_t left)
{
	Sample *sample = &load->sample;
	Batch *batch = &load->batches[connection];

	for (uint32_t i = 0; i < BATCH_MAX && (int64_t) batch->count < left; i++)
	{
		uint32_t platform = (uint32_t) connection * PLATFORMS_EACH + i % PLATFORMS_EACH;
		const Portfolio *portfolio = &portfolios[platform];
		uint32_t pick;

		if (portfolio->count == 0)
			continue;
		pick = sample_random(sample, portfolio->count);
		if (sample_random(sample, 2) == 0) /* the first works are the famous ones */
			pick = sample_random(sample, pick + 1);
		sign_report(load, &sample->licences[portfolio->licences[pick]],
					&sample->coins[platform][i / PLATFORMS_EACH],
					&batch->envelopes[batch->count++]);
	}
}

static void
report_a_year(Load *load)
{
	Portfolio portfolios[SAMPLE_PLATFORMS];

	list_portfolios(&load->sample, portfolios);
	while (load->done < load->transactions)
	{
		int64_t left = load->transactions - load->done;

		for (int c = 0; c < CONNECTIONS; c++)
		{
			fill_batch(load, c, portfolios, left);
			left -= load->batches[c].count;
			if (load->batches[c].count > 0)
				send_batch(&load->batches[c]);
		}
		for (int c = 0; c < CONNECTIONS; c++)
			if (load->batches[c].count > 0)
				take_answer(load, &load->batches[c]);
		show_progress(load, false);
	}
}

/* What every ledger sees: a coin that was spent before. Each is refused, and that is a fact too. */
static void
spend_twice(Load *load, SampleCoin spent[SAMPLE_PLATFORMS])
{
	Sample *sample = &load->sample;
	Batch *batch = &load->batches[0];
	PGresult *result;

	for (uint32_t i = 0; i < sample->licence_count && batch->count < SETUP_BATCH; i++)
	{
		SampleCoin coin = spent[platform_of(&sample->licences[i])];

		sign_report(load, &sample->licences[i], &coin, &batch->envelopes[batch->count++]);
	}
	send_batch(batch);
	result = PQgetResult(batch->connection);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		query_fail("the sample was not answered", result, batch->connection);
	if (strcmp(PQgetvalue(result, 0, 0), "0") != 0)
		cli_fail("the ledger took a coin that was spent");
	PQclear(result);
	batch->count = 0;
}

/* ---- the command -------------------------------------------------------------------------------
 */

static void
connect_all(Load *load, const Target *target)
{
	Sample *sample = &load->sample;
	PGresult *chain;

	for (int c = 0; c < CONNECTIONS; c++)
		load->batches[c] = (Batch){
			.connection = target_connect(target),
			.envelopes = cli_alloc(BATCH_MAX * sizeof(SampleEnvelope)),
			.array = cli_alloc(20 + BATCH_MAX * (SAMPLE_ENVELOPE_MAX + 4)),
		};
	chain = query_one(load->batches[0].connection, CHAIN_QUERY, 0, NULL);
	if (!PQgetisnull(chain, 0, 4))
		cli_fail("this ledger takes fees, which mesctl sample does not pay");
	cli_hex("chain id", PQgetvalue(chain, 0, 0), sample->chain_id, CHAIN_ID_SIZE);
	sample->time_ms = cli_number("chain time", PQgetvalue(chain, 0, 1), 0, INT64_MAX);
	sample->window_ms = cli_number("window", PQgetvalue(chain, 0, 2), 1, INT64_MAX);
	PQclear(chain);
	if (cli_now_us() / 1000 > sample->time_ms)
		sample->time_ms = cli_now_us() / 1000;
}

static void
write_names(const Sample *sample, const char *path)
{
	FILE *file = fopen(path, "w");
	bool written = file != NULL;

	for (uint32_t i = 0; written && i < SAMPLE_PARTIES; i++)
	{
		char address[ADDRESS_TEXT_SIZE + 1];

		address_format(&sample->parties[i].address, address);
		written = fprintf(file, "%s,%s\n", address, sample->parties[i].name) > 0;
	}
	if (file == NULL || fclose(file) != 0 || !written)
		cli_fail("cannot write \"%s\": %s", path, strerror(errno));
}

static int
run_sample(int argc, char **argv)
{
	static Load load;
	SampleCoin spent[SAMPLE_PLATFORMS];
	Target target = TARGET_INIT;
	const char *asset = "CNY";
	const char *names = NULL;
	int64_t seed = 1;
	const CliOption options[] = {
		TARGET_OPTIONS(target),
		{ "transactions", CLI_NUMBER, &load.transactions, 1000, 100000000 },
		{ "seed", CLI_NUMBER, &seed, 0, INT64_MAX },
		{ "asset", CLI_TEXT, &asset, 0, 0 },
		{ "names", CLI_TEXT, &names, 0, 0 },
		{ "quiet", CLI_FLAG, &load.quiet, 0, 0 },
		{ 0 },
	};
	McProblem problem;

	load.transactions = 100000;
	if (cli_options(argc, argv, options) != 0)
		cli_usage("sample load takes no word \"%s\"", argv[1]);
	cli_check(tx_asset_parse(span_text(asset), &load.sample.asset, &problem), &problem);
	load.sample.seed = (uint64_t) seed;
	/* a bar is for eyes, not for a log */
	load.quiet = load.quiet || !isatty(STDERR_FILENO);
	connect_all(&load, &target);
	sample_make(&load.sample, load.transactions);
	load.began_us = cli_now_us();
	set_up(&load);
	for (uint32_t p = 0; p < SAMPLE_PLATFORMS; p++)
		spent[p] = load.sample.coins[p][0];
	buy_licences(&load);
	report_a_year(&load);
	spend_twice(&load, spent);
	show_progress(&load, true);
	if (names != NULL)
		write_names(&load.sample, names);
	printf("transactions  %lld\nworks         %u\nlicences      %u\nseconds       %.1f\n",
		   (long long) load.done, load.sample.work_count, load.sample.licence_count,
		   (double) (cli_now_us() - load.began_us) / 1e6);
	return CLI_DONE;
}

const CliCommand cmd_sample[] = {
	{ "sample load", "fills a ledger with a film market, for trying things out",
	  "usage: mesctl sample load [--transactions 100000] [--seed 1] [--asset CNY] [--names FILE]\n"
	  "                          [--quiet] [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "  --transactions N      about N transactions, 1000 at least; works and licences grow with "
	  "it\n"
	  "  --seed S              another seed is another market; the same one cannot be loaded "
	  "twice\n"
	  "  --asset CODE          asset that the market pays in; it is issued, so it must be new\n"
	  "  --names FILE          lines \"address,name\" of the parties, for docs/dashboard\n\n"
	  "Studios register works, platforms buy licences and report a year of revenue, whose "
	  "royalties\n"
	  "are paid to four holders each and to the works that a work builds upon. Everybody's keys\n"
	  "follow from the seed, so nothing of worth belongs into such a ledger.\n\n"
	  "example:\n  mesctl sample load --dir /var/lib/ledger --transactions 10000\n",
	  run_sample },
	{ 0 },
};
