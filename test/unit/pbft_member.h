/*
 * pbft_member.h - one whole member: its replica, log and tables, and the wires between members.
 */
#ifndef MESCHAIN_TEST_PBFT_MEMBER_H
#define MESCHAIN_TEST_PBFT_MEMBER_H

#include "base/digest.h"
#include "pbft/replica.h"
#include "pbft/resume.h"
#include "unit/check.h"
#include "unit/pbft_mac.h"

#define MEMBERS 4
#define HEIGHT_MAX 3000
#define LOG_RECORDS 40000
#define QUEUE_MAX 65536
#define ONION_LAYERS 400
#define ARENA_SIZE ((size_t) 256 << 20)

typedef struct Bytes
{
	uint8_t *data;
	size_t size;
} Bytes;

typedef struct Stored
{
	PbftHeader header;
	McHash hash;
	McHash exec_root;
	PbftInstance at;
	Bytes commit;
	Bytes checkpoint;
} Stored;

typedef struct Member
{
	uint32_t number;
	bool up;
	bool fenced; /* its log is lost */
	MacSigner signer;
	PbftConfig config;
	PbftInstance at;
	PbftReplica *replica;
	PbftEffects effects;
	Bytes log[LOG_RECORDS];
	size_t log_count;
	Stored tables[HEIGHT_MAX];
	uint64_t ordered;
	uint64_t executed;
	uint64_t applied;
	bool epoch_over;
	uint64_t deadline[PBFT_TIMER_COUNT];
	uint64_t generation[PBFT_TIMER_COUNT];
	uint64_t views_left;
	uint64_t fenced_notes;
} Member;

typedef struct Packet
{
	uint32_t from;
	uint32_t to;
	Bytes bytes;
} Packet;

static Member members[MEMBERS];
static Packet queue[QUEUE_MAX];
static size_t queue_head, queue_tail;
static uint64_t now_ms;
static uint64_t salt;
static McHash onions[MEMBERS][ONION_LAYERS];
static Stored known[4 * HEIGHT_MAX]; /* every header ever proposed */
static size_t known_count;
static bool cut[MEMBERS][MEMBERS];
static uint8_t mute; /* messages of this kind are lost */
static uint8_t *arena; /* everything that is kept, for one story */
static size_t arena_used;

static inline Bytes
keep(const void *data, size_t size)
{
	Bytes bytes = { arena + arena_used, size };

	assert(arena_used + size <= ARENA_SIZE);
	arena_used += size;
	memcpy(bytes.data, data, size);
	return bytes;
}

static inline McHash
digest_of(const void *data, size_t size)
{
	McSpan part = span_of(data, size);
	McHash hash;

	digest_sha256(&hash, &part, 1);
	return hash;
}

static inline void
learn_header(const PbftHeader *header, const McHash *hash)
{
	known[known_count].header = *header;
	known[known_count++].hash = *hash;
}

static inline const Stored *
find_header(const McHash *hash)
{
	for (size_t i = 0; i < known_count; i++)
		if (hash_equal(&known[i].hash, hash))
			return &known[i];
	return NULL;
}

static inline void
step(Member *member, PbftEvent event)
{
	pbft_step(member->replica, &event, &member->effects);
}

static inline void
send_to(Member *member, uint32_t to, McSpan bytes)
{
	if (to >= MEMBERS || to == member->number || cut[member->number][to] ||
		bytes.data[0] == mute)
		return;
	queue[queue_tail++ % QUEUE_MAX] =
		(Packet){ member->number, to, keep(bytes.data, bytes.size) };
}

#endif
