/*
 * epoch.c - instances one after the other (R15): which one a node is in by what it has applied, the
 * anchor it began on, and the onions that its members open. All honest nodes must come to the same
 * anchors.
 */
#include "sim/sim.h"

#include "base/digest.h"

#define LAYERS 64 /* an epoch in a simulation is shorter than that */

static void
peel_of(const McHash *inner, McHash *outer)
{
	McSpan part = span_hash(inner);

	digest_sha256(outer, &part, 1);
}

static void
draw_core(uint32_t member, uint64_t epoch, McHash *core)
{
	for (int i = 0; i < 4; i++)
		put_be64(core->bytes + 8 * i,
				 mac_mix(world.seed * 31 + member * 1009 + epoch * 7 + (uint64_t) i));
}

/* The preimage of a member's onion tip. */
void
sim_onion_open(const SimNode *node, const McHash *tip, McHash *preimage)
{
	McHash outer;

	draw_core(node->member, node->epoch, preimage);
	for (int i = 0; i < LAYERS; i++)
	{
		peel_of(preimage, &outer);
		if (hash_equal(&outer, tip))
			return;
		*preimage = outer;
	}
	sim_fail("an onion without a layer left", node->place, node->applied);
}

static void
draw_onion(uint32_t member, uint64_t epoch, McHash *tip)
{
	McHash inner;

	draw_core(member, epoch, tip);
	for (int i = 0; i < LAYERS; i++)
	{
		inner = *tip;
		peel_of(&inner, tip);
	}
}

/* Each block's reveal goes into the beacon. */
void
sim_mix(const McHash *before, const PbftHeader *header, McHash *mix)
{
	uint8_t number[8];
	McSpan parts[3] = { span_hash(before), span_hash(&header->onion_reveal),
						span_of(number, sizeof(number)) };

	put_be64(number, header->height);
	digest_sha256(mix, parts, 3);
}

PbftDomain
sim_domain(uint64_t epoch)
{
	static const McHash valset;
	PbftDomain domain = world.config.domain;

	assert(epoch < world.anchor_count);
	if (epoch > 0)
		pbft_instance(epoch, 0, &world.anchors[epoch].hash, &valset, domain.instance);
	return domain;
}

static void
tip_of(const SimBlock *block, PbftTip *tip)
{
	memset(tip, 0, sizeof(*tip));
	tip->height = block->header.height;
	tip->hash = block->hash;
	tip->exec_root = block->exec_root;
	tip->ts_ms = block->header.ts_ms;
	tip->stable_height = block->header.stable_height;
	tip->stable_exec_root = block->header.stable_exec_root;
	tip->flags = block->header.flags;
}

static void
begin_epoch(SimNode *node, const SimBlock *block)
{
	PbftTip anchor;

	tip_of(block, &anchor);
	anchor.stable_height = anchor.height;
	anchor.stable_exec_root = anchor.exec_root;
	anchor.flags = 0;
	anchor.mix = block->mix;
	if (node->epoch >= SIM_EPOCH_MAX)
		sim_fail("more epochs than the simulator holds", node->place, node->applied);
	if (world.anchor_count == node->epoch)
		world.anchors[world.anchor_count++] = anchor;
	if (memcmp(&world.anchors[node->epoch], &anchor, sizeof(anchor)) != 0)
		sim_fail("two anchors of one epoch", node->place, node->applied);
}

/* Where the tables say that this node is: its epoch, and the tip to start on. */
void
sim_epoch_find(SimNode *node, PbftTip *tip)
{
	const SimBlock *block = &node->chain[node->applied];
	bool over = node->applied > 0 && (block->header.flags & PBFT_FLAG_END_EPOCH) != 0;

	node->epoch = (node->applied > 0 ? block->header.epoch : 0) + over;
	if (over)
		begin_epoch(node, block);
	node->domain = sim_domain(node->epoch);
	*tip = world.anchors[node->epoch];
	if (node->applied > tip->height)
		tip_of(block, tip);
}

void
sim_epoch_config(const SimNode *node, PbftConfig *config)
{
	*config = world.config;
	config->epoch = node->epoch;
	config->domain = node->domain;
	config->anchor = world.anchors[node->epoch];
	if (node->epoch > 0)
		config->order_seed = config->anchor.hash;
	/* an epoch without an end would need an endless onion: there the beacon has headers alone */
	for (uint32_t i = 0; i < world.plan.n && config->beacon && config->epoch_blocks > 0; i++)
		draw_onion(i, node->epoch, &config->onion[i]);
}

/* R15, A2: END_EPOCH where it is due and nowhere else. */
void
sim_check_epoch(const SimNode *node, const PbftHeader *header)
{
	uint64_t since = header->height - world.anchors[node->epoch].height;
	bool end = (header->flags & PBFT_FLAG_END_EPOCH) != 0;

	if (header->epoch != node->epoch || (header->flags & ~PBFT_FLAGS_KNOWN) != 0)
		sim_fail("a final block of another epoch", node->place, header->height);
	if (world.plan.epoch_blocks > 0 && since >= world.plan.epoch_blocks && !end)
		sim_fail("an epoch that does not end", node->place, header->height);
	if (end && (world.plan.epoch_blocks == 0 || since < world.config.epoch_min_blocks))
		sim_fail("an epoch that ends too early", node->place, header->height);
}
