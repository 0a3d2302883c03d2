/*
 * propose.c - R2: when this node asks its pool for a block, and what it makes of the answer.
 */
#include "pbft/replica.h"

/* R15: the epoch's last block is a function of its parent alone (A2). */
uint32_t
pbft_flags_due(const PbftReplica *replica, const PbftTip *parent)
{
	const PbftConfig *config = &replica->config;
	bool by_count = config->epoch_blocks > 0 &&
					parent->height + 1 - config->anchor.height >= config->epoch_blocks;
	bool by_time =
		config->epoch_ms > 0 && parent->ts_ms - config->anchor.ts_ms >= config->epoch_ms;

	return by_count || by_time ? PBFT_FLAG_END_EPOCH : 0;
}

/* R1b: the first block above a base names the views between that gave none. */
void
pbft_skips_due(const PbftReplica *replica, uint64_t height, uint64_t *first, uint32_t *count)
{
	uint64_t from = replica->base.kind == PBFT_LOCK_ANCHOR ? 0 : replica->base.view + 1;

	*first = 0;
	*count = 0;
	if (height != replica->base.height + 1 || replica->view <= from)
		return;
	*first = from;
	*count = (uint32_t) (replica->view - from > UINT32_MAX ? UINT32_MAX : replica->view - from);
}

/* The windows of R2: W above committed, L above stable (R20); a healthy proposer waits for results
 * while W blocks have none (C2). */
static bool
window_open(const PbftReplica *replica)
{
	uint64_t next = replica->tip + 1;

	return next - replica->committed <= replica->config.window &&
		   next - replica->stable <= replica->config.lag &&
		   replica->tip - replica->stable < replica->config.window;
}

static bool
my_turn(PbftReplica *replica)
{
	PbftTip parent;

	if (!pbft_may_vote(replica) || !replica->active || replica->no_prepare || replica->ended)
		return false;
	if (!window_open(replica) ||
		pbft_proposer(replica, replica->tip + 1) != replica->config.self)
		return false;
	if (pbft_slot(replica, replica->tip + 1)->proposed)
		return false;
	return pbft_block_tip(replica, &replica->tip_hash, &parent) &&
		   (parent.flags & PBFT_FLAG_END_EPOCH) == 0;
}

static uint64_t
time_of_child(const PbftReplica *replica, const PbftTip *parent)
{
	uint64_t now = pbft_clock(replica);

	return now > parent->ts_ms ? now : parent->ts_ms + 1;
}

void
pbft_propose(PbftReplica *replica)
{
	PbftEffect *effect;
	PbftTip parent;

	if (replica->pool_count == 0 && !replica->heartbeat_due)
		return;
	if (!my_turn(replica))
		return;
	if (replica->requested && replica->request_height == replica->tip + 1 &&
		replica->request_view == replica->view)
		return;
	if (!pbft_block_tip(replica, &replica->tip_hash, &parent))
		return;
	replica->requested = true;
	replica->request++;
	replica->request_height = replica->tip + 1;
	replica->request_view = replica->view;
	effect = pbft_emit(replica, PBFT_REQUEST_BLOCK);
	effect->request = replica->request;
	effect->height = replica->tip + 1;
	effect->hash = replica->tip_hash;
	effect->ts_ms = time_of_child(replica, &parent);
}

static void
fill_header(PbftReplica *replica, const PbftCandidate *candidate, const PbftTip *parent,
			PbftHeader *header)
{
	const PbftFinal *stable = pbft_final(replica, replica->stable);

	memset(header, 0, sizeof(*header));
	header->version = PBFT_HEADER_VERSION;
	header->shard = replica->config.domain.shard;
	header->epoch = replica->config.epoch;
	header->height = parent->height + 1;
	header->parent_hash = parent->hash;
	header->tx_root = candidate->tx_root;
	header->tx_count = candidate->tx_count;
	header->body_bytes = candidate->body_bytes;
	header->ts_ms = time_of_child(replica, parent);
	header->proposer = replica->config.self;
	header->onion_reveal = candidate->onion_reveal;
	header->mempool_depth = candidate->mempool_depth;
	header->evidence_root = candidate->evidence_root;
	header->stable_height = parent->stable_height;
	header->stable_exec_root = parent->stable_exec_root;
	/* A15: never falls; and only a result this node computed itself */
	if (stable != NULL && stable->executed && replica->stable > parent->stable_height)
	{
		header->stable_height = replica->stable;
		header->stable_exec_root = stable->exec_root;
	}
	pbft_skips_due(replica, header->height, &header->skip_first, &header->skip_count);
	header->flags = pbft_flags_due(replica, parent);
}

/* M1 of the slot's proposal, as first sent; the checkpoint certificate goes along while it is
 * held. */
static void
proposal_message(PbftReplica *replica, PbftSlot *slot, PbftMessage *message)
{
	PbftProposal *proposal = &message->u.proposal;

	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_PRE_PREPARE;
	message->sender = replica->config.self;
	memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
	message->subject.kind = PBFT_PRE_PREPARE;
	message->subject.view = replica->view;
	message->subject.height = slot->height;
	message->subject.hash = slot->proposal_hash;
	memcpy(message->signature, slot->proposal_signature, PBFT_SIGNATURE_SIZE);
	proposal->header = slot->proposal;
	proposal->has_checkpoint = pbft_result_certificate(replica, slot->proposal.stable_height,
													   &proposal->checkpoint);
}

void
pbft_proposal_resend(PbftReplica *replica, uint64_t height, uint32_t member)
{
	PbftSlot *slot = pbft_slot(replica, height);

	if (!slot->proposed || slot->proposal.proposer != replica->config.self)
		return;
	proposal_message(replica, slot, &replica->scratch);
	pbft_emit_send(replica, member, &replica->scratch);
}

void
pbft_candidate(PbftReplica *replica, const PbftCandidate *candidate)
{
	PbftMessage *message = &replica->scratch;
	PbftEffect *effect;
	PbftBlock *block;
	PbftSlot *slot;
	PbftTip parent;

	if (!replica->requested || candidate->request != replica->request)
		return;
	replica->requested = false;
	if (candidate->empty)
		replica->pool_count = 0;
	if (candidate->empty && !replica->heartbeat_due)
		return;
	/* the view or the tip may have moved while the pool was cutting */
	if (replica->request_height != replica->tip + 1 || replica->request_view != replica->view ||
		!my_turn(replica) || !pbft_block_tip(replica, &replica->tip_hash, &parent))
		return;
	slot = pbft_slot(replica, replica->tip + 1);
	fill_header(replica, candidate, &parent, &slot->proposal);
	pbft_header_hash(&slot->proposal, &slot->proposal_hash);
	slot->proposed = true;
	block = pbft_block_add(replica, &slot->proposal, &slot->proposal_hash);
	block->body = PBFT_BODY_HELD;
	effect = pbft_emit(replica, PBFT_PROPOSED);
	effect->request = candidate->request;
	effect->height = slot->height;
	effect->hash = slot->proposal_hash;
	effect->header = pbft_emit_header(replica, &slot->proposal);
	/* alone, no PRE-PREPARE leaves the node, and no certificate holds its signature */
	if (replica->config.member_count > 1)
	{
		proposal_message(replica, slot, message);
		pbft_message_sign(replica, message);
		memcpy(slot->proposal_signature, message->signature, PBFT_SIGNATURE_SIZE);
		pbft_record_message(replica, message);
		pbft_emit_broadcast(replica, message);
	}
	pbft_accept(replica, slot, block);
}
