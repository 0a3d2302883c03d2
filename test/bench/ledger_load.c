/*
 * ledger_load.c - signed transfers against a node, as fast as it takes them. For benchmarks only.
 *
 *   ledger_load ASSET_SEED SUITE CLIENTS BATCH TRANSFERS
 *   ledger_load --verify SUITE
 *
 * Issues an asset of its own to a key made from ASSET_SEED, splits it into as many coins as there
 * are transfers, signs all of them beforehand, and then submits them from CLIENTS connections,
 * BATCH a call (1: mes.submit, more: mes.submit_batch), driven by two threads. Connects by the PG*
 * variables. Prints "per_second P50_us P99_us". With --verify it prints the processor time of one
 * signature's check, in microseconds, and speaks with nobody. Exits non-zero when any transfer was
 * not taken.
 */
#include "base/digest.h"
#include "tx/build.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define COINS_PER_SPLIT 1000
#define ENVELOPE_MAX 1024
#define WINDOW_MS 3000000
#define DRIVERS 2 /* threads, as pgbench -j 2 */

typedef struct Envelope
{
	uint8_t bytes[ENVELOPE_MAX];
	size_t size;
} Envelope;

typedef struct Client
{
	PGconn *connection;
	int first;
	int count;
	int next;
	int under_way;
	int failed;
	double sent_us;
} Client;

typedef struct Driver
{
	pthread_t thread;
	Client *clients;
	int count;
} Driver;

static uint8_t chain_id[CHAIN_ID_SIZE];
static uint64_t chain_time_ms;
static uint64_t started_ms;
static SuiteSecret payer;
static McAddress payer_address;
static McAddress payee_address;
static TxAsset asset;
static Envelope *envelopes;
static double *latencies_us;
static int batch_size;
static pthread_barrier_t start_line;

static void
fail(const char *what, PGconn *connection)
{
	fprintf(stderr, "ledger_load: %s: %s\n", what, connection ? PQerrorMessage(connection) : "");
	exit(1);
}

static double
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static PGconn *
connect_node(void)
{
	PGconn *connection = PQconnectdb("");

	if (PQstatus(connection) != CONNECTION_OK)
		fail("connect", connection);
	PQclear(PQexec(connection, "SET plan_cache_mode = force_generic_plan"));
	PQclear(PQprepare(connection, "submit", "SELECT mes.submit($1)", 1, NULL));
	if (batch_size > 1)
		PQclear(PQprepare(connection, "batch",
						  "SELECT count(*) FROM mes.submit_batch($1) WHERE status = 'ok'", 1,
						  NULL));
	return connection;
}

static void
query_chain(PGconn *connection)
{
	PGresult *result =
		PQexecParams(connection,
					 "SELECT substr(genesis_hash, 1, 16), int8send(coalesce((SELECT "
					 "(extract(epoch FROM max(block_time)) * 1000)::bigint FROM "
					 "mes_internal.block_rows), (extract(epoch FROM now()) * 1000)::bigint)) FROM "
					 "mes_internal.genesis_rows",
					 0, NULL, NULL, NULL, NULL, 1);

	if (PQntuples(result) != 1)
		fail("genesis", connection);
	memcpy(chain_id, PQgetvalue(result, 0, 0), CHAIN_ID_SIZE);
	chain_time_ms = get_be64((const uint8_t *) PQgetvalue(result, 0, 1));
	PQclear(result);
}

static void
header_for(TxHeader *header, uint64_t number)
{
	McHash unique;
	uint8_t bytes[8];
	McSpan parts[3] = { span_text(asset.code), span_hash(&payer_address), span_of(bytes, 8) };

	put_be64(bytes, number);
	digest_sha256(&unique, parts, 3);
	memset(header, 0, sizeof(*header));
	memcpy(header->chain_id, chain_id, CHAIN_ID_SIZE);
	header->sender = payer_address;
	header->valid_from_ms = chain_time_ms - 10000;
	header->valid_until_ms = chain_time_ms + WINDOW_MS;
	memcpy(header->submission, unique.bytes, SUBMISSION_SIZE);
	/* signed beforehand, named as if when it is sent: 20 a millisecond */
	tx_name_submission(started_ms + number / 20, header->submission);
}

static size_t
seal(TxBuilder *builder, uint8_t *out, size_t capacity, McHash *txid)
{
	static uint8_t body_bytes[1 << 20];
	WireWriter body;
	WireWriter envelope;
	McHash signing;
	McProblem problem;

	wire_writer_init(&body, body_bytes, sizeof(body_bytes));
	if (tx_build_body(builder, &body, &problem) != MC_OK)
		fail("build", NULL);
	tx_txid(wire_written(&body), txid);
	tx_signing_hash(chain_id, txid, &signing);
	wire_writer_init(&envelope, out, capacity);
	tx_put_envelope(&envelope, wire_written(&body), 1);
	tx_put_key_witness(&envelope, &payer, &signing);
	if (envelope.full)
		fail("envelope too large", NULL);
	return envelope.size;
}

static bool
submit(PGconn *connection, const uint8_t *bytes, size_t size)
{
	const char *values[1] = { (const char *) bytes };
	int lengths[1] = { (int) size };
	int formats[1] = { 1 };
	PGresult *result = PQexecPrepared(connection, "submit", 1, values, lengths, formats, 1);
	bool taken = PQresultStatus(result) == PGRES_TUPLES_OK;

	if (!taken)
		fprintf(stderr, "%s", PQerrorMessage(connection));
	PQclear(result);
	return taken;
}

static uint64_t
height_of(PGconn *connection, const McHash *txid)
{
	const char *values[1] = { (const char *) txid->bytes };
	int lengths[1] = { HASH_SIZE };
	int formats[1] = { 1 };
	PGresult *result =
		PQexecParams(connection,
					 "SELECT int8send(tx_id >> 20) FROM mes_internal.transaction_rows "
					 "WHERE txid = $1",
					 1, (Oid[]){ 17 }, values, lengths, formats, 1);
	uint64_t height;

	if (PQntuples(result) != 1)
		fail("height", connection);
	height = get_be64((const uint8_t *) PQgetvalue(result, 0, 0));
	PQclear(result);
	return height;
}

static uint8_t work[4 << 20];

static McHash
issue(PGconn *connection, int64_t supply)
{
	static uint8_t out[4096];
	TxBuilder builder;
	TxHeader header;
	AssetRow row = { .issuer = payer_address, .supply = supply };
	uint8_t empty_map = 0xA0;
	McHash txid;

	row.metadata = span_of(&empty_map, 1);
	header_for(&header, 1);
	tx_build_init(&builder, &header, work, sizeof(work));
	operation_put_issue_asset(tx_build_operation(&builder, OPERATION_ISSUE_ASSET, 0), &asset, &row);
	if (!submit(connection, out, seal(&builder, out, sizeof(out), &txid)))
		fail("issue", NULL);
	return txid;
}

typedef struct Coins
{
	McHash txid;
	uint64_t height;
	int count;
	int64_t rest; /* what is left as change behind the coins */
} Coins;

/* Spends the rest of from into count coins of one unit each. */
static Coins
split(PGconn *connection, const McHash *txid, uint32_t index, uint64_t height, int64_t value,
	  int count, uint64_t number)
{
	static TxOutput outputs[COINS_PER_SPLIT];
	static uint8_t out[1 << 20];
	TxBuilder builder;
	TxHeader header;
	Coins coins = { .count = count, .rest = value - count };

	for (int i = 0; i < count; i++)
		outputs[i] = (TxOutput){ .address = payer_address, .asset = asset, .amount = 1 };
	header_for(&header, number);
	tx_build_init(&builder, &header, work, sizeof(work));
	tx_build_input(&builder, &(TxInput){ .txid = *txid, .output_index = index, .height = height });
	operation_put_transfer(tx_build_operation(&builder, OPERATION_TRANSFER, 0), outputs,
						   (size_t) count, span_of(NULL, 0));
	if (coins.rest > 0)
		tx_build_change(&builder, 0, &asset, coins.rest);
	if (!submit(connection, out, seal(&builder, out, sizeof(out), &coins.txid)))
		fail("split", NULL);
	coins.height = height_of(connection, &coins.txid);
	return coins;
}

static void
sign_transfer(Envelope *envelope, const Coins *coins, int coin, int number)
{
	TxBuilder builder;
	TxHeader header;
	TxOutput output = { .address = payee_address, .asset = asset, .amount = 1 };
	McHash txid;

	header_for(&header, 1000000 + (uint64_t) number);
	tx_build_init(&builder, &header, work, sizeof(work));
	tx_build_input(&builder, &(TxInput){ .txid = coins->txid,
										 .output_index = (uint32_t) coin,
										 .height = coins->height });
	operation_put_transfer(tx_build_operation(&builder, OPERATION_TRANSFER, 0), &output, 1,
						   span_of(NULL, 0));
	envelope->size = seal(&builder, envelope->bytes, sizeof(envelope->bytes), &txid);
}

static void
prepare(PGconn *connection, int transfers)
{
	McHash txid = issue(connection, transfers);
	uint32_t index = 0;
	uint64_t height = height_of(connection, &txid);
	int64_t value = transfers;

	for (int done = 0, round = 2; done < transfers; round++)
	{
		int count = transfers - done < COINS_PER_SPLIT ? transfers - done : COINS_PER_SPLIT;
		Coins coins = split(connection, &txid, index, height, value, count, (uint64_t) round);

		for (int i = 0; i < count; i++)
			sign_transfer(&envelopes[done + i], &coins, i, done + i);
		done += count;
		txid = coins.txid;
		height = coins.height;
		index = (uint32_t) count;
		value = coins.rest;
	}
}

/* A one-dimensional bytea[] in binary form. */
static size_t
array_of(const Envelope *from, int count, uint8_t *out)
{
	uint8_t *at = out;
	uint32_t head[5] = { 1, 0, 17, (uint32_t) count, 1 };

	for (int i = 0; i < 5; i++, at += 4)
		put_be32(at, head[i]);
	for (int i = 0; i < count; i++)
	{
		put_be32(at, (uint32_t) from[i].size);
		memcpy(at + 4, from[i].bytes, from[i].size);
		at += 4 + from[i].size;
	}
	return (size_t) (at - out);
}

/* ---- driving the connections: as pgbench -j does, a few threads, each of many connections
 * ---------
 */

/* Sends the client's next batch; false when it has none left. */
static bool
send_next(Client *client, uint8_t *buffer)
{
	int left = client->first + client->count - client->next;
	int count = left < batch_size ? left : batch_size;
	const Envelope *from = &envelopes[client->next];
	int formats[1] = { 1 };
	int sent;

	if (count <= 0)
		return false;
	client->sent_us = now_us();
	if (batch_size == 1)
		sent = PQsendQueryPrepared(client->connection, "submit", 1,
								   (const char *[]){ (const char *) from->bytes },
								   (int[]){ (int) from->size }, formats, 1);
	else
		sent = PQsendQueryPrepared(client->connection, "batch", 1,
								   (const char *[]){ (const char *) buffer },
								   (int[]){ (int) array_of(from, count, buffer) }, formats, 0);
	if (!sent)
		fail("send", client->connection);
	client->under_way = count;
	return true;
}

static void
take_answer(Client *client)
{
	PGresult *result = PQgetResult(client->connection);
	bool taken = PQresultStatus(result) == PGRES_TUPLES_OK &&
				 (batch_size == 1 || atoi(PQgetvalue(result, 0, 0)) == client->under_way);

	latencies_us[client->next] = now_us() - client->sent_us;
	client->next += client->under_way;
	client->failed += !taken;
	if (!taken)
		fprintf(stderr, "%s", PQerrorMessage(client->connection));
	PQclear(result);
	while ((result = PQgetResult(client->connection)) != NULL)
		PQclear(result);
}

static void *
run_driver(void *argument)
{
	Driver *driver = argument;
	uint8_t *buffer = malloc((size_t) batch_size * (ENVELOPE_MAX + 4) + 64);
	struct pollfd *polled = calloc((size_t) driver->count, sizeof(struct pollfd));
	int busy = 0;

	pthread_barrier_wait(&start_line);
	for (int i = 0; i < driver->count; i++)
	{
		bool sent = send_next(&driver->clients[i], buffer);

		polled[i].events = POLLIN;
		polled[i].fd = sent ? PQsocket(driver->clients[i].connection) : -1;
		busy += sent;
	}
	while (busy > 0)
	{
		if (poll(polled, (nfds_t) driver->count, -1) < 0)
			fail("poll", NULL);
		for (int i = 0; i < driver->count; i++)
		{
			Client *client = &driver->clients[i];

			if (polled[i].fd < 0 || polled[i].revents == 0)
				continue;
			if (!PQconsumeInput(client->connection))
				fail("receive", client->connection);
			if (PQisBusy(client->connection))
				continue;
			take_answer(client);
			if (!send_next(client, buffer))
			{
				polled[i].fd = -1;
				busy--;
			}
		}
	}
	free(polled);
	free(buffer);
	return NULL;
}

/* Connects the clients and deals them and the transfers out; they begin at the start line. */
static int
start_drivers(Driver *driver, Client *client, int clients, int transfers)
{
	int drivers = clients < DRIVERS ? clients : DRIVERS;

	pthread_barrier_init(&start_line, NULL, (unsigned) drivers + 1);
	for (int i = 0; i < clients; i++)
	{
		client[i].first = client[i].next = (int) ((long) transfers * i / clients);
		client[i].count = (int) ((long) transfers * (i + 1) / clients) - client[i].first;
		client[i].connection = connect_node();
	}
	for (int i = 0; i < drivers; i++)
	{
		driver[i].clients = &client[clients * i / drivers];
		driver[i].count = clients * (i + 1) / drivers - clients * i / drivers;
		pthread_create(&driver[i].thread, NULL, run_driver, &driver[i]);
	}
	return drivers;
}

static int
compare_doubles(const void *left, const void *right)
{
	double a = *(const double *) left;
	double b = *(const double *) right;

	return (a > b) - (a < b);
}

#define VERIFICATIONS 20000

static void
time_verification(uint8_t suite)
{
	uint8_t seed[SUITE_SEED_SIZE] = { 1 };
	uint8_t signature[SUITE_SIGNATURE_SIZE];
	McHash message = { { 2 } };
	clock_t start;

	if (!suite_secret_from_seed(suite, seed, &payer))
		fail("unknown suite", NULL);
	suite_sign(&payer, span_hash(&message), signature);
	start = clock();
	for (int i = 0; i < VERIFICATIONS; i++)
		if (!suite_verify(&payer.key, span_hash(&message), signature))
			fail("a good signature is refused", NULL);
	printf("%.2f\n", (double) (clock() - start) * 1e6 / CLOCKS_PER_SEC / VERIFICATIONS);
}

int
main(int argc, char **argv)
{
	uint8_t seed[SUITE_SEED_SIZE];
	McHash hash;
	McProblem problem;
	int clients;
	int transfers;
	int failed = 0;
	int measured = 0;
	double start;
	double seconds;
	Client *client;
	Driver driver[DRIVERS];
	int drivers;
	PGconn *connection;

	if (argc == 3 && strcmp(argv[1], "--verify") == 0)
	{
		time_verification((uint8_t) atoi(argv[2]));
		return 0;
	}
	if (argc != 6)
		fail("usage: ledger_load ASSET_SEED SUITE CLIENTS BATCH TRANSFERS", NULL);
	clients = atoi(argv[3]);
	batch_size = atoi(argv[4]);
	transfers = atoi(argv[5]);
	digest_tagged(&hash, "ledger_load", span_text(argv[1]));
	memcpy(seed, hash.bytes, sizeof(seed));
	if (!suite_secret_from_seed((uint8_t) atoi(argv[2]), seed, &payer) ||
		tx_asset_parse(span_text(argv[1]), &asset, &problem) != MC_OK)
		fail("ASSET_SEED must be an asset code", NULL);
	condition_address_of_key(&payer.key, &payer_address);
	payee_address = payer_address;
	payee_address.bytes[0] ^= 1;
	connection = connect_node();
	query_chain(connection);
	started_ms = (uint64_t) time(NULL) * 1000;
	envelopes = calloc((size_t) transfers, sizeof(Envelope));
	latencies_us = calloc((size_t) transfers, sizeof(double));
	client = calloc((size_t) clients, sizeof(Client));
	prepare(connection, transfers);

	drivers = start_drivers(driver, client, clients, transfers);
	PQclear(PQexec(connection, "CHECKPOINT"));
	pthread_barrier_wait(&start_line);
	start = now_us();
	for (int i = 0; i < drivers; i++)
		pthread_join(driver[i].thread, NULL);
	for (int i = 0; i < clients; i++)
		failed += client[i].failed;
	seconds = (now_us() - start) / 1e6;
	for (int i = 0; i < transfers; i++)
		if (latencies_us[i] > 0)
			latencies_us[measured++] = latencies_us[i];
	qsort(latencies_us, (size_t) measured, sizeof(double), compare_doubles);
	printf("%.0f %.0f %.0f\n", transfers / seconds, latencies_us[measured / 2],
		   latencies_us[(size_t) measured * 99 / 100]);
	return failed == 0 ? 0 : 1;
}
