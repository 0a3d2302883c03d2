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
			PbftMessage *first = &replica->scratch;

			*first = *message;
			first->u.view_change = *stored;
			memcpy(first->signature, stored->body.signature, PBFT_SIGNATURE_SIZE);
			pbft_evidence(replica, first, message);
		}
		return MC_OK;
	}
	*stored = *change;
	if (change->has_certificate && change->certificate.subject.kind == PBFT_COMMIT)
		pbft_learn_commit(replica, &change->certificate);
	pbft_check_changes(replica);
	return MC_OK;
}
