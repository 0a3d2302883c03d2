/*
 * propose.c - R2: when this node asks its pool for a block, and what it makes of the answer.
 */
#include "pbft/replica.h"

/* C9: a cause counts, unless too many epochs have ended early lately. */
static bool
cause_counts(const PbftConfig *config, uint64_t height, uint64_t ts_ms)
{
	return ts_ms >= config->cause_from_ms || height >= config->cause_from_height;
}

void
pbft_limit_causes(PbftConfig *config, const PbftTip *older)
{
	config->cause_from_ms = config->cause_from_height = 0;
	if (older == NULL)
		return;
	config->cause_from_ms = config->epoch_ms > 0 ? older->ts_ms + config->epoch_ms : UINT64_MAX;
	config->cause_from_height =
		config->epoch_blocks > 0 ? older->height + config->epoch_blocks : UINT64_MAX;
}

/* R15: the epoch's last block is a function of its parent alone (A2). */
uint32_t
pbft_flags_due(const PbftReplica *replica, const PbftTip *parent, const PbftChain *chain)
{
	const PbftConfig *config = &replica->config;
	uint64_t blocks = parent->height + 1 - config->anchor.height;
	bool by_count = config->epoch_blocks > 0 && blocks >= config->epoch_blocks;
	bool by_cause = chain->cause && cause_counts(config, parent->height, parent->ts_ms) &&
					blocks >= config->epoch_min_blocks;
	bool by_time =
		config->epoch_ms > 0 && parent->ts_ms - config->anchor.ts_ms >= config->epoch_ms;

	return by_count || by_time || by_cause ? PBFT_FLAG_END_EPOCH : 0;
}

/* The epoch is to end early and what it lacks is blocks: an idle federation makes them (A2). */
bool
pbft_end_near(const PbftReplica *replica)
{
	const PbftChain *chain = &replica->final_chain;

	return chain->valid && chain->cause &&
		   cause_counts(&replica->config, chain->height, pbft_clock(replica));
}

/* R1b: the views from the one in which the parent was first proposed that gave nothing above it. */
void
pbft_skips_due(const PbftReplica *replica, const PbftChain *chain, uint64_t *first, uint32_t *count)
{
	uint64_t skipped = replica->view - chain->view;

	*first = skipped > 0 ? chain->view : 0;
	*count = (uint32_t) (skipped > UINT32_MAX ? UINT32_MAX : skipped);
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
	if (!window_open(replica) || pbft_tip_proposer(replica) != replica->config.self)
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
	effect->onion = pbft_tip_chain(replica)->seats[replica->config.self].onion;
}

/*
 * A10: a proposal waits for the sync under way and for its own, so each of this node's blocks costs
 * the others up to two syncs of its disk. Where two of them are four fifths of a block's time, the
 * others get on faster without its slots. Equal disks do not come to it: a block takes three syncs
 * one after the other, so one is at most a third of its time.
 */
static bool
too_slow(const PbftReplica *replica, uint64_t sync_us)
{
	uint64_t block_ms;

	return pbft_block_time(replica, &block_ms) && 5 * sync_us >= 2000 * (block_ms + 1);
}

static void
fill_header(PbftReplica *replica, const PbftCandidate *candidate, const PbftTip *parent,
			PbftHeader *header)
{
	const PbftFinal *stable = pbft_final(replica, replica->stable);
	const PbftChain *chain = pbft_tip_chain(replica);

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
	header->causes = candidate->causes;
	header->stable_height = parent->stable_height;
	header->stable_exec_root = parent->stable_exec_root;
	/* A15: never falls; and only a result this node computed itself */
	if (stable != NULL && stable->executed && replica->stable > parent->stable_height)
	{
		header->stable_height = replica->stable;
		header->stable_exec_root = stable->exec_root;
	}
	pbft_skips_due(replica, chain, &header->skip_first, &header->skip_count);
	header->flags = pbft_flags_due(replica, parent, chain);
	if (too_slow(replica, candidate->sync_us))
		header->flags |= PBFT_FLAG_YIELDS;
}

/* M1 of the slot's proposal, as first sent, whoever did; the checkpoint certificate goes along
 * while it is held. */
static void
proposal_message(PbftReplica *replica, PbftSlot *slot, PbftMessage *message)
{
	PbftProposal *proposal = &message->u.proposal;

	memset(&message->subject, 0, sizeof(message->subject));
	message->kind = PBFT_PRE_PREPARE;
	message->sender = slot->proposal.header.proposer;
	memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
	message->subject.kind = PBFT_PRE_PREPARE;
	message->subject.view = replica->view;
	message->subject.height = slot->height;
	message->subject.hash = slot->proposal.hash;
	memcpy(message->signature, slot->proposal.signature, PBFT_SIGNATURE_SIZE);
	proposal->header = slot->proposal.header;
	proposal->has_checkpoint =
		pbft_result_certificate(replica, proposal->header.stable_height, &proposal->checkpoint);
}

void
pbft_proposal_put(PbftSlot *slot, const PbftProposed *proposal)
{
	assert(slot->height == proposal->height);
	slot->proposed = true;
	slot->proposal = *proposal;
}

void
pbft_proposal_resend(PbftReplica *replica, uint64_t height, uint32_t member)
{
	PbftSlot *slot = pbft_slot(replica, height);

	if (!slot->proposed || slot->proposal.header.proposer != replica->config.self)
		return;
	proposal_message(replica, slot, &replica->scratch);
	pbft_emit_send(replica, member, &replica->scratch);
}

/*
 * E1 comes to light: who prepares another block of this view was offered another. It gets what was
 * offered here, and has both. Of any two the one that hears the other later shows its own.
 */
void
pbft_proposal_show(PbftReplica *replica, PbftSlot *slot, const PbftMessage *prepare)
{
	const PbftProposed *proposal = &slot->proposal;

	if (!slot->proposed || !slot->accepted || proposal->view != replica->view ||
		prepare->subject.view != replica->view ||
		hash_equal(&proposal->hash, &prepare->subject.hash) ||
		prepare->sender == proposal->header.proposer || prepare->sender == replica->config.self)
		return;
	proposal_message(replica, slot, &replica->scratch);
	pbft_emit_send(replica, prepare->sender, &replica->scratch);
}

void
pbft_candidate(PbftReplica *replica, const PbftCandidate *candidate)
{
	PbftMessage *message = &replica->scratch;
	PbftProposed proposal = { 0 };
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
	proposal.height = slot->height;
	proposal.view = replica->view;
	fill_header(replica, candidate, &parent, &proposal.header);
	pbft_header_hash(&proposal.header, &proposal.hash);
	pbft_proposal_put(slot, &proposal);
	block = pbft_block_add(replica, &proposal.header, &proposal.hash);
	block->body = PBFT_BODY_HELD;
	effect = pbft_emit(replica, PBFT_PROPOSED);
	effect->request = candidate->request;
	effect->height = slot->height;
	effect->hash = proposal.hash;
	effect->header = pbft_emit_header(replica, &proposal.header);
	/* alone, no PRE-PREPARE leaves the node, and no certificate holds its signature */
	if (replica->config.member_count > 1)
	{
		proposal_message(replica, slot, message);
		pbft_message_sign(replica, message);
		memcpy(slot->proposal.signature, message->signature, PBFT_SIGNATURE_SIZE);
		pbft_record_message(replica, message);
		pbft_emit_broadcast(replica, message);
	}
	pbft_accept(replica, slot, block);
}
