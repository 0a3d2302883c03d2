/*
 * recv_view_change.c - M4. One place a member, for its highest view (pitfalls 10 and 11); what is
 * stored has been verified, its lock's certificate included (pitfall 3: a bad one harms itself
 * only).
 */
#include "pbft/replica.h"

static bool
bodies_equal(const PbftViewChangeBody *left, const PbftViewChangeBody *right)
{
	return pbft_lock_compare(&left->lock, &right->lock) == 0 &&
		   left->lock.kind == right->lock.kind &&
		   hash_equal(&left->lock.hash, &right->lock.hash);
}

/* E5: a COMMIT of this member that the lock it now reports forgets. */
static void
seek_amnesia(PbftReplica *replica, const PbftMessage *message)
{
	for (uint64_t at = replica->committed + 1; at <= replica->committed + replica->config.window;
		 at++)
	{
		const PbftSlot *slot = pbft_slot(replica, at);

		for (int which = 0; which < 2; which++)
		{
			const PbftVote *vote = &slot->commit[which][message->sender];

			if (vote->view_next == 0 ||
				!pbft_forgotten(&message->u.view_change.body, vote->view_next - 1, at))
				continue;
			pbft_vote_message(replica, PBFT_COMMIT, message->sender, at, vote,
							  &replica->scratch);
			pbft_evidence(replica, &replica->scratch, message);
			return;
		}
	}
}

McStatus
pbft_recv_view_change(PbftReplica *replica, const PbftMessage *message)
{
	PbftViewChange *stored = &replica->changes[message->sender];
	const PbftViewChange *change = &message->u.view_change;

	if (change->body.view < stored->body.view || change->body.view == 0)
		return MC_CONSENSUS_RANGE;
	if (change->body.view == stored->body.view)
	{
		/* E4: two bodies for one view */
		if (!bodies_equal(&change->body, &stored->body))
		{
			pbft_view_change_message(replica, message->sender, &replica->scratch);
			pbft_evidence(replica, &replica->scratch, message);
		}
		return MC_OK;
	}
	seek_amnesia(replica, message);
	*stored = *change;
	if (change->has_certificate && change->certificate.subject.kind == PBFT_COMMIT)
		pbft_learn_commit(replica, &change->certificate);
	pbft_check_changes(replica);
	return MC_OK;
}
