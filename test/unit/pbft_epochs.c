/*
 * pbft_epochs.c - stories of four members over epochs: the barrier, the beacon, a crashed member,
 * REJOIN, and RESUME of two, three and four of four.
 */
#include "unit/pbft_federation.h"

static void
with_epochs(uint64_t blocks)
{
	found();
	for (uint32_t i = 0; i < MEMBERS; i++)
		members[i].config.epoch_blocks = blocks;
}

static void
test_epochs_follow_each_other(void)
{
	with_epochs(10);
	start_all();
	run(400);
	CHECK(lowest() > 60);
	CHECK(members[0].at.epoch >= 5);
	CHECK_INT(members[0].tables[10].header.flags, PBFT_FLAG_END_EPOCH);
	CHECK_INT(members[0].tables[11].header.epoch, 1);
	CHECK_INT(members[2].views_left, 0);
	check_equal();
}

/* A member that was away over three barriers is carried over each of them. */
static void
test_who_was_away_comes_over_the_barriers(void)
{
	with_epochs(30);
	start_all();
	run(20);
	members[3].up = false;
	run(2500);
	CHECK(members[0].at.epoch >= 3);
	CHECK(members[3].at.epoch <= 1);
	start(&members[3]);
	run(1500);
	CHECK(members[3].at.epoch >= members[0].at.epoch - 1);
	CHECK(members[3].applied + 15 > members[0].applied);
	CHECK_INT(members[3].fenced_notes, 0);
	check_equal();
}

/* A lost CHECKPOINT at the barrier has no other cure than STATUS (A8): here all that member 2 was
 * sent are lost. */
static void
test_results_lost_at_the_barrier_are_said_again(void)
{
	with_epochs(10);
	start_all();
	while (members[2].applied < 8)
		run(1);
	for (uint32_t i = 0; i < MEMBERS; i++)
		cut[i][2] = true;
	run(100);
	CHECK_INT(members[2].at.epoch, 0);
	memset(cut, 0, sizeof(cut));
	run(1200);
	CHECK(members[2].at.epoch >= 1);
	CHECK(members[2].applied > 12);
	check_equal();
}

/* A10: one member of four is dead for good; the others leave few views for it. */
static void
test_a_dead_member_costs_few_views(void)
{
	uint64_t left;

	found();
	start_all();
	run(300);
	members[1].up = false;
	run(4000);
	left = members[0].views_left;
	run(2000);
	CHECK(members[0].views_left - left <= 8);
	CHECK(lowest() > 300);
	check_equal();
}

static void
grow_onions(void)
{
	for (uint32_t i = 0; i < MEMBERS; i++)
	{
		onions[i][0] = digest_of(&i, sizeof(i));
		for (int layer = 1; layer < ONION_LAYERS; layer++)
			onions[i][layer] = digest_of(onions[i][layer - 1].bytes, HASH_SIZE);
	}
}

/* Every block opens its proposer's onion; rounds are not all alike; the mix goes on over epochs,
 * and whoever restarts in the middle knows whose turn it is. */
static void
test_the_beacon_orders_the_rounds(void)
{
	uint32_t repeated = 0;

	with_epochs(50);
	grow_onions();
	for (uint32_t i = 0; i < MEMBERS; i++)
	{
		members[i].config.beacon = true;
		for (uint32_t j = 0; j < MEMBERS; j++)
			members[i].config.onion[j] = onions[j][ONION_LAYERS - 1];
	}
	start_all();
	run(200);
	for (uint32_t i = 0; i < MEMBERS; i++)
	{
		members[i].up = false;
		run(20);
		start(&members[i]);
		run(100);
	}
	run(200);
	CHECK(members[0].at.epoch >= 1);
	CHECK(lowest() > 100);
	CHECK(members[0].views_left <= 8);
	for (uint64_t at = 1; at + 4 <= lowest(); at++)
	{
		CHECK(!hash_is_zero(&members[0].tables[at].header.onion_reveal));
		repeated += members[0].tables[at].header.proposer ==
					members[0].tables[at + 4].header.proposer;
	}
	CHECK(repeated < lowest() / 2);
	CHECK(hash_equal(&members[0].replica->final_chain.mix, &members[1].replica->final_chain.mix) ||
		  members[0].applied != members[1].applied);
	check_equal();
}

int
main(void)
{
	RUN(test_epochs_follow_each_other);
	RUN(test_who_was_away_comes_over_the_barriers);
	RUN(test_results_lost_at_the_barrier_are_said_again);
	RUN(test_a_dead_member_costs_few_views);
	RUN(test_the_beacon_orders_the_rounds);
	disband();
	return CHECK_RESULT();
}
