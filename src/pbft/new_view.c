/*
 * new_view.c - R12 and R14: entering a view, once, on the block of maximal rank.
 */
#include "pbft/replica.h"

void
pbft_new_view_base(const PbftMessage *message, PbftLock *base)
{
	const PbftNewView *new_view = &message->u.new_view;

	assert(new_view->body_count > 0);
	*base = new_view->bodies[0].lock;
	for (uint32_t i = 1; i < new_view->body_count; i++)
		if (pbft_lock_compare(&new_view->bodies[i].lock, base) > 0)
			*base = new_view->bodies[i].lock;
}

/* R12: v' > v, or v' == v while waiting for it. Entered once: active ends that view for good. */
static bool
may_enter(const PbftReplica *replica, uint64_t view)
{
	return view > replica->view || (view == replica->view && !replica->active);
}

/* A5, R13: every body from here to the base must be on this disk before its PREPARE; a certificate
 * vouches for it, so only the match of body and header is asked for. */
static bool
bodies_held(PbftReplica *replica, const McHash *hashes, uint64_t count)
{
	bool all = true;

	for (uint64_t i = 0; i < count; i++)
	{
		PbftBlock *block = pbft_block_find(replica, &hashes[i]);
		PbftEffect *effect;

		if (block->body == PBFT_BODY_HELD)
			continue;
		all = false;
		if (block->body == PBFT_BODY_ASKED)
			continue;
		block->body = PBFT_BODY_ASKED;
		effect = pbft_emit(replica, PBFT_VALIDATE);
		effect->certified = true;
		effect->height = block->header.height;
		effect->hash = block->hash;
		effect->header = pbft_emit_header(replica, &block->header);
	}
	return all;
}

static void
set_accepted(PbftReplica *replica, uint64_t height, const McHash *hashes)
{
	for (uint64_t i = 0; i < PBFT_WINDOW_MAX; i++)
	{
		replica->slots[i].accepted = false;
		replica->slots[i].proposed = false;
	}
	for (uint64_t at = replica->committed + 1; at <= height; at++)
	{
		PbftSlot *slot = pbft_slot(replica, at);

		slot->accepted = true;
		slot->accepted_hash = hashes[at - replica->committed - 1];
	}
}

/* Takes the state into the view of a NEW-VIEW whose chain is complete; hashes may be NULL when the
 * base is not above the committed block. */
static void
enter(PbftReplica *replica, const PbftMessage *message, const PbftLock *base, const McHash *hashes)
{
	replica->view = message->u.new_view.view;
	replica->active = true;
	replica->overdue = false;
	replica->view_since_ms = replica->now_ms;
	replica->no_prepare = false;
	replica->requested = false;
	replica->base = *base;
	if (message != &replica->new_view)
		replica->new_view = *message;
	replica->has_new_view = true;
	replica->tip = replica->committed;
	replica->tip_hash = replica->committed_hash;
	set_accepted(replica, base->height, hashes);
	if (base->height <= replica->committed)
		return;
	replica->tip = base->height;
	replica->tip_hash = base->hash;
}

/* Without the log: used by replay, where blocks may still follow in it. */
void
pbft_enter(PbftReplica *replica, const PbftMessage *message)
{
	McHash hashes[PBFT_BLOCK_MAX];
	McHash missing;
	PbftLock base;
	bool conflict;

	pbft_new_view_base(message, &base);
	if (base.height > replica->committed &&
		!pbft_block_chain(replica, base.height, &base.hash, hashes, &missing, &conflict))
	{
		replica->fenced = true; /* the log says it entered, and lost what it entered on */
		return;
	}
	enter(replica, message, &base, hashes);
}

/* The blocks a view begins with stand in the log before the view does: replay walks them. */
static void
keep_blocks(PbftReplica *replica, const PbftLock *base, const McHash *hashes)
{
	for (uint64_t at = replica->committed + 1; at <= base->height; at++)
	{
		PbftBlock *block = pbft_block_find(replica, &hashes[at - replica->committed - 1]);

		block->prepared = true;
		pbft_record_header(replica, block);
	}
}

/* C8 (3): the first vote in a resumed instance is PREPARE(0, base). */
void
pbft_vote_base(PbftReplica *replica)
{
	const PbftTip *base = &replica->config.anchor;
	const PbftSlot *slot;

	if (!replica->config.resumed || !pbft_may_vote(replica) || !replica->active ||
		replica->view > 0 || !pbft_in_window(replica, base->height))
		return;
	slot = pbft_slot(replica, base->height);
	if (!slot->accepted || slot->prepare[replica->config.self].view_next > 0)
		return;
	pbft_block_find(replica, &base->hash)->prepared = true;
	pbft_prepare_vote(replica, base->height, &base->hash);
}

void
pbft_enter_when_ready(PbftReplica *replica)
{
	PbftMessage *message = &replica->next_view;
	McHash hashes[PBFT_BLOCK_MAX];
	McHash missing;
	PbftLock base;
	bool conflict;

	if (!replica->has_next_view || !pbft_may_vote(replica))
		return;
	if (!may_enter(replica, message->u.new_view.view))
	{
		replica->has_next_view = false;
		return;
	}
	pbft_new_view_base(message, &base);
	if (base.height > replica->committed)
	{
		if (base.height - replica->committed > replica->config.window ||
			!pbft_block_chain(replica, base.height, &base.hash, hashes, &missing, &conflict) ||
			!bodies_held(replica, hashes, base.height - replica->committed))
			return;
	}
	replica->has_next_view = false;
	keep_blocks(replica, &base, hashes);
	/* D6, and D7 of the primary: one record, the NEW-VIEW itself */
	pbft_record_message(replica, message);
	enter(replica, message, &base, hashes);
	if (message->sender == replica->config.self)
		pbft_emit_broadcast(replica, message);
	pbft_emit_note(replica, PBFT_NOTE_VIEW_ENTERED, message->sender, replica->view);
	pbft_say_status(replica, PBFT_NODE_MAX, PBFT_STATUS_SAYS);
	/*
	 * The first vote of the view is PREPARE of the base itself, never of its ancestors: a lower
	 * certificate of a higher view would un-lock the committed tip (MUT1).
	 */
	if (base.height > replica->committed)
		pbft_prepare_vote(replica, base.height, &base.hash);
}
