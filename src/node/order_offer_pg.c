/*
 * order_offer_pg.c - what the order worker takes from the pool: when the next block is cut, and
 * what goes into it.
 */
#include "node/order_pg.h"

#include "node/votelog_pg.h"

/* Final blocks that may wait for apply before this node proposes more: waiting makes the next
 * block larger. */
#define BACKLOG_MAX 2

/* So many are cut at once, though a block is on its way; and how long fewer wait for it. */
#define BLOCK_WORTH 512
#define HOLD_MS 25
/* How long whom a block answered may take to come back into the next. */
#define GATHER_MS 8

bool
order_exchange_free(void)
{
	return pg_atomic_read_u32(&node_shared->exchange.stage) == EXCHANGE_EMPTY;
}

void
order_note_tip(uint64_t height)
{
	if (height > order.tip_height)
		order.tip_since_ms = order.now_ms;
	order.tip_height = height;
}

/*
 * A block costs each member a dozen signatures and three syncs, whatever it holds. So while one is
 * on its way the next is cut when that one is done, when it is worth its votes, or when the way is
 * long; and right after one was done, those whom it answered come back: a moment, until as many
 * wait again. Who comes to an idle chain waits for nothing (P33).
 */
static bool
on_its_way(void)
{
	return order.tip_height > order.final_height || order.ordered_count > 0;
}

static uint32_t
worth(void)
{
	return on_its_way() ? BLOCK_WORTH : Min(order.come_back, BLOCK_WORTH);
}

static uint64_t
hold_until_ms(void)
{
	return on_its_way() ? order.tip_since_ms + HOLD_MS : order.applied_ms + GATHER_MS;
}

static bool
better_larger(void)
{
	return pool_ready_count() < worth() && order.now_ms < hold_until_ms();
}

/* True while another block would only wait: it is better cut later and larger. */
static bool
backlog(void)
{
	return order.member_count == 1 ? !order_exchange_free()
								   : order.ordered_count >= BACKLOG_MAX || better_larger();
}

void
order_end_offer(void)
{
	if (order.offered > 0)
		pool_drop(order.offered_slots, order.offered);
	order.offered = 0;
}

/*
 * Offers what waits in the pool and stands in no block of this chain, as far as one block goes. The
 * bodies are held until the core has answered: apply may decide one of them meanwhile, by another
 * body of its transaction.
 */
void
order_offer(uint64_t request, uint64_t height, const McHash *parent)
{
	const Genesis *document = &order.genesis->document;
	PbftCandidate candidate = { .request = request, .empty = true };
	MerkleBuilder tree;

	if (!pbft_effects_room(order.effects))
		order_flush(); /* now: it may ask for a candidate itself */
	order_end_offer();
	order_note_tip(height -
				   1); /* the core speaks of its tip at the end of a step, and asks before */
	order.backlog_told = backlog();
	if (!order.backlog_told)
	{
		blocks_mark_chain(parent, order.marks, ++order.mark);
		order.offered = pool_peek(
			order.offered_slots, (uint32_t) document->parameters[PARAMETER_BLOCK_TX_MAX],
			(size_t) document->parameters[PARAMETER_BLOCK_BYTES_MAX], order.marks, order.mark);
		candidate.empty = order.offered == 0;
	}
	merkle_builder_init(&tree);
	for (uint32_t i = 0; i < order.offered; i++)
	{
		const PoolSlot *slot = pool_slot(order.offered_slots[i]);

		merkle_builder_add(&tree, &slot->leaf);
		candidate.body_bytes += slot->view.bytes.size;
	}
	merkle_builder_root(&tree, &candidate.tx_root);
	blocks_name(order.offered_slots, order.offered, &candidate.causes);
	candidate.tx_count = order.offered;
	candidate.mempool_depth = order.ready_told;
	candidate.sync_us = votelog_sync_time();
	if (candidate.empty)
		order.ready_told = 0; /* the core takes it so, and wants to hear of the next */
	order_step((PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
}

void
order_keep_proposed(const PbftEffect *effect)
{
	HeldBlock *block = block_own(&effect->hash, effect->header, order.offered_slots, order.offered);

	Assert(effect->header->tx_count == order.offered);
	order.gossip_ms = 0; /* what it names is to be there when it is */
	if (block == NULL || order.member_count == 1)
		return;
	if (!block->logged)
	{
		McSpan record = block_record(block);

		votelog_append(VOTELOG_BODY, record);
		pfree(unconstify(uint8_t *, record.data));
		block->logged = true;
	}
}

/* ---- what the core is told ---------------------------------------------------------------------
 */

/* What a block on the core's tip could still take: the chain from the last final block has its own.
 */
static uint32_t
free_transactions(void)
{
	uint32_t taken;
	uint32_t ready;

	if (backlog())
		return 0;
	taken = blocks_mark_chain(&order.tip, order.marks, ++order.mark);
	ready = pool_ready_count();
	return ready > taken ? ready - taken : 0;
}

void
order_feed_pool(void)
{
	uint64_t version = pool_version() + order.tip_version;
	bool waits = backlog();
	uint32_t ready;

	if (version == order.version_told && waits == order.backlog_told && order.member_count > 1)
		return;
	ready = free_transactions();
	order.version_told = version;
	order.backlog_told = waits;
	if (ready == 0 && order.ready_told == 0)
		return;
	order.ready_told = ready;
	order_step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = ready });
}

/* When the next block may be cut though nothing happens before; 0: then never. */
uint64_t
order_look_ms(void)
{
	return order.member_count > 1 && order.backlog_told && order.ordered_count < BACKLOG_MAX
			   ? hold_until_ms()
			   : 0;
}

/* How many waiting transactions make the order worker's sleep worth ending. */
uint32_t
order_wants(void)
{
	if (blocks_missing())
		return 0;
	if (order.backlog_told)
		return worth();
	return order.ready_told == 0 ? 0 : UINT32_MAX;
}
