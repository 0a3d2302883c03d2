/*
 * pbft_causes.c - whom headers name, and what it does: slots lost to the end of the epoch, the
 * early end of an epoch, how often that may be. One rule a test.
 */
#include "unit/pbft_blocks.h"

/* A10: out to the end of the epoch, whatever it does; and back after who is merely late. */
static void
test_a_liar_is_left_out_to_the_end(void)
{
	uint32_t made;

	chain_begin();
	chain_naming(2);
	made = chain.seats[2].made;
	CHECK(chain.cause);
	for (int i = 0; i < 400; i++)
	{
		CHECK(pbft_chain_slot(&chain) != 2);
		chain_child(pbft_chain_slot(&chain), chain.view);
	}
	while (replica->order[(chain.view + 1) % 4] != 2)
		chain_child(replica->order[(chain.view + 1) % 4], chain.view + 1);
	chain_child(2, chain.view + 1);
	CHECK(chain.seats[2].liar);
	CHECK_INT(chain.seats[2].made, made + 1);
	blocks_without(3, 12);
	CHECK(chain.seats[2].liar);
	CHECK(chain.seats[3].back_round <= chain.round);
	chain_naming(3);
	CHECK(chain.seats[3].liar);
	CHECK(!chain.seats[2].liar);
}

static void
test_a_returning_member_keeps_its_slots(void)
{
	PbftHeader header = { .height = 1 };
	McHash hash;

	chain_begin();
	header.parent_hash = chain.hash;
	header.proposer = pbft_chain_slot(&chain);
	pbft_name(header.causes.returning, 2);
	hash = hash_of(&header);
	pbft_chain_advance(&config, replica->order, &header, &hash, &chain);
	CHECK(chain.cause);
	for (int i = 0; i < 39; i++)
		chain_child(pbft_chain_slot(&chain), chain.view);
	CHECK_INT(chain.seats[2].made, 10);
}

/* A2: evidence in an ancestor ends the epoch, but not before L_min; wrongly set or missing, the
 * block is invalid. */
static void
test_a_cause_ends_the_epoch_not_before_its_least_length(void)
{
	PbftHeader header;

	begin();
	config.epoch_min_blocks = 3;
	begin_again();
	header = block_on_tip(4000);
	pbft_name(header.causes.returning, 2);
	offer(&header);
	CHECK_INT(replica->tip, 1);
	header = block_on_tip(4001);
	header.flags = PBFT_FLAG_END_EPOCH;
	offer(&header);
	CHECK_INT(replica->tip, 1);
	header.flags = 0;
	replica->slots[2].proposed = false;
	offer(&header);
	CHECK_INT(replica->tip, 2);
	header = block_on_tip(4002);
	offer(&header);
	CHECK_INT(replica->tip, 2);
	header.flags = PBFT_FLAG_END_EPOCH;
	replica->slots[3].proposed = false;
	offer(&header);
	CHECK_INT(replica->tip, 3);
}

/* Who is no member is named by nobody. */
static void
test_only_seats_are_named(void)
{
	PbftCauses causes = { { 0 }, { 0 } };
	PbftHeader header;

	begin();
	header = block_on_tip(4000);
	pbft_name(header.causes.liars, 4);
	offer(&header);
	CHECK_INT(replica->tip, 0);
	pbft_name(causes.returning, 3);
	CHECK(pbft_causes_within(&causes, 4));
	CHECK(!pbft_causes_within(&causes, 3));
	memset(&causes, 0, sizeof(causes));
	CHECK(pbft_causes_within(&causes, 1));
	pbft_name(causes.returning, 0);
	CHECK(!pbft_causes_within(&causes, 1));
}

/* C9: a cause ends no epoch before the bound in time or in blocks. */
static void
test_causes_end_so_many_epochs_and_no_more(void)
{
	PbftTip older = { .height = 100, .ts_ms = 50000 };
	PbftTip parent = { .height = 109, .ts_ms = 50999 };
	PbftChain caused = { .cause = true };

	begin();
	config.epoch_blocks = 10;
	config.epoch_ms = 1000;
	config.anchor = (PbftTip){ .height = 105, .ts_ms = 50500 };
	pbft_limit_causes(&config, &older);
	replica->config = config;
	CHECK_INT(pbft_flags_due(replica, &parent, &caused), 0);
	parent.ts_ms++;
	CHECK_INT(pbft_flags_due(replica, &parent, &caused), PBFT_FLAG_END_EPOCH);
	parent = (PbftTip){ .height = 110, .ts_ms = 50999 };
	CHECK_INT(pbft_flags_due(replica, &parent, &caused), PBFT_FLAG_END_EPOCH);
	parent.height--;
	pbft_limit_causes(&replica->config, NULL);
	CHECK_INT(pbft_flags_due(replica, &parent, &caused), PBFT_FLAG_END_EPOCH);
	config.epoch_blocks = config.epoch_ms = 0;
	pbft_limit_causes(&config, &older);
	replica->config = config;
	CHECK_INT(pbft_flags_due(replica, &parent, &caused), 0);
}

static uint64_t
heartbeat_delay(void)
{
	uint64_t delay_ms = 0;

	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_SET_TIMER &&
			effects.list[i].timer == PBFT_TIMER_HEARTBEAT)
			delay_ms = effects.list[i].delay_ms;
	return delay_ms;
}

/* A REJOIN takes blocks, not minutes: when nobody has anything to say, empty ones. */
static void
test_an_idle_federation_makes_the_blocks_an_early_end_needs(void)
{
	PbftHeader header;

	begin();
	config.tau_min_ms = 70;
	config.epoch_min_blocks = 100;
	begin_again();
	make_block(1);
	CHECK_INT(heartbeat_delay(), 60000);
	pbft_effects_clear(&effects);
	while (pbft_tip_proposer(replica) == 0)
		make_block(1);
	header = block_on_tip(4001 + replica->tip);
	pbft_name(header.causes.returning, 1);
	offer(&header);
	finish_block(header.height);
	CHECK_INT(heartbeat_delay(), 70);
	replica->config.cause_from_ms = replica->config.cause_from_height = 1000000;
	pbft_effects_clear(&effects);
	make_block(1);
	CHECK_INT(heartbeat_delay(), 60000);
}

int
main(void)
{
	RUN(test_a_liar_is_left_out_to_the_end);
	RUN(test_a_returning_member_keeps_its_slots);
	RUN(test_a_cause_ends_the_epoch_not_before_its_least_length);
	RUN(test_only_seats_are_named);
	RUN(test_causes_end_so_many_epochs_and_no_more);
	RUN(test_an_idle_federation_makes_the_blocks_an_early_end_needs);
	free(replica);
	return CHECK_RESULT();
}
