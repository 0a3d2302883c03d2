/*
 * pbft_chain.c - what follows from headers alone: slots, who is left out, the beacon, the early end
 * of an epoch; and the slot timer. One rule a test.
 */
#include "base/digest.h"
#include "unit/pbft_blocks.h"

/* A10: 2, 4, 8 .. 64 rounds without its slot, so that 400 blocks meet a silent member 6 times. */
static void
test_a_silent_member_is_left_out_ever_longer(void)
{
	chain_begin();
	CHECK(blocks_without(2, 400) <= 9);
	CHECK_INT(chain.seats[2].missed, 6);
	CHECK_INT(chain.seats[2].made, 0);
	CHECK_INT(chain.seats[1].made + chain.seats[3].made + chain.seats[0].made, 400);
}

static void
test_who_comes_back_has_its_slots_again(void)
{
	uint32_t made;

	chain_begin();
	blocks_without(2, 100);
	while (pbft_chain_slot(&chain) != 2)
		chain_child(pbft_chain_slot(&chain), chain.view);
	made = chain.seats[2].made;
	for (int i = 0; i < 40; i++)
		chain_child(pbft_chain_slot(&chain), chain.view);
	CHECK_INT(chain.seats[2].made - made, 10);
	CHECK_INT(chain.seats[2].streak, 0);
}

/* Never more than f: the one that is out longest comes back. */
static void
test_at_most_f_are_left_out(void)
{
	chain_begin();
	blocks_without(2, 20);
	CHECK(chain.seats[2].back_round > chain.round);
	blocks_without(3, 8);
	CHECK(chain.seats[3].back_round > chain.round);
	CHECK(chain.seats[2].back_round <= chain.round);
}

/* Blocks of which one member says each time that it is slow; returns how many it made. */
static uint32_t
blocks_with_slow(uint32_t slow, int count)
{
	uint32_t from = chain.seats[slow].made;

	for (int i = 0; i < count; i++)
	{
		uint32_t proposer = pbft_chain_slot(&chain);

		chain_child_flagged(proposer, chain.view, proposer == slow ? PBFT_FLAG_YIELDS : 0);
	}
	return chain.seats[slow].made - from;
}

/* A10: a yielded slot costs no view and is no miss; who is slow no more is back like anybody. */
static void
test_a_slow_member_is_left_out_ever_longer(void)
{
	chain_begin();
	CHECK_INT(blocks_with_slow(2, 400), 6);
	CHECK_INT(chain.view, 0);
	CHECK_INT(chain.seats[2].missed, 0);
	while (pbft_chain_slot(&chain) != 2)
		chain_child(pbft_chain_slot(&chain), chain.view);
	for (int i = 0; i < 40; i++)
		chain_child(pbft_chain_slot(&chain), chain.view);
	CHECK_INT(chain.seats[2].made, 6 + 10);
	CHECK_INT(chain.seats[2].streak, 0);
}

/* A slow member's slot costs less than a dead one's: the dead one stays out. */
static void
test_a_yield_takes_nobodys_place(void)
{
	chain_begin();
	blocks_without(2, 20);
	CHECK(chain.seats[2].back_round > chain.round + 1);
	chain_child_flagged(pbft_chain_slot(&chain), chain.view, PBFT_FLAG_YIELDS);
	CHECK(chain.seats[2].back_round > chain.round);
	for (uint32_t i = 0; i < 4; i++)
		CHECK(i == 2 || chain.seats[i].back_round <= chain.round);
}

static void
test_seat_loss_is_a_cause(void)
{
	chain_begin();
	blocks_without(2, 400);
	CHECK(!chain.cause);
	config.seat_loss = true;
	pbft_chain_begin(&config, &config.anchor, &chain);
	while (chain.seats[2].missed < 2)
		blocks_without(2, 1);
	CHECK(!chain.cause);
	while (chain.seats[2].missed < 3)
		blocks_without(2, 1);
	CHECK(chain.cause);
}

static void
test_chain_survives_its_bytes(void)
{
	uint8_t bytes[PBFT_CHAIN_MAX];
	PbftPacker packer = { bytes, 0, sizeof(bytes) };
	PbftUnpacker unpacker;
	PbftChain read = { 0 };

	chain_begin();
	blocks_without(1, 30);
	chain_naming(3);
	pbft_chain_pack(&packer, &chain, 4);
	unpacker = (PbftUnpacker){ span_of(bytes, packer.size), 0, false };
	pbft_chain_unpack(&unpacker, &read, 4);
	CHECK(!unpacker.bad && unpacker.offset == packer.size);
	CHECK(read.seats[3].liar);
	CHECK(memcmp(&read, &chain, sizeof(chain)) == 0);
}

/* ---- in a replica ------------------------------------------------------------------------- */

static uint64_t
slot_delay(void)
{
	uint64_t delay_ms = 0;

	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_SET_TIMER &&
			effects.list[i].timer == PBFT_TIMER_PROGRESS)
			delay_ms = effects.list[i].delay_ms;
	return delay_ms;
}

/* tau0 until fifteen blocks are known, then 8 times the middle one, not below tau_min. */
static void
test_slot_timer_follows_the_blocks(void)
{
	begin();
	config.tau_min_ms = 100;
	begin_again();
	for (int i = 0; i < 14; i++)
		make_block(40);
	CHECK_INT(slot_delay(), 1000);
	make_block(40);
	CHECK_INT(slot_delay(), 320);
	for (int i = 0; i < 15; i++)
		make_block(2);
	CHECK_INT(slot_delay(), 100);
	for (int i = 0; i < 15; i++)
		make_block(400);
	CHECK_INT(slot_delay(), 1000);
}

/* One slow member of four does not stretch everybody's slots, as it would with a mean. */
static void
test_one_slow_member_does_not_stretch_the_slots(void)
{
	begin();
	config.tau_min_ms = 100;
	begin_again();
	for (int i = 0; i < 16; i++)
		make_block(i % 4 == 3 ? 600 : 20);
	CHECK_INT(slot_delay(), 160);
}

/* The flags of this node's next block when a sync takes so long. */
static uint32_t
flags_with_disk(uint64_t sync_us)
{
	PbftCandidate candidate = { .tx_count = 1, .sync_us = sync_us };

	while (pbft_tip_proposer(replica) != 0)
		make_block(20);
	pbft_effects_clear(&effects);
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	candidate.request = replica->request;
	replica->wall_ms = 4001 + replica->tip;
	step((PbftEvent){ .kind = PBFT_EVENT_CANDIDATE, .candidate = &candidate });
	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_PROPOSED)
			return effects.list[i].header->flags;
	return UINT32_MAX;
}

/* A10: two fifths of what a block takes, once that is known; nobody else judges it. */
static void
test_a_slow_disk_yields(void)
{
	PbftHeader header;

	begin();
	CHECK_INT(flags_with_disk(50000), 0);
	begin();
	for (int i = 0; i < 16; i++)
		make_block(20);
	CHECK_INT(flags_with_disk(8000), 0);
	begin();
	for (int i = 0; i < 16; i++)
		make_block(20);
	CHECK_INT(flags_with_disk(8400), PBFT_FLAG_YIELDS);
	begin();
	if (pbft_tip_proposer(replica) == 0)
		make_block(20);
	header = block_on_tip(4001 + replica->tip);
	header.flags = PBFT_FLAG_YIELDS;
	offer(&header);
	CHECK_INT(replica->tip, header.height);
}

static void
test_header_names_the_skipped_views(void)
{
	PbftHeader header;

	begin();
	new_view(2, NULL);
	header = block_on_tip(4000);
	CHECK_INT(header.proposer, replica->order[2]);
	offer(&header);
	CHECK_INT(replica->tip, 0);
	begin();
	new_view(2, NULL);
	header.skip_count = 2;
	offer(&header);
	CHECK_INT(replica->tip, 1);
	CHECK(pbft_tip_chain(replica)->seats[replica->order[0]].back_round > 0 ||
		  pbft_tip_chain(replica)->seats[replica->order[1]].back_round > 0);
}

/* Blocks may come before their parents, but nobody takes another's slot. */
static void
test_early_proposal_waits_for_its_parent(void)
{
	PbftHeader first;
	PbftHeader second;
	McHash first_hash;

	begin();
	first = first_block(1);
	first_hash = hash_of(&first);
	second = block_on(&first_hash, 2, 0, 4001, 2);
	second.proposer = replica->order[2];
	propose(&second, 0);
	second.proposer = replica->order[1];
	propose(&second, 0);
	CHECK_INT(count_effects(PBFT_VALIDATE), 0);
	offer(&first);
	CHECK_INT(replica->tip, 1);
	first_hash = hash_of(&second);
	body_arrives(&first_hash);
	CHECK_INT(replica->tip, 2);
	CHECK(hash_equal(&replica->tip_hash, &first_hash));
}

static void
test_two_early_proposals_are_evidence(void)
{
	PbftHeader header;

	begin();
	header = block_on(&config.anchor.hash, 2, 0, 4001, 2);
	propose(&header, 0);
	propose(&header, 0);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 0);
	header.tx_count = 9;
	propose(&header, 0);
	CHECK_INT(count_notes(PBFT_NOTE_EVIDENCE), 1);
}

/* ---- beacon ------------------------------------------------------------------------------- */

static void
digest_once(McHash *hash)
{
	McSpan part = span_hash(hash);
	McHash out;

	digest_sha256(&out, &part, 1);
	*hash = out;
}

/* Every member's onion: two layers above a heart that is its number. */
static void
begin_with_beacon(void)
{
	begin();
	config.beacon = true;
	for (uint32_t i = 0; i < 4; i++)
	{
		config.onion[i].bytes[0] = (uint8_t) (i + 1);
		digest_once(&config.onion[i]);
		digest_once(&config.onion[i]);
	}
	begin_again();
}

static McHash
layer(uint32_t member)
{
	McHash hash = { { 0 } };

	hash.bytes[0] = (uint8_t) (member + 1);
	digest_once(&hash);
	return hash;
}

/* A mix that gives the first slot to this member, or to another one. */
static void
first_slot_of_self(bool self)
{
	for (int i = 0; i < 50 && (pbft_tip_proposer(replica) == 0) != self; i++)
	{
		config.anchor.mix.bytes[0]++;
		begin_again();
	}
	CHECK_INT(pbft_tip_proposer(replica) == 0, self);
}

static void
test_a_reveal_opens_the_onion(void)
{
	PbftHeader header;
	McHash mix;

	begin_with_beacon();
	first_slot_of_self(false);
	mix = pbft_tip_chain(replica)->mix;
	header = block_on_tip(4000);
	offer(&header);
	CHECK_INT(replica->tip, 0);
	begin_again();
	header.onion_reveal = layer(header.proposer);
	offer(&header);
	CHECK_INT(replica->tip, 1);
	CHECK(!hash_equal(&mix, &pbft_tip_chain(replica)->mix));
	CHECK(hash_equal(&pbft_tip_chain(replica)->seats[header.proposer].onion,
					 &header.onion_reveal));
}

static void
test_no_reveal_without_an_onion(void)
{
	PbftHeader header;

	begin();
	header = first_block(1);
	header.onion_reveal.bytes[3] = 1;
	offer(&header);
	CHECK_INT(replica->tip, 0);
}

static void
test_the_pool_is_told_what_to_open(void)
{
	begin_with_beacon();
	first_slot_of_self(true);
	step((PbftEvent){ .kind = PBFT_EVENT_POOL, .count = 1 });
	for (size_t i = 0; i < effects.count; i++)
		if (effects.list[i].kind == PBFT_REQUEST_BLOCK)
			CHECK(hash_equal(&effects.list[i].onion, &config.onion[0]));
	CHECK_INT(count_effects(PBFT_REQUEST_BLOCK), 1);
}

/* The next round's order hangs on this round's reveals, and holds everybody once. */
static void
test_rounds_are_ordered_by_the_mix(void)
{
	uint32_t different = 0;

	begin_with_beacon();
	for (int try = 0; try < 8; try++)
	{
		uint32_t order[4];
		uint32_t seen = 0;

		config.anchor.mix.bytes[1] = (uint8_t) try;
		pbft_chain_begin(&config, &config.anchor, &chain);
		memcpy(order, chain.order, sizeof(order));
		for (int i = 0; i < 4; i++)
			chain_child(pbft_chain_slot(&chain), 0);
		CHECK_INT(chain.round, 1);
		CHECK_INT(chain.slot, 0);
		for (int i = 0; i < 4; i++)
			seen |= 1u << chain.order[i];
		CHECK_INT(seen, 15);
		different += memcmp(order, chain.order, sizeof(order)) != 0;
	}
	CHECK(different >= 5);
}

/* A log that begins with a snapshot knows the seats, and whose turn it is, as before. */
static void
test_snapshot_keeps_the_chain(void)
{
	PbftChain before;

	begin();
	for (int i = 0; i < 5; i++)
		make_block(1);
	before = replica->final_chain;
	log_count = 0;
	pbft_effects_clear(&effects);
	step((PbftEvent){ .kind = PBFT_EVENT_SNAPSHOT });
	CHECK(pbft_block_tip(replica, &replica->tip_hash, &root));
	restart();
	CHECK(replica->final_chain.valid);
	CHECK(memcmp(&before, &replica->final_chain, sizeof(before)) == 0);
	CHECK_INT(replica->fenced, 0);
}

int
main(void)
{
	RUN(test_a_silent_member_is_left_out_ever_longer);
	RUN(test_who_comes_back_has_its_slots_again);
	RUN(test_at_most_f_are_left_out);
	RUN(test_a_slow_member_is_left_out_ever_longer);
	RUN(test_a_yield_takes_nobodys_place);
	RUN(test_seat_loss_is_a_cause);
	RUN(test_chain_survives_its_bytes);
	RUN(test_slot_timer_follows_the_blocks);
	RUN(test_one_slow_member_does_not_stretch_the_slots);
	RUN(test_a_slow_disk_yields);
	RUN(test_header_names_the_skipped_views);
	RUN(test_early_proposal_waits_for_its_parent);
	RUN(test_two_early_proposals_are_evidence);
	RUN(test_a_reveal_opens_the_onion);
	RUN(test_no_reveal_without_an_onion);
	RUN(test_the_pool_is_told_what_to_open);
	RUN(test_rounds_are_ordered_by_the_mix);
	RUN(test_snapshot_keeps_the_chain);
	free(replica);
	return CHECK_RESULT();
}
