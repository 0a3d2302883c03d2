/*
 * cmd_load.c - signed transfers as load, over many connections from one loop. A transfer counts
 * as acknowledged when the node says that it is decided, and only then; one whose outcome is
 * unknown is sent again, unchanged, until it is known. So a node may be killed meanwhile.
 */
#include "cli/load.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS_MAX 1000
#define RETRY_US 50000
#define DRAIN_US 60000000
#define AHEAD_A_SECOND 3000 /* transfers signed ahead for each second, when no rate says */
#define AHEAD_MAX 200000

typedef struct Client
{
	PGconn *connection; /* NULL: to be made again */
	LoadChain *chains;  /* as many as a batch has */
	bool busy;          /* a statement is on its way */
	bool again;         /* current was sent before, its outcome unknown */
	bool lost;          /* refused: its chain has no next link */
	int64_t not_before_us;
	int64_t sent_us;
} Client;

typedef struct Load
{
	char *conninfo;
	int64_t clients;
	int64_t seconds;
	int64_t suite;
	int64_t rate;
	int64_t batch;
	FILE *acked;
	LoadWallet wallet;
	Client *client;
	int64_t due_us; /* when the rate allows the next statement */
	int64_t acknowledged;
	int64_t refused;
	int64_t repeated;
	int64_t reconnected;
	uint32_t *latencies_us;
	size_t latency_count;
	size_t latency_capacity;
} Load;

/* ---- one client --------------------------------------------------------------------------------
 */

/* A killed server's last words come once a client; the summary counts them. */
static void
ignore_notice(void *argument, const char *message)
{
	(void) argument;
	(void) message;
}

static PGconn *
connect_client(const Load *load)
{
	PGconn *connection = PQconnectdb(load->conninfo);
	PGresult *result;
	bool ready;

	if (PQstatus(connection) != CONNECTION_OK)
	{
		PQfinish(connection);
		return NULL;
	}
	PQsetNoticeProcessor(connection, ignore_notice, NULL);
	result = PQprepare(connection, "submit",
					   load->batch == 1 ? "SELECT mes.submit($1)"
										: "SELECT txid, status FROM mes.submit_batch($1)",
					   1, NULL);
	ready = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!ready && PQstatus(connection) == CONNECTION_OK)
		query_fail("this node cannot be loaded so", result, connection);
	PQclear(result);
	if (ready)
		return connection;
	PQfinish(connection);
	return NULL;
}

/* A one-dimensional bytea[] in binary form. */
static size_t
write_array(const LoadChain *chains, int64_t count, uint8_t *out)
{
	const uint32_t head[5] = { 1, 0, 17, (uint32_t) count, 1 };
	uint8_t *at = out;

	for (int i = 0; i < 5; i++, at += 4)
		put_be32(at, head[i]);
	for (int64_t i = 0; i < count; i++)
	{
		put_be32(at, chains[i].current.size);
		memcpy(at + 4, chains[i].current.bytes, chains[i].current.size);
		at += 4 + chains[i].current.size;
	}
	return (size_t) (at - out);
}

static bool
send_statement(const Load *load, Client *client)
{
	static uint8_t *array;
	const uint8_t *bytes = client->chains[0].current.bytes;
	size_t size = client->chains[0].current.size;

	if (load->batch > 1)
	{
		if (array == NULL)
			array = cli_alloc((size_t) load->batch * (LOAD_ENVELOPE_MAX + 4) + 20);
		size = write_array(client->chains, load->batch, array);
		bytes = array;
	}
	return PQsendQueryPrepared(client->connection, "submit", 1,
							   (const char *[]){ (const char *) bytes }, (int[]){ (int) size },
							   (int[]){ 1 }, 1) == 1;
}

static void
lose_connection(Load *load, Client *client)
{
	PQfinish(client->connection);
	client->connection = NULL;
	client->again = client->again || client->busy;
	client->busy = false;
	client->not_before_us = cli_now_us() + RETRY_US;
	load->reconnected++;
}

static void
start_next(Load *load, Client *client)
{
	if (client->connection == NULL && (client->connection = connect_client(load)) == NULL)
	{
		client->not_before_us = cli_now_us() + RETRY_US;
		return;
	}
	if (!client->again)
		for (int64_t i = 0; i < load->batch; i++)
			load_next(&load->wallet, &client->chains[i]);
	else
		load->repeated++;
	client->sent_us = cli_now_us();
	client->busy = true;
	if (!send_statement(load, client))
		lose_connection(load, client);
}

/* ---- answers -----------------------------------------------------------------------------------
 */

static void
note_latency(Load *load, int64_t latency_us)
{
	if (load->latency_count == load->latency_capacity)
	{
		load->latency_capacity = 2 * load->latency_capacity + 1024;
		load->latencies_us =
			realloc(load->latencies_us, load->latency_capacity * sizeof(*load->latencies_us));
		if (load->latencies_us == NULL)
			cli_fail("out of memory");
	}
	load->latencies_us[load->latency_count++] = (uint32_t) latency_us;
}

static void
acknowledge(Load *load, const Client *client, const LoadEnvelope *envelope)
{
	int64_t now_us = cli_now_us();
	char hex[2 * HASH_SIZE + 1];

	hex_format(envelope->txid.bytes, HASH_SIZE, hex);
	fprintf(load->acked, "%s %" PRId64 "\n", hex, now_us);
	note_latency(load, now_us - client->sent_us);
	load->acknowledged++;
}

static void
refuse(Load *load, Client *client, const char *why)
{
	if (load->refused++ == 0)
		fprintf(stderr, "mesctl: first refusal: %s\n", why);
	client->lost = true;
}

static bool
is_decided(const char *status)
{
	return strcmp(status, "ok") == 0 || strcmp(status, "duplicate") == 0;
}

static void
take_receipts(Load *load, Client *client, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++)
	{
		const LoadEnvelope *envelope = NULL;

		for (int64_t i = 0; i < load->batch && envelope == NULL; i++)
			if (PQgetlength(result, row, 0) == HASH_SIZE &&
				memcmp(PQgetvalue(result, row, 0), client->chains[i].current.txid.bytes,
					   HASH_SIZE) == 0)
				envelope = &client->chains[i].current;
		if (envelope != NULL && is_decided(PQgetvalue(result, row, 1)))
			acknowledge(load, client, envelope);
		else
			refuse(load, client, PQgetvalue(result, row, 1));
	}
}

/* What the same envelope may still be asked for: no place yet, not decided yet, or gone with the
 * server before it was. */
static bool
may_repeat(const char *code)
{
	static const char *const transient[] = { "MC301", "MC302", "MC303", "MC304" };

	for (size_t i = 0; i < sizeof(transient) / sizeof(transient[0]); i++)
		if (strcmp(code, transient[i]) == 0)
			return true;
	return strncmp(code, "57", 2) == 0 || strncmp(code, "08", 2) == 0 ||
		   strncmp(code, "53", 2) == 0 || strncmp(code, "40", 2) == 0;
}

static void
take_error(Load *load, Client *client, const PGresult *result)
{
	const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (code != NULL && strcmp(code, "MC218") == 0 && client->again && load->batch == 1)
	{
		client->again = false; /* sent again, and found decided */
		acknowledge(load, client, &client->chains[0].current);
	}
	else if (code == NULL || may_repeat(code))
	{
		client->again = true;
		client->not_before_us = cli_now_us() + RETRY_US;
	}
	else
		refuse(load, client, PQresultErrorMessage(result));
}

static void
take_answer(Load *load, Client *client)
{
	PGresult *result;

	if (PQconsumeInput(client->connection) == 0)
	{
		lose_connection(load, client);
		return;
	}
	while (!PQisBusy(client->connection))
	{
		result = PQgetResult(client->connection);
		if (result == NULL)
		{
			client->busy = false;
			break;
		}
		if (PQresultStatus(result) != PGRES_TUPLES_OK)
			take_error(load, client, result);
		else
		{
			client->again = false;
			if (load->batch == 1)
				acknowledge(load, client, &client->chains[0].current);
			else
				take_receipts(load, client, result);
		}
		PQclear(result);
	}
	if (PQstatus(client->connection) == CONNECTION_BAD)
		lose_connection(load, client);
}

/* ---- the loop ----------------------------------------------------------------------------------
 */

static bool
may_start(Load *load, const Client *client, int64_t now_us, int64_t end_us)
{
	if (client->busy || client->lost || now_us < client->not_before_us)
		return false;
	/* what was sent once is followed to its end */
	if (client->again)
		return true;
	if (now_us >= end_us || (load->rate > 0 && now_us < load->due_us))
		return false;
	if (load->rate > 0)
		load->due_us += load->batch * 1000000 / load->rate;
	return true;
}

static void
turn(Load *load, struct pollfd *polled)
{
	int count = 0;

	for (int64_t i = 0; i < load->clients; i++)
		if (load->client[i].busy)
			polled[count++] = (struct pollfd){ PQsocket(load->client[i].connection), POLLIN, 0 };
	if (poll(polled, (nfds_t) count, load->rate > 0 || count < load->clients ? 1 : 100) < 0 &&
		errno != EINTR)
		cli_fail("poll: %s", strerror(errno));
	for (int64_t i = 0, at = 0; i < load->clients && at < count; i++)
		if (load->client[i].busy && polled[at++].revents != 0)
			take_answer(load, &load->client[i]);
	fflush(load->acked);
}

static int64_t
run_loop(Load *load)
{
	struct pollfd *polled = cli_alloc((size_t) load->clients * sizeof(struct pollfd));
	int64_t begin_us = cli_now_us();
	int64_t end_us = begin_us + load->seconds * 1000000;
	int64_t first = 0;
	bool open = true;

	load->due_us = begin_us;
	while (open && cli_now_us() < end_us + DRAIN_US)
	{
		int64_t now_us = cli_now_us();

		/* in turns: at a low rate the last would wait until nobody knows its coin as a young one */
		for (int64_t i = 0; i < load->clients; i++)
		{
			Client *client = &load->client[(first + i) % load->clients];

			if (may_start(load, client, now_us, end_us))
				start_next(load, client);
		}
		first++;
		turn(load, polled);
		open = false;
		for (int64_t i = 0; i < load->clients; i++)
			open = open || load->client[i].busy || load->client[i].again ||
				   (cli_now_us() < end_us && !load->client[i].lost);
	}
	return cli_now_us() - begin_us;
}

static int
compare_latencies(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *) left;
	uint32_t b = *(const uint32_t *) right;

	return (a > b) - (a < b);
}

static int64_t
percentile_us(const Load *load, size_t percent)
{
	return load->latency_count > 0 ? load->latencies_us[load->latency_count * percent / 100] : 0;
}

static void
print_summary(Load *load, int64_t took_us)
{
	qsort(load->latencies_us, load->latency_count, sizeof(uint32_t), compare_latencies);
	printf("acknowledged %" PRId64 "\n", load->acknowledged);
	printf("per_second   %" PRId64 "\n", load->acknowledged * 1000000 / took_us);
	printf("seconds      %s\n", cli_amount(took_us / 1000, 3));
	printf("p50_ms       %s\n", cli_amount(percentile_us(load, 50), 3));
	printf("p99_ms       %s\n", cli_amount(percentile_us(load, 99), 3));
	printf("refused      %" PRId64 "\n", load->refused);
	printf("sent_again   %" PRId64 "\n", load->repeated);
	printf("reconnected  %" PRId64 "\n", load->reconnected);
}

static void
prepare(Load *load)
{
	uint32_t chain_count = (uint32_t) (load->clients * load->batch);
	LoadChain *chains = cli_alloc(chain_count * sizeof(LoadChain));
	int64_t ahead = (load->rate > 0 ? load->rate : AHEAD_A_SECOND) * load->seconds;
	PGconn *connection = PQconnectdb(load->conninfo);

	if (PQstatus(connection) != CONNECTION_OK)
		cli_fail("%s", PQerrorMessage(connection));
	load_begin(&load->wallet, connection, (uint8_t) load->suite, chains, chain_count);
	PQfinish(connection);
	ahead = ahead < AHEAD_MAX ? ahead : AHEAD_MAX;
	load->client = cli_alloc((size_t) load->clients * sizeof(Client));
	for (uint32_t i = 0; i < chain_count; i++)
		load_sign_ahead(&load->wallet, &chains[i], (uint32_t) (ahead / chain_count + 1));
	for (int64_t i = 0; i < load->clients; i++)
		load->client[i] =
			(Client){ .chains = &chains[i * load->batch], .connection = connect_client(load) };
}

static int
run_load(int argc, char **argv)
{
	Target target = TARGET_INIT;
	const char *acked = NULL;
	Load load = { .clients = 8, .seconds = 10, .suite = SUITE_ED25519, .batch = 1 };
	const CliOption options[] = { TARGET_OPTIONS(target),
								  { "clients", CLI_NUMBER, &load.clients, 1, CLIENTS_MAX },
								  { "seconds", CLI_NUMBER, &load.seconds, 1, 3000 },
								  { "suite", CLI_NUMBER, &load.suite, 1, SUITE_MAX },
								  { "rate", CLI_NUMBER, &load.rate, 1, 1000000 },
								  { "batch", CLI_NUMBER, &load.batch, 1, 1000 },
								  { "acked", CLI_TEXT, &acked, 0, 0 },
								  { 0 } };

	if (cli_options(argc, argv, options) != 0)
		cli_usage("load takes no word \"%s\"", argv[1]);
	if (load.clients * load.batch > LOAD_CHAINS_MAX)
		cli_usage("--clients times --batch is more than %d", LOAD_CHAINS_MAX);
	load.acked = fopen(cli_required(acked, "--acked"), "w");
	if (load.acked == NULL)
		cli_fail("cannot write \"%s\": %s", acked, strerror(errno));
	load.conninfo = target_conninfo(&target);
	prepare(&load);
	print_summary(&load, run_loop(&load));
	if (fclose(load.acked) != 0)
		cli_fail("cannot write \"%s\": %s", acked, strerror(errno));
	return load.refused > 0 || load.acknowledged == 0 ? CLI_FAILED : CLI_DONE;
}

const CliCommand cmd_load[] = {
	{ "load", "signed transfers as load, and a file of what was acknowledged",
	  "usage: mesctl load --acked FILE [--clients 8] [--seconds 10] [--suite 1|2] [--rate R]\n"
	  "                   [--batch B] [--dir DIR --node K | --db CONNINFO]\n\n" TARGET_HELP
	  "  --rate R              at most R transfers a second together\n"
	  "  --batch B             B independent transfers a statement, by mes.submit_batch\n"
	  "  --acked FILE          a line \"TXID MICROSECONDS\" for each acknowledged transfer\n\n"
	  "Issues an asset of its own, gives each client a chain of transfers signed ahead and sends\n"
	  "them, one at a time a client. A transfer whose outcome is unknown is sent again until it\n"
	  "is known, so the node may be killed and started meanwhile.\n\n"
	  "example:\n  mesctl load --dir /var/lib/ledger --clients 32 --seconds 30 --acked acked.txt\n",
	  run_load },
	{ 0 },
};
