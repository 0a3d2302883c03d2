/*
 * pbft_attacks.c - named regressions: attacks and deadlocks that other protocols, or drafts of this
 * one, did not survive, as schedules between whole replicas. Letters in the comments: z is faulty,
 * a, b, c, d are not.
 */
#include "unit/pbft_cluster.h"

/* Views 0 to 3 of four members belong to z, b, c, a in turn. */
static uint32_t a, b, c, z;

static void
four(void)
{
	cluster(4);
	z = primary_of(0);
	b = primary_of(1);
	c = primary_of(2);
	a = primary_of(3);
}

/* z proposes to all and all vote, but only `who` hears the votes: it alone is locked in view 0. */
static void
lock_alone(uint32_t who)
{
	fill_pool(z);
	deliver(PBFT_PRE_PREPARE, ALL, ALL);
	deliver(PBFT_PREPARE, ALL, M(who));
	CHECK_INT(members[who].replica->lock.kind, PBFT_LOCK_PREPARED);
	lose_everything();
}

/* View 1 of b, with c and z, who keep quiet about locks: b's block is voted for by these three. */
static void
view_one_without(uint32_t outsider)
{
	uint32_t inside = ALL & ~M(outsider);

	expire_all(inside & ~M(z));
	forge_lockless_view_change(z, 1, inside);
	deliver(PBFT_VIEW_CHANGE, inside, inside);
	deliver(PBFT_NEW_VIEW, inside, inside);
	fill_pool(b);
	deliver(PBFT_PRE_PREPARE, inside, inside);
	deliver(PBFT_PREPARE, inside, inside);
}

/*
 * IBFT (quorum issue 305, arXiv 1901.07160): one member is locked on A by view 0, two on B by view
 * 1; each refuses the other's block for ever. Here the lock is a certificate and the highest one
 * wins: all who are honest finish B, and z is not needed.
 */
static void
ibft_lock_deadlock(void)
{
	McHash block_b;

	four();
	lock_alone(a);
	view_one_without(a);
	block_b = members[b].replica->lock.hash;
	CHECK_INT(members[b].replica->lock.view, 1);
	CHECK_INT(members[c].replica->lock.view, 1);
	CHECK(!hash_equal(&block_b, &members[a].replica->lock.hash));
	lose_everything();
	CHECK(settle(M(a) | M(b) | M(c), 2));
	CHECK(agree(M(a) | M(b) | M(c)));
	CHECK(hash_equal(&members[a].finals[1], &block_b));
}

/*
 * Fast-HotStuff (Twins, OPODIS 2021): certificates of consecutive blocks counted as a commit
 * although views lay between them. The same schedule of leaders and partitions: 2 is alone in views
 * 5 and 6, 3 in 7 and 8, 2 again from 9 on; in each view only the leader hears the COMMITs, so what
 * is final is known to one member only when the partition changes.
 */
static void
fast_hotstuff_views_between_certificates(void)
{
	static const uint8_t alone[] = { 9, 9, 9, 9, 2, 2, 3, 3, 2, 2, 2 };
	uint64_t finals = 0;

	cluster(4);
	for (size_t view = 1; view < sizeof(alone); view++)
	{
		uint32_t inside = alone[view] == 9 ? ALL : ALL & ~M(alone[view] - 1);
		uint32_t leader;

		for (int again = 0; again < 3; again++)
		{
			expire_all(inside);
			deliver(PBFT_VIEW_CHANGE, inside, inside);
			deliver(PBFT_NEW_VIEW, inside, inside);
			deliver(PBFT_STATUS, inside, inside);
			leader = primary_of(members[alone[view] == 1 ? 1 : 0].replica->view);
			if (members[leader].replica->active && (inside & M(leader)))
				break;
		}
		fill_pool(leader);
		deliver(PBFT_PRE_PREPARE, inside, inside);
		deliver(PBFT_PREPARE, inside, inside);
		deliver(PBFT_COMMIT, inside, M(leader));
		lose_everything();
		CHECK(agree(ALL));
	}
	for (uint32_t i = 0; i < 4; i++)
		finals += members[i].final_height > 0;
	CHECK(finals >= 2); /* or the schedule has shown nothing */
	CHECK(settle(ALL, 8));
	CHECK(agree(ALL));
}

/*
 * Two blocks final in view 0, the upper one known to b alone. The next view's base is that block.
 * Whoever prepared its ancestor again in view 1 would make a certificate (1, 1) that outranks (0,
 * 2) and, with z silent about its lock, frees everybody from a final block (MUT1).
 */
static void
re_prepare_of_an_ancestor(void)
{
	four();
	for (uint64_t height = 1; height <= 2; height++)
	{
		fill_pool(pbft_tip_proposer(members[z].replica));
		deliver(PBFT_PRE_PREPARE, ALL, ALL);
		deliver(PBFT_PREPARE, ALL, ALL);
	}
	deliver(PBFT_COMMIT, ALL, M(b));
	CHECK_INT(members[b].final_height, 2);
	lose_everything();
	expire_all(M(a) | M(c) | M(z));
	deliver(PBFT_VIEW_CHANGE, ALL, ALL);
	deliver(PBFT_NEW_VIEW, ALL, ALL);
	for (uint32_t i = 0; i < 4; i++)
	{
		const PbftReplica *replica = members[i].replica;

		CHECK_INT(replica->view, 1);
		for (uint32_t k = 0; k < PBFT_WINDOW_MAX; k++)
			CHECK(replica->slots[k].height != 1 || replica->slots[k].prepare[i].view_next != 2);
	}
	lose_everything();
	CHECK(settle(M(a) | M(b) | M(c), 3));
	CHECK(agree(ALL));
}

/*
 * a is locked two blocks high in view 0, b made one block final in view 1 which c is locked on. By
 * height a's certificate would win view 2 and fork; by view c's does (MUT2, concord-bft 509).
 */
static void
rank_by_sequence_before_view(void)
{
	four();
	fill_pool(z);
	deliver(PBFT_PRE_PREPARE, ALL, ALL);
	deliver(PBFT_PREPARE, ALL, M(a));
	fill_pool(pbft_tip_proposer(members[z].replica));
	deliver(PBFT_PRE_PREPARE, ALL, ALL);
	deliver(PBFT_PREPARE, ALL, M(a));
	CHECK_INT(members[a].replica->lock.height, 2);
	lose_everything();
	view_one_without(a);
	deliver(PBFT_COMMIT, ALL, M(b));
	CHECK_INT(members[b].final_height, 1);
	CHECK_INT(members[c].replica->lock.view, 1);
	CHECK_INT(members[c].replica->lock.height, 1);
	lose_everything();
	/* view 2 without b, who alone knows */
	expire_all(M(a) | M(c));
	forge_lockless_view_change(z, 2, ALL);
	deliver(PBFT_VIEW_CHANGE, ALL & ~M(b), ALL & ~M(b));
	deliver(PBFT_NEW_VIEW, ALL & ~M(b), ALL & ~M(b));
	CHECK_INT(members[c].replica->base.view, 1);
	CHECK_INT(members[c].replica->base.height, 1);
	lose_everything();
	CHECK(settle(M(a) | M(b) | M(c), 2));
	CHECK(agree(M(a) | M(b) | M(c)));
}

/*
 * COMMITs of three members for one block, two of view 0 and one of view 1, are no quorum: the other
 * two of view 1 may be locked on another block (X1).
 */
static void
commits_added_over_views(void)
{
	McHash block;

	four();
	lock_alone(a);
	block = members[a].replica->lock.hash;
	forge_vote(z, PBFT_COMMIT, 0, 1, &block, M(c));
	forge_vote(a, PBFT_COMMIT, 0, 1, &block, M(c));
	forge_vote(b, PBFT_COMMIT, 1, 1, &block, M(c));
	deliver(PBFT_COMMIT, ALL, M(c));
	CHECK_INT(members[c].final_height, 0);
	forge_vote(b, PBFT_COMMIT, 0, 1, &block, M(c));
	deliver(PBFT_COMMIT, ALL, M(c));
	CHECK_INT(members[c].final_height, 1); /* three of one view are */
}

/* Five members, one faulty: 2f + 1 = 3 would let z be the third of two pairs with two blocks (X4).
 */
static void
two_f_plus_one_at_five(void)
{
	uint32_t first, second;
	McHash one, other;

	cluster(5);
	CHECK_INT(pbft_quorum(5), 4);
	z = primary_of(0);
	first = M(primary_of(1)) | M(primary_of(2));
	second = M(primary_of(3)) | M(primary_of(4));
	fill_pool(z);
	other = forge_other_proposal(z, second);
	one = members[z].replica->tip_hash;
	forge_vote(z, PBFT_PREPARE, 0, 1, &other, second);
	deliver(PBFT_PRE_PREPARE, ALL, ALL);
	deliver(PBFT_PREPARE, first | M(z), first);
	deliver(PBFT_PREPARE, second, second);
	forge_vote(z, PBFT_PREPARE, 0, 1, &other, second);
	deliver(PBFT_PREPARE, M(z), second);
	CHECK_INT(in_bag(PBFT_COMMIT, first | second, ALL), 0);
	forge_vote(z, PBFT_COMMIT, 0, 1, &one, first);
	forge_vote(z, PBFT_COMMIT, 0, 1, &other, second);
	deliver(PBFT_COMMIT, ALL, ALL);
	for (uint32_t i = 0; i < 5; i++)
		CHECK_INT(members[i].final_height, 0);
	lose_everything();
	CHECK(settle(first | second, 2));
	CHECK(agree(first | second));
}

/*
 * z alone holds the certificate of a block that everybody voted for and that a later view dropped,
 * and shows it two views on: it must be entered on, so nobody may have thrown the block away (X12).
 */
static void
certificate_of_a_dropped_block(void)
{
	McHash dropped;

	four();
	lock_alone(z);
	dropped = members[z].replica->lock.hash;
	expire_all(M(a) | M(b) | M(c));
	deliver(PBFT_VIEW_CHANGE, ALL & ~M(z), ALL & ~M(z));
	deliver(PBFT_NEW_VIEW, ALL & ~M(z), ALL & ~M(z));
	CHECK_INT(members[a].replica->base.kind, PBFT_LOCK_ANCHOR);
	lose_everything();
	expire_all(ALL);
	deliver(PBFT_VIEW_CHANGE, ALL & ~M(b), ALL & ~M(b));
	deliver(PBFT_VIEW_CHANGE, M(z), ALL);
	deliver(PBFT_NEW_VIEW, ALL, ALL);
	lose_everything();
	CHECK(settle(M(a) | M(b) | M(c), 2));
	CHECK(agree(M(a) | M(b) | M(c)));
	CHECK(hash_equal(&members[a].finals[1], &dropped));
}

/* A base backup is started while its lost self has voted on: the others say what it signed, and it
 * never votes again (X2, X3). */
static void
restored_backup_is_fenced(void)
{
	four();
	fill_pool(z);
	deliver(PBFT_PRE_PREPARE, ALL, ALL);
	deliver(PBFT_PREPARE, ALL, M(b) | M(c) | M(z));
	lose_everything();
	start_member(a, &config.anchor);
	deliver(PBFT_STATUS, ALL, ALL);
	deliver(ANY, ALL, M(a));
	CHECK(members[a].fenced);
	lose_everything();
	expire(a);
	fill_pool(a);
	CHECK_INT(in_bag(PBFT_PREPARE, M(a), ALL) + in_bag(PBFT_VIEW_CHANGE, M(a), ALL), 0);
	CHECK(settle(M(b) | M(c) | M(z), 2));
	CHECK(settle(ALL, 3)); /* it follows */
}

/* More members diverge than may: nothing becomes visible, and nobody storms from view to view. */
static void
two_results_of_four(void)
{
	uint64_t before = 0;
	uint64_t after = 0;

	four();
	members[a].wrong_root = members[b].wrong_root = 1;
	CHECK(!settle(ALL, 1));
	for (uint32_t i = 0; i < 4; i++)
	{
		CHECK_INT(members[i].result_height, 0);
		CHECK(members[i].final_height > 0);
		before += members[i].view_changes;
	}
	CHECK(!settle(ALL, 1));
	for (uint32_t i = 0; i < 4; i++)
		after += members[i].view_changes;
	CHECK_INT(after, before);
	CHECK(agree(ALL));
}

/* One that diverges stops; the other three go on. */
static void
one_result_of_four(void)
{
	four();
	members[a].wrong_root = 1;
	CHECK(settle_for(ALL, ALL & ~M(a), 3));
	CHECK(members[a].diverged);
	CHECK_INT(members[a].result_height, 0);
	CHECK(!members[b].diverged);
}

/* A member that sends as fast as it can, all of it signed, for views and heights without end: the
 * replica has one size, a step a bounded number of effects, and the others' votes still count
 * (X11). */
static void
flood_of_signed_messages(void)
{
	McHash hash = { { 0 } };

	four();
	for (uint64_t i = 1; i <= 20000; i++)
	{
		put_be64(hash.bytes, i);
		if (i % 4 == 0)
			forge_lockless_view_change(z, i, M(a));
		else
			forge_vote(z, i % 4 == 1 ? PBFT_PREPARE : PBFT_COMMIT, i % 7, 1 + i % 9, &hash, M(a));
		deliver(ANY, M(z), M(a));
		CHECK(members[a].effects->count <= PBFT_STEP_EFFECTS_MAX);
		lose_everything();
	}
	CHECK_INT(members[a].replica->view, 0);
	CHECK(settle(M(a) | M(b) | M(c), 2));
	CHECK(agree(M(a) | M(b) | M(c)));
}

int
main(void)
{
	RUN(ibft_lock_deadlock);
	RUN(fast_hotstuff_views_between_certificates);
	RUN(re_prepare_of_an_ancestor);
	RUN(rank_by_sequence_before_view);
	RUN(commits_added_over_views);
	RUN(two_f_plus_one_at_five);
	RUN(certificate_of_a_dropped_block);
	RUN(restored_backup_is_fenced);
	RUN(two_results_of_four);
	RUN(one_result_of_four);
	RUN(flood_of_signed_messages);
	return CHECK_RESULT();
}
