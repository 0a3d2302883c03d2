/*
 * chain.c - the slot order, the skip list (A10) and the beacon, block by block. Knows headers and
 * the configuration, no votes and no clock.
 */
#include "pbft/chain.h"

#include "base/digest.h"
#include "pbft/order.h"

#define DOUBLINGS_MAX 6   /* of the rounds a member is left out */
#define LOSS_MISSES_MIN 3 /* a seat is lost at that many misses, and 20 % of its slots (A10) */
#define LOSS_PARTS 5

static bool
left_out(const PbftChain *chain, uint32_t member)
{
	return chain->seats[member].liar || chain->seats[member].back_round > chain->round;
}

/* The beacon orders a round as soon as the last block of the one before exists; without one the
 * order stays the epoch's. */
static void
next_round(const PbftConfig *config, PbftChain *chain)
{
	uint8_t number[8];
	McSpan parts[3];
	McHash seed;

	chain->round++;
	chain->slot = 0;
	if (!config->beacon)
		return;
	put_be64(number, chain->round);
	parts[0] = span_hash(&chain->mix);
	parts[1] = span_text("order");
	parts[2] = span_of(number, 8);
	digest_sha256(&seed, parts, 3);
	pbft_order_shuffle(&seed, config->member_count, chain->order);
}

/* At most f members are left out, so that every round has a slot. */
static void
find_slot(const PbftConfig *config, PbftChain *chain)
{
	for (;;)
	{
		while (chain->slot < config->member_count && left_out(chain, chain->order[chain->slot]))
			chain->slot++;
		if (chain->slot < config->member_count)
			return;
		next_round(config, chain);
	}
}

static void
begin_order(const PbftConfig *config, PbftChain *chain)
{
	pbft_order_shuffle(&config->order_seed, config->member_count, chain->order);
	chain->round = UINT64_MAX; /* the first is number 0 */
	next_round(config, chain);
}

void
pbft_chain_begin(const PbftConfig *config, const PbftTip *tip, PbftChain *chain)
{
	memset(chain, 0, sizeof(*chain));
	chain->valid = true;
	chain->height = tip->height;
	chain->hash = tip->hash;
	chain->mix = tip->mix;
	for (uint32_t i = 0; i < config->member_count; i++)
		chain->seats[i].onion = config->onion[i];
	begin_order(config, chain);
}

static uint32_t
count_left_out(const PbftConfig *config, const PbftChain *chain)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < config->member_count; i++)
		count += left_out(chain, i);
	return count;
}

/* Who is late comes back before who lies, and of either kind the one that is out longest. */
static bool
back_before(const PbftSeat *left, const PbftSeat *right)
{
	if (left->liar != right->liar)
		return right->liar;
	return left->out_since < right->out_since;
}

/* A10: never more than f are out. */
static void
bring_back(const PbftConfig *config, PbftChain *chain, uint32_t member)
{
	uint32_t first = member;

	if (count_left_out(config, chain) <= pbft_faults(config->member_count))
		return;
	for (uint32_t i = 0; i < config->member_count; i++)
		if (left_out(chain, i) && back_before(&chain->seats[i], &chain->seats[first]))
			first = i;
	chain->seats[first].back_round = 0;
	chain->seats[first].liar = false;
}

/* A10: j misses running cost 2^j rounds. */
static void
leave_out(const PbftConfig *config, PbftChain *chain, uint32_t member, uint64_t height)
{
	PbftSeat *seat = &chain->seats[member];
	uint32_t doublings = seat->streak < DOUBLINGS_MAX ? seat->streak : DOUBLINGS_MAX;

	seat->out_since = height;
	seat->back_round = chain->round + 1 + (UINT64_C(1) << doublings);
	bring_back(config, chain, member);
}

/* A10: whom evidence names is out for the rest of the epoch. It votes and leads views as before. */
static void
take_causes(const PbftConfig *config, const PbftHeader *header, PbftChain *chain)
{
	for (uint32_t i = 0; i < config->member_count; i++)
	{
		if (!pbft_named(header->causes.liars, i) || chain->seats[i].liar)
			continue;
		chain->seats[i].liar = true;
		chain->seats[i].out_since = header->height;
		bring_back(config, chain, i);
	}
	chain->cause |= !pbft_causes_none(&header->causes);
}

/*
 * A10: who says that it is slow is left out like one that missed its slot, and has missed none.
 * Never in the place of another: that one's slots would cost a view each.
 */
static void
yield(const PbftConfig *config, PbftChain *chain, uint32_t member, uint64_t height)
{
	if (count_left_out(config, chain) >= pbft_faults(config->member_count))
		return;
	chain->seats[member].streak++;
	leave_out(config, chain, member, height);
}

static void
miss(const PbftConfig *config, PbftChain *chain, uint32_t member, uint64_t height)
{
	PbftSeat *seat = &chain->seats[member];
	uint32_t slots;

	seat->missed++;
	seat->streak++;
	slots = seat->made + seat->missed;
	if (config->seat_loss && seat->missed >= LOSS_MISSES_MIN &&
		seat->missed >= (slots + LOSS_PARTS - 1) / LOSS_PARTS)
		chain->cause = true;
	leave_out(config, chain, member, height);
}

/*
 * R1b: the views from the parent's own to the block's gave nothing above the parent. The first was
 * the slot's; the others belonged to their primaries, each named once however often it came round.
 */
static void
take_misses(const PbftConfig *config, const uint32_t *permutation, const PbftHeader *header,
			PbftChain *chain)
{
	uint32_t n = config->member_count;
	uint32_t primaries = header->skip_count - 1 < n ? header->skip_count - 1 : n;
	uint32_t late = chain->order[chain->slot];

	chain->slot++;
	if (late != header->proposer)
		miss(config, chain, late, header->height);
	for (uint32_t i = 0; i < primaries; i++)
	{
		uint32_t member = permutation[(header->skip_first + 1 + i) % n];

		if (member != late && member != header->proposer)
			miss(config, chain, member, header->height);
	}
	chain->view = header->skip_first + header->skip_count;
}

static void
take_reveal(const PbftHeader *header, PbftChain *chain)
{
	uint8_t number[8];
	McSpan parts[3];

	put_be64(number, header->height);
	parts[0] = span_hash(&chain->mix);
	parts[1] = span_hash(&header->onion_reveal);
	parts[2] = span_of(number, 8);
	digest_sha256(&chain->mix, parts, 3);
	if (!hash_is_zero(&chain->seats[header->proposer].onion))
		chain->seats[header->proposer].onion = header->onion_reveal;
}

void
pbft_chain_advance(const PbftConfig *config, const uint32_t *permutation, const PbftHeader *header,
				   const McHash *hash, PbftChain *chain)
{
	PbftSeat *seat;

	/* a RESUME's base, which becomes final again, is where the chain begins */
	if (!chain->valid || header->height <= chain->height)
		return;
	assert(header->height == chain->height + 1);
	assert(hash_equal(&header->parent_hash, &chain->hash));
	/* a quorum of other rules than these made it final: this node cannot go on */
	if (header->proposer >= config->member_count)
	{
		chain->valid = false;
		return;
	}
	seat = &chain->seats[header->proposer];
	chain->height = header->height;
	chain->hash = *hash;
	seat->made++;
	if ((header->flags & PBFT_FLAG_YIELDS) == 0)
		seat->streak = 0;
	seat->back_round = 0;
	if (config->beacon)
		take_reveal(header, chain);
	if (header->skip_count > 0)
		take_misses(config, permutation, header, chain);
	else
		chain->slot++;
	if ((header->flags & PBFT_FLAG_YIELDS) != 0)
		yield(config, chain, header->proposer, header->height);
	take_causes(config, header, chain);
	find_slot(config, chain);
}

uint32_t
pbft_chain_slot(const PbftChain *chain)
{
	return chain->order[chain->slot];
}

bool
pbft_chain_reveal_good(const PbftChain *chain, const PbftHeader *header)
{
	const McHash *tip = &chain->seats[header->proposer].onion;
	McSpan part = span_hash(&header->onion_reveal);
	McHash hash;

	if (hash_is_zero(tip))
		return hash_is_zero(&header->onion_reveal);
	digest_sha256(&hash, &part, 1);
	return hash_equal(&hash, tip);
}

void
pbft_chain_pack(PbftPacker *packer, const PbftChain *chain, uint32_t member_count)
{
	pack_8(packer, chain->valid);
	pack_8(packer, chain->cause);
	pack_64(packer, chain->height);
	pack_hash(packer, &chain->hash);
	pack_64(packer, chain->view);
	pack_64(packer, chain->round);
	pack_32(packer, chain->slot);
	pack_hash(packer, &chain->mix);
	for (uint32_t i = 0; i < member_count; i++)
	{
		const PbftSeat *seat = &chain->seats[i];

		pack_8(packer, (uint8_t) chain->order[i]);
		pack_hash(packer, &seat->onion);
		pack_8(packer, seat->liar);
		pack_32(packer, seat->made);
		pack_32(packer, seat->missed);
		pack_32(packer, seat->streak);
		pack_64(packer, seat->out_since);
		pack_64(packer, seat->back_round);
	}
}

void
pbft_chain_unpack(PbftUnpacker *unpacker, PbftChain *chain, uint32_t member_count)
{
	chain->valid = unpack_bool(unpacker);
	chain->cause = unpack_bool(unpacker);
	chain->height = unpack_64(unpacker);
	unpack_hash(unpacker, &chain->hash);
	chain->view = unpack_64(unpacker);
	chain->round = unpack_64(unpacker);
	chain->slot = unpack_32(unpacker);
	unpack_hash(unpacker, &chain->mix);
	unpacker->bad |= chain->slot >= member_count;
	for (uint32_t i = 0; i < member_count; i++)
	{
		PbftSeat *seat = &chain->seats[i];

		chain->order[i] = unpack_8(unpacker);
		unpacker->bad |= chain->order[i] >= member_count;
		unpack_hash(unpacker, &seat->onion);
		seat->liar = unpack_bool(unpacker);
		seat->made = unpack_32(unpacker);
		seat->missed = unpack_32(unpacker);
		seat->streak = unpack_32(unpacker);
		seat->out_since = unpack_64(unpacker);
		seat->back_round = unpack_64(unpacker);
	}
}
