/*
 * recv_new_view.c - M5. Verified whole by then; here only whether it is wanted.
 */
#include "pbft/replica.h"

/* E6: two NEW-VIEWs for one view. */
static bool
differs(const PbftMessage *left, const PbftMessage *right)
{
	return memcmp(left->signature, right->signature, PBFT_SIGNATURE_SIZE) != 0;
}

McStatus
pbft_recv_new_view(PbftReplica *replica, const PbftMessage *message)
{
	uint64_t view = message->u.new_view.view;

	if (view == 0 || message->sender != pbft_primary(replica, view))
		return MC_CONSENSUS_VIEW_CHANGE;
	if (replica->has_new_view && view == replica->view && replica->active)
	{
		if (differs(&replica->new_view, message))
			pbft_evidence(replica, &replica->new_view, message);
		return MC_OK;
	}
	if (view < replica->view || (view == replica->view && replica->active))
		return MC_CONSENSUS_RANGE;
	if (replica->has_next_view && replica->next_view.u.new_view.view >= view)
		return MC_OK;
	replica->next_view = *message;
	replica->has_next_view = true;
	if (message->u.new_view.has_certificate &&
		message->u.new_view.certificate.subject.kind == PBFT_COMMIT)
		pbft_learn_commit(replica, &message->u.new_view.certificate);
	pbft_enter_when_ready(replica);
	return MC_OK;
}
