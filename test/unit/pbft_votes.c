/*
 * pbft_votes.c - proposals, votes, clock, results and bounds: what a member signs and what it
 * waits for. One rule a test: the cases a random schedule meets once in a million stand here by
 * name.
 */
#include "unit/pbft_peers.h"

static void
test_three_phases(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 1);
	vote(PBFT_COMMIT, 1, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 0);
	vote(PBFT_COMMIT, 2, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
}

static void
test_no_prepare_before_the_body(void)
{
	PbftHeader header;

	begin();
	header = first_block(1);
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 1);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

static void
test_no_prepare_for_a_bad_body(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	header = first_block(1);
	hash = hash_of(&header);
	propose(&header, 0);
	step((PbftEvent){ .kind = PBFT_EVENT_VALIDATED, .hash = hash, .valid = false });
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

static void
test_only_the_proposer_proposes(void)
{
	PbftHeader header;

	begin();
	header = first_block(1);
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 1);
	begin();
	header.proposer = replica->order[1] == 0 ? replica->order[2] : replica->order[1];
	propose(&header, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	header.proposer = replica->order[0]; /* its name, another's signature */
	message.u.proposal.header = header;
	message.subject.hash = hash_of(&header);
	receive(replica->order[1] == 0 ? replica->order[2] : replica->order[1]);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 2);
}

static void
test_one_member_counts_once(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	for (int i = 0; i < 5; i++)
		vote(PBFT_PREPARE, 1, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_COMMIT), 0);
}

/* X1: two COMMITs of view 0 and one of view 1 are no quorum (A6). */
static void
test_commits_of_two_views_do_not_add_up(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_COMMIT, 1, 0, 1, &hash);
	vote(PBFT_COMMIT, 2, 0, 1, &hash);
	vote(PBFT_COMMIT, 3, 1, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 0);
	vote(PBFT_COMMIT, 3, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
}

/* R5: a quorum of one later view counts, though this node is still in view 0. */
static void
test_commits_of_a_later_view_count(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	for (uint32_t i = 1; i < 4; i++)
		vote(PBFT_COMMIT, i, 5, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	CHECK_INT(replica->view, 5); /* A9: adopted, to be entered by its NEW-VIEW */
	CHECK(!replica->active);
	CHECK_INT(count_sent(PBFT_VIEW_CHANGE), 0);
}

static void
test_block_from_the_future_waits_for_others(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	clock_is(5000);
	header = block_on(&config.anchor.hash, 1, 0, 5000 + 1001, 1);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
	vote(PBFT_PREPARE, 2, 0, 1, &hash); /* f + 1 others */
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

static void
test_block_at_the_edge_of_drift(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	clock_is(5000);
	header = block_on(&config.anchor.hash, 1, 0, 5000 + 1000, 1);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

/* After clocks ran ahead and were set back, the chain creeps on by a millisecond a block. */
static void
test_parent_plus_one_is_always_in_time(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	clock_is(10);
	header = block_on(&config.anchor.hash, 1, 0, config.anchor.ts_ms + 1, 1);
	config.drift_ms = 0;
	replica->config.drift_ms = 0;
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 1);
}

static void
test_block_not_after_its_parent_is_refused(void)
{
	PbftHeader header;
	McHash hash;

	begin();
	header = block_on(&config.anchor.hash, 1, 0, config.anchor.ts_ms, 1);
	hash = hash_of(&header);
	propose(&header, 0);
	body_arrives(&hash);
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	CHECK_INT(count_sent(PBFT_PREPARE), 0);
}

/* One clock an hour and more ahead does not move the median of a quorum. */
static void
test_clock_is_the_median_of_a_quorum(void)
{
	begin();
	clock_is(5000);
	for (uint32_t i = 1; i < 4; i++)
	{
		memset(&message, 0, offsetof(PbftMessage, u));
		message.kind = PBFT_STATUS;
		message.u.status = (PbftStatus){ .active = true, .clock_ms = i == 3 ? 9000000 : 5100 };
		receive(i);
	}
	CHECK_INT(pbft_clock(replica), 5100);
}

static void
test_result_waits_for_a_quorum(void)
{
	McHash hash;

	begin();
	hash = committed_first();
	executed(1, 7);
	CHECK_INT(count_sent(PBFT_CHECKPOINT), 1);
	checkpoint(1, 1, &hash, 7);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 0);
	checkpoint(2, 1, &hash, 8);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 0);
	checkpoint(3, 1, &hash, 7);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 1);
}

/* Effects of a kind that ask for the log's sync. */
static int
count_synced(PbftEffectKind kind)
{
	int count = 0;

	for (size_t i = 0; i < effects.count; i++)
		count += effects.list[i].kind == kind && effects.list[i].needs_sync;
	return count;
}

/* D8, A17: the order's certificate is in the log before its result is durable, and not earlier. */
static void
test_a_certificate_waits_for_the_next_sync(void)
{
	McHash hash;

	begin();
	hash = accepted_first();
	vote(PBFT_PREPARE, 1, 0, 1, &hash);
	vote(PBFT_PREPARE, 2, 0, 1, &hash);
	vote(PBFT_COMMIT, 1, 0, 1, &hash);
	pbft_effects_clear(&effects);
	vote(PBFT_COMMIT, 2, 0, 1, &hash);
	CHECK_INT(count_effects(PBFT_EXECUTE), 1);
	CHECK_INT(count_effects(PBFT_PERSIST), 1);
	CHECK_INT(count_synced(PBFT_PERSIST), 0);
	for (uint32_t i = 1; i < 4; i++)
		checkpoint(i, 1, &hash, 7);
	executed(1, 7);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 1);
	CHECK_INT(count_synced(PBFT_COMMIT_RESULT), 1);
}

static void
test_other_result_than_the_quorums_stops_voting(void)
{
	McHash hash;

	begin();
	hash = committed_first();
	for (uint32_t i = 1; i < 4; i++)
		checkpoint(i, 1, &hash, 7);
	executed(1, 9);
	CHECK_INT(count_notes(PBFT_NOTE_DIVERGED), 1);
	CHECK_INT(count_effects(PBFT_COMMIT_RESULT), 0);
	CHECK(!pbft_may_vote(replica));
}

static void
test_votes_far_away_are_refused(void)
{
	McHash hash = { { 1 } };

	begin();
	vote(PBFT_PREPARE, 1, 0, config.window, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 0);
	vote(PBFT_PREPARE, 1, 0, config.window + 1, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 1);
	vote(PBFT_PREPARE, 1, UINT64_MAX, 1, &hash);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 2);
	checkpoint(1, PBFT_LAG_MAX, &hash, 1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 2);
	checkpoint(1, PBFT_LAG_MAX + 1, &hash, 1);
	CHECK_INT(count_notes(PBFT_NOTE_REFUSED), 3);
}

static void
test_shuffle_is_a_permutation(void)
{
	uint32_t order[PBFT_NODE_MAX];
	uint32_t firsts[4] = { 0 };

	for (uint32_t count = 1; count <= PBFT_NODE_MAX; count++)
	{
		bool present[PBFT_NODE_MAX] = { false };
		McHash seed = { { (uint8_t) count } };

		pbft_order_shuffle(&seed, count, order);
		for (uint32_t i = 0; i < count; i++)
			present[order[i]] = true;
		for (uint32_t i = 0; i < count; i++)
			CHECK(present[i]);
	}
	for (uint32_t i = 0; i < 4000; i++)
	{
		McHash seed = { { 0 } };

		put_be32(seed.bytes, i);
		pbft_order_shuffle(&seed, 4, order);
		firsts[order[0]]++;
	}
	for (uint32_t i = 0; i < 4; i++)
		CHECK(firsts[i] > 850 && firsts[i] < 1150);
}

int
main(void)
{
	RUN(test_three_phases);
	RUN(test_no_prepare_before_the_body);
	RUN(test_no_prepare_for_a_bad_body);
	RUN(test_only_the_proposer_proposes);
	RUN(test_one_member_counts_once);
	RUN(test_commits_of_two_views_do_not_add_up);
	RUN(test_commits_of_a_later_view_count);
	RUN(test_block_from_the_future_waits_for_others);
	RUN(test_block_at_the_edge_of_drift);
	RUN(test_parent_plus_one_is_always_in_time);
	RUN(test_block_not_after_its_parent_is_refused);
	RUN(test_clock_is_the_median_of_a_quorum);
	RUN(test_result_waits_for_a_quorum);
	RUN(test_a_certificate_waits_for_the_next_sync);
	RUN(test_other_result_than_the_quorums_stops_voting);
	RUN(test_votes_far_away_are_refused);
	RUN(test_shuffle_is_a_permutation);
	free(replica);
	return CHECK_RESULT();
}
