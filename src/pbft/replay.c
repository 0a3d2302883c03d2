/*
 * replay.c - R17: the log back into a state, then START. A record that cannot be read, or a
 * database that is ahead of the log, fences: this node may have forgotten votes it sent (A17).
 */
#include "pbft/replica.h"

static void
replay_header(PbftReplica *replica, McSpan bytes)
{
	PbftHeader header;
	PbftBlock *block;
	McProblem problem;
	McHash hash;

	if (pbft_header_decode(bytes, &header, &problem) != MC_OK)
	{
		replica->fenced = true;
		return;
	}
	pbft_header_hash(&header, &hash);
	block = pbft_block_add(replica, &header, &hash);
	block->logged = true;
	block->body = PBFT_BODY_HELD;
}

static void
replay_vote(PbftReplica *replica, const PbftMessage *message)
{
	const PbftSubject *subject = &message->subject;
	PbftBlock *block = pbft_block_find(replica, &subject->hash);
	PbftSlot *slot;

	if (block != NULL)
		block->prepared = true;
	if (!pbft_in_window(replica, subject->height))
		return;
	slot = pbft_slot(replica, subject->height);
	pbft_slot_store(replica, slot, message->sender, subject, message->signature);
	if (subject->kind != PBFT_PREPARE || subject->view != replica->view || !replica->active ||
		subject->height <= replica->tip)
		return;
	slot->accepted = true;
	slot->accepted_hash = subject->hash;
	replica->tip = subject->height;
	replica->tip_hash = subject->hash;
}

static void
replay_view_change(PbftReplica *replica, const PbftMessage *message)
{
	replica->changes[replica->config.self] = message->u.view_change;
	if (message->u.view_change.body.view < replica->view)
		return;
	replica->view = message->u.view_change.body.view;
	replica->active = false;
	replica->has_new_view = false;
	replica->consecutive_changes++;
}

static void
replay_proposal(PbftReplica *replica, const PbftMessage *message)
{
	PbftProposed proposal;
	PbftSlot *slot;

	if (message->subject.view != replica->view || !pbft_in_window(replica, message->subject.height))
		return;
	slot = pbft_slot(replica, message->subject.height);
	proposal = (PbftProposed){ .height = slot->height, .view = replica->view };
	proposal.hash = message->subject.hash;
	proposal.header = message->u.proposal.header;
	memcpy(proposal.signature, message->signature, PBFT_SIGNATURE_SIZE);
	pbft_proposal_put(slot, &proposal);
}

static void
replay_message(PbftReplica *replica, McSpan bytes)
{
	PbftMessage *message = &replica->scratch;
	McProblem problem;

	if (pbft_message_decode(bytes, message, &problem) != MC_OK ||
		(message->sender != replica->config.self && message->kind != PBFT_NEW_VIEW))
	{
		replica->fenced = true;
		return;
	}
	switch (message->kind)
	{
		case PBFT_PRE_PREPARE:
			replay_proposal(replica, message);
			break;
		case PBFT_PREPARE:
		case PBFT_COMMIT:
			replay_vote(replica, message);
			break;
		case PBFT_CHECKPOINT:
			pbft_result_store(replica, message->sender, &message->subject, message->signature);
			break;
		case PBFT_VIEW_CHANGE:
			replay_view_change(replica, message);
			break;
		case PBFT_NEW_VIEW:
			pbft_enter(replica, message);
			break;
		default:
			replica->fenced = true;
	}
}

/* A snapshot begins in the middle of the chain: what lies below its first certificate is
 * applied. */
static void
replay_commit(PbftReplica *replica, const PbftCertificate *certificate)
{
	McHash hashes[PBFT_BLOCK_MAX];
	McHash missing;
	bool conflict;
	uint64_t above = certificate->subject.height - replica->committed;

	if (certificate->subject.height <= replica->committed)
		return;
	if (!pbft_block_chain(replica, certificate->subject.height, &certificate->subject.hash, hashes,
						  &missing, &conflict))
		replica->final_chain.valid = false; /* a snapshot says it further on */
	else if (certificate->subject.height - replica->applied < PBFT_FINAL_MAX)
	{
		pbft_learn_commit(replica, certificate);
		return;
	}
	for (uint64_t i = 0; i < above && replica->final_chain.valid; i++)
		pbft_chain_advance(&replica->config, replica->order,
						   &pbft_block_find(replica, &hashes[i])->header, &hashes[i],
						   &replica->final_chain);
	replica->committed = certificate->subject.height;
	replica->committed_hash = certificate->subject.hash;
	replica->commit_certificate = *certificate;
	pbft_raise_lock(replica, PBFT_LOCK_COMMITTED, certificate);
	if (replica->tip > replica->committed)
		return;
	replica->tip = replica->committed;
	replica->tip_hash = replica->committed_hash;
}

static void
replay_certificate(PbftReplica *replica, McSpan bytes)
{
	PbftCertificate certificate;
	McProblem problem;

	if (pbft_certificate_decode(bytes, &certificate, &problem) != MC_OK ||
		certificate.member_count != replica->config.member_count)
	{
		replica->fenced = true;
		return;
	}
	if (certificate.subject.kind == PBFT_COMMIT)
		replay_commit(replica, &certificate);
	else if (certificate.subject.kind == PBFT_PREPARE)
		pbft_raise_lock(replica, PBFT_LOCK_PREPARED, &certificate);
}

static void
replay_state(PbftReplica *replica, McSpan bytes)
{
	PbftUnpacker unpacker = { bytes, 0, false };

	replica->view = unpack_64(&unpacker);
	replica->active = unpack_bool(&unpacker);
	replica->no_prepare = unpack_bool(&unpacker);
	replica->base.kind = unpack_8(&unpacker);
	replica->base.view = unpack_64(&unpacker);
	replica->base.height = unpack_64(&unpacker);
	unpack_hash(&unpacker, &replica->base.hash);
	replica->tip = unpack_64(&unpacker);
	unpack_hash(&unpacker, &replica->tip_hash);
	replica->consecutive_changes = unpack_32(&unpacker);
	pbft_chain_unpack(&unpacker, &replica->final_chain, replica->config.member_count);
	if (unpacker.bad || unpacker.offset != bytes.size)
		replica->fenced = true;
}

/*
 * C8: a log in a resumed instance begins with the headers above the tables, up to the base. One
 * without the base's was begun by a node that had it applied, and stood on it from the first vote
 * on: below it the window would leave out what was signed above.
 */
static void
stand_on_base(PbftReplica *replica)
{
	const PbftTip *base = &replica->config.anchor;

	if (!replica->config.resumed || replica->committed >= base->height ||
		pbft_block_find(replica, &base->hash) != NULL)
		return;
	replica->committed = base->height;
	replica->committed_hash = base->hash;
}

void
pbft_replay(PbftReplica *replica, McSpan record)
{
	McSpan content = span_of(record.data + 1, record.size > 0 ? record.size - 1 : 0);

	assert(!replica->started);
	replica->replaying = true;
	if (record.size > 0 && record.data[0] != PBFT_RECORD_HEADER)
		stand_on_base(replica);
	if (record.size == 0)
		replica->fenced = true;
	else if (record.data[0] == PBFT_RECORD_HEADER)
		replay_header(replica, content);
	else if (record.data[0] == PBFT_RECORD_MESSAGE)
		replay_message(replica, content);
	else if (record.data[0] == PBFT_RECORD_CERTIFICATE)
		replay_certificate(replica, content);
	else if (record.data[0] == PBFT_RECORD_STATE)
		replay_state(replica, content);
	else if (record.data[0] == PBFT_RECORD_CLOSED)
		replica->closed = true;
	else
		replica->fenced = true;
	replica->replaying = false;
}

/* Rebuilds the final blocks above the database's last one from the headers of the log. */
static bool
finals_from_log(PbftReplica *replica)
{
	McHash at = replica->committed_hash;

	if (replica->committed - replica->root.height >= PBFT_FINAL_MAX)
		return false;
	for (uint64_t height = replica->committed; height > replica->root.height; height--)
	{
		const PbftBlock *block = pbft_block_find(replica, &at);
		PbftFinal *final = &replica->finals[height % PBFT_FINAL_MAX];

		if (block == NULL || block->header.height != height)
			return false;
		memset(final, 0, sizeof(*final));
		final->height = height;
		final->hash = at;
		at = block->header.parent_hash;
	}
	return hash_equal(&at, &replica->root.hash);
}

static void
fall_back_to_root(PbftReplica *replica)
{
	/* alone there is no log to contradict; else the node may have voted and forgotten it (A17) */
	if (replica->config.member_count > 1 && replica->config.self < replica->config.member_count)
		replica->fenced = true;
	replica->committed = replica->root.height;
	replica->committed_hash = replica->root.hash;
	replica->tip = replica->root.height;
	replica->tip_hash = replica->root.hash;
	pbft_chain_begin(&replica->config, &replica->root, &replica->final_chain);
	/* alone every block was this node's; of many members the headers since the anchor tell */
	replica->final_chain.valid =
		replica->config.member_count == 1 || replica->root.height == replica->config.anchor.height;
}

/* The accepted chain between the final block and the tip, so that votes go on where they
 * stopped. */
static void
tip_from_log(PbftReplica *replica)
{
	McHash hashes[PBFT_BLOCK_MAX];
	McHash missing;
	bool conflict;

	if (replica->tip <= replica->committed)
		return;
	if (replica->tip - replica->committed > replica->config.window ||
		!pbft_block_chain(replica, replica->tip, &replica->tip_hash, hashes, &missing, &conflict))
	{
		replica->no_prepare = true;
		replica->tip = replica->committed;
		replica->tip_hash = replica->committed_hash;
		return;
	}
	for (uint64_t at = replica->committed + 1; at <= replica->tip; at++)
	{
		PbftSlot *slot = pbft_slot(replica, at);

		slot->accepted = true;
		slot->accepted_hash = hashes[at - replica->committed - 1];
	}
}

void
pbft_start(PbftReplica *replica, const PbftTip *root)
{
	const PbftTip *anchor = &replica->config.anchor;
	bool base_open;

	assert(!replica->started && (root->height >= anchor->height || replica->config.resumed));
	/* whoever had the base durably before the RESUME goes on from it */
	if (replica->committed < anchor->height && hash_equal(&root->hash, &anchor->hash))
	{
		replica->committed = root->height;
		replica->committed_hash = root->hash;
	}
	replica->root = *root;
	replica->applied = root->height;
	replica->resulted = root->height;
	replica->executed = root->height;
	replica->asked_execute = root->height;
	replica->stable = root->height;
	if (root->height > replica->committed || !finals_from_log(replica))
		fall_back_to_root(replica);
	tip_from_log(replica);
	/* a root below a RESUME's base may have ended an epoch before it */
	replica->ended = root->height > anchor->height && (root->flags & PBFT_FLAG_END_EPOCH) != 0;
	base_open = replica->committed < anchor->height;
	if (!base_open && replica->final_chain.height != replica->committed)
		replica->final_chain.valid = false;
	replica->started = true;
	if (replica->fenced)
		pbft_emit_note(replica, PBFT_NOTE_FENCED, replica->config.self, replica->committed);
	if (replica->config.member_count > 1)
		pbft_set_timer(replica, PBFT_TIMER_STATUS, replica->config.tau0_ms / 4);
	pbft_advance_results(replica);
	pbft_ask_execute(replica);
	replica->echoed = replica->config.member_count == 1;
	pbft_say_status(replica, PBFT_NODE_MAX, PBFT_STATUS_ASKS);
}
