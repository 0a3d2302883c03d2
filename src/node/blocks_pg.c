/*
 * blocks_pg.c - a small table of blocks. What a member sends for nothing pushes out its own earlier
 * blocks, never another member's.
 */
#include "node/blocks_pg.h"

#include "ledger/causes.h"
#include "node/link_pg.h"
#include "node/members_pg.h"
#include "pbft/frame.h"
#include "utils/memutils.h"

#define BLOCKS_MAX 512
#define UNASKED_PER_MEMBER 16
#define ASK_AGAIN_MS 100
/* Gossip is under way: a body is asked for when it is later than that. */
#define ASK_FIRST_MS 2

static struct
{
	const NodeGenesis *genesis;
	uint64_t released; /* blocks up to here are rows */
	int end;           /* places in use are below it: each turn looks at all of them */
	HeldBlock blocks[BLOCKS_MAX];
} held;

void
blocks_init(const NodeGenesis *genesis, uint64_t applied)
{
	held.genesis = genesis;
	held.released = applied;
	held.end = 0;
	memset(held.blocks, 0, sizeof(held.blocks));
}

HeldBlock *
block_find(const McHash *hash)
{
	for (int i = 0; i < held.end; i++)
		if (held.blocks[i].used && hash_equal(&held.blocks[i].hash, hash))
			return &held.blocks[i];
	return NULL;
}

static void
forget(HeldBlock *block)
{
	if (block->slots != NULL)
	{
		pool_drop(block->slots, block->count);
		pfree(block->slots);
		pfree(block->bodies);
		pfree(block->txids);
	}
	memset(block, 0, sizeof(*block));
}

void
blocks_use(const NodeGenesis *genesis)
{
	held.genesis = genesis;
}

void
blocks_restart(const NodeGenesis *genesis, uint64_t applied)
{
	for (int i = 0; i < held.end; i++)
		if (held.blocks[i].used)
			forget(&held.blocks[i]);
	held.genesis = genesis;
	held.released = applied;
}

/* Nobody asked for it, and its sender has sent more of the kind. */
static HeldBlock *
one_to_push_out(uint32_t source)
{
	HeldBlock *oldest = NULL;
	uint32_t unasked = 0;

	for (int i = 0; i < held.end; i++)
	{
		HeldBlock *block = &held.blocks[i];

		if (!block->used || block->asked || block->ordered || block->logged ||
			block->source != source)
			continue;
		unasked++;
		if (oldest == NULL || block->header.height < oldest->header.height)
			oldest = block;
	}
	return unasked >= UNASKED_PER_MEMBER ? oldest : NULL;
}

static HeldBlock *
add(const McHash *hash, const PbftHeader *header, uint32_t source)
{
	HeldBlock *block;

	if (header->height <= held.released)
		return NULL;
	block = one_to_push_out(source);
	if (block != NULL)
		forget(block);
	for (int i = 0; block == NULL && i < BLOCKS_MAX; i++)
		if (!held.blocks[i].used)
		{
			block = &held.blocks[i];
			held.end = Max(held.end, i + 1);
		}
	if (block == NULL)
		return NULL;
	block->used = true;
	block->hash = *hash;
	block->header = *header;
	block->source = source;
	return block;
}

static void
allocate(HeldBlock *block, uint32_t count)
{
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	Size items = Max(count, 1);

	block->count = count;
	block->missing = count;
	block->slots = palloc(sizeof(uint32_t) * items);
	block->bodies = palloc(sizeof(McHash) * items);
	block->txids = palloc(sizeof(McHash) * items);
	MemoryContextSwitchTo(old);
	for (uint32_t i = 0; i < count; i++)
		block->slots[i] = POOL_NONE;
}

HeldBlock *
block_learn(const McHash *hash, const PbftHeader *header, McSpan list, uint32_t source,
			uint64_t now_ms)
{
	HeldBlock *block = block_find(hash);
	uint32_t count = header->tx_count;

	if (block != NULL && block->slots != NULL)
		return block;
	if (list.size != (size_t) count * PBFT_LIST_ITEM)
		return NULL;
	if (block == NULL)
		block = add(hash, header, source);
	if (block == NULL)
		return NULL;
	allocate(block, count);
	block->source = source;
	block->turn = source;
	block->ask_ms = now_ms + ASK_FIRST_MS;
	for (uint32_t i = 0; i < count; i++)
	{
		block->txids[i] = pbft_list_txid(list, i);
		block->bodies[i] = pbft_list_body(list, i);
	}
	block->missing = pool_hold(block->bodies, count, block->slots);
	return block;
}

HeldBlock *
block_own(const McHash *hash, const PbftHeader *header, const uint32_t *slots, uint32_t count)
{
	HeldBlock *block = block_find(hash);

	if (block == NULL)
		block = add(hash, header, held.genesis->self);
	if (block == NULL || block->slots != NULL)
		return block;
	allocate(block, count);
	for (uint32_t i = 0; i < count; i++)
	{
		const PoolSlot *slot = pool_slot(slots[i]);

		block->slots[i] = slots[i];
		block->txids[i] = slot->view.txid;
		block->bodies[i] = slot->view.body_id;
	}
	pool_hold_slots(slots, count);
	block->missing = 0;
	return block;
}

HeldBlock *
block_named(const McHash *hash, const PbftHeader *header, uint64_t now_ms)
{
	HeldBlock *block = block_find(hash);

	if (block != NULL)
		return block;
	if (header->tx_count == 0)
		return block_learn(hash, header, span_of(NULL, 0), header->proposer, now_ms);
	block = add(hash, header, header->proposer);
	if (block != NULL)
	{
		block->missing = header->tx_count;
		block->turn = header->proposer;
		block->ask_ms = now_ms;
	}
	return block;
}

bool
block_complete(HeldBlock *block)
{
	if (block->slots != NULL && block->missing > 0)
		block->missing = pool_hold(block->bodies, block->count, block->slots);
	return block->missing == 0;
}

/* ---- content -----------------------------------------------------------------------------------
 */

static int
compare_hashes(const void *left, const void *right)
{
	return memcmp(left, right, HASH_SIZE);
}

static bool
has_double(const HeldBlock *block)
{
	McHash *sorted = palloc(sizeof(McHash) * Max(block->count, 1));
	bool found = false;

	memcpy(sorted, block->txids, sizeof(McHash) * block->count);
	qsort(sorted, block->count, sizeof(McHash), compare_hashes);
	for (uint32_t i = 1; i < block->count; i++)
		found |= hash_equal(&sorted[i - 1], &sorted[i]);
	pfree(sorted);
	return found;
}

void
blocks_name(const uint32_t *slots, uint32_t count, PbftCauses *causes)
{
	CauseCount named = { 0 };
	CauseRules rules = { .document = &held.genesis->document,
						 .numbers = held.genesis->numbers,
						 .incarnations = held.genesis->incarnations };

	members_domain(held.genesis, &rules.domain);
	for (uint32_t i = 0; i < count; i++)
		if (pool_slot(slots[i])->view.names_seats)
			ledger_causes_add(&rules, &pool_slot(slots[i])->view, &named);
	*causes = named.causes;
}

bool
block_valid(const HeldBlock *block)
{
	const int64_t *parameters = held.genesis->document.parameters;
	uint64_t bytes = 0;
	PbftCauses causes;

	Assert(block->missing == 0 && block->slots != NULL);
	blocks_name(block->slots, block->count, &causes);
	for (uint32_t i = 0; i < block->count; i++)
		bytes += pool_slot(block->slots[i])->view.bytes.size;
	return block->count <= (uint64_t) parameters[PARAMETER_BLOCK_TX_MAX] &&
		   (bytes <= (uint64_t) parameters[PARAMETER_BLOCK_BYTES_MAX] || block->count == 1) &&
		   bytes == block->header.body_bytes && !has_double(block) &&
		   pbft_causes_equal(&causes, &block->header.causes);
}

uint32_t
blocks_mark_chain(const McHash *tip, uint32_t *marks, uint32_t mark)
{
	const HeldBlock *block = block_find(tip);
	uint32_t marked = 0;

	for (int steps = 0; block != NULL && steps < BLOCKS_MAX; steps++)
	{
		for (uint32_t i = 0; block->slots != NULL && i < block->count; i++)
			if (block->slots[i] != POOL_NONE)
				marks[block->slots[i]] = mark;
		marked += block->ordered ? 0 : block->count;
		block = block_find(&block->header.parent_hash);
	}
	return marked;
}

/* ---- what is missing ---------------------------------------------------------------------------
 */

static uint32_t
next_to_ask(HeldBlock *block)
{
	uint32_t count = held.genesis->document.member_count;

	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t member = (block->turn + i) % count;

		if (member == held.genesis->self || !link_is_up(member))
			continue;
		block->turn = member + 1;
		return member;
	}
	return count;
}

static void
ask_list(const HeldBlock *block, uint32_t member)
{
	uint8_t frame[1 + 8 + HASH_SIZE] = { PBFT_FRAME_ASK };

	put_be64(frame + 1, block->header.height);
	memcpy(frame + 9, block->hash.bytes, HASH_SIZE);
	link_queue(member, span_of(frame, sizeof(frame)), span_of(NULL, 0));
}

static void
ask_bodies(const HeldBlock *block, uint32_t member)
{
	uint8_t *frame = palloc(1 + PBFT_WANT_MAX * HASH_SIZE);
	size_t size = 1;

	frame[0] = PBFT_FRAME_WANT;
	for (uint32_t i = 0; i < block->count; i++)
	{
		if (block->slots[i] != POOL_NONE)
			continue;
		memcpy(frame + size, block->bodies[i].bytes, HASH_SIZE);
		size += HASH_SIZE;
		if (size > (PBFT_WANT_MAX - 1) * HASH_SIZE)
			break;
	}
	link_queue(member, span_of(frame, size), span_of(NULL, 0));
	pfree(frame);
}

void
block_ask(HeldBlock *block, uint64_t now_ms)
{
	uint32_t member;

	if (now_ms < block->ask_ms)
		return;
	block->ask_ms = now_ms + ASK_AGAIN_MS;
	member = next_to_ask(block);
	if (member >= held.genesis->document.member_count)
		return;
	/* whoever has the bodies of an applied block has its rows: they come with the list */
	if (block->slots == NULL || block->ordered)
		ask_list(block, member);
	if (block->slots != NULL)
		ask_bodies(block, member);
}

void
blocks_each(void (*visit)(HeldBlock *block, uint64_t now_ms), uint64_t now_ms)
{
	for (int i = 0; i < held.end; i++)
		if (held.blocks[i].used && held.blocks[i].missing > 0)
			visit(&held.blocks[i], now_ms);
}

bool
blocks_missing(void)
{
	for (int i = 0; i < held.end; i++)
		if (held.blocks[i].used && held.blocks[i].missing > 0 &&
			(held.blocks[i].asked || held.blocks[i].ordered))
			return true;
	return false;
}

void
blocks_each_logged(void (*visit)(HeldBlock *block))
{
	for (int i = 0; i < held.end; i++)
		if (held.blocks[i].used && held.blocks[i].missing == 0 && held.blocks[i].logged)
			visit(&held.blocks[i]);
}

void
blocks_release(uint64_t height)
{
	held.released = height;
	for (int i = 0; i < held.end; i++)
		if (held.blocks[i].used && held.blocks[i].header.height <= height)
			forget(&held.blocks[i]);
	while (held.end > 0 && !held.blocks[held.end - 1].used)
		held.end--;
}

/* ---- bytes -------------------------------------------------------------------------------------
 */

McSpan
block_list(const HeldBlock *block)
{
	uint8_t *list = palloc(Max(1, (Size) block->count * PBFT_LIST_ITEM));

	for (uint32_t i = 0; i < block->count; i++)
	{
		memcpy(list + (size_t) i * PBFT_LIST_ITEM, block->txids[i].bytes, HASH_SIZE);
		memcpy(list + (size_t) i * PBFT_LIST_ITEM + HASH_SIZE, block->bodies[i].bytes, HASH_SIZE);
	}
	return span_of(list, (size_t) block->count * PBFT_LIST_ITEM);
}

McSpan
block_record(const HeldBlock *block)
{
	size_t size = PBFT_HEADER_SIZE;
	uint8_t *record;
	uint8_t *at;

	for (uint32_t i = 0; i < block->count; i++)
		size += 4 + pool_slot(block->slots[i])->view.bytes.size;
	record = palloc(size);
	pbft_header_encode(&block->header, record);
	at = record + PBFT_HEADER_SIZE;
	for (uint32_t i = 0; i < block->count; i++)
	{
		McSpan bytes = pool_slot(block->slots[i])->view.bytes;

		put_be32(at, (uint32_t) bytes.size);
		memcpy(at + 4, bytes.data, bytes.size);
		at += 4 + bytes.size;
	}
	return span_of(record, size);
}

/* The slot of a body from the log; it was verified before it was written. */
static uint32_t
restore_body(McSpan envelope)
{
	TxView view;
	McProblem problem;
	uint32_t slot = POOL_NONE;

	if (tx_read(envelope, &view, &problem) != MC_OK)
		return POOL_NONE;
	(void) pool_offer(&view, held.genesis->self, held.genesis->document.member_count, true);
	(void) pool_hold(&view.body_id, 1, &slot);
	return slot;
}

void
block_read_record(McSpan record)
{
	PbftHeader header;
	McProblem problem;
	McHash hash;
	uint32_t *slots;
	uint32_t count = 0;
	size_t at = PBFT_HEADER_SIZE;

	if (record.size < PBFT_HEADER_SIZE ||
		pbft_header_decode(span_of(record.data, PBFT_HEADER_SIZE), &header, &problem) != MC_OK ||
		header.height <= held.released)
		return;
	pbft_header_hash(&header, &hash);
	slots = palloc(sizeof(uint32_t) * Max(header.tx_count, 1));
	while (count < header.tx_count && at + 4 <= record.size)
	{
		uint32_t size = get_be32(record.data + at);

		if (size > record.size - at - 4)
			break;
		slots[count] = restore_body(span_of(record.data + at + 4, size));
		at += 4 + size;
		if (slots[count] == POOL_NONE)
			break;
		count++;
	}
	if (count == header.tx_count)
	{
		HeldBlock *block = block_own(&hash, &header, slots, count);

		if (block != NULL)
			block->logged = true;
	}
	pool_drop(slots, count); /* the block has holds of its own */
	pfree(slots);
}
