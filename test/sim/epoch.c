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

	draw_core(node->member, node->at, preimage);
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
sim_domain(uint32_t instance)
{
	PbftDomain domain = world.config.domain;

	assert(instance < world.instance_count);
	memcpy(domain.instance, world.instances[instance].name, PBFT_INSTANCE_SIZE);
	return domain;
}

/* The newest come first: most messages are of them. A name that nobody has is the first one's. */
const SimInstance *
sim_instance_named(const uint8_t name[PBFT_INSTANCE_SIZE])
{
	uint32_t i = world.instance_count - 1;

	while (i > 0 && memcmp(world.instances[i].name, name, PBFT_INSTANCE_SIZE) != 0)
		i--;
	return &world.instances[i];
}

/* Its place; the one it had if a member began it before. All must come to the same. */
uint32_t
sim_instance_add(const SimInstance *instance)
{
	SimInstance *made = &world.instances[world.instance_count];
	uint32_t i = 1;

	while (i < world.instance_count &&
		   (world.instances[i].parent != instance->parent ||
			memcmp(&world.instances[i].at, &instance->at, sizeof(PbftInstance)) != 0))
		i++;
	if (i >= SIM_EPOCH_MAX)
		sim_fail("more epochs than the simulator holds", 0, instance->anchor.height);
	if (i < world.instance_count)
		return i;
	world.instance_count++;
	*made = *instance;
	pbft_instance(made->at.epoch, made->at.resume_no, &made->at.anchor_hash, &made->at.valset_hash,
				  made->name);
	return i;
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

/* Who votes next, as the result of an epoch's last block names it. */
void
sim_next_valset(const SimNode *node, uint64_t height, McHash *valset)
{
	uint16_t keys[PBFT_NODE_MAX];

	memset(valset, 0, sizeof(*valset));
	if ((node->chain[height].header.flags & PBFT_FLAG_END_EPOCH) == 0)
		return;
	sim_keys_after(node, &world.instances[node->at], height, keys);
	sim_keys_valset(keys, valset);
}

/* The instance on a block that ended an epoch. */
static uint32_t
begin_epoch(SimNode *node, const SimBlock *block)
{
	const SimInstance *before = &world.instances[block->at];
	SimInstance next = { .parent = block->at };
	PbftTip *anchor = &next.anchor;
	uint32_t at;

	tip_of(block, anchor);
	anchor->stable_height = anchor->height;
	anchor->stable_exec_root = anchor->exec_root;
	anchor->flags = 0;
	anchor->mix = block->mix;
	next.at = (PbftInstance){ .epoch = block->header.epoch + 1,
							  .resume_no = before->at.resume_no,
							  .anchor_hash = block->hash };
	sim_keys_after(node, before, anchor->height, next.keys);
	sim_keys_valset(next.keys, &next.at.valset_hash);
	at = sim_instance_add(&next);
	if (memcmp(&world.instances[at].anchor, anchor, sizeof(*anchor)) != 0)
		sim_fail("two anchors of one epoch", node->place, node->applied);
	return at;
}

/* Where the tables say that this node is: its instance, and the tip to start on. */
void
sim_epoch_find(SimNode *node, PbftTip *tip)
{
	const SimBlock *block = &node->chain[node->applied];
	bool over = node->applied > world.instances[block->at].anchor.height &&
				(block->header.flags & PBFT_FLAG_END_EPOCH) != 0;

	node->at = over ? begin_epoch(node, block) : block->at;
	if (world.instances[node->at].at.resume_no < world.instances[node->resume].at.resume_no)
		node->at = node->resume;
	node->keys.counts = world.instances[node->at].keys;
	node->domain = sim_domain(node->at);
	*tip = world.instances[node->at].anchor;
	if (node->applied == tip->height)
		tip->exec_root = block->exec_root;
	else if (node->applied > 0)
		tip_of(block, tip);
	else
		*tip = world.config.anchor;
}

/* The anchor as many instances back as there are members; NULL: there were fewer. */
static const PbftTip *
older_anchor(uint32_t at)
{
	for (uint32_t i = 0; i < world.plan.n; i++)
	{
		if (at == 0)
			return NULL;
		at = world.instances[at].parent;
	}
	return &world.instances[at].anchor;
}

void
sim_epoch_config(const SimNode *node, PbftConfig *config)
{
	const SimInstance *instance = &world.instances[node->at];

	*config = world.config;
	config->epoch = instance->at.epoch;
	config->domain = node->domain;
	config->anchor = instance->anchor;
	config->resumed = instance->resumed;
	config->base_parent = instance->base_parent;
	if (instance->resumed && node->applied >= instance->anchor.height)
		config->anchor.exec_root = node->chain[instance->anchor.height].exec_root;
	if (node->at > 0)
		config->order_seed = config->anchor.hash;
	pbft_limit_causes(config, older_anchor(node->at));
	/* an epoch without an end would need an endless onion: there the beacon has headers alone */
	for (uint32_t i = 0; i < world.plan.n && config->beacon && config->epoch_blocks > 0; i++)
		draw_onion(i, node->at, &config->onion[i]);
}

/* C9: as many epochs as there are members last as long as one may, if not longer. */
static bool
early_too_often(const SimNode *node, const PbftHeader *header)
{
	const PbftTip *older = older_anchor(node->at);
	uint64_t since = header->height - world.instances[node->at].anchor.height;

	return older != NULL && since < world.plan.epoch_blocks &&
		   header->height - 1 < older->height + world.plan.epoch_blocks;
}

/* R15, A2: END_EPOCH where it is due and nowhere else. */
void
sim_check_epoch(const SimNode *node, const PbftHeader *header)
{
	uint64_t since = header->height - world.instances[node->at].anchor.height;
	bool end = (header->flags & PBFT_FLAG_END_EPOCH) != 0;

	/* what a RESUME made final again is of older epochs */
	if (header->height <= world.instances[node->at].anchor.height)
		return;
	if (header->epoch != world.instances[node->at].at.epoch ||
		(header->flags & ~PBFT_FLAGS_KNOWN) != 0)
		sim_fail("a final block of another epoch", node->place, header->height);
	if (world.plan.epoch_blocks > 0 && since >= world.plan.epoch_blocks && !end)
		sim_fail("an epoch that does not end", node->place, header->height);
	if (end && (world.plan.epoch_blocks == 0 || since < world.config.epoch_min_blocks))
		sim_fail("an epoch that ends too early", node->place, header->height);
	if (end && early_too_often(node, header))
		sim_fail("more epochs ended early than there are members", node->place, header->height);
}
