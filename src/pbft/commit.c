/*
 * commit.c - R5 and R16b: a quorum committed. The only place where the final chain grows, whether
 * the certificate was built from votes or learned from a peer (pitfall 13).
 */
#include "pbft/replica.h"

void
pbft_check_committed(PbftReplica *replica, uint64_t height, uint64_t view, const McHash *hash)
{
	PbftCertificate certificate;
	PbftSlot *slot;

	if (!pbft_in_window(replica, height))
		return;
	slot = pbft_slot(replica, height);
	if (pbft_slot_commits(replica, slot, view, hash) < replica->quorum)
		return;
	pbft_slot_certificate(replica, slot, PBFT_COMMIT, view, hash, &certificate);
	pbft_learn_commit(replica, &certificate);
}

/* The final block of a height, while this node still has work with it; else NULL. */
PbftFinal *
pbft_final(PbftReplica *replica, uint64_t height)
{
	PbftFinal *final = &replica->finals[height % PBFT_FINAL_MAX];

	return final->height == height && height <= replica->committed ? final : NULL;
}

/* Hands final blocks to execution in order, never further ahead of agreed results than L. */
void
pbft_ask_execute(PbftReplica *replica)
{
	if (replica->replaying || !replica->started ||
		replica->committed < replica->config.anchor.height)
		return;
	while (replica->asked_execute < replica->committed &&
		   replica->asked_execute - replica->resulted < replica->config.lag)
	{
		const PbftFinal *final = pbft_final(replica, replica->asked_execute + 1);
		const PbftBlock *block;

		assert(final != NULL);
		block = pbft_block_find(replica, &final->hash);
		assert(block != NULL);
		pbft_emit_certificate(replica, PBFT_EXECUTE, final->height, &final->hash,
							  &replica->commit_certificate);
		replica->out->list[replica->out->count - 1].header =
			pbft_emit_header(replica, &block->header);
		replica->asked_execute++;
	}
}

/*
 * A9: where a certificate leaves the tip. An extension moves it, without PREPARE for what was
 * skipped; a conflict ends this node's PREPAREs in this view.
 */
static void
move_tip(PbftReplica *replica, uint64_t height, const McHash *hash, const McHash *hashes)
{
	bool conflict = false;

	if (replica->tip > replica->committed && replica->tip <= height)
		conflict = !hash_equal(&hashes[replica->tip - replica->committed - 1], &replica->tip_hash);
	else if (replica->tip > height)
	{
		const PbftSlot *slot = pbft_slot(replica, height);

		conflict = !slot->accepted || !hash_equal(&slot->accepted_hash, hash);
	}
	if (conflict)
		replica->no_prepare = true;
	if (conflict || replica->tip <= height)
	{
		replica->tip = height;
		replica->tip_hash = *hash;
	}
}

static void
adopt_view(PbftReplica *replica, uint64_t view)
{
	if (view <= replica->view)
		return;
	/* A9: without a VIEW-CHANGE of this node; NEW-VIEW(view) is entered as ever, once (R12) */
	replica->view = view;
	replica->active = false;
	replica->overdue = false;
	replica->view_since_ms = replica->now_ms;
	replica->has_new_view = false;
}

static void
count_commit(PbftReplica *replica)
{
	/* A10: the time-out falls one step a committed round, not to nothing at once */
	replica->commits_since_change++;
	if (replica->commits_since_change % replica->config.member_count == 0 &&
		replica->consecutive_changes > 0)
		replica->consecutive_changes--;
}

static void
grow(PbftReplica *replica, const PbftCertificate *certificate, const McHash *hashes)
{
	uint64_t height = certificate->subject.height;

	move_tip(replica, height, &certificate->subject.hash, hashes);
	for (uint64_t at = replica->committed + 1; at <= height; at++)
	{
		PbftFinal *final = &replica->finals[at % PBFT_FINAL_MAX];
		PbftBlock *block;

		memset(final, 0, sizeof(*final));
		final->height = at;
		final->hash = hashes[at - replica->committed - 1];
		block = pbft_block_find(replica, &final->hash);
		pbft_chain_advance(&replica->config, replica->order, &block->header, &final->hash,
						   &replica->final_chain);
		if (!replica->replaying)
			pbft_record_header(replica, block);
		count_commit(replica);
	}
	replica->committed = height;
	replica->committed_hash = certificate->subject.hash;
	replica->commit_certificate = *certificate;
	replica->heartbeat_due = false;
	if (replica->config.member_count > 1)
		pbft_raise_lock(replica, PBFT_LOCK_COMMITTED, certificate);
	pbft_record_certificate(replica, certificate);
	adopt_view(replica, certificate->subject.view);
}

static void
keep_ahead(PbftReplica *replica, const PbftCertificate *certificate)
{
	if (replica->has_ahead && replica->ahead.subject.height >= certificate->subject.height)
		return;
	replica->has_ahead = true;
	replica->ahead = *certificate;
}

/* Who votes has the header since it asked for the body; who only watches, from the proposal. */
static void
take_proposed(PbftReplica *replica, const PbftCertificate *certificate)
{
	const PbftSlot *slot;

	if (!pbft_in_window(replica, certificate->subject.height))
		return;
	slot = pbft_slot(replica, certificate->subject.height);
	if (slot->proposed && hash_equal(&slot->proposal.hash, &certificate->subject.hash))
		pbft_block_add(replica, &slot->proposal.header, &slot->proposal.hash);
}

void
pbft_learn_commit(PbftReplica *replica, const PbftCertificate *certificate)
{
	McHash hashes[PBFT_BLOCK_MAX];
	McHash missing;
	bool conflict;
	uint64_t height = certificate->subject.height;

	if (height <= replica->committed)
		return;
	take_proposed(replica, certificate);
	/* heights wait for room: what is not applied here is bounded */
	if (height - replica->applied > PBFT_FINAL_MAX - 1 ||
		!pbft_block_chain(replica, height, &certificate->subject.hash, hashes, &missing,
						  &conflict))
	{
		keep_ahead(replica, certificate);
		return;
	}
	grow(replica, certificate, hashes);
	if (replica->has_ahead && replica->ahead.subject.height <= replica->committed)
		replica->has_ahead = false;
	pbft_advance_results(replica);
	pbft_ask_execute(replica);
}
