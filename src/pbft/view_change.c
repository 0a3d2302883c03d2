/*
 * view_change.c - R8 to R11: leaving a view, joining those who left, and the new primary's
 * NEW-VIEW.
 */
#include "pbft/replica.h"

/* Views are counted in 64 bits; nobody joins further than this (pitfall 10 keeps even f from
 * it). */
#define VIEW_MAX (UINT64_MAX / 4)

/*
 * R8. After this no PREPARE or COMMIT of this node is in a lower view. The body for one view is
 * made once: asked again, the stored one is sent again.
 */
void
pbft_change_view(PbftReplica *replica, uint64_t view)
{
	PbftViewChange *own;
	PbftMessage *message = &replica->scratch;

	if (!pbft_may_vote(replica) || replica->config.member_count == 1 || view > VIEW_MAX)
		return;
	own = &replica->changes[replica->config.self];
	assert(view > replica->view || (view == replica->view && !replica->active));
	/* A9: a VIEW-CHANGE cannot carry a lock of its own view */
	if (own->body.view >= view ||
		(replica->lock.kind != PBFT_LOCK_ANCHOR && replica->lock.view >= view))
		return;
	replica->view = view;
	replica->active = false;
	replica->overdue = false;
	replica->has_new_view = false;
	replica->requested = false;
	replica->consecutive_changes++;
	replica->commits_since_change = 0;
	replica->view_changes++;
	replica->view_since_ms = replica->now_ms;
	message->kind = PBFT_VIEW_CHANGE;
	message->u.view_change.body.member = replica->config.self;
	message->u.view_change.body.view = view;
	message->u.view_change.body.lock = replica->lock;
	message->u.view_change.has_certificate = replica->lock.kind != PBFT_LOCK_ANCHOR;
	if (message->u.view_change.has_certificate)
		message->u.view_change.certificate = replica->lock_certificate;
	pbft_message_sign(replica, message);
	*own = message->u.view_change;
	pbft_record_message(replica, message);
	pbft_emit_broadcast(replica, message);
	pbft_emit_note(replica, PBFT_NOTE_VIEW_CHANGE, replica->config.self, view);
}

uint32_t
pbft_changes_at_least(const PbftReplica *replica, uint64_t view)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < replica->config.member_count; i++)
		count += replica->changes[i].body.view >= view;
	return count;
}

/* The latest view that a member asks for, bound to it by a VIEW-CHANGE, or not yet, by saying in
 * the view before that a block is overdue. */
static uint64_t
wished_view(const PbftReplica *replica, uint32_t member)
{
	const PbftStatus *said = &replica->peers[member];
	uint64_t asked = replica->changes[member].body.view;
	uint64_t wished = said->overdue ? said->view + 1 : 0;

	if (member == replica->config.self)
		wished = replica->overdue ? replica->view + 1 : 0;
	return wished > asked ? wished : asked;
}

/* R9: the (f + 1)-th largest view asked for: at least one honest member stands behind it. */
static uint64_t
join_view(const PbftReplica *replica)
{
	uint32_t n = replica->config.member_count;
	uint64_t best = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		uint64_t view = wished_view(replica, i);
		uint32_t count = 0;

		if (view <= best)
			continue;
		for (uint32_t j = 0; j < n; j++)
			count += wished_view(replica, j) >= view;
		if (count >= replica->faults + 1)
			best = view;
	}
	return best;
}

static void
new_view_fill(const PbftReplica *replica, PbftNewView *new_view)
{
	const PbftViewChange *best = NULL;

	new_view->view = replica->view;
	new_view->body_count = 0;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
	{
		const PbftViewChange *change = &replica->changes[i];

		if (change->body.view != replica->view)
			continue;
		new_view->bodies[new_view->body_count++] = change->body;
		if (best == NULL || pbft_lock_compare(&change->body.lock, &best->body.lock) > 0)
			best = change;
	}
	new_view->has_certificate = best != NULL && best->has_certificate;
	if (new_view->has_certificate)
		new_view->certificate = best->certificate;
}

/* R11: with Q valid ones for its view, the primary makes the one NEW-VIEW of it; entering it waits
 * until the blocks are on this disk (A5), and only then is it sent. */
static void
lead(PbftReplica *replica)
{
	uint32_t count = 0;

	if (replica->active || !pbft_may_vote(replica) ||
		pbft_primary(replica, replica->view) != replica->config.self ||
		(replica->has_next_view && replica->next_view.u.new_view.view >= replica->view))
		return;
	for (uint32_t i = 0; i < replica->config.member_count; i++)
		count += replica->changes[i].body.view == replica->view;
	/* A9: a view adopted from a certificate has had its NEW-VIEW already */
	if (count < replica->quorum ||
		replica->changes[replica->config.self].body.view != replica->view)
		return;
	replica->next_view.kind = PBFT_NEW_VIEW;
	new_view_fill(replica, &replica->next_view.u.new_view);
	memset(&replica->next_view.subject, 0, sizeof(replica->next_view.subject));
	pbft_message_sign(replica, &replica->next_view);
	replica->has_next_view = true;
}

void
pbft_check_changes(PbftReplica *replica)
{
	uint64_t view = join_view(replica);

	if (view > replica->view)
		pbft_change_view(replica, view);
	lead(replica);
	pbft_enter_when_ready(replica);
}
