/*
 * pbft_views.c - leaving a view, joining, entering the next one, and what a certificate from
 * elsewhere does. One rule a test: the cases a random schedule meets once in a million stand here
 * by name.
 */
#include "unit/pbft_peers.h"

static void
test_stale_time_out_does_nothing(void)
{
	begin();
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	step((PbftEvent){ .kind = PBFT_EVENT_TIMEOUT,
					  .timer = PBFT_TIMER_PROGRESS,
					  .generation = replica->generation[PBFT_TIMER_PROGRESS] - 1 });
	CHECK_INT(replica->view, 0);
	expire_progress();
	CHECK_INT(replica->view, 1);
}

static void
test_no_commit_after_leaving_a_view(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	expire_progress();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
}

static void
test_view_change_reports_the_lock(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	expire_progress();
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 1);
	CHECK_INT(message.u.view_change.body.lock.kind, PBFT_LOCK_PREPARED);
	CHECK_INT(message.u.view_change.body.lock.height, 1);
	CHECK(hash_equal(&message.u.view_change.body.lock.hash, &hash));
	CHECK(message.u.view_change.has_certificate);
}

static uint64_t
progress_delay_set(void)
{
	uint64_t delay_ms = 0;

	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_SET_TIMER && effects.list[i].timer == PBFT_TIMER_PROGRESS)
			delay_ms = effects.list[i].delay_ms;
	return delay_ms;
}

static bool
said_overdue(void)
{
	return count_sent(PBFT_STATUS) > 0 && message.u.status.overdue;
}

/* R7: a member for which alone a block is overdue says so and votes on; with f others it leaves. */
static void
test_one_overdue_member_stays_in_its_view(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	pbft_effects_clear(&effects);
	expire_alone();
	CHECK(said_overdue());
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 0);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 1);
	overdue_at(2);
	CHECK(count_sent(PBFT_VIEW_CHANGE) > 0);
	CHECK_INT(replica->view, 1);
	CHECK(!replica->active);
}

/* R9: f + 1 members that only say it are followed, too; those of an earlier view are not. */
static void
test_joins_those_for_whom_a_block_is_overdue(void)
{
	begin();
	overdue_at(1);
	new_view(1, NULL);
	CHECK_INT(replica->view, 1);
	overdue_at(3);
	CHECK_INT(replica->view, 1);
	overdue_at(1);
	CHECK_INT(replica->view, 2);
	CHECK(!replica->active);
}

/* While f + 1 members are ahead the view is not at fault; level, the timer begins anew. */
static void
test_the_timer_rests_while_this_node_catches_up(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	status_of(1, 0, true, 1, 1);
	CHECK_INT(count_effects(PBFT_STOP_TIMER), 0);
	status_of(2, 0, true, 1, 1);
	CHECK_INT(count_effects(PBFT_STOP_TIMER), 1);
	expire_alone();
	CHECK(!replica->overdue);
	pbft_effects_clear(&effects);
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	CHECK_INT(replica->committed, 1);
	CHECK_INT(progress_delay_set(), 1000);
	expire_alone();
	CHECK(replica->overdue);
}

/* R7, R10, A11: tau0, twice that after a change, and never above tau_max. */
static void
test_time_out_doubles_up_to_its_maximum(void)
{
	/* views 3 and 7 would be this member's own */
	static const uint64_t views[] = { 1, 2, 5, 6 };
	static const uint64_t expected[] = { 2000, 4000, 8000, 8000 };

	begin();
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	CHECK_INT(progress_delay_set(), 1000);
	for (int i = 0; i < 4; i++)
	{
		expire_progress();
		pbft_effects_clear(&effects);
		new_view(views[i], NULL);
		CHECK_INT(replica->view, views[i]);
		CHECK_INT(progress_delay_set(), expected[i]);
	}
}

/* f members may ask for views as they like; f + 1 are followed (R9). */
static void
test_joins_with_f_plus_one(void)
{
	begin();
	for (uint32_t i = 1; i < 3; i++)
	{
		CHECK_INT(replica->view, 0);
		memset(&message, 0, offsetof(PbftMessage, u));
		message.kind = PBFT_VIEW_CHANGE;
		memset(&message.u.view_change, 0, sizeof(message.u.view_change));
		message.u.view_change.body.member = i;
		message.u.view_change.body.view = 6 + i;
		message.u.view_change.body.lock = (PbftLock){ PBFT_LOCK_ANCHOR, 0, 0, config.anchor.hash };
		receive(i);
	}
	CHECK_INT(replica->view, 7);
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 1);
}

/* A5, R13: the base's PREPARE promises its body to the others. */
static void
test_view_waits_for_the_bodies_of_its_base(void)
{
	PbftCertificate certificate;
	PbftHeader header;
	McHash hash;

	begin();
	header = first_block(9);
	hash = hash_of(&header);
	certify(&certificate, PBFT_PREPARE, 0, 1, &hash);
	new_view(1, &certificate);
	CHECK_INT(replica->view, 0);
	CHECK_INT(count_sent(PBFT_FETCH), 1);
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = header;
	message.u.certified.has_commit = message.u.certified.has_checkpoint = false;
	receive(1);
	CHECK_INT(replica->view, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 1);
	body_arrives(&hash);
	CHECK_INT(replica->view, 1);
	CHECK(replica->active);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(message.subject.view, 1);
	CHECK(hash_equal(&message.subject.hash, &hash));
}

static void
test_blocks_nobody_asked_for_are_refused(void)
{
	begin();
	memset(&message, 0, offsetof(PbftMessage, u));
	message.kind = PBFT_CERTIFIED;
	message.u.certified.header = first_block(9);
	message.u.certified.has_commit = message.u.certified.has_checkpoint = false;
	receive(1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
	CHECK(pbft_block_find(replica, &message.u.certified.header.parent_hash) == NULL);
}

/* MUT1: of the chain it begins with, a view's first PREPARE is for the tip only. */
static void
test_first_prepare_of_a_view_is_its_base_only(void)
{
	PbftCertificate certificate;
	PbftHeader second;
	McHash hash;
	McHash child;

	begin();
	hash = accepted_first();
	second = block_on(&hash, 2, 0, 4100, 2);
	child = hash_of(&second);
	certify(&certificate, PBFT_PREPARE, 0, 2, &child);
	pbft_block_add(replica, &second, &child)->body = PBFT_BODY_HELD;
	pbft_effects_clear(&effects);
	new_view(1, &certificate);
	CHECK_INT(replica->view, 1);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(message.subject.height, 2);
	CHECK_INT(replica->slots[1].prepare[0].view_next, 1); /* still view 0's */
}

/* Pitfall 4, MUT2: a lower block of a later view outranks a higher one of an earlier view. */
static void
test_rank_is_view_before_height(void)
{
	PbftLock old_high = { PBFT_LOCK_PREPARED, 1, 9, { { 1 } } };
	PbftLock new_low = { PBFT_LOCK_PREPARED, 2, 8, { { 2 } } };
	PbftLock new_high = { PBFT_LOCK_COMMITTED, 2, 9, { { 3 } } };
	PbftLock anchor = { PBFT_LOCK_ANCHOR, 0, 10, { { 4 } } };

	CHECK(pbft_lock_compare(&new_low, &old_high) > 0);
	CHECK(pbft_lock_compare(&new_high, &new_low) > 0);
	CHECK(pbft_lock_compare(&old_high, &anchor) > 0);
	CHECK(pbft_lock_compare(&anchor, &anchor) == 0);
}

static void
test_a_view_is_entered_once(void)
{
	begin();
	new_view(1, NULL);
	CHECK_INT(replica->view, 1);
	pbft_effects_clear(&effects);
	new_view(1, NULL);
	CHECK_INT(count_notes(PBFT_NOTE_VIEW_ENTERED), 0);
}

static void
test_new_view_of_another_member_is_refused(void)
{
	begin();
	new_view(1, NULL);
	begin();
	message.kind = PBFT_NEW_VIEW;
	receive(replica->order[2]);
	CHECK_INT(replica->view, 0);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
}

/* A9: a final block beside the accepted one ends this node's PREPAREs in this view. */
static void
test_no_prepare_after_a_conflicting_certificate(void)
{
	PbftHeader other;
	PbftHeader next;
	McHash hash;

	begin();
	(void) accepted_first();
	other = first_block(2);
	hash = hash_of(&other);
	pbft_block_add(replica, &other, &hash)->body = PBFT_BODY_HELD;
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	CHECK_INT(replica->committed, 1);
	pbft_effects_clear(&effects);
	next = block_on(&hash, 2, 0, 4200, 3);
	if (next.proposer == 0)
		return;
	hash = hash_of(&next);
	propose(&next, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

/* A9: what a certificate adds above the tip is built on, without PREPARE for it. */
static void
test_tip_follows_a_certificate(void)
{
	PbftHeader header;
	PbftHeader next;
	McHash hash;
	McHash child;

	begin();
	header = first_block(2);
	hash = hash_of(&header);
	pbft_block_add(replica, &header, &hash)->body = PBFT_BODY_HELD;
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 0, 1, &hash);
	CHECK_INT(replica->tip, 1);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	next = block_on(&hash, 2, 0, 4200, 3);
	child = hash_of(&next);
	propose(&next, 0);
	body_arrives(&child);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

int
main(void)
{
	RUN(test_stale_time_out_does_nothing);
	RUN(test_time_out_doubles_up_to_its_maximum);
	RUN(test_one_overdue_member_stays_in_its_view);
	RUN(test_joins_those_for_whom_a_block_is_overdue);
	RUN(test_the_timer_rests_while_this_node_catches_up);
	RUN(test_no_commit_after_leaving_a_view);
	RUN(test_view_change_reports_the_lock);
	RUN(test_joins_with_f_plus_one);
	RUN(test_view_waits_for_the_bodies_of_its_base);
	RUN(test_blocks_nobody_asked_for_are_refused);
	RUN(test_first_prepare_of_a_view_is_its_base_only);
	RUN(test_rank_is_view_before_height);
	RUN(test_a_view_is_entered_once);
	RUN(test_new_view_of_another_member_is_refused);
	RUN(test_no_prepare_after_a_conflicting_certificate);
	RUN(test_tip_follows_a_certificate);
	free(replica);
	return CHECK_RESULT();
}
