/*
 * link_pg.c - see link_pg.h. A link is down, connecting, preparing or up; every error brings it
 * down, and it is tried again after a pause that grows.
 */
#include "node/link_pg.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/ioctl.h>

#include "libpq-fe.h"
#include "miscadmin.h"
#include "node/guc_pg.h"
#include "node/launcher_pg.h"
#include "node/switches_pg.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define CONNECT_MS 3000
#define ANSWER_MS 5000
#define RETRY_MS_MIN 50
#define RETRY_MS_MAX 2000
/* Calls under way at once: what is said meanwhile goes together in the next. */
#define CALLS_MAX 8
/* Answers are looked for at every turn, and a moment after a call at the latest; to be woken by
 * each of them would cost a turn an answer. Who has nothing to answer is looked at now and then. */
#define LOOK_MS 2
#define LOOK_IDLE_MS 250
#define QUEUE_MAX (4 * 1024 * 1024)
/* An answer is twelve bytes: whoever sends more is no member of ours. */
#define ANSWER_BYTES_MAX (64 * 1024)

#define BYTEA_OID 17
#define ARRAY_HEAD 20

typedef enum LinkState
{
	LINK_SELF,
	LINK_DOWN,
	LINK_CONNECTING,
	LINK_PREPARING,
	LINK_UP,
} LinkState;

typedef struct Link
{
	LinkState state;
	uint32_t member;
	PGconn *connection;
	PostgresPollingStatusType polling;
	uint64_t deadline_ms; /* of connecting, or of the next attempt */
	uint32_t retry_ms;
	bool came_up;
	bool watched;     /* in the wait set */
	uint64_t look_ms; /* when to look whether it is still there */
	bool unsent;      /* libpq still holds bytes */
	size_t inbound;
	uint32_t calls;
	uint64_t call_us[CALLS_MAX]; /* ring by call_first: when each was sent */
	uint32_t call_first;
	uint8_t *queue; /* the binary array being built */
	size_t queue_size;
	size_t queue_capacity;
	uint32_t queue_count;
	int event; /* position in the wait set, -1: not in it */
} Link;

static struct
{
	const NodeGenesis *genesis;
	Link links[GENESIS_MEMBERS_MAX];
	uint32_t count;
	WaitEventSet *set;
	bool set_stale;
	uint64_t now_ms;
} net;

static uint64_t
now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

/* ---- up and down -------------------------------------------------------------------------------
 */

static void
bring_down(Link *link)
{
	Peer *peer = peer_of(link->member);

	if (link->connection != NULL)
	{
		PQfinish(link->connection);
		link->connection = NULL;
		net.set_stale = true;
	}
	if (link->state == LINK_UP)
	{
		pg_atomic_write_u32(&peer->link_up, 0);
		pg_atomic_write_u64(&peer->link_since_us, (uint64) GetCurrentTimestamp());
	}
	pg_atomic_fetch_add_u64(&peer->frames_lost, link->queue_count);
	link->state = LINK_DOWN;
	link->deadline_ms = net.now_ms + link->retry_ms;
	link->retry_ms = Min(link->retry_ms * 2, RETRY_MS_MAX);
	link->queue_size = ARRAY_HEAD;
	link->queue_count = 0;
	link->calls = 0;
	link->unsent = false;
}

static void
discard_notice(void *argument, const PGresult *result)
{
}

/* A name is looked up at most once a connection; numbers never leave the process. */
static bool
find_address(const char *host, char address[INET6_ADDRSTRLEN])
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	bool good;

	if (getaddrinfo(host, NULL, &hints, &found) != 0)
		return false;
	good = getnameinfo(found->ai_addr, found->ai_addrlen, address, INET6_ADDRSTRLEN, NULL, 0,
					   NI_NUMERICHOST) == 0;
	freeaddrinfo(found);
	return good;
}

/*
 * The certificate must carry the member's own name: host is what verify-full compares, hostaddr
 * where to go. Nothing comes from files or the environment but what the settings name (A23).
 */
static PGconn *
start_connection(const GenesisMember *member)
{
	char address[INET6_ADDRSTRLEN];
	char port[16];
	char user[GENESIS_NAME_MAX + 16];
	bool secure = guc_peer_ssl_cert_file[0] != '\0';
	const char *names[] = { "host",
							"hostaddr",
							"port",
							"dbname",
							"user",
							"sslmode",
							"sslcert",
							"sslkey",
							"sslrootcert",
							"passfile",
							"gssencmode",
							"options",
							"application_name",
							"client_encoding",
							"tcp_user_timeout",
							NULL };
	const char *values[] = {
		member->name,
		address,
		port,
		guc_database,
		user,
		secure ? "verify-full" : "prefer",
		secure ? guc_peer_ssl_cert_file : NULL,
		secure ? guc_peer_ssl_key_file : NULL,
		secure ? guc_peer_ssl_ca_file : NULL,
		"/dev/null/none", /* libpq warns of a file that is none, and looks into ~/.pgpass without */
		"disable",
		"",
		"meschain",
		"UTF8",
		"10000",
		NULL
	};

	if (!find_address(member->host, address))
		return NULL;
	snprintf(port, sizeof(port), "%u", member->port);
	snprintf(user, sizeof(user), "mes_peer_%s", net.genesis->name);
	return PQconnectStartParams(names, values, 0);
}

static void
begin_connecting(Link *link)
{
	link->connection = start_connection(&net.genesis->document.members[link->member]);
	if (link->connection == NULL || PQstatus(link->connection) == CONNECTION_BAD)
	{
		bring_down(link);
		return;
	}
	PQsetNoticeReceiver(link->connection, discard_notice, NULL);
	link->state = LINK_CONNECTING;
	link->polling = PGRES_POLLING_WRITING;
	link->deadline_ms = net.now_ms + CONNECT_MS;
	net.set_stale = true;
}

static void
connected(Link *link)
{
	link->state = LINK_PREPARING;
	link->inbound = 0;
	link->deadline_ms = net.now_ms + CONNECT_MS;
	net.set_stale = true;
	if (PQsetnonblocking(link->connection, 1) != 0 || !PQenterPipelineMode(link->connection) ||
		!PQsendPrepare(link->connection, "deliver", "SELECT mes_internal.deliver($1)", 1,
					   (const Oid[]){ 1001 /* bytea[] */ }) ||
		!PQpipelineSync(link->connection) || PQflush(link->connection) < 0)
		bring_down(link);
}

static void
prepared(Link *link)
{
	Peer *peer = peer_of(link->member);

	link->state = LINK_UP;
	link->retry_ms = RETRY_MS_MIN;
	link->came_up = true;
	pg_atomic_write_u32(&peer->link_up, 1);
	pg_atomic_write_u64(&peer->link_since_us, (uint64) GetCurrentTimestamp());
	pg_atomic_fetch_add_u64(&peer->connects, 1);
}

/* ---- sending -----------------------------------------------------------------------------------
 */

static void
queue_now(uint32_t member, McSpan first, McSpan second)
{
	Link *link = &net.links[member];
	size_t size = first.size + second.size;
	size_t needed = link->queue_size + 4 + size;

	if (link->state == LINK_SELF)
		return;
	if (link->state != LINK_UP || needed > QUEUE_MAX ||
		switch_peer_blocked(net.genesis->numbers[member]))
	{
		pg_atomic_fetch_add_u64(&peer_of(member)->frames_lost, 1);
		return;
	}
	if (needed > link->queue_capacity)
	{
		link->queue_capacity = Max(needed, link->queue_capacity * 2);
		link->queue = repalloc_huge(link->queue, link->queue_capacity);
	}
	put_be32(link->queue + link->queue_size, (uint32_t) size);
	memcpy(link->queue + link->queue_size + 4, first.data, first.size);
	if (second.size > 0)
		memcpy(link->queue + link->queue_size + 4 + first.size, second.data, second.size);
	link->queue_size = needed;
	link->queue_count++;
}

void
link_queue(uint32_t member, McSpan first, McSpan second)
{
	if (switch_delay_ms() > 0)
		delay_put(member, first, second, net.now_ms + (uint64_t) switch_delay_ms());
	else
		queue_now(member, first, second);
}

static void
send_call(Link *link)
{
	Peer *peer = peer_of(link->member);
	const char *values[] = { (const char *) link->queue };
	int lengths[] = { (int) link->queue_size };
	int formats[] = { 1 };

	put_be32(link->queue, 1); /* dimensions */
	put_be32(link->queue + 4, 0);
	put_be32(link->queue + 8, BYTEA_OID);
	put_be32(link->queue + 12, link->queue_count);
	put_be32(link->queue + 16, 1); /* lower bound */
	if (!PQsendQueryPrepared(link->connection, "deliver", 1, values, lengths, formats, 1) ||
		!PQpipelineSync(link->connection))
	{
		bring_down(link);
		return;
	}
	link->call_us[(link->call_first + link->calls++) % CALLS_MAX] = now_us();
	pg_atomic_fetch_add_u64(&peer->frames_out, link->queue_count);
	pg_atomic_fetch_add_u64(&peer->bytes_out, (int64) link->queue_size);
	link->queue_size = ARRAY_HEAD;
	link->queue_count = 0;
}

static void
flush(Link *link)
{
	int left = PQflush(link->connection);

	if (left < 0)
		bring_down(link);
	else if (link->unsent != (left == 1))
	{
		link->unsent = left == 1;
		net.set_stale = true;
	}
}

void
links_flush(void)
{
	delay_release(net.now_ms, queue_now);
	for (uint32_t i = 0; i < net.count; i++)
	{
		Link *link = &net.links[i];

		if (link->state != LINK_UP || link->unsent)
			continue;
		if (link->queue_count > 0 && link->calls < CALLS_MAX)
			send_call(link);
		if (link->state == LINK_UP)
			flush(link);
	}
}

/* ---- receiving ---------------------------------------------------------------------------------
 */

static void
call_answered(Link *link)
{
	Peer *peer = peer_of(link->member);
	uint64_t took = now_us() - link->call_us[link->call_first];
	uint64_t mean = pg_atomic_read_u64(&peer->round_trip_us);

	link->call_first = (link->call_first + 1) % CALLS_MAX;
	link->calls--;
	pg_atomic_write_u64(&peer->round_trip_us, mean == 0 ? took : (7 * mean + took) / 8);
}

/* One result; false when there is none yet or the link is gone. */
static bool
take_result(Link *link)
{
	PGresult *result;
	ExecStatusType status;

	if (PQisBusy(link->connection))
		return false;
	result = PQgetResult(link->connection);
	if (result == NULL)
		return (link->calls > 0 || link->state == LINK_PREPARING) &&
			   !PQisBusy(
				   link->connection); /* NULL stands between two results of the pipeline (P36) */
	status = PQresultStatus(result);
	PQclear(result);
	link->inbound = 0;
	if (status == PGRES_PIPELINE_SYNC && link->state == LINK_PREPARING)
		prepared(link);
	else if (status == PGRES_PIPELINE_SYNC)
	{
		call_answered(link);
		return link->calls > 0;
	}
	else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
	{
		bring_down(link);
		return false;
	}
	return true;
}

/* Woken by a link only while it is not up, or has no call left. */
static bool
is_watched(const Link *link)
{
	return link->connection != NULL &&
		   (link->state != LINK_UP || link->unsent || link->calls == CALLS_MAX);
}

static void
receive(Link *link)
{
	int waiting = 0;

	/* libpq would take whatever a server sends: count before it does (X11) */
	(void) ioctl(PQsocket(link->connection), FIONREAD, &waiting);
	if (waiting == 0 && link->state == LINK_UP && net.now_ms < link->look_ms)
		return;
	link->look_ms = net.now_ms + LOOK_IDLE_MS;
	link->inbound += (size_t) Max(waiting, 0);
	if (link->inbound > ANSWER_BYTES_MAX || !PQconsumeInput(link->connection))
	{
		bring_down(link);
		return;
	}
	while (link->connection != NULL && take_result(link))
		;
}

static void
poll_connecting(Link *link)
{
	link->polling = PQconnectPoll(link->connection);
	net.set_stale = true; /* the socket may be another one now (P14) */
	if (link->polling == PGRES_POLLING_OK)
		connected(link);
	else if (link->polling == PGRES_POLLING_FAILED)
		bring_down(link);
}

static bool
overdue(const Link *link)
{
	if (link->state == LINK_CONNECTING || link->state == LINK_PREPARING)
		return net.now_ms >= link->deadline_ms;
	return link->state == LINK_UP && link->calls > 0 &&
		   now_us() - link->call_us[link->call_first] > (uint64_t) ANSWER_MS * 1000;
}

void
links_poll(uint64_t now_ms)
{
	net.now_ms = now_ms;
	for (uint32_t i = 0; i < net.count; i++)
	{
		Link *link = &net.links[i];

		if (link->state == LINK_SELF)
			continue;
		if (link->state == LINK_UP && (link->calls > 0 || now_ms >= link->look_ms))
			receive(link);
		if (overdue(link) ||
			(link->state != LINK_DOWN && switch_peer_blocked(net.genesis->numbers[i])))
			bring_down(link);
		else if (link->state == LINK_DOWN && now_ms >= link->deadline_ms &&
				 !switch_peer_blocked(net.genesis->numbers[i]))
			begin_connecting(link);
	}
}

bool
link_came_up(uint32_t member)
{
	bool came = net.links[member].came_up;

	net.links[member].came_up = false;
	return came;
}

bool
link_is_up(uint32_t member)
{
	return net.links[member].state == LINK_UP;
}

/* ---- waiting -----------------------------------------------------------------------------------
 */

static uint32_t
wanted_events(const Link *link)
{
	if (link->state == LINK_CONNECTING)
		return link->polling == PGRES_POLLING_READING ? WL_SOCKET_READABLE : WL_SOCKET_WRITEABLE;
	return WL_SOCKET_READABLE | (link->unsent ? WL_SOCKET_WRITEABLE : 0);
}

static void
build_set(void)
{
	if (net.set != NULL)
		FreeWaitEventSet(net.set);
	net.set = CreateWaitEventSet(TopMemoryContext, (int) net.count + 2);
	AddWaitEventToSet(net.set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(net.set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	for (uint32_t i = 0; i < net.count; i++)
	{
		Link *link = &net.links[i];

		link->watched = is_watched(link);
		if (link->watched && PQsocket(link->connection) >= 0)
			AddWaitEventToSet(net.set, wanted_events(link), PQsocket(link->connection), NULL, link);
	}
	net.set_stale = false;
}

static void
serve_event(const WaitEvent *event)
{
	Link *link = event->user_data;

	if (event->events & WL_LATCH_SET)
		ResetLatch(MyLatch);
	if (link == NULL || link->connection == NULL || event->fd != PQsocket(link->connection))
		return;
	if (link->state == LINK_CONNECTING)
		poll_connecting(link);
	else
	{
		if (event->events & WL_SOCKET_READABLE)
			receive(link);
		if (link->connection != NULL && (event->events & WL_SOCKET_WRITEABLE))
			flush(link);
	}
}

static long
at_most(long limit_ms, long timeout_ms)
{
	return timeout_ms < 0 || timeout_ms > limit_ms ? limit_ms : timeout_ms;
}

/* Until a link wants something by itself; and whether the wait set is still the right one. */
static long
until_next_attempt(long timeout_ms)
{
	for (uint32_t i = 0; i < net.count; i++)
	{
		const Link *link = &net.links[i];
		long left;

		net.set_stale |= link->watched != is_watched(link);
		if (link->state == LINK_UP && link->calls > 0)
			timeout_ms = at_most(LOOK_MS, timeout_ms);
		if (link->state != LINK_DOWN && link->state != LINK_CONNECTING)
			continue;
		left = link->deadline_ms > net.now_ms ? (long) (link->deadline_ms - net.now_ms) : 0;
		timeout_ms = at_most(left, timeout_ms);
	}
	return timeout_ms;
}

void
links_wait(long timeout_ms)
{
	WaitEvent events[PBFT_NODE_MAX + 2];
	int count;

	timeout_ms = until_next_attempt(timeout_ms);
	if (delay_waits())
		timeout_ms = at_most(1, timeout_ms);
	if (net.set == NULL || net.set_stale)
		build_set();
	count = WaitEventSetWait(net.set, timeout_ms, events, lengthof(events), PG_WAIT_EXTENSION);
	for (int i = 0; i < count; i++)
		serve_event(&events[i]);
	CHECK_FOR_INTERRUPTS();
	if (ConfigReloadPending)
	{
		ConfigReloadPending = false;
		ProcessConfigFile(PGC_SIGHUP);
	}
}

static void
close_link(Link *link)
{
	if (link->connection != NULL)
		PQfinish(link->connection);
	pfree(link->queue);
}

void
links_use(const NodeGenesis *genesis)
{
	net.genesis = genesis;
}

void
links_open(const NodeGenesis *genesis)
{
	for (uint32_t i = 0; i < net.count; i++)
		close_link(&net.links[i]);
	net.genesis = genesis;
	net.count = genesis->peer_count;
	net.set_stale = true;
	memset(net.links, 0, sizeof(net.links));
	for (uint32_t i = 0; i < net.count; i++)
	{
		Link *link = &net.links[i];

		link->member = i;
		link->state = i == genesis->self ? LINK_SELF : LINK_DOWN;
		link->retry_ms = RETRY_MS_MIN;
		link->queue_size = ARRAY_HEAD;
		link->queue_capacity = 64 * 1024;
		link->queue = MemoryContextAlloc(TopMemoryContext, link->queue_capacity);
		pg_atomic_write_u32(&peer_of(i)->link_up, 0);
	}
}
