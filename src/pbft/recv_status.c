/*
 * recv_status.c - M9 and R22: what a member lacks of this node's own words is said again, byte for
 * byte. Blocks it must fetch itself.
 */
#include "pbft/replica.h"

#define RESENT_RESULTS_MAX 8

static void
resend_view(PbftReplica *replica, uint32_t member, const PbftStatus *status)
{
	const PbftViewChange *own = &replica->changes[replica->config.self];
	PbftMessage *message = &replica->scratch;
	bool behind = status->view < replica->view;

	if (replica->active && replica->has_new_view &&
		(behind || (status->view == replica->view && !status->active)))
		pbft_emit_send(replica, member, &replica->new_view);
	else if (!replica->active && behind && own->body.view == replica->view)
	{
		pbft_view_change_message(replica, replica->config.self, message);
		pbft_emit_send(replica, member, message);
	}
}

static void
resend_vote(PbftReplica *replica, uint32_t member, uint8_t kind, uint64_t height,
			const PbftVote *vote)
{
	if (vote->view_next == 0)
		return;
	pbft_vote_message(replica, kind, replica->config.self, height, vote, &replica->scratch);
	pbft_emit_send(replica, member, &replica->scratch);
}

static void
resend_votes(PbftReplica *replica, uint32_t member, const PbftStatus *status)
{
	uint32_t self = replica->config.self;

	for (uint64_t at = replica->committed + 1; at <= replica->committed + replica->config.window;
		 at++)
	{
		PbftSlot *slot = pbft_slot(replica, at);

		if (at <= status->committed)
			continue;
		if (status->view == replica->view && replica->active)
		{
			if (at > status->tip)
				pbft_proposal_resend(replica, at, member);
			if (slot->prepare[self].view_next == replica->view + 1)
				resend_vote(replica, member, PBFT_PREPARE, at, &slot->prepare[self]);
		}
		resend_vote(replica, member, PBFT_COMMIT, at, &slot->commit[0][self]);
		resend_vote(replica, member, PBFT_COMMIT, at, &slot->commit[1][self]);
	}
}

/* A lost CHECKPOINT has no other cure, above all at the epoch's end (A8). */
static void
resend_results(PbftReplica *replica, uint32_t member, const PbftStatus *status)
{
	PbftMessage *message = &replica->scratch;
	uint32_t self = replica->config.self;

	for (uint64_t at = status->stable + 1;
		 at <= replica->executed && at - status->stable <= RESENT_RESULTS_MAX; at++)
	{
		const PbftResultSlot *slot = &replica->results[at % PBFT_LAG_MAX];

		if (slot->height != at || !slot->votes[self].used)
			continue;
		memset(&message->subject, 0, sizeof(message->subject));
		message->kind = PBFT_CHECKPOINT;
		message->sender = self;
		memcpy(message->instance, replica->config.domain.instance, PBFT_INSTANCE_SIZE);
		memcpy(message->signature, slot->votes[self].signature, PBFT_SIGNATURE_SIZE);
		message->subject.kind = PBFT_CHECKPOINT;
		message->subject.height = at;
		message->subject.hash = slot->votes[self].hash;
		message->subject.exec_root = slot->votes[self].exec_root;
		message->subject.next_valset = slot->votes[self].next_valset;
		pbft_emit_send(replica, member, message);
	}
}

McStatus
pbft_recv_status(PbftReplica *replica, const PbftMessage *message)
{
	const PbftStatus *status = &message->u.status;
	uint32_t member = message->sender;

	replica->peers[member] = *status;
	replica->peer_known[member] = true;
	/* differences of hostile numbers: wrapped, then bounded to what a date may be */
	replica->clock_offset[member] = (int64_t) (status->clock_ms - replica->wall_ms);
	if (replica->clock_offset[member] > INT64_MAX / 2)
		replica->clock_offset[member] = INT64_MAX / 2;
	if (replica->clock_offset[member] < INT64_MIN / 2)
		replica->clock_offset[member] = INT64_MIN / 2;
	pbft_echo(replica, member, status);
	if (status->phase == PBFT_STATUS_ASKS)
		pbft_say_status(replica, member, PBFT_STATUS_ANSWERS);
	if (status->phase == PBFT_STATUS_ANSWERS)
		pbft_answered(replica, member);
	if (!pbft_may_vote(replica))
		return MC_OK;
	if (status->overdue && status->view >= replica->view)
		pbft_check_changes(replica);
	resend_view(replica, member, status);
	resend_votes(replica, member, status);
	if (status->stable < UINT64_MAX - RESENT_RESULTS_MAX)
		resend_results(replica, member, status);
	return MC_OK;
}
