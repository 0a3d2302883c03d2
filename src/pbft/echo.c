/*
 * echo.c - R17b: another copy of this node. A restored backup, a clone or a second postmaster has
 * the key and an older log; what the copy signed comes back from the others, and whoever hears a
 * vote of its own that it never cast stops voting for good. Before the first vote after a start a
 * quorum is asked what it holds.
 */
#include "pbft/replica.h"

/* Says to a member what this node holds of its words beyond where it claims to stand. */
void
pbft_echo(PbftReplica *replica, uint32_t member, const PbftStatus *status)
{
	const PbftViewChange *change = &replica->changes[member];
	PbftMessage *message = &replica->scratch;

	for (uint64_t at = replica->committed + 1; at <= replica->committed + replica->config.window;
		 at++)
	{
		const PbftSlot *slot = pbft_slot(replica, at);
		const PbftVote *vote = &slot->prepare[member];

		if (vote->view_next <= status->view ||
			(vote->view_next == status->view + 1 && at <= status->tip))
			continue;
		pbft_vote_message(replica, PBFT_PREPARE, member, at, vote, message);
		pbft_emit_send(replica, member, message);
	}
	if (change->body.view <= status->view)
		return;
	pbft_view_change_message(replica, member, message);
	pbft_emit_send(replica, member, message);
}

void
pbft_answered(PbftReplica *replica, uint32_t member)
{
	uint32_t count = 1; /* itself */

	replica->peer_answered[member] = true;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
		count += i != replica->config.self && replica->peer_answered[i];
	if (replica->echoed || count < replica->quorum)
		return;
	replica->echoed = true;
	/* what was executed, prepared or left by others while this node was silent */
	for (uint64_t at = replica->resulted + 1; at <= replica->executed; at++)
		pbft_vote_result(replica, at);
	pbft_advance_results(replica);
	pbft_vote_base(replica);
	pbft_vote_base_result(replica);
	for (uint64_t at = replica->committed + 1; at <= replica->tip; at++)
		pbft_check_prepared(replica, at);
	pbft_check_changes(replica);
}

void
pbft_fence(PbftReplica *replica)
{
	if (replica->fenced)
		return;
	replica->fenced = true;
	pbft_emit_note(replica, PBFT_NOTE_FENCED, replica->config.self, replica->committed);
}

/* A vote this node has in its log: the same, or one that a later vote of it has replaced. */
static bool
vote_is_mine(PbftReplica *replica, const PbftMessage *message)
{
	const PbftSubject *subject = &message->subject;
	uint32_t self = replica->config.self;
	const PbftVote *votes[2];
	const PbftSlot *slot;

	if (subject->height <= replica->committed)
		return true; /* below what the log keeps */
	if (!pbft_in_window(replica, subject->height))
		return false;
	slot = pbft_slot(replica, subject->height);
	votes[0] = subject->kind == PBFT_PREPARE ? &slot->prepare[self] : &slot->commit[0][self];
	votes[1] = subject->kind == PBFT_PREPARE ? votes[0] : &slot->commit[1][self];
	for (int i = 0; i < 2; i++)
		if (votes[i]->view_next == subject->view + 1)
			return hash_equal(&votes[i]->hash, &subject->hash);
	return votes[0]->view_next > subject->view + 1 || votes[1]->view_next > subject->view + 1;
}

static bool
result_is_mine(const PbftReplica *replica, const PbftMessage *message)
{
	const PbftSubject *subject = &message->subject;
	const PbftResultSlot *slot = &replica->results[subject->height % PBFT_LAG_MAX];
	const PbftResultVote *mine = &slot->votes[replica->config.self];

	if (subject->height <= replica->applied)
		return true;
	return slot->height == subject->height && mine->used &&
		   hash_equal(&mine->hash, &subject->hash) &&
		   hash_equal(&mine->exec_root, &subject->exec_root);
}

void
pbft_heard_own(PbftReplica *replica, const PbftMessage *message)
{
	const PbftViewChange *change = &replica->changes[replica->config.self];
	bool mine = true;

	if (message->kind == PBFT_PREPARE || message->kind == PBFT_COMMIT)
		mine = vote_is_mine(replica, message);
	else if (message->kind == PBFT_CHECKPOINT)
		mine = result_is_mine(replica, message);
	else if (message->kind == PBFT_VIEW_CHANGE)
		mine = message->u.view_change.body.view < change->body.view ||
			   memcmp(&message->u.view_change.body.signature, change->body.signature,
					  PBFT_SIGNATURE_SIZE) == 0;
	if (!mine)
		pbft_fence(replica);
}
