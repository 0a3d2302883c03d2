/*
 * check.c - what must hold whatever happens: one order, one result, no honest member that signs two
 * things, nothing final without a quorum's signatures.
 */
#include "sim/sim.h"

/* (member, kind, view, height) -> what an honest member signed; open addressing over 64-bit
 * codes */
typedef struct Signed
{
	uint64_t key;
	uint64_t content;
} Signed;

static Signed *signed_table;
static size_t signed_count;
static size_t signed_capacity;
static PbftMessage message;

void
sim_check_reset(void)
{
	free(signed_table);
	signed_capacity = 1024;
	signed_count = 0;
	signed_table = calloc(signed_capacity, sizeof(Signed));
}

static uint64_t
code_of(const void *data, size_t size)
{
	uint8_t code[PBFT_SIGNATURE_SIZE];
	MacSigner signer = { 99, 0 };

	mac_sign_as(&signer, 0, span_of(data, size), code);
	return get_be64(code) | 1;
}

static Signed *
signed_place(uint64_t key)
{
	size_t at = key & (signed_capacity - 1);

	while (signed_table[at].key != 0 && signed_table[at].key != key)
		at = (at + 1) & (signed_capacity - 1);
	return &signed_table[at];
}

static void
signed_grow(void)
{
	Signed *old = signed_table;
	size_t capacity = signed_capacity;

	signed_capacity *= 2;
	signed_table = calloc(signed_capacity, sizeof(Signed));
	for (size_t i = 0; i < capacity; i++)
		if (old[i].key != 0)
			*signed_place(old[i].key) = old[i];
	free(old);
}

/* Over restarts too: the second signature for one thing must be the first. */
void
sim_check_sent(const SimNode *node, SimBytes *bytes)
{
	uint64_t name[5] = { node->member, 0, 0, 0, 0 };
	uint64_t key;
	McProblem problem;
	Signed *place;

	if (pbft_message_decode(span_of(bytes->data, bytes->size), &message, &problem) != MC_OK)
		sim_fail("an honest member sends what cannot be read", node->place, 0);
	if (message.sender != node->member || message.kind == PBFT_STATUS ||
		message.kind == PBFT_FETCH || message.kind == PBFT_CERTIFIED)
		return;
	name[1] = message.kind;
	name[2] = message.subject.view;
	name[3] = message.subject.height;
	name[4] = get_be64(message.instance);
	if (message.kind == PBFT_VIEW_CHANGE)
		name[2] = message.u.view_change.body.view;
	else if (message.kind == PBFT_NEW_VIEW)
		name[2] = message.u.new_view.view;
	if (node->closed)
		sim_fail("a vote after it was closed", node->place, message.subject.height);
	if (node->fenced || node->diverged)
		sim_fail("a vote after it was fenced or diverged", node->place, message.subject.height);
	if (!sim_key_counts(node))
		sim_fail("a vote with a key that does not count", node->place, message.subject.height);
	if (node->restored)
		return;
	if (2 * signed_count >= signed_capacity)
		signed_grow();
	key = code_of(name, sizeof(name));
	place = signed_place(key);
	if (place->key == 0)
	{
		signed_count++;
		place->key = key;
		place->content = get_be64(message.signature);
	}
	else if (place->content != get_be64(message.signature))
		sim_fail("an honest member signs two things", node->place, message.subject.height);
}

static void
check_certificate(SimNode *node, const PbftEffect *effect, uint8_t kind)
{
	static PbftCertificate certificate;
	PbftCrypto crypto = sim_checker_crypto(&node->keys);
	McProblem problem;

	if (pbft_certificate_decode(effect->bytes, &certificate, &problem) != MC_OK ||
		certificate.subject.kind != kind || certificate.subject.height < effect->height ||
		pbft_certificate_verify(&certificate, &node->domain, world.plan.n, &crypto, &problem) !=
			MC_OK)
		sim_fail("a final block without a quorum's signatures", node->place, effect->height);
	if (certificate.subject.height == effect->height &&
		!hash_equal(&certificate.subject.hash, &effect->hash))
		sim_fail("a certificate of another block", node->place, effect->height);
}

/* Validity: what R3 and A12 let no quorum prepare. */
static void
check_valid(SimNode *node, const PbftEffect *effect)
{
	const PbftHeader *header = effect->header;
	const PbftHeader *parent = &node->chain[effect->height - 1].header;
	const SimBody *body = sim_body_held(node, &effect->hash);
	uint64_t now_ms = 1000000000 + world.now_us / 1000;

	if (body != NULL && (body->tx & SIM_TX_BAD))
		sim_fail("a final block whose body no honest member admits", node->place, effect->height);
	sim_check_epoch(node, header);
	sim_check_named(node, header);
	if (header->proposer >= world.plan.n)
		sim_fail("a final block that breaks a rule of headers", node->place, effect->height);
	if (effect->height == 1)
		return;
	if (header->ts_ms <= parent->ts_ms || header->stable_height < parent->stable_height ||
		header->stable_height >= header->height)
		sim_fail("a final block behind its parent", node->place, effect->height);
	/* honest clocks differ by 200 ms; a quorum of them lets none pass that is further ahead */
	if (!world.plan.clock_jumps && header->ts_ms != parent->ts_ms + 1 &&
		header->ts_ms > now_ms + world.config.drift_ms + 300)
		sim_fail("a final block from the future", node->place, effect->height);
}

void
sim_check_execute(SimNode *node, const PbftEffect *effect)
{
	static const McHash none;
	McHash *known = &world.final_hash[effect->height];
	McHash hash;

	if (node->byzantine)
		return;
	check_certificate(node, effect, PBFT_COMMIT);
	pbft_header_hash(effect->header, &hash);
	if (!hash_equal(&hash, &effect->hash) || effect->header->height != effect->height)
		sim_fail("a header that is not its block's", node->place, effect->height);
	if (effect->height != node->ordered + 1)
		sim_fail("final blocks out of order", node->place, effect->height);
	if (!hash_equal(&effect->header->parent_hash, &node->chain[node->ordered].hash))
		sim_fail("a final block on another parent", node->place, effect->height);
	check_valid(node, effect);
	if (sim_resume_lost(node, effect->height))
		return;
	if (hash_equal(known, &none))
		*known = effect->hash;
	else if (!hash_equal(known, &effect->hash))
		sim_fail("two final blocks at one height", node->place, effect->height);
	if (effect->height > world.final_height)
		world.final_height = effect->height;
}

/* Exactly once: a transaction takes effect at one height of the chain, whoever had it in a pool. */
static void
check_effect(const SimNode *node, uint64_t height)
{
	const SimBlock *block = &node->chain[height];
	const SimBody *body = sim_body_held(node, &block->hash);
	uint64_t tx = block->tx;
	McHash root;

	sim_body_root(body, &root);
	if (!hash_equal(&root, &block->header.tx_root))
		sim_fail("the result of a body that is not the block's", node->place, height);
	if (tx & SIM_TX_BAD)
		sim_fail("the result of a body no honest member admits", node->place, height);
	if (tx >= world.tx_capacity)
	{
		uint64_t capacity = 2 * tx + 256;

		world.tx_height = realloc(world.tx_height, capacity * sizeof(uint64_t));
		memset(world.tx_height + world.tx_capacity, 0,
			   (capacity - world.tx_capacity) * sizeof(uint64_t));
		world.tx_capacity = capacity;
	}
	if (!block->effect)
		return;
	if (world.tx_height[tx] != 0 && world.tx_height[tx] != height)
		sim_fail("a transaction took effect twice", node->place, height);
	world.tx_height[tx] = height;
}

/* Visible from here on: a quorum has signed this node's own result, once, in order. */
void
sim_check_result(SimNode *node, const PbftEffect *effect)
{
	static const McHash none;
	McHash *known = &world.final_root[effect->height];
	const SimBlock *block = &node->chain[effect->height];

	if (node->byzantine)
		return;
	check_certificate(node, effect, PBFT_CHECKPOINT);
	if (effect->height > node->executed)
		sim_fail("a result before its execution", node->place, effect->height);
	if (effect->height != node->committed_result + 1)
		sim_fail("results out of order", node->place, effect->height);
	if (sim_resume_lost(node, effect->height))
		return;
	if (hash_equal(known, &none))
		*known = block->exec_root;
	else if (!hash_equal(known, &block->exec_root))
		sim_fail("two results of one height", node->place, effect->height);
	check_effect(node, effect->height);
	if (effect->height > world.result_height)
		world.result_height = effect->height;
}

void
sim_check_note(SimNode *node, const PbftEffect *effect)
{
	if (node->byzantine)
		return;
	if (effect->note == PBFT_NOTE_EVIDENCE && sim_honest(effect->member) &&
		!world.nodes[effect->member].was_restored)
		sim_fail("evidence against an honest member", node->place, effect->height);
	if (effect->note == PBFT_NOTE_EVIDENCE)
		sim_cause_seen(node, effect);
	if (effect->note == PBFT_NOTE_DIVERGED && node->wrong_from == 0)
		sim_fail("an honest member's result is not the quorum's", node->place, effect->height);
	if (effect->note == PBFT_NOTE_FENCED && !node->may_fence)
		sim_fail("an honest member with a whole log is fenced", node->place, effect->height);
	world.view_changes += effect->note == PBFT_NOTE_VIEW_CHANGE;
	world.fences += effect->note == PBFT_NOTE_FENCED;
}

/* Bounded memory: the replica has one size, and a step gives no more than it may. */
void
sim_check_step(const SimNode *node, size_t effects_before, size_t bytes_before)
{
	if (node->effects->count - effects_before > PBFT_STEP_EFFECTS_MAX ||
		node->effects->used - bytes_before > PBFT_STEP_BYTES_MAX)
		sim_fail("a step that gives more than it may", node->place, node->applied);
}

/* Relations of the counters, after every turn. */
void
sim_check_state(SimNode *node)
{
	PbftSummary summary;

	if (node->byzantine)
		return;
	pbft_summary(node->replica, &summary);
	if (summary.applied > summary.resulted || summary.resulted > summary.executed ||
		summary.executed > summary.committed || summary.stable > summary.committed ||
		summary.tip < summary.committed || summary.tip - summary.committed > world.config.window)
		sim_fail("heights in the wrong order", node->place, summary.committed);
	if (node->closed && summary.mode != PBFT_MODE_CLOSED && summary.mode != PBFT_MODE_FENCED &&
		summary.mode != PBFT_MODE_DIVERGED)
		sim_fail("a closed member that forgot it", node->place, summary.committed);
	if (node->fenced && summary.mode != PBFT_MODE_FENCED)
		sim_fail("a fenced member that forgot it", node->place, summary.committed);
}
