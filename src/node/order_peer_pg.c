/*
 * order_peer_pg.c - the order worker and the other members: what came in through their sessions,
 * what goes out through links, and bodies, which the core never sees.
 */
#include "node/order_pg.h"

#include "node/link_pg.h"
#include "node/members_pg.h"
#include "node/votelog_pg.h"
#include "pbft/frame.h"
#include "utils/timestamp.h"

#define GOSSIP_MAX 1024

static const uint8_t body_kind = PBFT_FRAME_BODY;

/* ---- in ----------------------------------------------------------------------------------------
 */

/* The core knows seats; who has none has a number beyond them. */
static uint32_t
name_of(uint32_t peer)
{
	return peer < order.member_count ? peer : PBFT_NODE_MAX + peer;
}

static uint32_t
peer_named(uint32_t name)
{
	return name < PBFT_NODE_MAX ? name : name - PBFT_NODE_MAX;
}

static void
answer_question(uint32_t member, const PbftFrame *frame)
{
	PbftEffect effect = {
		.kind = PBFT_SERVE, .member = name_of(member), .height = frame->height, .hash = frame->hash
	};

	order_serve(&effect);
}

static void
take_message(uint32_t member, uint8_t flags, const PbftFrame *frame)
{
	static PbftMessage message;
	const PbftHeader *header = NULL;
	McProblem problem;
	McHash hash;

	if (pbft_message_decode(frame->content, &message, &problem) != MC_OK)
		return;
	if (message.kind == PBFT_PRE_PREPARE)
	{
		header = &message.u.proposal.header;
		/* what the door did not look at does not go further */
		message.u.proposal.has_checkpoint &= (flags & PEER_PROVED) != 0;
	}
	else if (message.kind == PBFT_CERTIFIED)
		header = &message.u.certified.header;
	if (message.kind == PBFT_CERTIFIED)
		message.sender = members_speaker(order.genesis, member);
	if (header != NULL && frame->count == header->tx_count)
	{
		pbft_header_hash(header, &hash);
		(void) block_learn(&hash, header, frame->list, member, order.now_ms);
	}
	order_step((PbftEvent){ .kind = PBFT_EVENT_MESSAGE,
							.message = &message,
							.sender = name_of(member),
							.verified = (flags & PEER_VERIFIED) != 0 });
}

static void
take_entry(void *context, uint8_t flags, McSpan bytes)
{
	uint32_t member = *(const uint32_t *) context;
	PbftFrame frame;
	McProblem problem;

	if (pbft_frame_read(bytes, &frame, &problem) != MC_OK)
		return;
	if (frame.kind == PBFT_FRAME_MESSAGE)
		take_message(member, flags, &frame);
	else if (frame.kind == PBFT_FRAME_ASK)
		answer_question(member, &frame);
}

static void
pass_on(void *context, uint8_t flags, McSpan bytes)
{
	link_queue(*(const uint32_t *) context, bytes, span_of(NULL, 0));
}

void
order_take_inboxes(void)
{
	for (uint32_t i = 0; i < order.genesis->peer_count; i++)
	{
		Peer *peer = peer_of(i);

		if (i == order.self)
			continue;
		if (link_came_up(i))
		{
			uint32_t slots[GOSSIP_MAX];
			uint32_t count = pool_own(slots, GOSSIP_MAX, GetCurrentTimestamp());

			for (uint32_t k = 0; k < count; k++)
				link_queue(i, span_of(&body_kind, 1), pool_slot(slots[k])->view.bytes);
			pool_drop(slots, count);
			order_step((PbftEvent){ .kind = PBFT_EVENT_LINK_UP, .sender = name_of(i) });
		}
		if (!ring_empty(&peer->inbox))
			ring_drain(&peer->inbox, take_entry, &i);
		if (!ring_empty(&peer->outbox) && link_is_up(i))
			ring_drain(&peer->outbox, pass_on, &i);
	}
}

bool
order_inboxes_wait(void)
{
	for (uint32_t i = 0; i < order.genesis->peer_count; i++)
		if (i != order.self && (!ring_empty(&peer_of(i)->inbox) ||
								(link_is_up(i) && !ring_empty(&peer_of(i)->outbox))))
			return true;
	return false;
}

/* ---- bodies ------------------------------------------------------------------------------------
 */

/* D1: a block's bodies are in the log's batch before the PREPARE that vouches for them. */
static void
give_verdict(HeldBlock *block)
{
	bool valid = block->certified || block_valid(block);

	block->asked = false;
	if (valid && !block->logged && order.member_count > 1)
	{
		McSpan record = block_record(block);

		votelog_append(VOTELOG_BODY, record);
		pfree(unconstify(uint8_t *, record.data));
		block->logged = true;
	}
	order_step((PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = block->hash, .valid = valid });
}

void
order_validate(const PbftEffect *effect)
{
	HeldBlock *block = block_named(&effect->hash, effect->header, order.now_ms);

	if (block == NULL)
		return; /* no room: the core asks again with the next view */
	block->asked = true;
	block->certified |= effect->certified;
	if (block_complete(block))
		give_verdict(block);
}

static void
look_again(HeldBlock *block, uint64_t now_ms)
{
	if (block_complete(block))
	{
		if (block->asked)
			give_verdict(block);
	}
	else if (block->asked || block->ordered)
		block_ask(block, now_ms);
}

void
order_check_missing(void)
{
	blocks_each(look_again, order.now_ms);
}

/* ---- out ---------------------------------------------------------------------------------------
 */

static void
send_framed(uint32_t member, McSpan message, McSpan list)
{
	uint8_t framed[PBFT_FRAME_HEAD + PBFT_MESSAGE_MAX];

	pbft_frame_head(framed, message.size);
	memcpy(framed + PBFT_FRAME_HEAD, message.data, message.size);
	link_queue(member, span_of(framed, PBFT_FRAME_HEAD + message.size), list);
}

void
order_send(const PbftEffect *effect)
{
	static const McHash none;
	McSpan list = span_of(NULL, 0);
	HeldBlock *block;

	if (!hash_equal(&effect->hash, &none))
	{
		block = block_find(&effect->hash);
		if (block == NULL || block->slots == NULL)
			return; /* without its list the header is of no use to anybody */
		list = block_list(block);
	}
	for (uint32_t i = 0; i < order.genesis->peer_count; i++)
	{
		McSpan bytes = effect->bytes;

		if (i != order.self && (effect->kind == PBFT_BROADCAST || effect->member == i) &&
			lie_to(i, &bytes))
			send_framed(i, bytes, list);
	}
	if (list.data != NULL)
		pfree(unconstify(uint8_t *, list.data));
}

/* A block that is no row yet; the door has answered everything else. final: with the proof of its
 * order, which the one who asks does not have; or NULL. */
static void
send_block(uint32_t peer, const HeldBlock *block, const OrderedBlock *final)
{
	static PbftMessage message;
	static uint8_t encoded[PBFT_MESSAGE_MAX];
	PbftCertified *certified = &message.u.certified;
	McProblem problem;
	McSpan list;

	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.sender = members_speaker(order.genesis, order.self);
	memcpy(message.instance, order.domain.instance, PBFT_INSTANCE_SIZE);
	certified->header = block->header;
	certified->has_checkpoint = false;
	certified->has_commit =
		final != NULL &&
		pbft_certificate_decode(span_of(final->certificate, final->certificate_size),
								&certified->commit, &problem) == MC_OK;
	list = block_list(block);
	send_framed(peer, span_of(encoded, pbft_message_encode(&message, encoded)), list);
	pfree(unconstify(uint8_t *, list.data));
}

static const OrderedBlock *
final_at(uint64_t height)
{
	for (uint32_t i = 0; i < order.ordered_count; i++)
	{
		const OrderedBlock *block = &order.ordered[(order.ordered_first + i) % ORDERED_MAX];

		if (block->header.height == height)
			return block;
	}
	return NULL;
}

/*
 * Final blocks that are no rows yet. Their results may need the one who asks: when a proposer dies
 * between its messages, two of four have a final block and wait for the third to agree to its
 * result.
 */
static void
serve_final(uint32_t peer, uint64_t from, uint32_t count)
{
	for (uint64_t height = from; height < from + count; height++)
	{
		const OrderedBlock *final = final_at(height);
		HeldBlock *block = final != NULL ? block_find(&final->hash) : NULL;

		if (block == NULL || !block_complete(block))
			return;
		send_block(peer, block, final);
	}
}

void
order_serve(const PbftEffect *effect)
{
	uint32_t peer = peer_named(effect->member);
	HeldBlock *block;

	if (peer >= order.genesis->peer_count)
		return;
	if (effect->count > 0)
	{
		serve_final(peer, effect->height, effect->count);
		return;
	}
	block = block_find(&effect->hash);
	if (block != NULL && block->slots != NULL)
		send_block(peer, block, NULL);
}

static void
tell_all(const uint32_t *slots, uint32_t count)
{
	for (uint32_t k = 0; k < count; k++)
		for (uint32_t i = 0; i < order.genesis->peer_count; i++)
			if (i != order.self && link_is_up(i))
				link_queue(i, span_of(&body_kind, 1), pool_slot(slots[k])->view.bytes);
	if (count > 0)
		pool_drop(slots, count);
}

/* Law 2: bodies go ahead of the blocks that name them. What was lost on the way goes again. */
void
order_gossip(void)
{
	uint32_t slots[GOSSIP_MAX];
	uint32_t count = pool_announced(slots, GOSSIP_MAX);

	if (count > 0)
		order.gossip_ms = order.now_ms + ORDER_GOSSIP_MS;
	tell_all(slots, count);
	if (order.now_ms < order.regossip_ms)
		return;
	order.regossip_ms = order.now_ms + ORDER_REGOSSIP_MS;
	tell_all(slots,
			 pool_own(slots, GOSSIP_MAX, GetCurrentTimestamp() - (int64) ORDER_REGOSSIP_MS * 1000));
}
